// Simulated time: a queue of events, each handled to its end, all its promises included, before the next one begins.
import type { Timer } from '../../base/index.ts';

interface Event {
  readonly atMs: number;
  /** Breaks ties: who was scheduled first comes first. */
  readonly order: number;
  readonly callback: () => void;
  canceled: boolean;
}

export class Scheduler {
  /** True time since the run began. */
  nowMs = 0;
  /** Events handled so far. */
  handled = 0;
  private readonly heap: Event[] = [];
  private scheduled = 0;
  private readonly onError: (error: unknown) => void;

  /** @param onError told what a callback threw */
  constructor(onError: (error: unknown) => void) {
    this.onError = onError;
  }

  after(delayMs: number, callback: () => void): Timer {
    const event: Event = {
      atMs: this.nowMs + Math.max(0, delayMs),
      order: this.scheduled++,
      callback,
      canceled: false,
    };
    this.push(event);
    return {
      cancel() {
        event.canceled = true;
      },
    };
  }

  pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.after(delayMs, resolve));
  }

  /** Handles events in order until there is none before `untilMs`, or until `isDone`. */
  async run(untilMs: number, isDone: () => boolean = () => false): Promise<void> {
    await settled();
    for (;;) {
      if (isDone()) return;
      const next = this.heap[0];
      if (next === undefined || next.atMs > untilMs) break;
      this.pop();
      if (next.canceled) continue;
      this.nowMs = next.atMs;
      this.handled++;
      try {
        next.callback();
      } catch (error) {
        this.onError(error);
      }
      await settled();
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  private push(event: Event): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(heap[parent]!, event)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = event;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop()!; // the caller has seen heap[0]
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (isBefore(last, heap[child]!)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** Resolves when every promise that can go on has: no real input or output is under way that could add to them. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
