// The write-ahead log.
export { WalCorruptError, WalMismatchError } from './errors.ts';
export type { WalState } from './replay.ts';
export { Wal } from './wal.ts';
export type { WalOptions } from './wal.ts';
