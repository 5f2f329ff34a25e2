// Snapshot files, and the purge of old files.
export { PURGE_INTERVAL_MS, purgeFiles, Purger } from './purge.ts';
export type { PurgeTask } from './purge.ts';
export { SnapshotFiles } from './snapshot-files.ts';
export type { SnapshotPoint } from './snapshot-files.ts';
