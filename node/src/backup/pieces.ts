// Streams of bytes: in pieces of one size, and counted and hashed as they pass.
import { createHash, type Hash } from 'node:crypto';

export interface Pieces {
  readonly bytes: Buffer;
  readonly isLast: boolean;
}

/** Cuts a stream into pieces of `size` bytes; the last one, of which there is always one, may be shorter, or empty. */
export async function* inPieces(
  content: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Pieces, void, undefined> {
  let held: Uint8Array[] = [];
  let length = 0;
  for await (let bytes of content) {
    // A full piece is given out only when a byte behind it shows that it is not the last one.
    while (length + bytes.length > size) {
      const missing = size - length;
      held.push(bytes.subarray(0, missing));
      yield { bytes: Buffer.concat(held), isLast: false };
      bytes = bytes.subarray(missing);
      held = [];
      length = 0;
    }
    if (bytes.length === 0) continue;
    held.push(bytes);
    length += bytes.length;
  }
  yield { bytes: Buffer.concat(held), isLast: true };
}

/** Passes a stream on, and knows its length and SHA-256 in the end. */
export class Meter {
  bytes = 0;
  private readonly hash: Hash = createHash('sha256');
  private digest: string | undefined;

  async *of(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const piece of content) {
      this.bytes += piece.length;
      this.hash.update(piece);
      yield piece;
    }
  }

  get sha256(): string {
    return (this.digest ??= this.hash.digest('hex'));
  }
}
