// A clock on which every wait ends at once: for tests that are about results, not about times.
import type { Clock, Timer } from '../../../base/index.ts';

export const QUICK_CLOCK: Clock = {
  wallMs: () => 0,
  monotonicMs: () => 0,
  after(_delayMs: number, callback: () => void): Timer {
    let canceled = false;
    void Promise.resolve().then(() => {
      if (!canceled) callback();
    });
    return { cancel: () => (canceled = true) };
  },
  yieldNow: () => Promise.resolve(),
  soon: (callback) => void Promise.resolve().then(callback),
};
