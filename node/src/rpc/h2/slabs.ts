// Memory for output that is used again. V8 counts large buffers as external memory and collects everything each time some
// 30 MB of them were made: under a fan-out of events that is several times a second.

/** Room for a few frames of the largest size. */
export const SLAB_BYTES = 128 * 1024;
/** Room for what a connection most often answers in one turn. */
export const SMALL_SLAB_BYTES = 8 * 1024;
const KEPT_SLABS = 32;
const KEPT_SMALL_SLABS = 256;

export class SlabPool {
  private readonly free: Buffer[] = [];
  private readonly freeSmall: Buffer[] = [];

  take(): Buffer {
    return this.free.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
  }

  takeSmall(): Buffer {
    return this.freeSmall.pop() ?? Buffer.allocUnsafeSlow(SMALL_SLAB_BYTES);
  }

  /** Nobody reads or writes `slabs` any more. */
  give(slabs: readonly Buffer[]): void {
    for (const slab of slabs) {
      if (slab.length === SMALL_SLAB_BYTES) {
        if (this.freeSmall.length < KEPT_SMALL_SLABS) this.freeSmall.push(slab);
      } else if (this.free.length < KEPT_SLABS) this.free.push(slab);
    }
  }
}
