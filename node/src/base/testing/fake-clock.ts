// A clock that a test moves by hand.
import type { Clock, Timer } from '../world.ts';

interface Waiting {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** Time stands still until `advance`. */
export class FakeClock implements Clock {
  private nowMs = 1_000_000;
  private waiting: Waiting[] = [];

  wallMs(): number {
    return 1_700_000_000_000 + this.nowMs;
  }

  monotonicMs(): number {
    return this.nowMs;
  }

  after(delayMs: number, callback: () => void): Timer {
    const entry: Waiting = { dueMs: this.nowMs + delayMs, callback };
    this.waiting.push(entry);
    return {
      cancel: () => {
        this.waiting = this.waiting.filter((other) => other !== entry);
      },
    };
  }

  async yieldNow(): Promise<void> {
    // A microtask is enough: nothing else happens in a fake world between two of them.
  }

  soon(callback: () => void): void {
    void Promise.resolve().then(callback);
  }

  /** Timers that are set and have not fired. */
  get pendingTimers(): number {
    return this.waiting.length;
  }

  /** Moves the time and fires what becomes due, in order; timers set meanwhile fire too when they fall into the span. */
  advance(spanMs: number): void {
    const endMs = this.nowMs + spanMs;
    for (;;) {
      let next: Waiting | undefined;
      for (const entry of this.waiting) {
        if (entry.dueMs <= endMs && (next === undefined || entry.dueMs < next.dueMs)) next = entry;
      }
      if (next === undefined) break;
      const fired = next;
      this.waiting = this.waiting.filter((other) => other !== fired);
      this.nowMs = Math.max(this.nowMs, fired.dueMs);
      fired.callback();
    }
    this.nowMs = endMs;
  }

  /** Like `advance`, and lets promises settle after each step of at most `stepMs`. */
  async run(spanMs: number, stepMs = spanMs): Promise<void> {
    for (let left = spanMs; left > 0; left -= stepMs) {
      this.advance(Math.min(left, stepMs));
      for (let i = 0; i < 20; i++) await Promise.resolve();
    }
  }
}
