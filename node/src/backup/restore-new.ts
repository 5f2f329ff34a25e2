// A restore into the data directories of a new cluster, none of whose members runs.
import { copyFile, readdir } from 'node:fs/promises';
import { createLogger, realWorld } from '../platform/index.ts';
import {
  SnapshotError,
  dataPaths,
  parseInitialCluster,
  placeSnapshot,
  plannedCluster,
  writeRestoredMember,
} from '../server/index.ts';
import type { Destination } from './destination.ts';
import type { SealingKey } from './encryption.ts';
import { BackupError, reasonOf } from './errors.ts';
import type { Manifest } from './manifest.ts';
import { readSnapshot } from './read-backup.ts';

export interface NewCluster {
  /** NAME=URL,… */
  readonly initialCluster: string;
  readonly token: string;
  /** Where each member's data goes; members that are not named are made elsewhere. */
  readonly dataDirs: ReadonlyMap<string, string>;
  readonly revisionBump: number;
}

/** Returns the newest revision. What fails leaves no directory behind. @throws BackupError, ConfigError */
export async function restoreNew(
  destination: Destination,
  backup: Manifest,
  key: SealingKey | undefined,
  { initialCluster, token, dataDirs, revisionBump }: NewCluster,
): Promise<number> {
  const world = realWorld();
  const logger = createLogger({ level: 'warn', outputs: ['stderr'], format: 'console' });
  const urls = parseInitialCluster(initialCluster);
  const members = [...dataDirs].map(([name, dataDir]) => ({
    paths: dataPaths({ dataDir, walDir: '' }),
    cluster: plannedCluster(
      { name, initialClusterToken: token, advertisePeerUrls: urls.get(name) ?? [] },
      initialCluster,
    ),
  }));
  for (const dataDir of dataDirs.values()) await requireEmpty(dataDir);
  let placed: string | undefined;
  let revision = 0;
  try {
    for (const { paths } of members) {
      await world.disk.makeFolder(paths.snapDir);
      if (placed === undefined) {
        await placeSnapshot(world, readSnapshot(destination, backup, key), paths.database);
        placed = paths.database;
      } else await copyFile(placed, paths.database);
    }
    for (const { paths, cluster } of members) {
      revision = await writeRestoredMember({ world, logger }, paths, cluster, revisionBump);
      await world.disk.syncFolder(paths.snapDir);
    }
  } catch (error) {
    for (const { paths } of members) await world.disk.removeFolder(paths.dataDir);
    if (error instanceof SnapshotError) throw new BackupError('Damaged', reasonOf(error));
    throw error;
  }
  return revision;
}

async function requireEmpty(dataDir: string): Promise<void> {
  const found = await readdir(dataDir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (found.length > 0) {
    throw new BackupError(
      'Refused',
      `${dataDir} is not empty: a restore never writes over data. Over a running cluster, use --in-place`,
    );
  }
}
