// Where the program starts in its image. The kernel drops a signal to the first process of a container when there is no
// handler for it, so `kubectl delete` would wait in vain for a job that has none: this one ends it as a shell would see it.
import { constants } from 'node:os';

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // A command that ends in its own way has added a handler of its own.
    if (process.listenerCount(signal) === 1) process.exit(128 + constants.signals[signal]);
  });
}

await import('../../node/src/cli/main.ts');
