// Reads of the store at a revision (etcd: rangeKeys in server/storage/mvcc/kvstore_txn.go).
import { bytesFromLatin1, EtcdError } from '../../base/index.ts';
import { KeyValue } from '../../wire/gen/kv.ts';
import { NO_RECORD } from './revision-pool.ts';
import { keyRange } from './key-range.ts';
import type { KeyRange } from './key-range.ts';
import type { StoreState } from './state.ts';

export interface RangeOptions {
  /** Main revision to read at; 0 or less, or absent, is the newest. */
  readonly revision?: number | undefined;
  /** Most keys to return; 0, less, or absent is all. */
  readonly limit?: number | undefined;
  /** Only `count` is wanted. */
  readonly countOnly?: boolean | undefined;
  /** Answers from the index: key, revisions and version; value and lease stay empty, as in etcd 3.7. */
  readonly keysOnly?: boolean | undefined;
  /** False: `count` may stop at `limit`. Default true: it counts every key of the range. */
  readonly totalCount?: boolean | undefined;
}

export interface RangeResult {
  kvs: KeyValue[];
  /** Keys in the range at the revision read, whatever the limit. */
  count: number;
  /** The store's current revision, also when an older one was read. */
  revision: number;
}

/** Takes one encoded mvccpb.KeyValue: a view that is valid only during the call. */
export type VisitEncoded = (encoded: Uint8Array) => void;

/**
 * Reads a range as messages that own their bytes. `current` is the newest revision the reader may see.
 * @throws EtcdError Compacted, FutureRev
 */
export function readRange(
  state: StoreState,
  current: number,
  key: Uint8Array,
  rangeEnd: Uint8Array | undefined,
  options: RangeOptions,
): RangeResult {
  const kvs: KeyValue[] = [];
  const keysOnly = options.keysOnly === true;
  const count = eachRecord(state, current, keyRange(key, rangeEnd), options, (name, record) => {
    kvs.push(keysOnly ? indexedKeyValue(state, name, record) : state.keyValueOf(record));
  });
  return { kvs, count, revision: current };
}

/**
 * Reads a range without decoding it: `visit` gets the stored bytes, which are the encoded messages of an answer.
 * Options as for readRange, except keysOnly.
 * @throws EtcdError Compacted, FutureRev
 */
export function readEncoded(
  state: StoreState,
  current: number,
  key: Uint8Array,
  rangeEnd: Uint8Array | undefined,
  options: RangeOptions,
  visit: VisitEncoded,
): { count: number; revision: number } {
  const count = eachRecord(state, current, keyRange(key, rangeEnd), options, (_name, record) => {
    visit(state.encodedOf(record));
  });
  return { count, revision: current };
}

/** Calls `visit` for the keys that the options let through, and returns the count of the range. */
export function eachRecord(
  state: StoreState,
  current: number,
  range: KeyRange,
  options: RangeOptions,
  visit: (key: string, record: number) => void,
): number {
  const revision = revisionToRead(state, current, options.revision);
  const { index } = state;
  const { from, to } = range;
  if (to === undefined) {
    const record = index.at(from, revision);
    if (record === NO_RECORD) return 0;
    if (options.countOnly !== true) visit(from, record);
    return 1;
  }
  if (options.countOnly === true) return index.count(from, to, revision);
  const limit = options.limit ?? 0;
  let visited = 0;
  let cut = false;
  index.visit(from, to, revision, (key, record) => {
    visit(key, record);
    visited++;
    cut = visited === limit;
    return !cut;
  });
  return cut && options.totalCount !== false ? index.count(from, to, revision) : visited;
}

/** @throws EtcdError Compacted, FutureRev */
export function revisionToRead(state: StoreState, current: number, wanted = 0): number {
  if (wanted > current) throw new EtcdError('FutureRev');
  const revision = wanted <= 0 ? current : wanted;
  if (revision < state.compactRevision) throw new EtcdError('Compacted');
  return revision;
}

function indexedKeyValue(state: StoreState, key: string, record: number): KeyValue {
  const { pool } = state.index;
  return KeyValue.create({
    key: bytesFromLatin1(key),
    createRevision: pool.createdOf(record),
    modRevision: pool.mainOf(record),
    version: pool.versionOf(record),
  });
}
