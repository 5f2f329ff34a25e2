// What clients may make the process hold: unread request bodies, queued responses, header blocks, open streams. Every such
// byte is counted for its connection and for the process. When the process is full, whoever asks while holding little gets
// room at the cost of those who hold the most, the longest stuck first; whoever holds much himself is refused. So a client
// that holds little is served, however many others leave things unread.
import { assert } from '../base/assert.ts';
import type { Clock } from '../base/world.ts';

/** A connection that has turned over all it held within this time is busy, not stuck; longer does not weigh more. */
const BUSY_MS = 2000;
/** A connection that holds less than this part of what the biggest holds is never evicted. */
const SPARED_PART = 1 / 8;
/** How far what cannot be refused may pass the process's limit before someone has to go. */
const SLACK_PART = 1 / 8;
/** How long one answer longer than its connection's limit may take before it counts against the others. */
const OVERSIZED_MS = 30_000;

export class ProcessBudget {
  readonly limitBytes: number;
  readonly hardLimitBytes: number;
  heldBytes = 0;
  private readonly clock: Clock;
  private readonly holds = new Set<Hold>();

  constructor(limitBytes: number, clock: Clock) {
    this.limitBytes = limitBytes;
    this.hardLimitBytes = limitBytes * (1 + SLACK_PART);
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

  /** Tries to make room for `bytes` by ending connections other than `asking`. */
  makeRoom(bytes: number, asking: Hold): boolean {
    return this.evictUntil(this.limitBytes - bytes, asking, 2 * (asking.heldBytes + bytes));
  }

  /** Ends connections other than `asking`, which added what could not be refused, until the limit is nearly kept. */
  shed(asking: Hold): void {
    this.evictUntil(this.hardLimitBytes, asking, 0);
  }

  /** Evicts until at most `target` is held: stuck connections, and busy ones that hold `bigBytes` or more. */
  private evictUntil(target: number, asking: Hold, bigBytes: number): boolean {
    while (this.heldBytes > target) {
      const biggest = this.biggest();
      if (this.heldBytes - biggest.heldBytes <= target && this.isOversized(biggest)) return true;
      const victim = this.worst(asking, biggest.heldBytes * SPARED_PART, bigBytes);
      if (victim === undefined) return false;
      victim.evict();
      victim.close();
    }
    return true;
  }

  private biggest(): Hold {
    let biggest: Hold | undefined;
    for (const hold of this.holds) {
      if (biggest === undefined || hold.heldBytes > biggest.heldBytes) biggest = hold;
    }
    assert(biggest !== undefined, 'somebody asks');
    return biggest;
  }

  /** A single answer may be longer than a connection or all may hold; others are served beside it. */
  private isOversized(hold: Hold): boolean {
    return hold.heldBytes > hold.limitBytes && this.nowMs() - hold.turnedOverMs < OVERSIZED_MS;
  }

  private worst(asking: Hold, leastBytes: number, bigBytes: number): Hold | undefined {
    const now = this.nowMs();
    let worst: Hold | undefined;
    let worstScore = 0;
    for (const hold of this.holds) {
      const stuckMs = Math.min(now - hold.turnedOverMs, BUSY_MS);
      if (hold.heldBytes < leastBytes || (hold === asking && bigBytes === 0)) continue;
      if (stuckMs < BUSY_MS && (hold === asking || hold.heldBytes < bigBytes)) continue;
      const score = hold.heldBytes * (stuckMs + 1);
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
  readonly limitBytes: number;
  private readonly budget: ProcessBudget;
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
    this.count(bytes);
    return true;
  }

  /** Counts bytes that are there already and cannot be refused; others may have to go for them. */
  add(bytes: number): void {
    if (this.closed) return;
    this.count(bytes);
    if (this.budget.heldBytes > this.budget.hardLimitBytes) this.budget.shed(this);
  }

  private count(bytes: number): void {
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
