// Which pages are free: a bit a page. Pages freed by a commit are pending until it is durable, and held while a snapshot reads them.
import { assert } from '../../base/index.ts';
import { FIRST_DATA_PAGE, FREELIST_PAGE, PAGE_HEADER_BYTES, readU16, readU64 } from './format.ts';
import type { PageStore } from './page-store.ts';

/** From this many ids on, the count lies in the first id's place (bbolt: freelist.Write). */
const LONG_LIST = 0xffff;

/** A set of page ids. */
export class PageSet {
  private words = new Uint32Array(64);
  count = 0;

  has(id: number): boolean {
    return ((this.words[id >>> 5] ?? 0) & (1 << (id & 31))) !== 0;
  }

  add(id: number): void {
    const word = id >>> 5;
    if (word >= this.words.length) {
      const larger = new Uint32Array(Math.max(word + 1, this.words.length * 2));
      larger.set(this.words);
      this.words = larger;
    }
    assert(!this.has(id), `page ${id} is freed twice`);
    this.words[word]! |= 1 << (id & 31);
    this.count++;
  }

  remove(id: number): void {
    assert(this.has(id), `page ${id} is not in the set`);
    this.words[id >>> 5]! &= ~(1 << (id & 31));
    this.count--;
  }

  copy(): PageSet {
    const copy = new PageSet();
    copy.words = this.words.slice();
    copy.count = this.count;
    return copy;
  }

  /** First id at or above `from` that starts `length` members in a row, all below `end`; 0 when there is none. */
  findRun(length: number, from: number, end: number): number {
    let run = 0;
    for (let id = from; id < end; id++) {
      if ((id & 31) === 0 && (this.words[id >>> 5] ?? 0) === 0) {
        run = 0;
        id += 31;
      } else if (!this.has(id)) run = 0;
      else if (++run === length) return id - length + 1;
    }
    return 0;
  }

  forEach(visit: (id: number) => void): void {
    for (let word = 0; word < this.words.length; word++) {
      const bits = this.words[word]!;
      if (bits === 0) continue;
      for (let bit = 0; bit < 32; bit++) if ((bits & (1 << bit)) !== 0) visit(word * 32 + bit);
    }
  }
}

/** A snapshot's claim on pages: all below its high-water mark that were not free when it was taken. */
export interface Pin {
  readonly highWater: number;
  readonly unused: PageSet;
}

export class FreePages {
  /** Free to be allocated. */
  readonly free: PageSet;
  /** Free, pending or held: what the commit that was serialised last does not use. */
  private readonly listed: PageSet;
  private pending: number[] = [];
  private held: number[] = [];
  private readonly pins = new Set<Pin>();
  /** Where the search for a run of a length begins: there is none below. Valid until pages are released. */
  private readonly searchFrom = new Map<number, number>();
  highWater: number;

  constructor(free: PageSet, highWater: number) {
    this.free = free;
    this.listed = free.copy();
    this.highWater = highWater;
  }

  get pinCount(): number {
    return this.pins.size;
  }

  allocate(pages: number): number {
    const from = this.searchFrom.get(pages) ?? FIRST_DATA_PAGE;
    const found = this.free.count < pages ? 0 : this.free.findRun(pages, from, this.highWater);
    if (found === 0) {
      this.searchFrom.set(pages, this.highWater);
      const id = this.highWater;
      this.highWater += pages;
      return id;
    }
    this.searchFrom.set(pages, found + pages);
    for (let id = found; id < found + pages; id++) {
      this.free.remove(id);
      this.listed.remove(id);
    }
    return found;
  }

  /** Gives pages back; they become free when the commit that is being made is durable. */
  release(first: number, pages: number): void {
    for (let id = first; id < first + pages; id++) {
      this.listed.add(id);
      this.pending.push(id);
    }
  }

  /** The newest commit is durable: what it freed may be used again, but for what a snapshot still reads. */
  commitDurable(): void {
    const pending = this.pending;
    this.pending = [];
    this.freeOrHold(pending);
  }

  /** Claims the pages of the commit that was serialised last, be it durable yet or not. */
  pin(): Pin {
    const pin: Pin = { highWater: this.highWater, unused: this.listed.copy() };
    this.pins.add(pin);
    return pin;
  }

  unpin(pin: Pin): void {
    this.pins.delete(pin);
    const held = this.held;
    this.held = [];
    this.freeOrHold(held);
  }

  private freeOrHold(ids: readonly number[]): void {
    for (const id of ids) {
      if (this.isPinned(id)) this.held.push(id);
      else this.free.add(id);
    }
    this.searchFrom.clear();
  }

  private isPinned(id: number): boolean {
    for (const pin of this.pins) if (id < pin.highWater && !pin.unused.has(id)) return true;
    return false;
  }
}

/**
 * Reads the free list page.
 * @throws BackendCorruptError when an id is out of the file, out of order or twice in the list
 */
export function readFreelist(
  store: PageStore,
  freelistId: number,
): { free: PageSet; pages: number } {
  const bytes = store.readPage(freelistId);
  if (readU16(bytes, 8) !== FREELIST_PAGE)
    throw store.corrupt(freelistId, 8, 'the free list page is of another type');
  let count = readU16(bytes, 10);
  let at = PAGE_HEADER_BYTES;
  if (count === LONG_LIST) {
    count = bytes.length >= at + 8 ? readU64(bytes, at) : Infinity;
    at += 8;
  }
  if (at + count * 8 > bytes.length)
    throw store.corrupt(freelistId, 10, `${count} free pages do not fit into the list`);
  const pages = bytes.length / store.pageBytes;
  const free = new PageSet();
  let before = FIRST_DATA_PAGE - 1;
  for (let i = 0; i < count; i++, at += 8) {
    const id = readU64(bytes, at);
    if (id <= before)
      throw store.corrupt(freelistId, at, `the free list is out of order at page ${id}`);
    if (id >= store.highWater)
      throw store.corrupt(freelistId, at, `free page ${id} is beyond the file's pages`);
    if (id >= freelistId && id < freelistId + pages)
      throw store.corrupt(
        freelistId,
        at,
        `the free list names page ${id}, on which it lies itself`,
      );
    free.add(id);
    before = id;
  }
  return { free, pages };
}
