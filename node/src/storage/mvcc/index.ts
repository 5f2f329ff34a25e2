// mvcc: the multi-version store. Read store.ts first, then write-txn.ts and read.ts, then key-index.ts.
export { MvccStore } from './store.ts';
export type { HashKvResult, MvccOptions, OnChanges } from './store.ts';
export { ReadTxn } from './read-txn.ts';
export type { EncodedSink, RangeCursor } from './range-cursor.ts';
export type { Elements, Pieces, Progress, RangeWindow } from './range-window.ts';
export { WriteTxn } from './write-txn.ts';
export type { RangeOptions, RangeResult, VisitEncoded } from './read.ts';
export type { EventLimits, EventSlice } from './events.ts';
export type { KeyValueHash } from './hash.ts';
export { finderOf } from './key-value-backend.ts';
export type {
  Finder,
  KeyValueBackend,
  KeyValueBucket,
  LeaseAttacher,
} from './key-value-backend.ts';
