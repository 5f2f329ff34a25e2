// The storage room: the log, snapshot files, the database file and the multi-version store.
export * from './snapshot/index.ts';
export * from './wal/index.ts';
export * from './backend/index.ts';
export * from './mvcc/index.ts';
