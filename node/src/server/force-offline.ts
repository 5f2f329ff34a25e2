// Makes the member of a data directory the only one of its cluster, while it does not run: what `--force-new-cluster` does at
// a start, for `binnacle recover`.
import type { Logger, World } from '../base/index.ts';
import { Membership } from '../apply/index.ts';
import { Backend, Wal } from '../storage/index.ts';
import { decode } from '../wire/index.ts';
import { Metadata } from '../wire/gen/etcdserver.ts';
import { positionIn } from './consistent-index.ts';
import { forcedNewCluster } from './force-new-cluster.ts';
import type { DataPaths } from './paths.ts';

/** The caller holds the directory's lock. @throws WalCorruptError, BackendCorruptError */
export async function forceNewClusterOffline(
  world: World,
  logger: Logger,
  paths: DataPaths,
): Promise<void> {
  const snapshots = await Wal.validSnapshots(world.disk, paths.walDir, logger);
  const newest = snapshots.at(-1) ?? { index: 0, term: 0 };
  const { wal, state } = await Wal.open(world.disk, paths.walDir, newest, { logger });
  const backend = await Backend.open(world, paths.database, { logger });
  try {
    const { nodeId, clusterId } = decode(Metadata, state.metadata);
    const membership = new Membership({ clusterId, localId: nodeId, maxLearners: 1, logger });
    membership.recover(backend);
    const { index } = positionIn((key) => backend.bucket('meta').get(key));
    const parts = { wal, state, membership, localId: nodeId, appliedIndex: index, logger };
    await forcedNewCluster(parts);
  } finally {
    await backend.close();
    await wal.close();
  }
}
