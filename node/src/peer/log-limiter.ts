// Keeps what repeats several times a second (a member that redials, a scanner at the port) from filling the log.
import type { Clock } from '../base/world.ts';

const MAX_KINDS = 1_024;

export class LogLimiter {
  private readonly clock: Clock;
  private readonly intervalMs: number;
  private readonly kinds = new Map<string, { nextMs: number; suppressed: number }>();

  constructor(clock: Clock, intervalMs = 10_000) {
    this.clock = clock;
    this.intervalMs = intervalMs;
  }

  /** Runs `log` for the first of a kind and then at most once an interval, with the number left out in between. */
  log(kind: string, log: (suppressed: number) => void): void {
    const nowMs = this.clock.monotonicMs();
    const entry = this.kinds.get(kind);
    if (entry !== undefined && nowMs < entry.nextMs) {
      entry.suppressed++;
      return;
    }
    if (entry === undefined && this.kinds.size >= MAX_KINDS) this.kinds.clear();
    this.kinds.set(kind, { nextMs: nowMs + this.intervalMs, suppressed: 0 });
    log(entry?.suppressed ?? 0);
  }
}
