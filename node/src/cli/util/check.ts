// `binnacle util check`: what is wrong with a database file or a member's whole data directory.
import { stat } from 'node:fs/promises';
import { ReadOnlyBackend, Wal, checkFile } from '../../storage/index.ts';
import { positionIn, type DataPaths } from '../../server/index.ts';
import { pathsOf, requireFile, type Tool } from './world.ts';

export interface CheckReport {
  /** What was looked at, one line each. */
  readonly checked: readonly string[];
  /** One sentence each, with file and offset; empty when all is well. */
  readonly problems: readonly string[];
}

/** @param path a data directory or a file. @throws Error when there is neither */
export async function check(tool: Tool, path: string): Promise<CheckReport> {
  await requireFile(tool, path);
  if ((await stat(path)).isDirectory()) return checkDataDir(tool, pathsOf(path));
  return { checked: [path], problems: await checkFile(tool.world, path) };
}

async function checkDataDir(tool: Tool, paths: DataPaths): Promise<CheckReport> {
  const checked: string[] = [];
  const problems: string[] = [];
  const { disk } = tool.world;
  if (await disk.exists(paths.database)) {
    checked.push(paths.database);
    problems.push(...(await checkFile(tool.world, paths.database)));
  } else problems.push(`${paths.database}: there is no database`);
  if (await Wal.exists(disk, paths.walDir)) {
    checked.push(paths.walDir);
    problems.push(...(await checkLog(tool, paths, problems.length === 0)));
  } else problems.push(`${paths.walDir}: there is no write-ahead log`);
  return { checked, problems };
}

async function checkLog(tool: Tool, paths: DataPaths, isDatabaseSound: boolean): Promise<string[]> {
  const { disk } = tool.world;
  try {
    const snapshots = await Wal.validSnapshots(disk, paths.walDir, tool.logger);
    const { index = 0, term = 0 } = snapshots.at(-1) ?? {};
    const log = await Wal.read(disk, paths.walDir, { index, term }, tool.logger);
    if (!isDatabaseSound) return [];
    const lastIndex = log.entries.at(-1)?.index ?? index;
    return await checkFit(tool, paths, index, lastIndex);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/** The log has to begin where the database ends, or before. */
async function checkFit(
  tool: Tool,
  paths: DataPaths,
  snapshotIndex: number,
  lastIndex: number,
): Promise<string[]> {
  const backend = await ReadOnlyBackend.open(tool.world, paths.database);
  const { index } = positionIn((key) => backend.get('meta', key));
  await backend.close();
  if (index !== 0 && index < snapshotIndex) {
    return [
      `${paths.database}: it ends at index ${index}, but the log in ${paths.walDir} begins at ${snapshotIndex}`,
    ];
  }
  if (index > lastIndex) {
    return [
      `${paths.walDir}: it ends at index ${lastIndex}, but the database has applied index ${index}`,
    ];
  }
  return [];
}
