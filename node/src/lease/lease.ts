// One lease as a member holds it.
import type { LeaseId } from '../base/ids.ts';

/** No expiry: what a lease has on a member that is not the primary. */
export const FOREVER = Infinity;

/** How an expired lease ended for those that wait: it was revoked, or this member is no longer the one to tell. */
export type Settlement = 'revoked' | 'demoted';

/** Times are the clock's monotonic milliseconds. */
export class Lease {
  readonly id: LeaseId;
  readonly ttlSeconds: number;
  /** What the last checkpoint left of the TTL; 0 when there is none, and then the full TTL counts. */
  remainingTtlSeconds: number;
  expiryMs = FOREVER;

  /** When the primary looks at the lease again: its expiry, or the time to repeat a revocation that did not go through. */
  wakeMs = FOREVER;
  /** Position in the wake heap, −1 outside it. */
  heapIndex = -1;
  /** Attached keys, one latin1 character a byte. Made with the first key. */
  private keySet: Set<string> | undefined = undefined;
  /** Renewals that came after the expiry: they wait for the revocation, or for the end of this member's primacy. */
  private waiting: ((outcome: Settlement) => void)[] | undefined = undefined;

  constructor(id: LeaseId, ttlSeconds: number, remainingTtlSeconds: number) {
    this.id = id;
    this.ttlSeconds = ttlSeconds;
    this.remainingTtlSeconds = remainingTtlSeconds;
  }

  /** The time from a renewal to the expiry. */
  get effectiveTtlSeconds(): number {
    return this.remainingTtlSeconds > 0 ? this.remainingTtlSeconds : this.ttlSeconds;
  }

  refresh(nowMs: number, extendMs: number): void {
    this.expiryMs = nowMs + extendMs + this.effectiveTtlSeconds * 1000;
  }

  attach(key: string): void {
    this.keySet ??= new Set();
    this.keySet.add(key);
  }

  detach(key: string): void {
    this.keySet?.delete(key);
  }

  get keyCount(): number {
    return this.keySet?.size ?? 0;
  }

  /** In byte order, so that every member deletes them in the same order. */
  sortedKeys(): string[] {
    // Latin1 strings sort by UTF-16 unit, which is the byte.
    return this.keySet === undefined ? [] : [...this.keySet].sort();
  }

  /** Resolves at the next `settle`. */
  settled(): Promise<Settlement> {
    return new Promise((resolve) => {
      (this.waiting ??= []).push(resolve);
    });
  }

  settle(outcome: Settlement): void {
    const waiting = this.waiting;
    this.waiting = undefined;
    if (waiting !== undefined) for (const resume of waiting) resume(outcome);
  }
}
