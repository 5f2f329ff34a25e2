// Pages by number: those of the commit being written, those in the cache, those in the file.
import type { DiskFile } from '../../base/index.ts';
import { BackendCorruptError } from './errors.ts';
import { FIRST_DATA_PAGE, MAX_DEPTH, PAGE_HEADER_BYTES, readU32, readU64 } from './format.ts';
import { Page, validatePage } from './page.ts';
import { ReadAhead } from './read-ahead.ts';
import { Slab } from './slab.ts';

/**
 * Whether pages that are read may be wanted again soon, or belong to a walk over all of a tree, or to lookups of many keys, of
 * which nobody knows: then those that follow each other are taken for a walk's.
 */
export type PageUse = 'keep' | 'once' | 'runs';

/** What a branch looks like to the walk down, be it a page or a node of the open batch. */
export interface Branch {
  readonly id: number;
  readonly count: number;
  childId(index: number): number;
  key(index: number): Uint8Array;
  /** All keys below the branch are lower; undefined on the right edge of the tree. */
  readonly upper: Uint8Array | undefined;
}

export class PageStore {
  readonly file: DiskFile;
  readonly pageBytes: number;
  /** Pages of the newest commit; ids at or above it are damage. */
  highWater: number;
  /** Tells whether a page is on the free list: a page of a tree that is, would be overwritten. */
  isFree: (id: number) => boolean = () => false;
  /** Serialised and not yet in the file. */
  private writing = new Map<number, Page>();
  // Two generations make a cheap least-recently-used cache: what is used moves to the young one, and when that has
  // half the room, the old one is dropped.
  private young = new Map<number, Page>();
  private old = new Map<number, Page>();
  private youngBytes = 0;
  /** What the young pages lie in, many in one allocation: the garbage collector has less to look at. */
  private memory = new Slab();
  private readonly generationBytes: number;
  private readonly ahead: ReadAhead;

  constructor(file: DiskFile, pageBytes: number, highWater: number, cacheBytes: number) {
    this.file = file;
    this.pageBytes = pageBytes;
    this.highWater = highWater;
    this.generationBytes = Math.max(cacheBytes / 2, 4 * pageBytes);
    this.ahead = new ReadAhead(file, pageBytes);
  }

  /** The root page of a tree. */
  root(id: number, holdsBuckets: boolean): Page {
    if (id < FIRST_DATA_PAGE || id >= this.highWater)
      throw this.corrupt(
        Math.min(id, this.highWater),
        0,
        `the root of a tree is page ${id}, beyond the file's pages`,
      );
    return this.page(id, holdsBuckets);
  }

  /**
   * A child of a branch. Its keys must lie between the branch's separators: otherwise the pointer is damaged.
   * @param depth steps from the root
   * @param use a leaf that is not to be kept is valid until the next one is asked for
   */
  child(
    parent: Branch,
    index: number,
    holdsBuckets: boolean,
    depth: number,
    use: PageUse = 'keep',
  ): Page {
    const id = parent.childId(index);
    if (depth > MAX_DEPTH) throw this.corrupt(id, 0, 'the branch pages lead round in a circle');
    const page = use === 'keep' ? this.page(id, holdsBuckets) : this.passing(id, holdsBuckets, use);
    const isChecked =
      page.checkedUnder === parent.id && page.checkedAt === index && parent.id !== 0;
    if (!isChecked) this.checkBounds(page, parent, index);
    return page;
  }

  /** Takes a page that was just serialised; `written` must be called when it is in the file. */
  putDirty(page: Page): void {
    this.writing.set(page.id, page);
    this.old.delete(page.id);
    this.remember(page);
  }

  /** The same for a page whose memory is used again after `written`: who wants to keep it gets a copy. */
  putDirtyUncached(page: Page): void {
    this.writing.set(page.id, page);
    this.forget(page.id);
  }

  dirtyPages(): Page[] {
    return [...this.writing.values()].sort((a, b) => a.id - b.id);
  }

  written(): void {
    this.writing = new Map(); // cleared, it would keep the pages until a full collection
    this.ahead.forget();
  }

  /** The page is no longer part of the newest tree. */
  forget(id: number): void {
    this.young.delete(id);
    this.old.delete(id);
  }

  corrupt(id: number, offset: number, what: string): BackendCorruptError {
    return new BackendCorruptError(this.file.path, id, id * this.pageBytes + offset, what);
  }

  private page(id: number, holdsBuckets: boolean): Page {
    const young = this.young.get(id);
    if (young !== undefined) return young;
    const held = this.held(id);
    return held === undefined ? this.keep(this.load(id, holdsBuckets)) : this.promote(held);
  }

  private passing(id: number, holdsBuckets: boolean, use: PageUse): Page {
    const young = this.young.get(id);
    if (young !== undefined) return young;
    const held = this.held(id);
    if (held !== undefined) return use === 'once' ? held : this.promote(held);
    const page = this.load(id, holdsBuckets);
    const passes = page.isLeaf && (use === 'once' || this.ahead.isRunning);
    return passes ? page : this.keep(page);
  }

  /** Where a page is that was not used lately. */
  private held(id: number): Page | undefined {
    const old = this.old.get(id);
    return old === undefined && this.writing.size > 0 ? this.writing.get(id) : old;
  }

  /** One that shares its memory with others moves, for these may be forgotten. */
  private promote(page: Page): Page {
    if (page.bytes.length < page.bytes.buffer.byteLength) return this.keep(page);
    this.remember(page);
    return page;
  }

  /** Takes a copy of the page into the cache. */
  private keep(page: Page): Page {
    const kept = page.copy(this.memory.copy(page.bytes));
    this.remember(kept);
    return kept;
  }

  private remember(page: Page): void {
    this.youngBytes += page.bytes.length;
    if (this.youngBytes > this.generationBytes) {
      this.old = this.young;
      this.young = new Map();
      this.memory = new Slab();
      this.youngBytes = page.bytes.length;
    }
    this.young.set(page.id, page);
  }

  /** Valid until the next page is read. */
  private load(id: number, holdsBuckets: boolean): Page {
    return this.checked(id, this.readPageAhead(id), holdsBuckets);
  }

  private checked(id: number, bytes: Uint8Array, holdsBuckets: boolean): Page {
    const page = new Page(id, bytes);
    validatePage(page, {
      path: this.file.path,
      fileOffset: id * this.pageBytes,
      highWater: this.highWater,
      pageBytes: this.pageBytes,
      holdsBuckets,
    });
    return page;
  }

  /** The bytes of a page and its overflow pages; its header is checked, its content is not. */
  readPage(id: number): Uint8Array {
    const first = this.readBytes(id, this.pageBytes);
    const overflow = this.checkHeader(id, first);
    return overflow === 0 ? first : this.readBytes(id, (overflow + 1) * this.pageBytes);
  }

  /** How many pages belong to page `id` beside itself, as its header says. */
  overflowOf(id: number): number {
    return this.checkHeader(id, this.readBytes(id, PAGE_HEADER_BYTES));
  }

  /** The same as a view that is valid until the next call. */
  private readPageAhead(id: number): Uint8Array {
    const first = this.whole(id, this.ahead.read(id, 1, this.highWater), this.pageBytes);
    const pages = this.checkHeader(id, first) + 1;
    if (pages === 1) return first;
    return this.whole(id, this.ahead.read(id, pages, this.highWater), pages * this.pageBytes);
  }

  /** Returns the number of overflow pages. */
  private checkHeader(id: number, first: Uint8Array): number {
    if (readU64(first, 0) !== id)
      throw this.corrupt(id, 0, `the page says it is page ${readU64(first, 0)}`);
    const overflow = readU32(first, 12);
    if (id + overflow >= this.highWater)
      throw this.corrupt(id, 12, `${overflow} overflow pages reach beyond the file's pages`);
    for (let i = id; i <= id + overflow; i++) {
      if (this.isFree(i)) throw this.corrupt(id, 0, `page ${i} is in use and on the free list`);
    }
    return overflow;
  }

  private readBytes(id: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    const read = this.file.readAt(bytes, id * this.pageBytes);
    return this.whole(id, bytes.subarray(0, read), length);
  }

  private whole(id: number, bytes: Uint8Array, length: number): Uint8Array {
    if (bytes.length < Math.max(length, PAGE_HEADER_BYTES))
      throw this.corrupt(id, bytes.length, 'the file ends inside the page');
    return bytes;
  }

  private checkBounds(page: Page, parent: Branch, index: number): void {
    const { upper } = parent;
    const next = index + 1 < parent.count ? index + 1 : -1;
    if (page.count > 0) {
      if (orderOf(page, 0, parent, index) < 0)
        throw this.corrupt(
          page.id,
          PAGE_HEADER_BYTES,
          `the first key is below the one branch page ${parent.id} gives`,
        );
      const last = page.count - 1;
      const isBelow =
        next >= 0
          ? orderOf(page, last, parent, next) < 0
          : upper === undefined || page.compareKey(last, upper) < 0;
      if (!isBelow)
        throw this.corrupt(
          page.id,
          PAGE_HEADER_BYTES,
          `the last key belongs behind the child that branch page ${parent.id} takes it for`,
        );
    }
    page.checkedUnder = parent.id;
    page.checkedAt = index;
    if (page.isLeaf) return;
    const bound = next >= 0 ? parent.key(next) : upper;
    // A copy: a view would keep all of the parent in memory.
    page.upper = bound && Uint8Array.from(bound);
  }
}

/** Compares a key of the page with one of the branch: where that is a page, too, without a view of it. */
function orderOf(page: Page, index: number, parent: Branch, parentIndex: number): number {
  return parent instanceof Page
    ? page.compareWith(index, parent, parentIndex)
    : page.compareKey(index, parent.key(parentIndex));
}
