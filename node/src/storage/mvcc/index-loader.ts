// Fills an index from the bucket `key`, which is in the order of revisions. A key at a time, each would be sought in
// another place of the index; so they are gathered, sorted, and added in the order of keys, 32,768 at once.
import { latin1FromRange, NO_LEASE } from '../../base/index.ts';
import type { LeaseId } from '../../base/index.ts';
import { IndexedFields } from './encoded.ts';
import type { KeyIndex } from './key-index.ts';
import { KeySorter } from './key-sorter.ts';
import { NO_RECORD } from './revision-pool.ts';
import { isTombstoneAt, mainAt, subAt } from './revision.ts';

const BATCH_KEYS = 32_768;
const BATCH_BYTES = 4 * 1024 * 1024;

export class IndexLoader {
  /** The lease of each key that has one, as far as it is loaded. */
  readonly leases = new Map<string, LeaseId>();
  /** Tombstones that follow another one of their key: they are left out. */
  strayTombstones = 0;
  private readonly index: KeyIndex;
  private readonly fields = new IndexedFields();
  private readonly sorter = new KeySorter();
  private bytes = new Uint8Array(BATCH_BYTES);
  private readonly starts = new Uint32Array(BATCH_KEYS + 1);
  private readonly records = new Uint32Array(BATCH_KEYS);
  private readonly sorted = new Uint32Array(BATCH_KEYS);
  private readonly order = new Uint32Array(BATCH_KEYS);
  private readonly batchLeases = new Map<number, LeaseId>();
  private count = 0;

  constructor(index: KeyIndex) {
    this.index = index;
  }

  /** Whether `flush` has to be called before the next `add`. */
  get isFull(): boolean {
    return this.count === BATCH_KEYS || this.starts[this.count]! >= BATCH_BYTES;
  }

  /**
   * Takes the next pair of the bucket: the revision is [start, valueStart) of the bytes, the KeyValue [valueStart, end).
   * Returns its main revision.
   * @throws DecodeError when the value is not a KeyValue
   */
  add(bytes: Uint8Array, start: number, valueStart: number, end: number): number {
    const { fields, count } = this;
    fields.read(bytes, valueStart, end);
    const main = mainAt(bytes, start, valueStart);
    const isDeleted = isTombstoneAt(bytes, start, valueStart);
    const created = isDeleted ? 0 : fields.createRevision;
    const version = isDeleted ? -1 : fields.version;
    const { pool } = this.index;
    this.records[count] = pool.allocate(main, subAt(bytes, start), created, version, NO_RECORD);
    if (fields.lease !== NO_LEASE && !isDeleted) this.batchLeases.set(count, fields.lease);
    this.addKey(bytes, fields.keyStart, fields.keyEnd);
    return main;
  }

  /** Adds what was taken to the index. */
  flush(): void {
    const { order, records, sorted, count } = this;
    this.sorter.sort({ bytes: this.bytes, starts: this.starts, count }, order);
    for (let i = 0; i < count; i++) sorted[i] = records[order[i]!]!;
    for (let lo = 0; lo < count;) {
      let hi = lo + 1;
      while (hi < count && this.isSameKey(order[lo]!, order[hi]!)) hi++;
      this.loadKey(lo, hi);
      lo = hi;
    }
    this.count = 0;
    this.batchLeases.clear();
  }

  private addKey(value: Uint8Array, keyStart: number, keyEnd: number): void {
    const start = this.starts[this.count]!;
    const end = start + keyEnd - keyStart;
    if (end > this.bytes.length) {
      const larger = new Uint8Array(end);
      larger.set(this.bytes.subarray(0, start));
      this.bytes = larger;
    }
    for (let from = keyStart, to = start; from < keyEnd; from++, to++)
      this.bytes[to] = value[from]!;
    this.starts[++this.count] = end;
  }

  private isSameKey(a: number, b: number): boolean {
    const { bytes, starts } = this;
    const aStart = starts[a]!;
    const bStart = starts[b]!;
    const length = starts[a + 1]! - aStart;
    if (starts[b + 1]! - bStart !== length) return false;
    for (let i = length - 1; i >= 0; i--) if (bytes[aStart + i] !== bytes[bStart + i]) return false;
    return true;
  }

  /** Positions [lo, hi) of the sorted batch are revisions of one key. */
  private loadKey(lo: number, hi: number): void {
    const { starts, order } = this;
    const newest = order[hi - 1]!;
    const key = latin1FromRange(this.bytes, starts[newest]!, starts[newest + 1]!);
    this.strayTombstones += this.index.load(key, this.sorted, lo, hi);
    const lease = this.batchLeases.get(newest);
    if (lease !== undefined) this.leases.set(key, lease);
    else if (this.leases.size !== 0) this.leases.delete(key);
  }
}
