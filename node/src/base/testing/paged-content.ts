// A file's bytes in pages that copies share until one of them writes: a copy of a file, or of a whole disk, costs next
// to nothing, and a segment of zeros takes no memory.

export const CONTENT_PAGE_BYTES = 4096;

interface ContentPage {
  readonly bytes: Uint8Array;
  /** The only content that may write into `bytes`. */
  readonly owner: object | undefined;
}

/** A written page of zeros, in every file that has one. */
const ZEROS: ContentPage = { bytes: new Uint8Array(CONTENT_PAGE_BYTES), owner: undefined };

export class PagedContent {
  size = 0;
  /** Pages that take space on the disk. Holes don't. */
  allocatedPages = 0;
  /** Undefined where nothing was ever written. */
  private pages: (ContentPage | undefined)[] = [];
  private owner = {};

  /** A copy; the pages are shared until one of the two writes. */
  fork(): PagedContent {
    const copy = new PagedContent();
    copy.size = this.size;
    copy.allocatedPages = this.allocatedPages;
    copy.pages = this.pages.slice();
    this.owner = {}; // what it wrote so far belongs to nobody now
    return copy;
  }

  readAt(target: Uint8Array, position: number): number {
    const end = Math.min(this.size, position + target.length);
    for (let at = position; at < end;) {
      const offset = at % CONTENT_PAGE_BYTES;
      const count = Math.min(CONTENT_PAGE_BYTES - offset, end - at);
      const page = this.pages[(at - offset) / CONTENT_PAGE_BYTES];
      const start = at - position;
      if (page === undefined) target.fill(0, start, start + count);
      else if (count === CONTENT_PAGE_BYTES) target.set(page.bytes, start);
      else target.set(page.bytes.subarray(offset, offset + count), start);
      at += count;
    }
    return Math.max(0, end - position);
  }

  /** @param isShared nobody will ever change `source`: whole pages of it are taken as they are */
  write(source: Uint8Array, position: number, isShared = false): void {
    const end = position + source.length;
    for (let at = position; at < end;) {
      const offset = at % CONTENT_PAGE_BYTES;
      const count = Math.min(CONTENT_PAGE_BYTES - offset, end - at);
      const part = source.subarray(at - position, at - position + count);
      const index = (at - offset) / CONTENT_PAGE_BYTES;
      if (count === CONTENT_PAGE_BYTES && isZero(part)) this.put(index, ZEROS);
      else if (count === CONTENT_PAGE_BYTES && isShared)
        this.put(index, { bytes: part, owner: undefined });
      else this.own(index, count === CONTENT_PAGE_BYTES).set(part, offset);
      at += count;
    }
    if (end > this.size) this.size = end;
  }

  /** Writes `length` zeros. */
  writeZeros(position: number, length: number): void {
    const end = position + length;
    for (let at = position; at < end;) {
      const offset = at % CONTENT_PAGE_BYTES;
      const count = Math.min(CONTENT_PAGE_BYTES - offset, end - at);
      const index = (at - offset) / CONTENT_PAGE_BYTES;
      if (count === CONTENT_PAGE_BYTES) this.put(index, ZEROS);
      else this.own(index, false).fill(0, offset, offset + count);
      at += count;
    }
    if (end > this.size) this.size = end;
  }

  /** Cuts the file, or extends it with a hole. */
  resize(size: number): void {
    if (size < this.size) {
      const kept = Math.ceil(size / CONTENT_PAGE_BYTES);
      for (let i = kept; i < this.pages.length; i++)
        if (this.pages[i] !== undefined) this.allocatedPages--;
      this.pages.length = Math.min(this.pages.length, kept);
      const offset = size % CONTENT_PAGE_BYTES;
      if (offset > 0 && this.pages[kept - 1] !== undefined)
        this.own(kept - 1, false).fill(0, offset);
    }
    this.size = size;
  }

  /** Takes [start, end) over from another content of the same file. It grows to hold it, the other's end at most. */
  take(from: PagedContent, start: number, end: number): void {
    const part = new Uint8Array(Math.max(0, Math.min(end, from.size) - start));
    from.readAt(part, start);
    this.write(part, start);
  }

  /** The page's bytes as they are now, and stay: a later write makes its own. */
  pageAt(index: number): Uint8Array {
    const page = this.pages[index] ?? ZEROS;
    if (page.owner !== undefined) this.pages[index] = { bytes: page.bytes, owner: undefined };
    return page.bytes;
  }

  /** How many pages [start, end) would add to those that take space. */
  missingPages(start: number, end: number): number {
    let missing = 0;
    const last = Math.ceil(end / CONTENT_PAGE_BYTES);
    for (let i = Math.floor(start / CONTENT_PAGE_BYTES); i < last; i++)
      if (this.pages[i] === undefined) missing++;
    return missing;
  }

  /** Numbers of the pages that hold anything but zeros, ascending. */
  pagesWithData(): number[] {
    const found: number[] = [];
    for (const [i, page] of this.pages.entries())
      if (page !== undefined && page !== ZEROS && !isZero(page.bytes)) found.push(i);
    return found;
  }

  /** All of it as one array, which is the content from now on: changing it changes the file. */
  view(): Uint8Array {
    const count = Math.ceil(this.size / CONTENT_PAGE_BYTES);
    const whole = new Uint8Array(count * CONTENT_PAGE_BYTES);
    this.readAt(whole.subarray(0, this.size), 0);
    for (let i = 0; i < count; i++) {
      const start = i * CONTENT_PAGE_BYTES;
      const bytes = whole.subarray(start, start + CONTENT_PAGE_BYTES);
      this.put(i, { bytes, owner: this.owner });
    }
    return whole.subarray(0, this.size);
  }

  private put(index: number, page: ContentPage): void {
    while (this.pages.length < index) this.pages.push(undefined);
    if (this.pages[index] === undefined) this.allocatedPages++;
    this.pages[index] = page;
  }

  /** The page's bytes, to be written into. @param isReplaced all of them will be */
  private own(index: number, isReplaced: boolean): Uint8Array {
    const page = this.pages[index];
    if (page !== undefined && page.owner === this.owner) return page.bytes;
    const bytes =
      page === undefined || isReplaced ? new Uint8Array(CONTENT_PAGE_BYTES) : page.bytes.slice();
    this.put(index, { bytes, owner: this.owner });
    return bytes;
  }
}

/** Whether all bytes are zero. */
export function isZero(bytes: Uint8Array): boolean {
  let at = 0;
  const { length } = bytes;
  if (bytes.byteOffset % 4 === 0) {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, length >>> 2);
    for (; at < words.length; at++) if (words[at] !== 0) return false;
    at *= 4;
  }
  for (; at < length; at++) if (bytes[at] !== 0) return false;
  return true;
}
