// Memory for long answers that is used again: new memory costs the system as much as a list costs otherwise, for each page of
// it is cleared when it is first written, and the garbage collector runs more often the more of it there is.
import { assert, type Clock } from '../base/index.ts';

/** What is taken at once. */
export const PIECE_BYTES = 64 * 1024;
/** Pieces that stay for good: 2 MiB. */
const KEPT_PIECES = 32;
/**
 * Pieces of a slab. What is over 32 MiB glibc's malloc maps by itself, whatever it has learnt: pages of it that nobody wrote
 * take no memory, and all go back to the system when it is freed. Smaller ones it would keep.
 */
const SLAB_PIECES = 513;
/** A slab of which nobody used anything for so long is given back. */
const IDLE_MS = 2000;

export class AnswerMemory {
  private readonly clock: Clock;
  private readonly kept = new Slab(KEPT_PIECES);
  /** The first are taken from first, so that the last fall idle. */
  private slabs: Slab[] = [];
  private isWaiting = false;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Bytes that are there, whether they are used or not. The system has given those that were ever written. */
  get reservedBytes(): number {
    return this.slabs.reduce((sum, { bytes }) => sum + bytes, this.kept.bytes);
  }

  /** PIECE_BYTES bytes of any content. One that is never given back keeps its slab, but for what others can use of it. */
  take(): Uint8Array {
    const piece = this.kept.take();
    if (piece !== undefined) return piece;
    for (const slab of this.slabs) {
      const other = slab.take();
      if (other !== undefined) return other;
    }
    const slab = new Slab(SLAB_PIECES);
    this.slabs.push(slab);
    this.watch();
    return slab.take()!; // a new one has pieces
  }

  /** Nobody reads or writes the pieces any more. */
  give(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) this.slabOf(piece).give(piece);
  }

  private slabOf(piece: Uint8Array): Slab {
    const { buffer } = piece;
    if (this.kept.buffer === buffer) return this.kept;
    const slab = this.slabs.find((each) => each.buffer === buffer);
    assert(slab !== undefined, 'pieces are of slabs that are still there');
    return slab;
  }

  private watch(): void {
    if (this.isWaiting || this.slabs.length === 0) return;
    this.isWaiting = true;
    this.clock.after(IDLE_MS, () => {
      this.isWaiting = false;
      const { slabs } = this;
      this.slabs = slabs.filter((slab) => !slab.isIdle());
      for (const slab of slabs) if (!this.slabs.includes(slab)) slab.drop();
      this.watch();
    });
  }
}

/** Pieces side by side. */
class Slab {
  readonly buffer: ArrayBuffer;
  private readonly count: number;
  /** The last is taken first: who needs few uses the same ones again, and the others remain untouched. */
  private readonly free: Uint8Array[] = [];
  private wasUsed = true;

  constructor(count: number) {
    this.count = count;
    this.buffer = new ArrayBuffer(count * PIECE_BYTES);
    for (let at = count - 1; at >= 0; at--) {
      this.free.push(new Uint8Array(this.buffer, at * PIECE_BYTES, PIECE_BYTES));
    }
  }

  get bytes(): number {
    return this.count * PIECE_BYTES;
  }

  take(): Uint8Array | undefined {
    this.wasUsed = true;
    return this.free.pop();
  }

  give(piece: Uint8Array): void {
    this.free.push(piece);
  }

  /** Whether nobody uses any of it, nor has since this was last asked. */
  isIdle(): boolean {
    const { wasUsed } = this;
    this.wasUsed = false;
    return !wasUsed && this.free.length === this.count;
  }

  /** Gives the memory back now, and not when the garbage collector comes to it. */
  drop(): void {
    this.buffer.transfer(0);
  }
}
