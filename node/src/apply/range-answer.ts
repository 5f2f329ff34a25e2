// A RangeResponse made of what the store holds: a stored mvccpb.KeyValue is, byte for byte, an element of `kvs`.
import {
  RangeResponse,
  SortOrder,
  SortTarget,
  type RangeRequest,
  type ResponseHeader,
} from '../wire/gen/rpc.ts';
import { EncodedMessage, Writer, delimitedSize } from '../wire/index.ts';
import { hasRevisionFilters } from './range.ts';

/** Memory for answers whose length is not known is taken in pieces of at most this much. */
const PART_BYTES = 64 * 1024;
/** Beside the header: room for one small element and the end. */
const FIRST_BYTES = 512;
/** `more` and `count`. */
const TAIL_BYTES = 12;
/** RangeResponse.kvs: field 2, length-delimited. */
const KVS_TAG = 18;
const TAG_BYTES = 1;

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
  private readonly parts: Uint8Array[] = [];
  private partsBytes = 0;
  private writer: Writer;

  constructor(header: ResponseHeader) {
    const head: RangeResponse = { header, kvs: [], more: false, count: 0 };
    const size = RangeResponse.sizeOf(head);
    this.writer = new Writer(new Uint8Array(size + FIRST_BYTES));
    RangeResponse.write(head, this.writer);
  }

  /** @param following keys that may come behind this one: a hint at the memory to take */
  add(keyValue: Uint8Array, following: number): void {
    const size = elementSize(keyValue.length);
    const writer = this.room(size, Math.min(size * (1 + following) + TAIL_BYTES, PART_BYTES));
    writer.varint(KVS_TAG);
    writer.bytesField(keyValue);
  }

  /** Adds elements of these lengths, to be filled in any order before `finish`. */
  reserve(lengths: Int32Array): ReservedElements {
    let size = 0;
    for (const length of lengths) size += elementSize(length);
    const writer = this.room(size, size);
    const elements = new ReservedElements(writer.bytes, writer.position, lengths);
    writer.position += size;
    return elements;
  }

  /** Nothing can be added afterwards. */
  finish(more: boolean, count: number): EncodedMessage {
    const tail: RangeResponse = { header: undefined, kvs: [], more, count };
    const size = RangeResponse.sizeOf(tail);
    RangeResponse.write(tail, this.room(size, size));
    this.endPart();
    return new EncodedMessage(this.parts, this.partsBytes);
  }

  /** A writer with room for `needed` bytes; when it has to be a new one, for `wanted`. */
  private room(needed: number, wanted: number): Writer {
    const { bytes, position } = this.writer;
    if (bytes.length - position >= needed) return this.writer;
    this.endPart();
    this.writer = new Writer(new Uint8Array(Math.max(needed, wanted)));
    return this.writer;
  }

  private endPart(): void {
    const { bytes, position } = this.writer;
    if (position === 0) return;
    this.parts.push(bytes.subarray(0, position));
    this.partsBytes += position;
  }
}

/** Elements of an answer whose places are known before their content. */
export class ReservedElements {
  private readonly bytes: Uint8Array;
  private readonly offsets: Int32Array;

  constructor(bytes: Uint8Array, position: number, lengths: Int32Array) {
    this.bytes = bytes;
    this.offsets = new Int32Array(lengths.length);
    let offset = position;
    for (let at = 0; at < lengths.length; at++) {
      this.offsets[at] = offset;
      offset += elementSize(lengths[at]!);
    }
  }

  /** Fills element `at` with `length` of the bytes. */
  set(at: number, source: Uint8Array, start: number, length: number): void {
    const writer = new Writer(this.bytes, this.offsets[at]!);
    writer.varint(KVS_TAG);
    writer.bytesField(source.subarray(start, start + length));
  }
}

function elementSize(length: number): number {
  return TAG_BYTES + delimitedSize(length);
}
