// Where a member keeps its files, as etcd does.
import { join } from 'node:path';
import type { ServerConfig } from './config.ts';

export interface DataPaths {
  readonly dataDir: string;
  readonly memberDir: string;
  readonly walDir: string;
  readonly snapDir: string;
  readonly database: string;
}

export function dataPaths(config: Pick<ServerConfig, 'dataDir' | 'walDir'>): DataPaths {
  const memberDir = join(config.dataDir, 'member');
  const snapDir = join(memberDir, 'snap');
  return {
    dataDir: config.dataDir,
    memberDir,
    walDir: config.walDir === '' ? join(memberDir, 'wal') : config.walDir,
    snapDir,
    database: join(snapDir, 'db'),
  };
}
