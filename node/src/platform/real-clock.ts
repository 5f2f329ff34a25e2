// Time and randomness of the machine.
import { randomBytes, randomFillSync } from 'node:crypto';
import type { Clock, Random, Timer } from '../base/world.ts';

/** setTimeout takes at most 2^31 − 1 ms and fires at once beyond it. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

class RealTimer implements Timer {
  private handle: ReturnType<typeof setTimeout>;

  constructor(delayMs: number, callback: () => void) {
    this.handle = this.start(delayMs, callback);
  }

  cancel(): void {
    clearTimeout(this.handle);
  }

  private start(delayMs: number, callback: () => void): ReturnType<typeof setTimeout> {
    if (delayMs <= MAX_TIMEOUT_MS) return setTimeout(callback, delayMs);
    return setTimeout(() => {
      this.handle = this.start(delayMs - MAX_TIMEOUT_MS, callback);
    }, MAX_TIMEOUT_MS);
  }
}

export const realClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, callback) => new RealTimer(delayMs, callback),
  yieldNow: () => new Promise((resolve) => setImmediate(resolve)),
  soon: (callback) => void setImmediate(callback),
};

// Asking the kernel for four bytes at a time costs a microsecond each; a pool makes it a nanosecond.
const pool = new Uint32Array(1024);
let poolPosition = pool.length;

export const realRandom: Random = {
  uint32() {
    if (poolPosition === pool.length) {
      randomFillSync(pool);
      poolPosition = 0;
    }
    return pool[poolPosition++] ?? 0;
  },
  bytes: (length) => new Uint8Array(randomBytes(length)),
};
