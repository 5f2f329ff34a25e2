// Opens what is on the disk, or begins a new member: log, backend, membership and raft's state
// (etcd: server/etcdserver/bootstrap.go).
import {
  formatId,
  utf8FromText,
  type ClusterId,
  type Logger,
  type MemberId,
  type World,
} from '../base/index.ts';
import { Membership, jsonFromMember, type ClusterMember } from '../apply/index.ts';
import { MemoryStorage, type BootstrapPeer } from '../raft/index.ts';
import { Backend, SnapshotFiles, Wal } from '../storage/index.ts';
import { decode, encode } from '../wire/index.ts';
import { Metadata } from '../wire/gen/etcdserver.ts';
import { ConfState, Snapshot, type Entry, type HardState } from '../wire/gen/raft.ts';
import type { ServerConfig } from './config.ts';
import { ConsistentIndex } from './consistent-index.ts';
import { ConfigError } from './flag-values.ts';
import { assertFits } from './fit-check.ts';
import { findData, removeLog } from './found-data.ts';
import { forcedNewCluster } from './force-new-cluster.ts';
import { foundCluster, joinCluster, type Founding, type PeerGet } from './founding.ts';
import { dataPaths, type DataPaths } from './paths.ts';
import { membersOnDisk } from './vouching/known-members.ts';

export interface BootstrapParts {
  readonly config: ServerConfig;
  readonly world: World;
  readonly logger: Logger;
  /** Who the members are, where that is known already. */
  readonly founding?: Founding | undefined;
  /** Members that run, and that a disk from before they joined does not know. */
  readonly neighbours?: readonly ClusterMember[] | undefined;
  readonly peerGet: PeerGet;
  /** `--initial-cluster`, or what discovery found. */
  readonly initialCluster: () => Promise<string>;
  readonly onFatal: (error: unknown) => void;
  readonly onWalSync: (durationMs: number) => void;
  /** etcd's size unless told. */
  readonly walSegmentBytes?: number | undefined;
}

export interface Bootstrapped {
  readonly paths: DataPaths;
  readonly clusterId: ClusterId;
  readonly localId: MemberId;
  readonly wal: Wal;
  /** Resolves when all of the log is surely on the disk. Until then nobody may be told of anything in it. */
  readonly logConfirmed: Promise<void>;
  readonly files: SnapshotFiles;
  readonly backend: Backend;
  readonly openBackend: () => Promise<Backend>;
  readonly consistentIndex: ConsistentIndex;
  readonly membership: Membership;
  readonly raftStorage: MemoryStorage;
  readonly snapshotIndex: number;
  readonly snapshotTerm: number;
  /** The last entry that the backend holds and the log has as well: raft goes on behind it. */
  readonly appliedIndex: number;
  readonly appliedTerm: number;
  /** The founding members, where this start founds the cluster. */
  readonly peers: readonly BootstrapPeer[];
  /** All members that the disk, the founding, or whoever starts this one names. */
  readonly members: readonly ClusterMember[];
  /** Members of the running cluster, where this start joins it. */
  readonly remotes: readonly ClusterMember[];
}

/** @throws ConfigError, WalCorruptError, BackendCorruptError: nothing is started on data that is not whole */
export async function bootstrap(parts: BootstrapParts): Promise<Bootstrapped> {
  const { config, world } = parts;
  const paths = dataPaths(config);
  await world.disk.makeFolder(paths.memberDir);
  await world.disk.makeFolder(paths.snapDir);
  const found = await findData(world, paths, parts.logger);
  if (found === 'data') return restart(parts, paths);
  if (found === 'database') {
    throw new ConfigError(
      `${paths.database} exists, but there is no write-ahead log in ${paths.walDir}: the data directory is not whole. Put the log back, or begin with an empty data directory`,
    );
  }
  if (found === 'unbegun') {
    parts.logger.warn('an earlier start ended before this member took part in anything', {
      path: paths.walDir,
    });
    await removeLog(world, paths.walDir);
  }
  return begin(parts, paths);
}

/** A member without a log founds a cluster or joins one. */
async function begin(parts: BootstrapParts, paths: DataPaths): Promise<Bootstrapped> {
  const { config, world, logger, peerGet } = parts;
  const isNew = config.initialClusterState === 'new';
  const enter = isNew ? foundCluster : joinCluster;
  const founding =
    parts.founding ?? (await enter(config, await parts.initialCluster(), peerGet, logger));
  const metadata = encode(Metadata, { nodeId: founding.localId, clusterId: founding.clusterId });
  const opened = await openStores(parts, paths, founding);
  const wal = await Wal.create(world.disk, paths.walDir, metadata, walOptions(parts));
  const peers = isNew
    ? founding.members.map((member) => ({
        id: member.id,
        context: utf8FromText(jsonFromMember(member)),
      }))
    : [];
  logger.info('starting local member', {
    'local-member-id': formatId(founding.localId),
    'cluster-id': formatId(founding.clusterId),
  });
  return {
    ...opened,
    paths,
    clusterId: founding.clusterId,
    localId: founding.localId,
    wal,
    logConfirmed: Promise.resolve(),
    raftStorage: new MemoryStorage(),
    snapshotIndex: 0,
    snapshotTerm: 0,
    appliedIndex: 0,
    appliedTerm: 0,
    peers,
    members: founding.members,
    remotes: founding.remotes,
  };
}

/** A member with a log goes on where it was. */
async function restart(parts: BootstrapParts, paths: DataPaths): Promise<Bootstrapped> {
  const { world, logger, config } = parts;
  const newest = await Wal.newestSnapshot(world.disk, paths.walDir, logger);
  const snapshotIndex = newest.snapshot?.index ?? 0;
  const snapshotTerm = newest.snapshot?.term ?? 0;
  const { wal, state, confirmed } = await Wal.openEarly(
    world.disk,
    paths.walDir,
    { index: snapshotIndex, term: snapshotTerm },
    walOptions(parts),
    newest.sound,
  );
  const { nodeId, clusterId } = decode(Metadata, state.metadata);
  if (!(await adoptSnapshotDatabase(parts, paths, snapshotIndex, confirmed)) && snapshotIndex > 0) {
    throw new ConfigError(
      `database file (${paths.database}) of the backend is missing or empty; the log alone, which begins at ${snapshotIndex}, can't replace it. Restore this member from the others: remove it, and add it again with an empty data directory`,
    );
  }
  const opened = await openStores(parts, paths, { clusterId, localId: nodeId });
  const { consistentIndex, membership } = opened;
  const lastIndex = state.entries.at(-1)?.index ?? snapshotIndex;
  await assertFits({ paths, ...opened, localId: nodeId, snapshotIndex, lastIndex });
  const log = config.forceNewCluster
    ? await forcedNewCluster({
        wal,
        state,
        membership,
        localId: nodeId,
        appliedIndex: consistentIndex.index,
        logger,
      })
    : state;
  logger.info(config.forceNewCluster ? 'forcing restart member' : 'restarting local member', {
    'cluster-id': formatId(clusterId),
    'local-member-id': formatId(nodeId),
    'commit-index': log.hardState.commit,
  });
  const lastLogIndex = log.entries.at(-1)?.index ?? snapshotIndex;
  const raftStorage = restoredLog(
    membership,
    log,
    snapshotIndex,
    snapshotTerm,
    consistentIndex.index,
  );
  // A database that etcdutl restored still names the members of the cluster it was saved from.
  consistentIndex.confState = raftStorage.initialState().confState;
  return {
    ...opened,
    paths,
    clusterId,
    localId: nodeId,
    wal,
    logConfirmed: confirmed,
    appliedIndex: Math.min(Math.max(consistentIndex.index, snapshotIndex), lastLogIndex),
    appliedTerm: consistentIndex.term,
    raftStorage,
    snapshotIndex,
    snapshotTerm,
    peers: [],
    members: [
      ...(parts.neighbours ?? []),
      ...membersOnDisk(membership.list(), consistentIndex.index, log),
    ],
    remotes: [],
  };
}

/**
 * Raft's log as the WAL has it. Its configuration comes from the backend, which holds all changes up to its consistent
 * index; those behind it are applied when raft hands them out.
 */
function restoredLog(
  membership: Membership,
  log: { readonly hardState: HardState; readonly entries: readonly Entry[] },
  index: number,
  term: number,
  appliedIndex: number,
): MemoryStorage {
  const members = membership.list();
  const last = log.entries.at(-1)?.index ?? index;
  // What the backend holds was committed, even where the commit index on the disk is older: it is not synced on its own.
  const commit = Math.max(log.hardState.commit, Math.min(appliedIndex, last));
  const confState = ConfState.create({
    voters: members.filter((member) => !member.isLearner).map((member) => member.id),
    learners: members.filter((member) => member.isLearner).map((member) => member.id),
  });
  return MemoryStorage.from({
    snapshot: Snapshot.create({ metadata: { confState, index, term } }),
    hardState: { ...log.hardState, commit },
    entries: log.entries,
  });
}

/**
 * A snapshot that was received and recorded, but not yet put in place when the process ended, takes its place now.
 * Returns whether there is a database that holds anything.
 */
async function adoptSnapshotDatabase(
  parts: BootstrapParts,
  paths: DataPaths,
  snapshotIndex: number,
  logConfirmed: Promise<void>,
): Promise<boolean> {
  const { disk } = parts.world;
  if (snapshotIndex > 0) {
    const received = new SnapshotFiles(disk, paths.snapDir, parts.logger).databasePath(
      snapshotIndex,
    );
    if (await disk.exists(received)) {
      // The log has to go on from there for good.
      await logConfirmed;
      await disk.rename(received, paths.database);
      await disk.syncFolder(paths.snapDir);
    }
  }
  if (!(await disk.exists(paths.database))) return false;
  const file = await disk.open(paths.database, 'read');
  try {
    return file.size() > 0;
  } finally {
    await file.close();
  }
}

async function openStores(
  parts: BootstrapParts,
  paths: DataPaths,
  ids: { readonly clusterId: ClusterId; readonly localId: MemberId } | Founding,
) {
  const { config, world, logger } = parts;
  const consistentIndex = new ConsistentIndex();
  const openBackend = async (): Promise<Backend> => {
    const backend: Backend = await Backend.openEarly(world, paths.database, {
      logger,
      batchIntervalMs: config.backendBatchIntervalMs,
      batchLimit: config.backendBatchLimit,
      // Opening may commit what it repairs, before there is anything to describe.
      beforeCommit: () => {
        if (opened !== undefined) consistentIndex.write(opened.bucket('meta'));
      },
      onFatal: parts.onFatal,
    });
    opened = backend;
    return backend;
  };
  let opened: Backend | undefined;
  const backend = await openBackend();
  consistentIndex.load(backend.bucket('meta'));
  const membership = new Membership({
    clusterId: ids.clusterId,
    localId: ids.localId,
    maxLearners: config.maxLearners,
    logger,
  });
  membership.recover(backend);
  const files = new SnapshotFiles(world.disk, paths.snapDir, logger);
  return { backend, openBackend, consistentIndex, membership, files };
}

function walOptions(parts: BootstrapParts) {
  return {
    logger: parts.logger,
    onFatal: parts.onFatal,
    onSync: parts.onWalSync,
    clock: parts.world.clock,
    unsafeNoSync: parts.config.unsafeNoFsync,
    segmentBytes: parts.walSegmentBytes,
  };
}
