// When the time left of a long lease is due to be recorded in the log, so that a new leader does not begin it anew.
import type { LeaseId } from '../base/ids.ts';
import type { LeaseCheckpoint } from '../wire/gen/rpc.ts';
import type { Lease } from './lease.ts';

const BATCH = 1000;

/**
 * Every plan lies the same interval ahead of the moment it is made, so a queue keeps them in order. Plans are never taken
 * back: one for a lease that was renewed or revoked since is dropped when it comes up (etcd: findDueScheduledCheckpoints).
 */
export class CheckpointQueue {
  private readonly intervalMs: number;
  private readonly ids: LeaseId[] = [];
  private readonly dueMs: number[] = [];
  private head = 0;

  constructor(intervalMs: number) {
    this.intervalMs = intervalMs;
  }

  /** Plans a checkpoint of a lease that lasts longer than the interval. */
  plan(lease: Lease, nowMs: number): void {
    if (lease.effectiveTtlSeconds <= Math.trunc(this.intervalMs / 1000)) return;
    this.ids.push(lease.id);
    this.dueMs.push(nowMs + this.intervalMs);
  }

  due(nowMs: number, leases: ReadonlyMap<LeaseId, Lease>): LeaseCheckpoint[] {
    const checkpoints: LeaseCheckpoint[] = [];
    while (checkpoints.length < BATCH) {
      const dueMs = this.dueMs[this.head];
      if (dueMs === undefined || dueMs > nowMs) break;
      const lease = leases.get(this.ids[this.head]!); // the two arrays have one length
      this.head++;
      if (lease === undefined || lease.expiryMs <= nowMs) continue;
      const remainingTtl = Math.ceil((lease.expiryMs - nowMs) / 1000);
      if (remainingTtl < lease.ttlSeconds) checkpoints.push({ id: lease.id, remainingTtl });
    }
    this.dropUsed();
    return checkpoints;
  }

  clear(): void {
    this.ids.length = 0;
    this.dueMs.length = 0;
    this.head = 0;
  }

  private dropUsed(): void {
    if (this.head < BATCH && this.head < this.ids.length) return;
    this.ids.splice(0, this.head);
    this.dueMs.splice(0, this.head);
    this.head = 0;
  }
}
