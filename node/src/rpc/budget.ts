// What clients may make the process hold: unread request bodies, queued responses, header blocks, open streams. Every such
// byte is counted for its connection and for the process. When the process is full, the connection that has sat longest
// on the most goes, so that a client which leaves things unread cannot starve the others.
import type { Clock } from '../base/world.ts';

/** A connection that has turned over all it held within this time is busy, not stuck: it is not evicted. */
const BUSY_MS = 2000;

export class ProcessBudget {
  readonly limitBytes: number;
  heldBytes = 0;
  private readonly clock: Clock;
  private readonly holds = new Set<Hold>();

  constructor(limitBytes: number, clock: Clock) {
    this.limitBytes = limitBytes;
    this.clock = clock;
  }

  /** Starts counting for one connection; `evict` must close it. */
  open(connectionLimitBytes: number, evict: () => void): Hold {
    const hold = new Hold(this, Math.min(connectionLimitBytes, this.limitBytes), evict);
    this.holds.add(hold);
    return hold;
  }

  forget(hold: Hold): void {
    this.holds.delete(hold);
  }

  nowMs(): number {
    return this.clock.monotonicMs();
  }

  /** Tries to make room for `bytes` by ending stuck connections other than `asking`. */
  makeRoom(bytes: number, asking: Hold): boolean {
    while (this.heldBytes + bytes > this.limitBytes) {
      const worst = this.worst(asking);
      if (worst === undefined) return false;
      worst.evict();
      worst.close();
    }
    return true;
  }

  private worst(asking: Hold): Hold | undefined {
    const now = this.nowMs();
    let worst: Hold | undefined;
    let worstScore = 0;
    for (const hold of this.holds) {
      const stuckMs = now - hold.turnedOverMs;
      const score = stuckMs < BUSY_MS ? 0 : hold.heldBytes * stuckMs;
      if (score <= worstScore) continue;
      worst = hold;
      worstScore = score;
    }
    return worst === asking ? undefined : worst;
  }
}

/** What one connection holds. */
export class Hold {
  heldBytes = 0;
  /** When the connection had last released as much as it held before. */
  turnedOverMs: number;
  readonly evict: () => void;
  private readonly budget: ProcessBudget;
  private readonly limitBytes: number;
  private releasedBytes = 0;
  private closed = false;

  constructor(budget: ProcessBudget, limitBytes: number, evict: () => void) {
    this.budget = budget;
    this.limitBytes = limitBytes;
    this.evict = evict;
    this.turnedOverMs = budget.nowMs();
  }

  /** Counts `bytes` and returns true, or returns false when the connection or the process holds too much already. */
  tryAdd(bytes: number): boolean {
    if (this.closed || this.heldBytes + bytes > this.limitBytes) return false;
    const budget = this.budget;
    if (budget.heldBytes + bytes > budget.limitBytes && !budget.makeRoom(bytes, this)) return false;
    this.add(bytes);
    return true;
  }

  /** Counts bytes that are there already and cannot be refused. */
  add(bytes: number): void {
    if (this.closed) return;
    if (this.heldBytes === 0) this.turnedOverMs = this.budget.nowMs();
    this.heldBytes += bytes;
    this.budget.heldBytes += bytes;
  }

  release(bytes: number): void {
    if (this.closed) return;
    this.heldBytes -= bytes;
    this.budget.heldBytes -= bytes;
    this.releasedBytes += bytes;
    if (this.releasedBytes < this.heldBytes) return;
    this.releasedBytes = 0;
    this.turnedOverMs = this.budget.nowMs();
  }

  /** Whether more should be produced for this connection now. */
  get crowded(): boolean {
    return (
      this.heldBytes > this.limitBytes / 2 || this.budget.heldBytes > this.budget.limitBytes * 0.75
    );
  }

  /** The connection is gone with all it held. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.budget.heldBytes -= this.heldBytes;
    this.heldBytes = 0;
    this.budget.forget(this);
  }
}
