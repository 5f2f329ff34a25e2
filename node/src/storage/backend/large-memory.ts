// Memory for large values, and for their pages on the way to the file, that is used again: each 30 MB or so of new memory make
// V8 mark all of its heap, which for values of 100 kB was more than half of what a put cost.

/** Sizes are rounded up to this, so that values of about one size fit each other's memory. */
const STEP_BYTES = 32 * 1024;
/** No more waits to be used again. */
const MAX_FREE_BYTES = 8 * 1024 * 1024;

export class LargeMemory {
  private readonly free: ArrayBuffer[] = [];
  private freeBytes = 0;
  /** Taken since `giveAll`. */
  private readonly taken: ArrayBuffer[] = [];

  /** `length` bytes of any content, which are never all of their buffer: it belongs to this pool, and they to nobody for long. */
  take(length: number): Uint8Array {
    const buffer = this.buffer(length + 1);
    this.taken.push(buffer);
    return new Uint8Array(buffer, 0, length);
  }

  /** Nobody reads or writes any more what was taken. */
  giveAll(): void {
    // What was not needed this time may not be needed next time.
    this.drop(Math.ceil(this.free.length / 2));
    for (const buffer of this.taken) {
      if (this.freeBytes + buffer.byteLength > MAX_FREE_BYTES) continue;
      this.free.push(buffer);
      this.freeBytes += buffer.byteLength;
    }
    this.taken.length = 0;
  }

  private buffer(bytes: number): ArrayBuffer {
    for (let at = this.free.length - 1; at >= 0; at--) {
      const { byteLength } = this.free[at]!;
      if (byteLength < bytes || byteLength > 2 * bytes + STEP_BYTES) continue;
      this.freeBytes -= byteLength;
      return this.free.splice(at, 1)[0]!;
    }
    return new ArrayBuffer(Math.ceil(bytes / STEP_BYTES) * STEP_BYTES);
  }

  private drop(count: number): void {
    for (const { byteLength } of this.free.splice(0, count)) this.freeBytes -= byteLength;
  }
}
