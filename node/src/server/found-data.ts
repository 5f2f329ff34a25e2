// What earlier starts have left in a data directory.
import { join } from 'node:path';
import { EMPTY_BYTES, equalBytes, utf8FromText, type Logger, type World } from '../base/index.ts';
import { ReadOnlyBackend, Wal } from '../storage/index.ts';
import type { DataPaths } from './paths.ts';

/**
 * - `none`: nothing, or only what a first start made before its log
 * - `unbegun`: a log, but its first start ended before the member told anything to anybody: it may begin again. Going on
 *   with it would be no use: nothing in it says who the members are.
 * - `database`: a database that holds something, and no log
 * - `data`: a log to go on with
 */
export type FoundData = 'none' | 'unbegun' | 'database' | 'data';

/** @throws WalCorruptError, WalMismatchError, BackendCorruptError */
export async function findData(
  world: World,
  paths: Pick<DataPaths, 'walDir' | 'database'>,
  logger: Logger,
): Promise<FoundData> {
  const { disk } = world;
  const hasLog = await Wal.exists(disk, paths.walDir);
  if (hasLog && (await Wal.hasBegun(disk, paths.walDir, logger))) return 'data';
  if (await holdsAnything(world, paths.database)) return hasLog ? 'data' : 'database';
  return hasLog ? 'unbegun' : 'none';
}

/** Removes a log that has not begun. */
export async function removeLog({ disk }: World, walDir: string): Promise<void> {
  for (const name of await disk.list(walDir)) await disk.remove(join(walDir, name));
  await disk.syncFolder(walDir);
}

/** What a first start writes into a database before it takes part in anything. */
const PREPARED_KEY = utf8FromText('authRevision');

async function holdsAnything(world: World, database: string): Promise<boolean> {
  if (!(await world.disk.exists(database))) return false;
  const backend = await ReadOnlyBackend.open(world, database);
  try {
    let holds = false;
    for (const bucket of backend.bucketNames())
      backend.forEach(bucket, EMPTY_BYTES, undefined, (key) => {
        holds ||= !equalBytes(key, PREPARED_KEY);
        return !holds;
      });
    return holds;
  } finally {
    await backend.close();
  }
}
