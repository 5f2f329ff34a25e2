import type { Clock } from './world.ts';

/** Resolves after `delayMs` by the clock of the world that the caller is in. */
export function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.after(delayMs, resolve));
}
