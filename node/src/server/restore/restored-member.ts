// Makes a member of a new cluster out of a database that lies in its place (etcd: etcdutl/snapshot/v3_snapshot.go, Restore).
import { EMPTY_BYTES, assert, utf8FromText, type Logger, type World } from '../../base/index.ts';
import { Membership, jsonFromMember, type ClusterMember } from '../../apply/index.ts';
import { Backend, SnapshotFiles, Wal, type Bucket } from '../../storage/index.ts';
import { encode } from '../../wire/index.ts';
import { Metadata } from '../../wire/gen/etcdserver.ts';
import {
  ConfChange,
  ConfChangeType,
  ConfState,
  EntryType,
  HardState,
  Snapshot,
  type Entry,
} from '../../wire/gen/raft.ts';
import { ConsistentIndex } from '../consistent-index.ts';
import type { plannedCluster } from '../founding.ts';
import type { DataPaths } from '../paths.ts';

export interface RestoreWorld {
  readonly world: World;
  readonly logger: Logger;
}

export type PlannedCluster = ReturnType<typeof plannedCluster>;

const TERM = 1;
const SCHEDULED_COMPACTION_KEY = utf8FromText('scheduledCompactRev');
const REVISION_BYTES = 8;

/**
 * Gives the database at `paths.database` the members of `cluster`, and writes the log that a member begins with.
 * @param bumpRevision added to the newest revision, which is then marked as compacted; 0 is off
 * @returns the newest revision, with what was added
 */
export async function writeRestoredMember(
  tools: RestoreWorld,
  paths: DataPaths,
  cluster: PlannedCluster,
  bumpRevision: number,
): Promise<number> {
  const start = startOf(cluster.members);
  const revision = await writeDatabase(tools, paths, cluster, start, bumpRevision);
  await writeLog(tools, paths, cluster, start);
  return revision;
}

/** Raft's state as if the members had agreed on each other, and on nothing else yet. */
interface Start {
  readonly entries: readonly Entry[];
  readonly confState: ConfState;
  readonly commitIndex: number;
}

function startOf(members: readonly ClusterMember[]): Start {
  const sorted = [...members].sort((a, b) => (a.id < b.id ? -1 : 1));
  const entries = sorted.map((member, i): Entry => {
    const change = ConfChange.create({
      type: ConfChangeType.ConfChangeAddNode,
      nodeId: member.id,
      context: utf8FromText(jsonFromMember(member)),
    });
    return {
      type: EntryType.EntryConfChange,
      term: TERM,
      index: i + 1,
      data: encode(ConfChange, change),
    };
  });
  const confState = ConfState.create({ voters: sorted.map((member) => member.id) });
  return { entries, confState, commitIndex: entries.length };
}

async function writeDatabase(
  { world, logger }: RestoreWorld,
  paths: DataPaths,
  { clusterId, local, members }: PlannedCluster,
  start: Start,
  bumpRevision: number,
): Promise<number> {
  const backend = await Backend.open(world, paths.database, { logger });
  for (const name of ['members', 'members_removed']) clear(backend.bucket(name));
  const revision = newestRevision(backend.bucket('key')) + bumpRevision;
  if (bumpRevision > 0) markCompacted(backend, revision);
  const membership = new Membership({ clusterId, localId: local.id, maxLearners: 1, logger });
  membership.recover(backend);
  for (const member of members) membership.add(member);
  const consistentIndex = new ConsistentIndex();
  consistentIndex.set(start.commitIndex, TERM);
  consistentIndex.write(backend.bucket('meta'));
  await backend.close();
  return revision;
}

function clear(bucket: Bucket): void {
  const keys: Uint8Array[] = [];
  bucket.forEach(EMPTY_BYTES, undefined, (key) => {
    keys.push(key.slice());
  });
  for (const key of keys) bucket.delete(key);
}

/** Clients that saw revisions after the snapshot shall not see them again with another content. */
function markCompacted(backend: Backend, revision: number): void {
  const bumped = revisionKey(revision);
  // etcd's marker: a pair that belongs to no key.
  backend.bucket('key').put(bumped, EMPTY_BYTES);
  backend.bucket('meta').put(SCHEDULED_COMPACTION_KEY, bumped);
}

/**
 * The newest revision in bucket `key`; 0 when it is empty. Found by bisection, as a bucket is read forwards only: a few
 * dozen descents of the tree, where reading a large database through would hold a member up that serves meanwhile.
 */
function newestRevision(keys: Bucket): number {
  const firstFrom = (revision: number): number | undefined => {
    let found: number | undefined;
    const from = revisionKey(revision).subarray(0, REVISION_BYTES);
    keys.forEach(from, undefined, (key) => {
      found = Number(new DataView(key.buffer, key.byteOffset, REVISION_BYTES).getBigUint64(0));
      return false;
    });
    return found;
  };
  let newest = firstFrom(0) ?? 0;
  let beyond = Number.MAX_SAFE_INTEGER;
  while (beyond - newest > 1) {
    const middle = newest + Math.floor((beyond - newest) / 2);
    const found = firstFrom(middle);
    if (found === undefined) beyond = middle;
    else newest = found;
  }
  return newest;
}

/** Eight bytes of the revision, `_`, and the number of the change in it, which is 0. */
function revisionKey(revision: number): Uint8Array {
  assert(Number.isSafeInteger(revision), 'a revision is a whole number');
  const key = new Uint8Array(17);
  new DataView(key.buffer).setBigUint64(0, BigInt(revision));
  key[8] = '_'.charCodeAt(0);
  return key;
}

async function writeLog(
  { world, logger }: RestoreWorld,
  paths: DataPaths,
  { clusterId, local }: PlannedCluster,
  { entries, confState, commitIndex }: Start,
): Promise<void> {
  const metadata = encode(Metadata, { nodeId: local.id, clusterId });
  const wal = await Wal.create(world.disk, paths.walDir, metadata, { logger });
  const vote = confState.voters[0] ?? 0n;
  await wal.save(HardState.create({ term: TERM, vote, commit: commitIndex }), entries, true);
  const position = { index: commitIndex, term: TERM, confState };
  const files = new SnapshotFiles(world.disk, paths.snapDir, logger);
  await files.save(Snapshot.create({ metadata: position }));
  await wal.saveSnapshot(position);
  await wal.close();
}
