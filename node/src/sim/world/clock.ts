// The clock of one machine as a process on it sees it: it drifts from true time, its wall time jumps, and while the process
// is paused or dead nothing is called.
import type { Clock, Timer } from '../../base/index.ts';
import type { Scheduler } from './scheduler.ts';

/** 2026-01-01T00:00:00Z; each machine adds its own error. */
const EPOCH_MS = 1_767_225_600_000;
/** A turn of the event loop takes some time: whoever only waits for the next one again and again must not stop the world. */
const TURN_MS = 0.005;

/** The machine's oscillator and its idea of the date: they outlive processes. */
export class MachineClock {
  /** Monotonic milliseconds for each true one. */
  readonly rate: number;
  private wallOffsetMs: number;
  private readonly scheduler: Scheduler;

  constructor(scheduler: Scheduler, driftPpm: number, wallOffsetMs: number) {
    this.scheduler = scheduler;
    this.rate = 1 + driftPpm / 1_000_000;
    this.wallOffsetMs = wallOffsetMs;
  }

  wallMs(): number {
    return Math.floor(EPOCH_MS + this.wallOffsetMs + this.monotonicMs());
  }

  monotonicMs(): number {
    return this.scheduler.nowMs * this.rate;
  }

  /** The wall time jumps, as NTP or an operator makes it; the monotonic time does not. */
  jump(byMs: number): void {
    this.wallOffsetMs += byMs;
  }
}

/** One process's view. Its callbacks wait while it is paused and are forgotten when it has ended. */
export class ProcessClock implements Clock {
  private readonly machine: MachineClock;
  private readonly scheduler: Scheduler;
  private readonly onError: (error: unknown) => void;
  private pausedUntilMs = 0;
  private ended = false;

  /** @param onError told what a callback of the process threw */
  constructor(machine: MachineClock, scheduler: Scheduler, onError: (error: unknown) => void) {
    this.machine = machine;
    this.scheduler = scheduler;
    this.onError = onError;
  }

  get hasEnded(): boolean {
    return this.ended;
  }

  get isPaused(): boolean {
    return this.scheduler.nowMs < this.pausedUntilMs;
  }

  wallMs(): number {
    return this.machine.wallMs();
  }

  monotonicMs(): number {
    return this.machine.monotonicMs();
  }

  after(delayMs: number, callback: () => void): Timer {
    return this.scheduler.after(delayMs / this.machine.rate, () => this.enter(callback));
  }

  /** Runs `callback` within the process: at once, when it wakes from its pause, or never when it has ended. */
  enter(callback: () => void): void {
    if (this.ended) return;
    const waitMs = this.pausedUntilMs - this.scheduler.nowMs;
    if (waitMs > 0) {
      this.scheduler.after(waitMs, () => this.enter(callback));
      return;
    }
    try {
      callback();
    } catch (error) {
      this.onError(error);
    }
  }

  yieldNow(): Promise<void> {
    return new Promise((resolve) => this.soon(resolve));
  }

  soon(callback: () => void): void {
    this.scheduler.after(TURN_MS, () => this.enter(callback));
  }

  pauseFor(durationMs: number): void {
    this.pausedUntilMs = Math.max(this.pausedUntilMs, this.scheduler.nowMs + durationMs);
  }

  end(): void {
    this.ended = true;
  }
}
