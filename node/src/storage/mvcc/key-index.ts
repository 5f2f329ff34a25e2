// The index of all keys in memory: for every key its revisions, newest first, as records of a pool.
// It answers which revision of a key is the one at some main revision (etcd: index.go and key_index.go in
// server/storage/mvcc; a generation there is a run of records here that ends at a tombstone).
import { assert } from '../../base/index.ts';
import { lowerBound, OrderedKeys } from './ordered-keys.ts';
import type { Leaf } from './ordered-keys.ts';
import { NO_RECORD, RevisionPool } from './revision-pool.ts';

/** The end of a range without upper bound. */
export const NO_BOUND = '';

/** Called for each key in order; `false` stops. `record` is its revision at the range's main revision. */
export type VisitKey = (key: string, record: number) => boolean;

export class KeyIndex {
  readonly pool = new RevisionPool();
  private readonly ordered = new OrderedKeys((slot) => !this.pool.isTombstone(slot));
  private live = 0;

  /** Keys that exist now. */
  get liveKeys(): number {
    return this.live;
  }

  /** Keys with any revision left, deleted ones included. */
  get size(): number {
    return this.ordered.size;
  }

  /** The key's newest record, or NO_RECORD. Seeks the key. */
  newest(key: string): number {
    return this.ordered.seek(key) ? this.ordered.leaf.slots[this.ordered.at]! : NO_RECORD;
  }

  /** The record that is the key at `main`, or NO_RECORD when the key does not exist then. */
  at(key: string, main: number): number {
    const record = this.lastUntil(this.newest(key), main);
    return record !== NO_RECORD && this.pool.isTombstone(record) ? NO_RECORD : record;
  }

  /** A put at a revision above all others of the key. */
  put(key: string, main: number, sub: number): void {
    this.putSought(key, this.newest(key), main, sub);
  }

  /**
   * The same when the key was the last that was sought, and `newest` the answer.
   * @returns the key's record, which is now this revision
   */
  putSought(key: string, newest: number, main: number, sub: number): number {
    const pool = this.pool;
    if (newest === NO_RECORD) return this.add(key, main, sub, main, 1);
    if (pool.isTombstone(newest)) this.push(newest, main, sub, main, 1);
    else this.push(newest, main, sub, pool.createdOf(newest), pool.versionOf(newest) + 1);
    return newest;
  }

  /** A deletion, above all other revisions of the key. Returns false when the key does not exist. */
  tombstone(key: string, main: number, sub: number): boolean {
    const pool = this.pool;
    const slot = this.newest(key);
    if (slot === NO_RECORD || pool.isTombstone(slot)) return false;
    this.push(slot, main, sub, pool.createdOf(slot), -(pool.versionOf(slot) + 1));
    return true;
  }

  /**
   * Takes revisions of a key from the backend, where what was before them may have been compacted: records [lo, hi) of
   * `records`, ascending, above all others of the key, with the numbers of the KeyValues; those of a tombstone have
   * version −1. Returns how many tombstones were left out, because they follow another one.
   */
  load(key: string, records: Uint32Array, lo: number, hi: number): number {
    const { ordered, pool } = this;
    const isKnown = ordered.seekNear(key);
    const before = isKnown ? ordered.leaf.slots[ordered.at]! : NO_RECORD;
    let newest = before;
    let left = 0;
    for (let i = lo; i < hi; i++) {
      if (this.chain(records[i]!, newest)) newest = records[i]!;
      else left++;
    }
    if (newest === before) return left;
    if (isKnown) ordered.leaf.slots[ordered.at] = newest;
    else ordered.insert(key, newest);
    const wasLive = before !== NO_RECORD && !pool.isTombstone(before) ? 1 : 0;
    this.changed(pool.mainOf(newest), (pool.isTombstone(newest) ? 0 : 1) - wasLive);
    return left;
  }

  /** Visits the keys of [from, to) that exist at `main`. */
  visit(from: string, to: string, main: number, visitKey: VisitKey): void {
    const { leaves } = this.ordered;
    this.ordered.seek(from);
    let { position, at } = this.ordered;
    for (; position < leaves.length; position++, at = 0) {
      const { keys, slots } = leaves[position]!;
      for (; at < keys.length; at++) {
        const key = keys[at]!;
        if (to !== NO_BOUND && key >= to) return;
        const record = this.lastUntil(slots[at]!, main);
        if (record === NO_RECORD || this.pool.isTombstone(record)) continue;
        if (!visitKey(key, record)) return;
      }
    }
  }

  /**
   * Adds the revisions of the keys of [from, to) that exist at `main`, up to `limit` of them (0: all). Returns whether there
   * is none behind them that was not looked at.
   */
  collect(
    from: string,
    to: string,
    main: number,
    limit: number,
    mains: number[],
    subs: number[],
  ): boolean {
    const { pool } = this;
    const { leaves } = this.ordered;
    if (to !== NO_BOUND && to <= from) return true;
    this.ordered.seek(from);
    let { position, at } = this.ordered;
    for (; position < leaves.length; position++, at = 0) {
      const { keys, slots } = leaves[position]!;
      const last = keys[keys.length - 1];
      const isLast = to !== NO_BOUND && last !== undefined && last >= to;
      const end = isLast ? lowerBound(keys, to) : keys.length;
      for (; at < end; at++) {
        const record = this.lastUntil(slots[at]!, main);
        if (record === NO_RECORD || pool.isTombstone(record)) continue;
        mains.push(pool.mainOf(record));
        subs.push(pool.subOf(record));
        if (mains.length === limit) return false;
      }
      if (isLast) return true;
    }
    return true;
  }

  /** Number of keys in [from, to) that exist at `main`. Whole leaves without a later change cost one step. */
  count(from: string, to: string, main: number): number {
    const { leaves } = this.ordered;
    if (to !== NO_BOUND && to <= from) return 0;
    const first = this.ordered.leafFor(from);
    const last = to === NO_BOUND ? leaves.length - 1 : this.ordered.leafFor(to);
    let total = 0;
    for (let position = first; position <= last; position++) {
      const leaf = leaves[position]!;
      const lo = position === first ? lowerBound(leaf.keys, from) : 0;
      const hi =
        position === last && to !== NO_BOUND ? lowerBound(leaf.keys, to) : leaf.keys.length;
      const whole = lo === 0 && hi === leaf.keys.length;
      total += whole && leaf.newest <= main ? leaf.live : this.countIn(leaf, lo, hi, main);
    }
    return total;
  }

  /** Whether any key exists at `main`. */
  anyAt(main: number): boolean {
    let found = false;
    this.visit('', NO_BOUND, main, () => {
      found = true;
      return false;
    });
    return found;
  }

  /**
   * Whether a compaction at `main` keeps this revision of the key: it is the key's last until then, and either no
   * tombstone or one of `main` itself, which a watcher that starts at `main` still has to see.
   */
  keeps(key: string, main: number, revisionMain: number, revisionSub: number): boolean {
    const record = this.lastUntil(this.newest(key), main);
    if (!this.isRecordOf(record, revisionMain, revisionSub)) return false;
    return revisionMain === main || !this.pool.isTombstone(record);
  }

  /** Whether the record is that revision. */
  isRecordOf(record: number, main: number, sub: number): boolean {
    const { pool } = this;
    return record !== NO_RECORD && pool.mainOf(record) === main && pool.subOf(record) === sub;
  }

  /**
   * Forgets the revisions of the key that a compaction at `main` removes. Returns the one until `main` that it keeps, or
   * NO_RECORD.
   */
  compact(key: string, main: number): number {
    const pool = this.pool;
    const slot = this.newest(key);
    let later = NO_RECORD;
    let record = slot;
    while (record !== NO_RECORD && pool.mainOf(record) > main) {
      later = record;
      record = pool.olderOf(record);
    }
    if (record === NO_RECORD) return NO_RECORD;
    this.releaseFrom(pool.olderOf(record));
    pool.setOlder(record, NO_RECORD);
    if (!pool.isTombstone(record) || pool.mainOf(record) === main) return record;
    if (later !== NO_RECORD) pool.setOlder(later, NO_RECORD);
    else this.ordered.remove();
    pool.release(record);
    return NO_RECORD;
  }

  private countIn(leaf: Leaf, lo: number, hi: number, main: number): number {
    let total = 0;
    for (let i = lo; i < hi; i++) {
      const record = this.lastUntil(leaf.slots[i]!, main);
      if (record !== NO_RECORD && !this.pool.isTombstone(record)) total++;
    }
    return total;
  }

  /** The first record of the chain that is not later than `main`. */
  private lastUntil(slot: number, main: number): number {
    const pool = this.pool;
    let record = slot;
    while (record !== NO_RECORD && pool.mainOf(record) > main) record = pool.olderOf(record);
    return record;
  }

  /** Adds the key that was sought last; returns its slot. */
  private add(key: string, main: number, sub: number, created: number, version: number): number {
    const slot = this.pool.allocate(main, sub, created, version, NO_RECORD);
    this.ordered.insert(key, slot);
    this.changed(main, version > 0 ? 1 : 0);
    return slot;
  }

  /** Makes a revision the newest of the key that was sought last; the one before moves to a record of its own. */
  private push(slot: number, main: number, sub: number, created: number, version: number): void {
    const pool = this.pool;
    const before = pool.mainOf(slot);
    assert(
      main > before || (main === before && sub > pool.subOf(slot)),
      'revisions of a key ascend',
    );
    this.changed(main, (version > 0 ? 1 : 0) - (pool.isTombstone(slot) ? 0 : 1));
    pool.set(slot, main, sub, created, version, pool.copy(slot));
  }

  /** Puts an allocated record in front of the one before it (or none). False, and it is released: a tombstone upon a tombstone. */
  private chain(record: number, before: number): boolean {
    const { pool } = this;
    if (before === NO_RECORD) return true;
    const isDeleted = pool.isTombstone(before);
    const main = pool.mainOf(record);
    const sub = pool.subOf(record);
    if (pool.isTombstone(record)) {
      if (isDeleted) {
        pool.release(record);
        return false;
      }
      const version = -(pool.versionOf(before) + 1);
      pool.set(record, main, sub, pool.createdOf(before), version, before);
    } else if (isDeleted) pool.set(record, main, sub, main, 1, before);
    else pool.set(record, main, sub, pool.createdOf(before), pool.versionOf(before) + 1, before);
    return true;
  }

  private changed(main: number, live: number): void {
    const { leaf } = this.ordered;
    if (main > leaf.newest) leaf.newest = main;
    leaf.live += live;
    this.live += live;
  }

  private releaseFrom(record: number): void {
    while (record !== NO_RECORD) {
      const older = this.pool.olderOf(record);
      this.pool.release(record);
      record = older;
    }
  }
}
