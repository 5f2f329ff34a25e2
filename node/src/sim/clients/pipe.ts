// One direction of a TCP connection: what is sent is handed over once and in order, or, while the way is cut, not before it
// is mended. The sender gives up when nothing comes through for long.
import type { Timer } from '../../base/index.ts';
import type { ClientNetwork, ClientScheduler } from './ports.ts';

/** How long a segment may stay without acknowledgement (TCP_USER_TIMEOUT, which gRPC sets to its keep-alive timeout). */
const STALL_MS = 10_000;

interface Segment {
  readonly deliver: () => void;
  readonly sentMs: number;
  arrived: boolean;
}

export interface PipeParts {
  readonly network: ClientNetwork;
  readonly scheduler: ClientScheduler;
  readonly from: string;
  readonly to: string;
  /** Whether the receiving machine takes a segment that arrives now. Once it does not, it never will. */
  accepts(): boolean;
  /** Runs `callback` in the receiver. */
  enter(callback: () => void): void;
  /** Nothing came through for a long time. */
  stalled(): void;
}

export class Pipe {
  private readonly parts: PipeParts;
  /** Sent and not handed over, in order. */
  private segments: Segment[] = [];
  private timer: Timer | undefined = undefined;
  private closed = false;

  constructor(parts: PipeParts) {
    this.parts = parts;
  }

  /** `deliver` runs in the receiver after all that was sent before. */
  send(deliver: () => void): void {
    if (this.closed) return;
    const { network, scheduler, from, to } = this.parts;
    const segment: Segment = { deliver, sentMs: scheduler.nowMs, arrived: false };
    this.segments.push(segment);
    network.sendReliably(from, to, () => this.arrived(segment));
    this.timer ??= scheduler.after(STALL_MS, this.lookForStall);
  }

  /** Nothing is handed over any more. */
  close(): void {
    this.closed = true;
    this.segments = [];
    this.timer?.cancel();
  }

  private arrived(segment: Segment): void {
    if (this.closed || !this.parts.accepts()) return;
    segment.arrived = true;
    this.parts.enter(this.handOver);
  }

  private readonly handOver = (): void => {
    while (this.segments[0]?.arrived === true) this.segments.shift()?.deliver();
  };

  /** One timer for all segments: it stops by itself when everything has arrived. */
  private readonly lookForStall = (): void => {
    this.timer = undefined;
    const oldest = this.segments.find((segment) => !segment.arrived);
    if (this.closed || oldest === undefined) return;
    const { scheduler, stalled } = this.parts;
    const leftMs = oldest.sentMs + STALL_MS - scheduler.nowMs;
    if (leftMs <= 0) stalled();
    else this.timer = scheduler.after(leftMs, this.lookForStall);
  };
}
