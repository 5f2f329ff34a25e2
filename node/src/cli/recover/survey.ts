// What the disk of a member that does not run holds, read without changing it.
import { EMPTY_BYTES, formatId, type ClusterId, type MemberId } from '../../base/index.ts';
import { Membership, type ClusterMember } from '../../apply/index.ts';
import { positionIn } from '../../server/index.ts';
import { ReadOnlyBackend, Wal } from '../../storage/index.ts';
import { decode } from '../../wire/index.ts';
import { Metadata } from '../../wire/gen/etcdserver.ts';
import { pathsOf, type Tool } from '../util/world.ts';

export interface DiskSurvey {
  readonly dataDir: string;
  readonly memberId: MemberId;
  readonly clusterId: ClusterId;
  /** Empty when the member never published it. */
  readonly name: string;
  /** The last entry of the log: the pair that raft compares logs by (raft paper, section 5.4.1). */
  readonly lastTerm: number;
  readonly lastIndex: number;
  /** As far as this member knew; what lies behind it up to lastIndex may have been acknowledged, too. */
  readonly commitIndex: number;
  /** Of the database; entries behind it are in the log and are applied at the next start. */
  readonly appliedIndex: number;
  readonly revision: number;
  readonly sizeBytes: number;
  /** The cluster's members as this disk knows them. */
  readonly members: readonly ClusterMember[];
}

/** @throws Error naming the folder when there is nothing to recover from, or when it is damaged */
export async function surveyDisk(tool: Tool, dataDir: string): Promise<DiskSurvey> {
  const { world, logger } = tool;
  const paths = pathsOf(dataDir);
  if (!(await Wal.exists(world.disk, paths.walDir)))
    throw new Error(
      `${dataDir}: is not the data directory of a member: ${paths.walDir} has no log`,
    );
  const snapshots = await Wal.validSnapshots(world.disk, paths.walDir, logger);
  const newest = snapshots.at(-1) ?? { index: 0, term: 0 };
  const log = await Wal.read(world.disk, paths.walDir, newest, logger);
  const { nodeId, clusterId } = decode(Metadata, log.metadata);
  const last = log.entries.at(-1) ?? newest;
  const stored = await surveyDatabase(tool, paths.database, { clusterId, localId: nodeId });
  return {
    dataDir,
    memberId: nodeId,
    clusterId,
    name: stored.members.find(({ id }) => id === nodeId)?.name ?? '',
    lastTerm: last.term,
    lastIndex: last.index,
    commitIndex: Math.max(log.hardState.commit, stored.appliedIndex),
    ...stored,
  };
}

async function surveyDatabase(
  { world, logger }: Tool,
  path: string,
  ids: { readonly clusterId: ClusterId; readonly localId: MemberId },
): Promise<Pick<DiskSurvey, 'appliedIndex' | 'revision' | 'sizeBytes' | 'members'>> {
  if (!(await world.disk.exists(path)))
    return { appliedIndex: 0, revision: 0, sizeBytes: 0, members: [] };
  const backend = await ReadOnlyBackend.open(world, path);
  try {
    const membership = new Membership({ ...ids, maxLearners: 1, logger });
    membership.recover({
      bucket: (name) => readOnlyView(backend, name),
      sizeBytes: backend.sizeBytes,
    });
    let revision = 0;
    backend.forEach('key', EMPTY_BYTES, undefined, (key) => {
      revision = Number(new DataView(key.buffer, key.byteOffset, 8).getBigUint64(0));
    });
    const { index } = positionIn((key) => backend.get('meta', key));
    const members = membership.list();
    return { appliedIndex: index, revision, sizeBytes: backend.sizeBytes, members };
  } finally {
    await backend.close();
  }
}

type BucketView = ReturnType<Parameters<Membership['recover']>[0]['bucket']>;

function readOnlyView(backend: ReadOnlyBackend, name: string): BucketView {
  const refuse = (): never => {
    throw new Error(`${name}: a survey writes nothing`);
  };
  return {
    put: refuse,
    delete: refuse,
    get: (key) => backend.get(name, key),
    forEach: (from, to, visit) => backend.forEach(name, from, to, visit),
  };
}

/** `m1`, or the id of a member without a name. */
export function titleOf({ name, memberId }: DiskSurvey): string {
  return name === '' ? formatId(memberId) : name;
}
