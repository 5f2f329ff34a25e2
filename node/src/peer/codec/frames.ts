// Cuts a stream of bytes into frames, whatever pieces the socket delivers. A frame that lies in one piece is
// decoded where it is; only one that spans pieces is gathered in a buffer of its own.
import type { Message } from '../../wire/gen/raft.ts';
import { EMPTY_BYTES } from '../../base/text.ts';
import { FRAME_LIMIT_BYTES } from '../limits.ts';

/** The peer sent what is no raft stream. The connection is closed and dialed again. */
export class StreamFormatError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'StreamFormatError';
  }
}

const FIRST_CARRY_BYTES = 4_096;

export abstract class FrameDecoder {
  private carry: Uint8Array = EMPTY_BYTES;
  private carried = 0;
  private needed = 0;
  private readonly limitBytes: number;

  constructor(limitBytes = FRAME_LIMIT_BYTES) {
    this.limitBytes = limitBytes;
  }

  /**
   * Looks at a frame that begins at `start`: its length when it lies wholly before `end`, otherwise the negative of
   * a length (over end − start) without which nothing more can be told. It is called again for the same frame with
   * more bytes and may remember how far it came; `start` and the bytes themselves may have moved meanwhile.
   */
  protected abstract scan(bytes: Uint8Array, start: number, end: number): number;
  /** Decodes the frame that scan found; undefined for a link heartbeat. */
  protected abstract decode(bytes: Uint8Array, start: number, end: number): Message | undefined;

  /**
   * Takes the next piece and appends the messages that became complete to `messages`. Their byte fields are views
   * into `input` (or into a buffer that is not used again).
   * @throws StreamFormatError or DecodeError when the bytes are no such stream; the decoder is useless then
   */
  push(input: Uint8Array, messages: Message[]): void {
    let bytes = input;
    let end = input.length;
    if (this.carried > 0) {
      this.gather(input);
      if (this.carried < this.needed) return;
      bytes = this.carry;
      end = this.carried;
    }
    let position = 0;
    while (position < end) {
      const length = this.scan(bytes, position, end);
      if (length < 0) {
        this.need(-length);
        break;
      }
      const message = this.decode(bytes, position, position + length);
      if (message !== undefined) messages.push(message);
      position += length;
    }
    // A frame that begins the carry and is still not whole stays where it is.
    if (position === 0 && bytes === this.carry) return;
    this.carry = EMPTY_BYTES;
    this.carried = 0;
    if (position < end) this.gather(bytes.subarray(position, end));
  }

  private need(length: number): void {
    if (length > this.limitBytes) throw new StreamFormatError('rafthttp: error limit exceeded');
    this.needed = length;
  }

  /** Grows with what arrived, not with what was announced: a false length costs no memory. */
  private gather(piece: Uint8Array): void {
    const length = this.carried + piece.length;
    if (length > this.carry.length) {
      const doubled = Math.max(FIRST_CARRY_BYTES, this.carry.length * 2);
      const grown = new Uint8Array(Math.max(length, doubled));
      grown.set(this.carry.subarray(0, this.carried));
      this.carry = grown;
    }
    this.carry.set(piece, this.carried);
    this.carried = length;
  }
}

/** A big-endian 64-bit length or index. @throws StreamFormatError over 2^53 − 1 */
export function readUint64(bytes: Uint8Array, position: number): number {
  const high = readUint32(bytes, position);
  if (high >= 0x20_0000) throw new StreamFormatError('integer over 2^53');
  return high * 0x1_0000_0000 + readUint32(bytes, position + 4);
}

function readUint32(bytes: Uint8Array, position: number): number {
  // The caller saw that eight bytes are there.
  return (
    bytes[position]! * 0x100_0000 +
    ((bytes[position + 1]! << 16) | (bytes[position + 2]! << 8) | bytes[position + 3]!)
  );
}

export function writeUint64(bytes: Uint8Array, position: number, value: number): void {
  writeUint32(bytes, position, Math.floor(value / 0x1_0000_0000));
  writeUint32(bytes, position + 4, value >>> 0);
}

function writeUint32(bytes: Uint8Array, position: number, value: number): void {
  bytes[position] = value >>> 24;
  bytes[position + 1] = value >>> 16;
  bytes[position + 2] = value >>> 8;
  bytes[position + 3] = value;
}
