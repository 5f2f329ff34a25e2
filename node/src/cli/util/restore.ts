// Makes the data directory of a new cluster's member from a snapshot file (etcd: etcdutl/snapshot/v3_snapshot.go, Restore).
// Whatever can be checked is checked before anything is written; what fails later leaves no half-made directory behind.
import { EMPTY_BYTES, assert, utf8FromText } from '../../base/index.ts';
import { Membership, jsonFromMember, type ClusterMember } from '../../apply/index.ts';
import { ConsistentIndex, plannedCluster, type DataPaths } from '../../server/index.ts';
import { Backend, SnapshotFiles, Wal, checkFile, type Bucket } from '../../storage/index.ts';
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
import { copyDatabase, readSnapshotFile } from './snapshot-file.ts';
import { pathsOf, requireFile, type Tool } from './world.ts';

export interface RestoreOptions {
  readonly snapshot: string;
  readonly name: string;
  readonly dataDir: string;
  /** Empty: in the data directory. */
  readonly walDir: string;
  readonly initialCluster: string;
  readonly initialClusterToken: string;
  readonly advertisePeerUrls: readonly string[];
  readonly skipHashCheck: boolean;
  /** Added to the newest revision, which is then marked as compacted; 0 is off. */
  readonly bumpRevision: number;
}

const TERM = 1;
const SCHEDULED_COMPACTION_KEY = utf8FromText('scheduledCompactRev');

/** @throws ConfigError, Error */
export async function restoreSnapshot(tool: Tool, options: RestoreOptions): Promise<void> {
  const cluster = plannedCluster(options, options.initialCluster);
  const paths = pathsOf(options.dataDir, options.walDir);
  await requireEmpty(tool, paths);
  await requireFile(tool, options.snapshot);
  const source = await readSnapshotFile(options.snapshot, options.skipHashCheck);
  const problems = await checkFile(tool.world, options.snapshot);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const { disk } = tool.world;
  const isNew = !(await disk.exists(paths.dataDir));
  try {
    await disk.makeFolder(paths.snapDir);
    await copyDatabase(options.snapshot, source.databaseBytes, paths.database);
    await disk.syncFolder(paths.snapDir);
    const start = startOf(cluster.members);
    await writeDatabase(tool, paths, options, cluster, start);
    await writeLog(tool, paths, cluster, start);
  } catch (error) {
    await disk.removeFolder(isNew ? paths.dataDir : paths.memberDir);
    await disk.removeFolder(paths.walDir);
    throw error;
  }
}

type Cluster = ReturnType<typeof plannedCluster>;

async function requireEmpty({ world }: Tool, paths: DataPaths): Promise<void> {
  const { disk } = world;
  if ((await disk.exists(paths.dataDir)) && (await disk.list(paths.dataDir)).length > 0) {
    throw new Error(`data-dir ${JSON.stringify(paths.dataDir)} not empty or could not be read`);
  }
  if (await disk.exists(paths.walDir)) {
    throw new Error(`wal-dir ${JSON.stringify(paths.walDir)} exists`);
  }
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
  { world, logger }: Tool,
  paths: DataPaths,
  options: RestoreOptions,
  { clusterId, local, members }: Cluster,
  start: Start,
): Promise<void> {
  const backend = await Backend.open(world, paths.database, { logger });
  for (const name of ['members', 'members_removed']) clear(backend.bucket(name));
  if (options.bumpRevision > 0) bumpRevision(backend, options.bumpRevision);
  const membership = new Membership({ clusterId, localId: local.id, maxLearners: 1, logger });
  membership.recover(backend);
  for (const member of members) membership.add(member);
  const consistentIndex = new ConsistentIndex();
  consistentIndex.set(start.commitIndex, TERM);
  consistentIndex.write(backend.bucket('meta'));
  await backend.close();
}

function clear(bucket: Bucket): void {
  const keys: Uint8Array[] = [];
  bucket.forEach(EMPTY_BYTES, undefined, (key) => {
    keys.push(key.slice());
  });
  for (const key of keys) bucket.delete(key);
}

/** Clients that saw revisions after the snapshot shall not see them again with another content. */
function bumpRevision(backend: Backend, by: number): void {
  const keys = backend.bucket('key');
  let latest = 0;
  keys.forEach(EMPTY_BYTES, undefined, (key) => {
    latest = Number(new DataView(key.buffer, key.byteOffset, 8).getBigUint64(0));
  });
  const bumped = revisionKey(latest + by);
  // etcd's marker: a pair that belongs to no key.
  keys.put(bumped, EMPTY_BYTES);
  backend.bucket('meta').put(SCHEDULED_COMPACTION_KEY, bumped);
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
  { world, logger }: Tool,
  paths: DataPaths,
  { clusterId, local }: Cluster,
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
