// What the streaming services need besides MemberApi. server/ provides it; tests fake it.
import type { CallContext, Clock, LeaseId, Logger, Random } from '../base/index.ts';
import type { Lessor } from '../lease/index.ts';
import type { WatchHub } from '../watch/index.ts';

export interface LeaderWatch {
  /**
   * Calls `lost` once when there has been no leader for three election timeouts (etcd: monitorLeader in
   * api/v3rpc/interceptor.go). Returns a function that takes the callback back.
   */
  onLeaderLost(lost: () => void): () => void;
}

export interface WatchDependencies extends LeaderWatch {
  readonly hub: WatchHub;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** --watch-progress-notify-interval; below 100 ms counts as 100 ms. */
  readonly progressNotifyIntervalMs: number;
  /**
   * Whether the caller may read the range; `rangeEnd` as the client sent it. Everything is allowed without it.
   * @throws EtcdError PermissionDenied, InvalidAuthToken, AuthOldRevision, UserEmpty
   */
  readonly authorizeRange?: (
    call: CallContext,
    key: Uint8Array,
    rangeEnd: Uint8Array,
  ) => Promise<void> | void;
}

export interface LeaseTimes {
  readonly ttl: number;
  readonly grantedTtl: number;
  /** Latin1. */
  readonly keys: readonly string[];
}

export interface LeaseDependencies extends LeaderWatch {
  readonly lessor: Pick<Lessor, 'leases'>;
  readonly random: Random;
  /**
   * Renews on the leader, wherever it is, and returns the TTL in seconds. On the leader itself: confirm the leadership, wait
   * until what is committed is applied, then `lessor.renew`.
   * @throws EtcdError LeaseNotFound, Timeout, NoLeader, …
   */
  renewLease(id: LeaseId, call: CallContext): number | Promise<number>;
  /**
   * What the leader knows of a lease.
   * @throws EtcdError LeaseNotFound, Timeout, LeaderChanged, …
   */
  leaseTimeToLive(id: LeaseId, withKeys: boolean, call: CallContext): Promise<LeaseTimes>;
}

export interface RecipeDependencies {
  readonly hub: WatchHub;
  readonly random: Random;
}
