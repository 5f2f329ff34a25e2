// Reads pages in runs for walks over much of a file: one call of the system for many pages, and no memory for each.
import { EMPTY_BYTES, type DiskFile } from '../../base/index.ts';

const MAX_RUN_BYTES = 256 * 1024;
/** Each run is so much longer than the one before. */
const GROWTH = 4;
/** A page so little behind the last run continues it: pages in between belong to others. */
const NEAR_PAGES = 32;

export class ReadAhead {
  private readonly file: DiskFile;
  private readonly pageBytes: number;
  private buffer: Uint8Array = EMPTY_BYTES;
  private start = 0;
  private length = 0;
  private runBytes = 0;

  constructor(file: DiskFile, pageBytes: number) {
    this.file = file;
    this.pageBytes = pageBytes;
  }

  /** Whether the last page continued a run. */
  get isRunning(): boolean {
    return this.runBytes > this.pageBytes;
  }

  /**
   * `pages` pages from `id` on, or fewer bytes where the file ends: a view that is valid until the next call. Runs grow as
   * long as the walk goes on in the order of the file, and end before page `end`.
   */
  read(id: number, pages: number, end: number): Uint8Array {
    const from = id * this.pageBytes;
    const wanted = pages * this.pageBytes;
    if (from < this.start || from + wanted > this.start + this.length)
      this.fill(from, wanted, end * this.pageBytes);
    const at = from - this.start;
    return this.buffer.subarray(at, Math.min(at + wanted, this.length));
  }

  /** The file was written. */
  forget(): void {
    this.length = 0;
  }

  private fill(from: number, wanted: number, end: number): void {
    const ahead = from - (this.start + this.length);
    const goesOn = this.length > 0 && ahead <= NEAR_PAGES * this.pageBytes && from >= this.start;
    this.runBytes = goesOn ? Math.min(this.runBytes * GROWTH, MAX_RUN_BYTES) : this.pageBytes;
    const bytes = Math.max(Math.min(this.runBytes, end - from), wanted);
    if (this.buffer.length < bytes) this.buffer = new Uint8Array(bytes);
    this.start = from;
    this.length = this.file.readAt(this.buffer.subarray(0, bytes), from);
  }
}
