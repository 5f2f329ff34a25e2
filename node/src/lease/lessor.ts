// The lessor grants, renews and revokes leases (etcd: server/lease/lessor.go). Grant, revoke and checkpoint are applied on
// every member from the log. Time only passes on the primary, which is raft's leader: it finds expired leases and proposes
// their revocation. A second primary for the length of an election is harmless, since its proposals are not committed.
import { EtcdError, GrpcStatus, StatusError } from '../base/errors.ts';
import { NO_LEASE, formatId, type LeaseId } from '../base/ids.ts';
import type { Logger } from '../base/logger.ts';
import type { Clock } from '../base/world.ts';
import type { LeaseCheckpoint } from '../wire/gen/rpc.ts';
import { CheckpointQueue } from './checkpoint-queue.ts';
import { FOREVER, Lease } from './lease.ts';
import { loadLeases, removeLease, storeLease, type LeaseBackend } from './lease-bucket.ts';
import { spreadExpirations } from './promote.ts';
import { WakeHeap } from './wake-heap.ts';

export const MAX_LEASE_TTL_SECONDS = 9_000_000_000;
/** How often the server calls `expired` and `dueCheckpoints`. */
export const LEASE_POLL_INTERVAL_MS = 500;
const REVOKES_PER_SECOND = 1000;
const REVOKES_PER_POLL = REVOKES_PER_SECOND / 2;
const REVOKE_RETRY_MS = 3000;
const CHECKPOINT_INTERVAL_MS = 5 * 60_000;

export interface LessorOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Shorter TTLs are raised to this. */
  readonly minTtlSeconds: number;
  readonly checkpointIntervalMs?: number;
  /** Whether a checkpoint is written to the backend: since cluster version 3.6. */
  readonly persistCheckpoints?: () => boolean;
}

/** Proposes checkpoints through raft; resolves when they are applied. */
export type Checkpointer = (checkpoints: LeaseCheckpoint[]) => Promise<void>;

/** This member's lessor is not the primary: ask the leader. */
export class NotPrimaryError extends StatusError {
  constructor() {
    super(GrpcStatus.Unknown, 'not a primary lessor');
    this.name = 'NotPrimaryError';
  }
}

export interface LeaseTimeLeft {
  /** Whole seconds to the expiry. */
  readonly ttl: number;
  readonly grantedTtl: number;
  /** Attached keys as latin1, in byte order. */
  readonly keys: string[];
}

export class Lessor {
  private backend: LeaseBackend;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly minTtlSeconds: number;
  private readonly persistCheckpoints: () => boolean;
  private readonly byId = new Map<LeaseId, Lease>();
  private readonly byKey = new Map<string, Lease>();
  private readonly wakes = new WakeHeap();
  private readonly checkpoints: CheckpointQueue;
  private checkpointer: Checkpointer | undefined = undefined;
  private primary = false;

  /** Reads the leases that `backend` holds. Keys are attached by mvcc when it opens. */
  constructor(backend: LeaseBackend, options: LessorOptions) {
    this.backend = backend;
    this.clock = options.clock;
    this.logger = options.logger;
    this.minTtlSeconds = options.minTtlSeconds;
    this.persistCheckpoints = options.persistCheckpoints ?? (() => true);
    this.checkpoints = new CheckpointQueue(options.checkpointIntervalMs ?? CHECKPOINT_INTERVAL_MS);
    this.recover(backend);
  }

  get isPrimary(): boolean {
    return this.primary;
  }

  /** Turns checkpoints on (etcd's feature gate LeaseCheckpoint). */
  setCheckpointer(checkpointer: Checkpointer): void {
    this.checkpointer = checkpointer;
  }

  /** Forgets everything and reads `backend`: after a snapshot from the leader. mvcc attaches the keys afterwards. */
  recover(backend: LeaseBackend): void {
    this.backend = backend;
    const before = [...this.byId.values()];
    this.byId.clear();
    this.byKey.clear();
    this.wakes.clear();
    this.checkpoints.clear();
    for (const lease of before) lease.settle('demoted');
    loadLeases(backend, (stored) => {
      const ttl = Math.max(stored.ttl, this.minTtlSeconds);
      this.byId.set(stored.id, new Lease(stored.id, ttl, stored.remainingTtl));
    });
  }

  /**
   * Applies a grant.
   * @throws EtcdError LeaseTTLTooLarge, LeaseExist, or LeaseNotFound for id 0
   */
  grant(id: LeaseId, ttlSeconds: number): Lease {
    if (id === NO_LEASE) throw new EtcdError('LeaseNotFound');
    if (ttlSeconds > MAX_LEASE_TTL_SECONDS) throw new EtcdError('LeaseTTLTooLarge');
    if (this.byId.has(id)) throw new EtcdError('LeaseExist');
    const lease = new Lease(id, Math.max(ttlSeconds, this.minTtlSeconds), 0);
    this.byId.set(id, lease);
    storeLease(this.backend, lease);
    if (this.primary) this.refresh(lease, 0);
    return lease;
  }

  /**
   * Applies a revocation. `deleteKeys` gets the attached keys in byte order and deletes them in one write transaction, in
   * that order; they are detached by it. The lease goes in the same backend transaction.
   * @throws EtcdError LeaseNotFound
   */
  revoke(id: LeaseId, deleteKeys: (keys: string[]) => void): void {
    const lease = this.mustFind(id);
    if (lease.keyCount > 0) deleteKeys(lease.sortedKeys());
    // A deletion that did not detach its key must not leave the key pointing to a lease that is gone.
    for (const key of lease.sortedKeys()) this.byKey.delete(key);
    this.byId.delete(id);
    this.wakes.remove(lease);
    removeLease(this.backend, id);
    lease.settle('revoked');
  }

  /**
   * Renews on the primary and returns the TTL in seconds. A lease whose time is up is not renewed: the call waits for its
   * revocation, which is already on its way.
   * @throws NotPrimaryError, EtcdError LeaseNotFound
   */
  renew(id: LeaseId): number | Promise<number> {
    if (!this.primary) throw new NotPrimaryError();
    const lease = this.mustFind(id);
    return this.renewNow(id) ?? this.renewLate(lease, lease.expiryMs <= this.clock.monotonicMs());
  }

  /** Like `renew` where that is done at once; undefined, and nothing happened, where it fails or has to wait. */
  renewNow(id: LeaseId): number | undefined {
    const lease = this.byId.get(id);
    if (!this.primary || lease === undefined) return undefined;
    if (this.checkpointer !== undefined && lease.remainingTtlSeconds > 0) return undefined;
    const nowMs = this.clock.monotonicMs();
    if (lease.expiryMs <= nowMs) return undefined;
    lease.refresh(nowMs, 0);
    this.wakes.schedule(lease, lease.expiryMs);
    return lease.ttlSeconds;
  }

  lookup(id: LeaseId): Lease | undefined {
    return this.byId.get(id);
  }

  /** All leases, the one that expires first at the front. */
  leases(): Lease[] {
    const all = [...this.byId.values()];
    return this.primary ? all.sort((a, b) => a.expiryMs - b.expiryMs) : all;
  }

  get leaseCount(): number {
    return this.byId.size;
  }

  /**
   * What is left of a lease, on the primary.
   * @throws EtcdError LeaseNotFound; LeaderChanged when this member is no longer the primary
   */
  timeToLive(id: LeaseId): LeaseTimeLeft {
    const lease = this.mustFind(id);
    if (lease.expiryMs === FOREVER) throw new EtcdError('LeaderChanged');
    const ttl = Math.trunc((lease.expiryMs - this.clock.monotonicMs()) / 1000) + 0;
    return { ttl, grantedTtl: lease.ttlSeconds, keys: lease.sortedKeys() };
  }

  /** @throws EtcdError LeaseNotFound */
  attach(id: LeaseId, key: string): void {
    const lease = this.mustFind(id);
    lease.attach(key);
    this.byKey.set(key, lease);
  }

  /** @throws EtcdError LeaseNotFound */
  detach(id: LeaseId, key: string): void {
    const lease = this.mustFind(id);
    lease.detach(key);
    this.byKey.delete(key);
  }

  /** The lease of a key, or NO_LEASE. */
  leaseOf(key: string): LeaseId {
    // Looking up a string in a Map makes V8 intern it.
    if (this.byKey.size === 0) return NO_LEASE;
    return this.byKey.get(key)?.id ?? NO_LEASE;
  }

  /** This member became the leader: all leases begin anew, with `extendMs` (an election timeout) on top. */
  promote(extendMs: number): void {
    this.primary = true;
    const all = [...this.byId.values()];
    for (const lease of all) this.refresh(lease, extendMs);
    if (all.length < REVOKES_PER_SECOND) return;
    spreadExpirations(all, REVOKES_PER_SECOND, this.clock.monotonicMs(), (lease, delayMs) =>
      this.refresh(lease, delayMs + extendMs),
    );
  }

  /** This member is no longer the leader: nothing expires here. */
  demote(): void {
    this.primary = false;
    this.wakes.clear();
    this.checkpoints.clear();
    for (const lease of this.byId.values()) {
      lease.expiryMs = FOREVER;
      lease.settle('demoted');
    }
  }

  /**
   * Leases whose time is up, at most 500 a call: the leader proposes to revoke each. One that is still there 3 s later is
   * returned again.
   */
  expired(): LeaseId[] {
    const due: LeaseId[] = [];
    if (!this.primary) return due;
    const now = this.clock.monotonicMs();
    while (due.length < REVOKES_PER_POLL) {
      const lease = this.wakes.peek();
      if (lease === undefined || lease.wakeMs > now) break;
      this.wakes.schedule(lease, now + REVOKE_RETRY_MS);
      if (lease.expiryMs <= now) due.push(lease.id);
    }
    return due;
  }

  /**
   * Applies a checkpoint: what is left counts from the next promotion on. An unknown lease is passed over.
   */
  checkpoint(id: LeaseId, remainingTtlSeconds: number): void {
    const lease = this.byId.get(id);
    if (lease === undefined) return;
    lease.remainingTtlSeconds = remainingTtlSeconds;
    if (this.persistCheckpoints()) storeLease(this.backend, lease);
    if (this.primary) this.scheduleCheckpoint(lease);
  }

  /** Checkpoints to propose now, at most 1,000; ask again when it returns that many. Empty without a checkpointer. */
  dueCheckpoints(): LeaseCheckpoint[] {
    if (!this.primary || this.checkpointer === undefined) return [];
    return this.checkpoints.due(this.clock.monotonicMs(), this.byId);
  }

  private mustFind(id: LeaseId): Lease {
    const lease = this.byId.get(id);
    if (lease === undefined) throw new EtcdError('LeaseNotFound');
    return lease;
  }

  private extend(lease: Lease): number {
    lease.refresh(this.clock.monotonicMs(), 0);
    return lease.expiryMs;
  }

  private refresh(lease: Lease, extendMs: number): void {
    lease.refresh(this.clock.monotonicMs(), extendMs);
    this.wakes.schedule(lease, lease.expiryMs);
    this.scheduleCheckpoint(lease);
  }

  private scheduleCheckpoint(lease: Lease): void {
    if (this.checkpointer !== undefined) this.checkpoints.plan(lease, this.clock.monotonicMs());
  }

  private async renewLate(lease: Lease, expired: boolean): Promise<number> {
    if (expired) {
      this.logger.debug('renewal waits for the revocation of its lease', {
        leaseId: formatId(lease.id),
      });
      const outcome = await lease.settled();
      throw outcome === 'revoked' ? new EtcdError('LeaseNotFound') : new NotPrimaryError();
    }
    // One entry a checkpoint interval at most: only a lease that was checkpointed gets here.
    await this.checkpointer?.([{ id: lease.id, remainingTtl: 0 }]);
    const current = this.mustFind(lease.id);
    if (!this.primary) throw new NotPrimaryError();
    this.wakes.schedule(current, this.extend(current));
    return current.ttlSeconds;
  }
}
