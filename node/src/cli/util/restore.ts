// Makes the data directory of a new cluster's member from a snapshot file (etcd: etcdutl/snapshot/v3_snapshot.go, Restore).
// Whatever can be checked is checked before anything is written; what fails later leaves no half-made directory behind.
import { plannedCluster, writeRestoredMember, type DataPaths } from '../../server/index.ts';
import { checkFile } from '../../storage/index.ts';
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
    await writeRestoredMember(tool, paths, cluster, options.bumpRevision);
  } catch (error) {
    await disk.removeFolder(isNew ? paths.dataDir : paths.memberDir);
    await disk.removeFolder(paths.walDir);
    throw error;
  }
}

async function requireEmpty({ world }: Tool, paths: DataPaths): Promise<void> {
  const { disk } = world;
  if ((await disk.exists(paths.dataDir)) && (await disk.list(paths.dataDir)).length > 0) {
    throw new Error(`data-dir ${JSON.stringify(paths.dataDir)} not empty or could not be read`);
  }
  if (await disk.exists(paths.walDir)) {
    throw new Error(`wal-dir ${JSON.stringify(paths.walDir)} exists`);
  }
}
