// Memory for output that is used again. V8 counts large buffers as external memory and collects everything each time some
// 30 MB of them were made: under a fan-out of events that is several times a second.

/** Room for a few frames of the largest size. */
export const SLAB_BYTES = 128 * 1024;
const KEPT_SLABS = 32;

export class SlabPool {
  private readonly free: Buffer[] = [];

  take(): Buffer {
    return this.free.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
  }

  /** Nobody reads or writes `slabs` any more. */
  give(slabs: readonly Buffer[]): void {
    for (const slab of slabs) if (this.free.length < KEPT_SLABS) this.free.push(slab);
  }
}
