// watch: prints events until it is interrupted or the watch ends.
import { UsageError } from '../command-line/errors.ts';
import type { Command } from '../command-line/commands.ts';
import { boolFlag, textFlag, type Flags } from '../command-line/flags.ts';
import type { WatchEvent, WatchOptions, WatchResponse } from '../../client/index.ts';
import { headerJson, keyValueJson, present, print, printKeyValue, sparse } from './format.ts';
import { PREFIX, PREV_KV, withClient } from './session.ts';

export const WATCH_COMMANDS: readonly Command[] = [
  {
    name: 'watch',
    parameters: '<key> [range_end]',
    summary: 'Watches a key or a range of keys',
    flags: [
      PREFIX,
      PREV_KV,
      textFlag('rev', '0', 'The first revision to see.'),
      boolFlag('progress-notify', 'Ask for progress notifications.'),
    ],
    run: watch,
  },
];

async function watch(args: readonly string[], flags: Flags): Promise<void> {
  const [key, rangeEnd, ...more] = args;
  if (key === undefined || more.length > 0)
    throw new UsageError('watch needs one argument as key and an optional argument as range_end');
  const revision = flags.number('rev');
  const options: WatchOptions = {
    prevKv: flags.bool('prev-kv'),
    progressNotify: flags.bool('progress-notify'),
    ...(revision > 0 ? { startRevision: revision } : {}),
    ...(flags.bool('prefix') ? { prefix: true } : {}),
    ...(rangeEnd === undefined ? {} : { rangeEnd }),
  };
  await withClient(flags, async (client) => {
    const running = client.watch(key, options);
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => running.cancel());
    for await (const response of running) {
      present(
        flags,
        () => responseJson(response),
        () => response.events.forEach(printEvent),
      );
    }
  });
}

function printEvent({ type, kv, prevKv }: WatchEvent): void {
  print(type === 'put' ? 'PUT\n' : 'DELETE\n');
  if (prevKv !== undefined) printKeyValue(prevKv);
  printKeyValue(kv);
}

function responseJson({ header, events }: WatchResponse): object {
  return {
    Header: headerJson(header),
    Events: events.map(({ type, kv, prevKv }) =>
      sparse({
        type: type === 'put' ? 0 : 1,
        kv: keyValueJson(kv),
        prev_kv: prevKv && keyValueJson(prevKv),
      }),
    ),
    CompactRevision: 0,
    Canceled: false,
    Created: false,
    CancelReason: '',
  };
}
