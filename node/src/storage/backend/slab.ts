// Copies of the keys and values that a batch takes in, many in one allocation.

const SLAB_BYTES = 65_536;
/** What is longer gets memory of its own. */
export const LARGE_BYTES = SLAB_BYTES / 4;

export class Slab {
  private bytes = new Uint8Array(0);
  private used = 0;

  copy(source: Uint8Array): Uint8Array {
    const length = source.length;
    if (length > LARGE_BYTES) {
      const own = new Uint8Array(length);
      own.set(source);
      return own;
    }
    if (this.used + length > this.bytes.length) {
      this.bytes = new Uint8Array(SLAB_BYTES);
      this.used = 0;
    }
    const copy = this.bytes.subarray(this.used, this.used + length);
    copy.set(source);
    this.used += length;
    return copy;
  }
}
