// The Maintenance service (etcd: server/etcdserver/api/v3rpc/maintenance.go).
import {
  EtcdError,
  GrpcStatus,
  StatusError,
  type Logger,
  type ResponseStream,
} from '../base/index.ts';
import {
  AlarmType,
  DefragmentResponse,
  HashResponse,
  MaintenanceService,
  MoveLeaderResponse,
  StatusResponse,
  type AlarmMember,
  type AlarmResponse,
  type SnapshotResponse,
} from '../wire/gen/rpc.ts';
import { proposed } from './applied.ts';
import { headerOf, type MemberApi } from './member-api.ts';
import { serverStream, unary, type Registration } from './registration.ts';

const SNAPSHOT_CHUNK_BYTES = 32 * 1024;

/** Told when the member is busy with a defragmentation, so that health checks can say so. */
export interface DefragmentationListener {
  started(): void;
  finished(): void;
}

export function maintenanceService(
  member: MemberApi,
  etcdVersion: string,
  logger: Logger,
  defragmentation: DefragmentationListener,
): Registration[] {
  return [
    unary(MaintenanceService.alarm, (request) =>
      proposed<AlarmResponse>(member, { alarm: request }),
    ),
    unary(MaintenanceService.status, () => statusOf(member, etcdVersion)),
    unary(MaintenanceService.defragment, async () => {
      logger.info('starting defragment');
      defragmentation.started();
      try {
        await member.defragment();
      } finally {
        defragmentation.finished();
      }
      logger.info('finished defragment');
      return DefragmentResponse.create();
    }),
    unary(MaintenanceService.hash, async () => {
      const hash = await member.store.hash();
      return HashResponse.create({ header: headerOf(member), hash });
    }),
    unary(MaintenanceService.hashKV, async (request) => {
      const { hash, compactRevision, revision } = await member.store.hashKv(request.revision);
      return { header: headerOf(member), hash, compactRevision, hashRevision: revision };
    }),
    serverStream(MaintenanceService.snapshot, (_request, call, responses) =>
      sendSnapshot(member, logger, responses, () => call.canceled),
    ),
    unary(MaintenanceService.moveLeader, async (request) => {
      if (member.raft().leader !== member.membership.localId) throw new EtcdError('NotLeader');
      await member.moveLeader(request.targetId);
      return MoveLeaderResponse.create();
    }),
    unary(MaintenanceService.downgrade, () => {
      throw new StatusError(GrpcStatus.Unimplemented, 'downgrade is not available');
    }),
  ];
}

function statusOf(member: MemberApi, etcdVersion: string): StatusResponse {
  const raft = member.raft();
  const stored = member.stored();
  const { downgrade } = member.membership;
  const errors: string[] = [];
  if (raft.leader === 0n) errors.push(new EtcdError('NoLeader').message);
  for (const alarm of stored.alarms.list()) errors.push(alarmText(alarm));
  return {
    header: headerOf(member),
    version: etcdVersion,
    dbSize: stored.sizeBytes,
    leader: raft.leader,
    raftIndex: raft.commitIndex,
    raftTerm: raft.term,
    raftAppliedIndex: raft.appliedIndex,
    errors,
    dbSizeInUse: stored.sizeInUseBytes,
    isLearner: member.membership.isLocalLearner,
    storageVersion: stored.storageVersion,
    dbSizeQuota: Number.isFinite(stored.quota.limitBytes) ? stored.quota.limitBytes : -1,
    downgradeInfo: { enabled: downgrade.enabled, targetVersion: downgrade.targetVersion },
  };
}

/** As Go prints the message: `memberID:1234 alarm:NOSPACE `. */
function alarmText(alarm: AlarmMember): string {
  const name =
    Object.entries(AlarmType).find(([, value]) => value === alarm.alarm)?.[0] ??
    String(alarm.alarm);
  return `memberID:${alarm.memberId} alarm:${name} `;
}

/** The database in chunks, then its SHA-256 as the last message. */
async function sendSnapshot(
  member: MemberApi,
  logger: Logger,
  responses: ResponseStream<SnapshotResponse>,
  canceled: () => boolean,
): Promise<void> {
  const version = member.stored().storageVersion;
  const copy = await member.databaseCopy();
  const digest = member.newDigest();
  let remaining = copy.sizeBytes;
  logger.info('sending database snapshot to client', {
    'total-bytes': remaining,
    'storage-version': version,
  });
  try {
    for await (const bytes of copy.read()) {
      digest.update(bytes);
      for (let at = 0; at < bytes.length; at += SNAPSHOT_CHUNK_BYTES) {
        const blob = bytes.subarray(at, at + SNAPSHOT_CHUNK_BYTES);
        remaining -= blob.length;
        const more = responses.send({
          header: undefined,
          remainingBytes: remaining,
          blob,
          version,
        });
        if (!more) await responses.drained();
        if (canceled()) return;
      }
    }
    responses.send({ header: undefined, remainingBytes: 0, blob: digest.digest(), version });
  } finally {
    await copy.close();
  }
  logger.info('successfully sent database snapshot to client', { 'total-bytes': copy.sizeBytes });
}
