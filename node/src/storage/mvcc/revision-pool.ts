// Records of revisions in typed arrays: 32 bytes each, in pages, so that growing never copies and nothing is an object.
//
//   | main f64 | created f64 | version f64 | sub u32 | older u32 |
//
// A key's newest revision is one record, whose number (the key's slot) never changes; `older` links to the revision
// before it. A tombstone's version is negative: minus the number of revisions in the generation that it ends
// (etcd: keyIndex and generation in server/storage/mvcc/key_index.go).
import { assert } from '../../base/index.ts';

const PAGE_SHIFT = 14;
const PAGE_RECORDS = 1 << PAGE_SHIFT;
const PAGE_MASK = PAGE_RECORDS - 1;
/** Links are 32 bits wide. */
const MAX_RECORDS = 0xffff_ffff;

/** The number of no record: the end of a chain. */
export const NO_RECORD = 0;

export class RevisionPool {
  private readonly floats: Float64Array[] = [];
  private readonly words: Uint32Array[] = [];
  private next = 1;
  private free = NO_RECORD;
  private used = 0;

  /** Records in use. */
  get size(): number {
    return this.used;
  }

  allocate(main: number, sub: number, created: number, version: number, older: number): number {
    let record = this.free;
    if (record !== NO_RECORD) this.free = this.olderOf(record);
    else {
      record = this.next++;
      assert(record < MAX_RECORDS, 'revision records fit into 32 bits');
      if (record >>> PAGE_SHIFT >= this.floats.length) this.addPage();
    }
    this.used++;
    this.set(record, main, sub, created, version, older);
    return record;
  }

  release(record: number): void {
    this.used--;
    this.setOlder(record, this.free);
    this.free = record;
  }

  set(
    record: number,
    main: number,
    sub: number,
    created: number,
    version: number,
    older: number,
  ): void {
    const floats = this.floats[record >>> PAGE_SHIFT]!;
    const words = this.words[record >>> PAGE_SHIFT]!;
    const at = (record & PAGE_MASK) << 2;
    floats[at] = main;
    floats[at + 1] = created;
    floats[at + 2] = version;
    words[(at << 1) + 6] = sub;
    words[(at << 1) + 7] = older;
  }

  /** A copy of `record`, its link included. */
  copy(record: number): number {
    return this.allocate(
      this.mainOf(record),
      this.subOf(record),
      this.createdOf(record),
      this.versionOf(record),
      this.olderOf(record),
    );
  }

  mainOf(record: number): number {
    return this.floats[record >>> PAGE_SHIFT]![(record & PAGE_MASK) << 2]!;
  }

  createdOf(record: number): number {
    return this.floats[record >>> PAGE_SHIFT]![((record & PAGE_MASK) << 2) + 1]!;
  }

  /** Negative for a tombstone. */
  versionOf(record: number): number {
    return this.floats[record >>> PAGE_SHIFT]![((record & PAGE_MASK) << 2) + 2]!;
  }

  subOf(record: number): number {
    return this.words[record >>> PAGE_SHIFT]![((record & PAGE_MASK) << 3) + 6]!;
  }

  olderOf(record: number): number {
    return this.words[record >>> PAGE_SHIFT]![((record & PAGE_MASK) << 3) + 7]!;
  }

  setOlder(record: number, older: number): void {
    this.words[record >>> PAGE_SHIFT]![((record & PAGE_MASK) << 3) + 7] = older;
  }

  isTombstone(record: number): boolean {
    return this.versionOf(record) < 0;
  }

  private addPage(): void {
    const floats = new Float64Array(PAGE_RECORDS * 4);
    this.floats.push(floats);
    this.words.push(new Uint32Array(floats.buffer));
  }
}
