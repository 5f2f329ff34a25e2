// A RangeResponse made of what the store holds: a stored mvccpb.KeyValue is, byte for byte, an element of `kvs`.
import {
  RangeResponse,
  SortOrder,
  SortTarget,
  type RangeRequest,
  type ResponseHeader,
} from '../wire/gen/rpc.ts';
import { EncodedMessage, Writer, delimitedSize } from '../wire/index.ts';
import { PIECE_BYTES, type AnswerMemory } from './answer-memory.ts';
import { hasRevisionFilters } from './range.ts';

/** Beside the header: room for one small element and the end. */
const FIRST_BYTES = 512;
/** Up to here an answer gets memory of its own; a longer one takes pieces. */
const OWN_BYTES = 16 * 1024;
/** `more` and `count`. */
const TAIL_BYTES = 12;
/** RangeResponse.kvs: field 2, length-delimited. */
const KVS_TAG = 18;
const TAG_BYTES = 1;
/** A tag and a length; they are never parted. */
const MAX_HEAD_BYTES = TAG_BYTES + 5;

/** Whether the answer is what the store holds, in its order, and nothing else. */
export function isAsStored(request: RangeRequest): boolean {
  return (
    !request.countOnly &&
    !request.keysOnly &&
    !hasRevisionFilters(request) &&
    request.sortTarget === SortTarget.KEY &&
    request.sortOrder !== SortOrder.DESCEND
  );
}

export class RangeAnswer {
  private readonly memory: AnswerMemory;
  private readonly parts: Uint8Array[] = [];
  private readonly pieces: Uint8Array[] = [];
  private partsBytes = 0;
  /** What is being filled, up to `position`. */
  private bytes: Uint8Array;
  private position: number;

  constructor(header: ResponseHeader, memory: AnswerMemory) {
    this.memory = memory;
    const head: RangeResponse = { header, kvs: [], more: false, count: 0 };
    const size = RangeResponse.sizeOf(head);
    const writer = new Writer(new Uint8Array(size + FIRST_BYTES));
    RangeResponse.write(head, writer);
    this.bytes = writer.bytes;
    this.position = writer.position;
  }

  /**
   * Adds a KeyValue: [start, start + length) of `source`.
   * @param following keys that may come behind this one: a hint at the memory to take
   */
  add(source: Uint8Array, start: number, length: number, following: number): void {
    const size = elementSize(length);
    if (this.bytes.length - this.position < size) this.makeRoom(size, following);
    this.position = writeHead(this.bytes, this.position, length);
    if (this.bytes.length - this.position >= length) {
      this.bytes.set(source.subarray(start, start + length), this.position);
      this.position += length;
    } else this.addInParts(source, start, length);
  }

  /** Adds elements of these lengths, to be filled in any order before `finish`. */
  reserve(lengths: Int32Array): ReservedElements {
    if (this.pieces.length === 0) this.nextPiece();
    const places = new Float64Array(lengths.length);
    for (let at = 0; at < lengths.length; at++) {
      if (PIECE_BYTES - this.position < MAX_HEAD_BYTES) this.nextPiece();
      places[at] = (this.pieces.length - 1) * PIECE_BYTES + this.position;
      let left = elementSize(lengths[at]!);
      while (left > PIECE_BYTES - this.position) {
        left -= PIECE_BYTES - this.position;
        this.position = PIECE_BYTES;
        this.nextPiece();
      }
      this.position += left;
    }
    return new ReservedElements(this.pieces, places);
  }

  /** Nothing can be added afterwards. */
  finish(more: boolean, count: number): EncodedMessage {
    const tail: RangeResponse = { header: undefined, kvs: [], more, count };
    const size = RangeResponse.sizeOf(tail);
    if (this.bytes.length - this.position < size) this.makeRoom(size, 0);
    const writer = new Writer(this.bytes, this.position);
    RangeResponse.write(tail, writer);
    this.position = writer.position;
    this.endPart();
    const { memory, parts, partsBytes, pieces } = this;
    if (pieces.length === 0) return new EncodedMessage(parts, partsBytes);
    return new EncodedMessage(parts, partsBytes, () => memory.give(pieces));
  }

  /** Gives back the memory of an answer that will not be finished. */
  abandon(): void {
    this.memory.give(this.pieces);
  }

  /** Goes to other memory unless an element of `size` bytes, or its beginning, may go where the last one ended. */
  private makeRoom(size: number, following: number): void {
    if (this.pieces.length > 0) {
      if (PIECE_BYTES - this.position < MAX_HEAD_BYTES) this.nextPiece();
      return;
    }
    const wanted = size * (1 + following) + TAIL_BYTES;
    if (wanted > OWN_BYTES) this.nextPiece();
    else this.goOn(new Uint8Array(wanted));
  }

  private addInParts(source: Uint8Array, start: number, length: number): void {
    const end = start + length;
    for (let from = start; from < end;) {
      if (this.position === PIECE_BYTES) this.nextPiece();
      const to = Math.min(end, from + PIECE_BYTES - this.position);
      this.bytes.set(source.subarray(from, to), this.position);
      this.position += to - from;
      from = to;
    }
  }

  private nextPiece(): void {
    const piece = this.memory.take();
    this.pieces.push(piece);
    this.goOn(piece);
  }

  private goOn(bytes: Uint8Array): void {
    this.endPart();
    this.bytes = bytes;
    this.position = 0;
  }

  private endPart(): void {
    const { bytes, position } = this;
    if (position === 0) return;
    this.parts.push(position === bytes.length ? bytes : bytes.subarray(0, position));
    this.partsBytes += position;
  }
}

/** Elements of an answer whose places are known before their content. */
export class ReservedElements {
  private readonly pieces: readonly Uint8Array[];
  /** Each element's distance from the beginning of the first piece. */
  private readonly places: Float64Array;

  constructor(pieces: readonly Uint8Array[], places: Float64Array) {
    this.pieces = pieces;
    this.places = places;
  }

  /** Fills element `at` with `length` of the bytes. */
  set(at: number, source: Uint8Array, start: number, length: number): void {
    const place = this.places[at]!;
    let index = Math.floor(place / PIECE_BYTES);
    let piece = this.pieces[index]!;
    let position = writeHead(piece, place - index * PIECE_BYTES, length);
    const end = start + length;
    for (let from = start; from < end;) {
      const to = Math.min(end, from + PIECE_BYTES - position);
      piece.set(source.subarray(from, to), position);
      from = to;
      if (from === end) return;
      piece = this.pieces[++index]!;
      position = 0;
    }
  }
}

function elementSize(length: number): number {
  return TAG_BYTES + delimitedSize(length);
}

/** Writes an element's tag and length; returns the position behind them. */
function writeHead(bytes: Uint8Array, at: number, length: number): number {
  bytes[at++] = KVS_TAG;
  let rest = length;
  while (rest >= 0x80) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  return at;
}
