// What the tools need of the machine. They speak on standard output, so that logs go to standard error.
import type { Logger, World } from '../../base/index.ts';
import { createLogger, realWorld } from '../../platform/index.ts';
import { dataPaths, type DataPaths } from '../../server/index.ts';

export interface Tool {
  readonly world: World;
  readonly logger: Logger;
}

export function tool(): Tool {
  const logger = createLogger({ level: 'warn', outputs: ['stderr'], format: 'console' });
  return { world: realWorld(), logger };
}

/** Runs `work` while no server has the data directory. @throws LockedError */
export async function whileLocked<T>(
  { world }: Tool,
  paths: DataPaths,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await world.disk.lock(`${paths.memberDir}/lock`);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

/** @throws Error when there is no such file */
export async function requireFile({ world }: Tool, path: string): Promise<void> {
  if (!(await world.disk.exists(path))) throw new Error(`stat ${path}: no such file or directory`);
}

export function pathsOf(dataDir: string, walDir = ''): DataPaths {
  return dataPaths({ dataDir, walDir });
}
