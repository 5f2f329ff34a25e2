// A branch or leaf page as it lies in the file, read where it lies: no object per element.
import { BackendCorruptError, BackendUnsupportedError } from './errors.ts';
import {
  BRANCH_PAGE,
  BUCKET_ELEMENT,
  ELEMENT_BYTES,
  LEAF_PAGE,
  PAGE_HEADER_BYTES,
  compareAt,
  readU16,
  readU32,
  readU64,
} from './format.ts';

/** The bytes never change after construction, so views of them stay good for as long as someone holds them. */
export class Page {
  readonly id: number;
  /** The page with its overflow pages. */
  readonly bytes: Uint8Array;
  readonly isLeaf: boolean;
  readonly count: number;
  /** The branch page and the index there that the bounds were checked against last: see PageStore.child. */
  checkedUnder = -1;
  checkedAt = -1;
  /** Of a branch page: all keys below it are lower, as its ancestors say. */
  upper: Uint8Array | undefined;
  private readonly posAt: number;
  /** Where the keys begin to differ; −1 while it is not known. */
  private differAt = -1;
  /** What the first key holds there, and how much more the last one does: see `guess`. */
  private firstWord = 0;
  private wordSpan = 0;

  constructor(id: number, bytes: Uint8Array) {
    this.id = id;
    this.bytes = bytes;
    this.isLeaf = readU16(bytes, 8) === LEAF_PAGE;
    this.count = readU16(bytes, 10);
    this.posAt = PAGE_HEADER_BYTES + (this.isLeaf ? 4 : 0);
  }

  /** The same page in other memory. */
  copy(bytes: Uint8Array): Page {
    const copy = new Page(this.id, bytes);
    copy.checkedUnder = this.checkedUnder;
    copy.checkedAt = this.checkedAt;
    copy.upper = this.upper;
    return copy;
  }

  keyStart(index: number): number {
    const at = index * ELEMENT_BYTES;
    return PAGE_HEADER_BYTES + at + readU32(this.bytes, this.posAt + at);
  }

  keyBytes(index: number): number {
    return readU32(this.bytes, this.posAt + 4 + index * ELEMENT_BYTES);
  }

  valueBytes(index: number): number {
    return readU32(this.bytes, PAGE_HEADER_BYTES + 12 + index * ELEMENT_BYTES);
  }

  key(index: number): Uint8Array {
    const start = this.keyStart(index);
    return this.bytes.subarray(start, start + this.keyBytes(index));
  }

  value(index: number): Uint8Array {
    const start = this.keyStart(index) + this.keyBytes(index);
    return this.bytes.subarray(start, start + this.valueBytes(index));
  }

  childId(index: number): number {
    return readU64(this.bytes, PAGE_HEADER_BYTES + 8 + index * ELEMENT_BYTES);
  }

  compareKey(index: number, key: Uint8Array): number {
    const start = this.keyStart(index);
    return compareAt(this.bytes, start, start + this.keyBytes(index), key);
  }

  /** Compares a key with one of another page. */
  compareWith(index: number, other: Page, otherIndex: number): number {
    const bytes = this.bytes;
    const others = other.bytes;
    let a = this.keyStart(index);
    let b = other.keyStart(otherIndex);
    const aEnd = a + this.keyBytes(index);
    const bEnd = b + other.keyBytes(otherIndex);
    for (; a < aEnd && b < bEnd; a++, b++) {
      const difference = bytes[a]! - others[b]!;
      if (difference !== 0) return difference;
    }
    return aEnd - a - (bEnd - b);
  }

  /** Element `index` has a lower key than the next one. */
  isAscending(index: number): boolean {
    return this.compareWith(index, this, index + 1) < 0;
  }

  /** Index of the first element whose key is not below `key`. */
  lowerBound(key: Uint8Array): number {
    const index = this.floor(key);
    return index >= 0 && this.compareKey(index, key) === 0 ? index : index + 1;
  }

  /** Whether a branch page leads to where the key lies or would lie. */
  covers(key: Uint8Array): boolean {
    const { upper } = this;
    const isBelow = upper === undefined || compareAt(upper, 0, upper.length, key) > 0;
    return isBelow && this.compareKey(0, key) <= 0;
  }

  /** Index of the child that holds `key` if any does: the last one whose separator is not above it. */
  childIndex(key: Uint8Array): number {
    return Math.max(this.floor(key), 0);
  }

  /**
   * Index of the last element whose key is not above `key`, or −1. Revisions lie in a page at about even distances, so the
   * search begins where the key should be, and goes from there in steps that double: every key that is looked at
   * is a wait for memory.
   */
  floor(key: Uint8Array): number {
    let low = -1;
    let high = this.count;
    let probe = this.guess(key);
    let step = 1;
    while (high - low > 1) {
      const order = this.compareKey(probe, key);
      if (order === 0) return probe;
      if (order < 0) low = probe;
      else high = probe;
      const isBracketed = low >= 0 && high < this.count;
      probe = isBracketed ? (low + high) >>> 1 : order < 0 ? low + step : high - step;
      if (probe <= low || probe >= high) probe = (low + high) >>> 1;
      step *= 2;
    }
    return low;
  }

  /** Where `key` would be if the keys were spread evenly. Any other index would do, too. */
  private guess(key: Uint8Array): number {
    if (this.differAt < 0) this.measure();
    const last = this.count - 1;
    if (this.wordSpan === 0) return last >>> 1;
    const part = (wordAt(key, this.differAt, key.length) - this.firstWord) / this.wordSpan;
    return part <= 0 ? 0 : part >= 1 ? last : Math.floor(part * last);
  }

  private measure(): void {
    const { bytes, count } = this;
    this.differAt = 0;
    if (count < 2) return;
    const first = this.keyStart(0);
    const last = this.keyStart(count - 1);
    const firstEnd = first + this.keyBytes(0);
    const lastEnd = last + this.keyBytes(count - 1);
    let at = 0;
    while (first + at < firstEnd && bytes[first + at] === bytes[last + at]) at++;
    this.firstWord = wordAt(bytes, first + at, firstEnd);
    this.wordSpan = wordAt(bytes, last + at, lastEnd) - this.firstWord;
    this.differAt = at;
  }
}

/** Three bytes as a big-endian number; what is not there counts as zero. */
function wordAt(bytes: Uint8Array, at: number, end: number): number {
  const first = at < end ? bytes[at]! << 16 : 0;
  const second = at + 1 < end ? bytes[at + 1]! << 8 : 0;
  return first | second | (at + 2 < end ? bytes[at + 2]! : 0);
}

export interface PageLimits {
  readonly path: string;
  /** Where the page begins in the file. */
  readonly fileOffset: number;
  /** Page ids are below it. */
  readonly highWater: number;
  readonly pageBytes: number;
  /** In the root tree every value is a bucket, elsewhere none is. */
  readonly holdsBuckets: boolean;
}

/**
 * Checks everything in a page that is used later without a further look: type, element positions, key order, child
 * ids. bbolt lays keys and values one behind the other without gaps and takes no page more than it needs: so a
 * damaged count or length shows even where it stays inside the page.
 * @throws BackendCorruptError at the first damaged field
 */
export function validatePage(page: Page, limits: PageLimits): void {
  const bytes = page.bytes;
  const fail = (offset: number, what: string): never => {
    throw new BackendCorruptError(limits.path, page.id, limits.fileOffset + offset, what);
  };
  const flags = readU16(bytes, 8);
  if (flags !== LEAF_PAGE && flags !== BRANCH_PAGE)
    fail(8, `flags 0x${flags.toString(16)} are neither a branch's nor a leaf's`);
  if (flags === BRANCH_PAGE && page.count === 0) fail(10, 'a branch page without children');
  let end = PAGE_HEADER_BYTES + page.count * ELEMENT_BYTES;
  if (end > bytes.length) fail(10, `${page.count} elements do not fit into the page`);
  for (let i = 0; i < page.count; i++) {
    const at = PAGE_HEADER_BYTES + i * ELEMENT_BYTES;
    const start = page.keyStart(i);
    if (start !== end) fail(at, `the data of element ${i} begins at ${start} and not at ${end}`);
    end = start + page.keyBytes(i) + (page.isLeaf ? page.valueBytes(i) : 0);
    if (end > bytes.length) fail(at, `element ${i} reaches out of the page`);
    if (page.keyBytes(i) === 0) fail(at, `element ${i} has an empty key`);
    if (i > 0 && !page.isAscending(i - 1))
      fail(at, `the key of element ${i} is not above the one before it`);
    if (page.isLeaf) validateLeafFlags(readU32(bytes, at), i, limits, (what) => fail(at, what));
    else if (
      page.childId(i) < 2 ||
      page.childId(i) >= limits.highWater ||
      page.childId(i) === page.id
    )
      fail(at + 8, `element ${i} leads to page ${page.childId(i)}, which cannot be`);
  }
  if (bytes.length - end >= limits.pageBytes)
    fail(12, `${readU32(bytes, 12)} overflow pages are more than the content needs`);
}

function validateLeafFlags(
  flags: number,
  index: number,
  limits: PageLimits,
  fail: (what: string) => never,
): void {
  if (flags > BUCKET_ELEMENT) fail(`element ${index} has unknown flags 0x${flags.toString(16)}`);
  const isBucket = flags === BUCKET_ELEMENT;
  if (isBucket && !limits.holdsBuckets)
    throw new BackendUnsupportedError(limits.path, 'a bucket lies inside a bucket');
  if (!isBucket && limits.holdsBuckets) fail(`element ${index} of the root tree is not a bucket`);
}
