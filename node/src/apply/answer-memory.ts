// Memory for long answers that is used again: new memory costs the system as much as a list costs otherwise, for each page of
// it is cleared when it is first written, and the garbage collector runs more often the more of it there is.
import type { Clock } from '../base/index.ts';

/** What is taken at once. */
export const PIECE_BYTES = 64 * 1024;
/** Pieces that stay for good: 2 MiB. */
const KEPT_PIECES = 32;
/** No more wait to be used again: 128 MiB, for a list of 64 MiB whose values are kept on the way. */
const MAX_PIECES = 2048;
/** What nobody used for so long is given back. */
const IDLE_MS = 2000;

export class AnswerMemory {
  private readonly clock: Clock;
  private readonly free: Uint8Array[] = [];
  /** The fewest that were free at any time since the timer was set. */
  private fewest = 0;
  private isWaiting = false;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Pieces that nobody uses. */
  get freePieces(): number {
    return this.free.length;
  }

  /** PIECE_BYTES bytes of any content. One that is never given back is the garbage collector's. */
  take(): Uint8Array {
    const piece = this.free.pop() ?? new Uint8Array(PIECE_BYTES);
    if (this.free.length < this.fewest) this.fewest = this.free.length;
    return piece;
  }

  /** Nobody reads or writes the pieces any more. */
  give(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) {
      if (this.free.length < MAX_PIECES) this.free.push(piece);
      else drop(piece);
    }
    this.watch();
  }

  private watch(): void {
    if (this.isWaiting || this.free.length <= KEPT_PIECES) return;
    this.isWaiting = true;
    this.fewest = this.free.length;
    this.clock.after(IDLE_MS, () => {
      this.isWaiting = false;
      const spare = Math.min(this.fewest, this.free.length - KEPT_PIECES);
      for (let i = 0; i < spare; i++) drop(this.free.pop()!);
      this.watch();
    });
  }
}

/** Gives the memory back now, and not when the garbage collector comes to it. */
function drop(piece: Uint8Array): void {
  // All of them were made here, of ArrayBuffers of their own.
  (piece.buffer as ArrayBuffer).transfer(0);
}
