// The gauges of /metrics: numbers that the member keeps anyway, read when somebody asks
// (etcd: server/etcdserver/metrics.go, server/storage/mvcc/metrics.go).
import { NO_MEMBER } from '../base/index.ts';
import { AlarmType } from '../wire/gen/rpc.ts';
import type { Member } from './member.ts';

export type MemberGauge = readonly [name: string, help: string, read: () => number];

/** Leadership, and how far raft has come. */
export function raftGauges(member: Member): MemberGauge[] {
  return [
    [
      'etcd_server_has_leader',
      'Whether or not a leader exists. 1 is existence, 0 is not.',
      () => Number(member.leader !== NO_MEMBER),
    ],
    [
      'etcd_server_is_leader',
      'Whether or not this member is a leader. 1 if is, 0 otherwise.',
      () => Number(member.isLeader),
    ],
    [
      'etcd_server_is_learner',
      'Whether or not this member is a learner. 1 if is, 0 otherwise.',
      () => Number(member.membership.isLocalLearner),
    ],
    [
      'etcd_server_leader_changes_seen_total',
      'The number of leader changes seen.',
      () => member.leaderWatch.changes,
    ],
    [
      'etcd_server_proposals_committed_total',
      'The total number of consensus proposals committed.',
      () => member.raft().commitIndex,
    ],
    [
      'etcd_server_proposals_applied_total',
      'The total number of consensus proposals applied.',
      () => member.raft().appliedIndex,
    ],
    [
      'etcd_server_proposals_pending',
      'The current number of pending proposals to commit.',
      () => member.pendingProposals,
    ],
  ];
}

/** The database, keys, watchers and leases. */
export function storeGauges(member: Member): MemberGauge[] {
  const { state } = member;
  return [
    [
      'etcd_server_quota_backend_bytes',
      'Current backend storage quota size in bytes.',
      () => state.quota.limitBytes,
    ],
    [
      'etcd_mvcc_db_total_size_in_bytes',
      'Total size of the underlying database physically allocated in bytes.',
      () => state.backend.sizeBytes,
    ],
    [
      'etcd_mvcc_db_total_size_in_use_in_bytes',
      'Total size of the underlying database logically in use in bytes.',
      () => state.backend.sizeInUseBytes,
    ],
    ['etcd_debugging_mvcc_keys_total', 'Total number of keys.', () => state.store.keysTotal],
    [
      'etcd_debugging_mvcc_current_revision',
      'The current revision of store.',
      () => state.store.revision,
    ],
    [
      'etcd_debugging_mvcc_compact_revision',
      'The revision of the last compaction in store.',
      () => state.store.compactRevision,
    ],
    [
      'etcd_debugging_mvcc_watcher_total',
      'Total number of watchers.',
      () => member.hub.watcherCount,
    ],
    [
      'etcd_debugging_mvcc_slow_watcher_total',
      'Total number of unsynced slow watchers.',
      () => member.hub.slowWatcherCount,
    ],
    [
      'etcd_debugging_mvcc_watch_stream_total',
      'Total number of watch streams.',
      () => member.hub.streamCount,
    ],
    [
      'binnacle_nospace_alarm',
      'Whether the cluster takes no more writes, because a database has reached its quota.',
      () => Number(state.alarms.has(AlarmType.NOSPACE)),
    ],
    [
      'binnacle_corrupt_alarm',
      'Whether members were found to hold different data.',
      () => Number(state.alarms.has(AlarmType.CORRUPT)),
    ],
    ['etcd_debugging_lease_total', 'Number of leases.', () => state.lessor.leaseCount],
  ];
}
