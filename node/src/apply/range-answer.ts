// A RangeResponse made of what the store holds: a stored mvccpb.KeyValue is, byte for byte, an element of `kvs`.
import {
  RangeResponse,
  SortOrder,
  SortTarget,
  type RangeRequest,
  type ResponseHeader,
} from '../wire/gen/rpc.ts';
import { EncodedMessage, Writer } from '../wire/index.ts';
import { hasRevisionFilters } from './range.ts';

/** Memory for the answer is taken in pieces of at most this much. */
const PART_BYTES = 64 * 1024;
/** What is longer becomes a part as it is, without a copy. */
const OWN_PART_BYTES = 16 * 1024;
/** RangeResponse.kvs: field 2, length-delimited. */
const KVS_TAG = 18;
/** Tag and length of an element. */
const MAX_PREFIX_BYTES = 6;

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
  private readonly header: ResponseHeader;
  private writer: Writer | undefined = undefined;
  private partsBytes = 0;

  constructor(header: ResponseHeader) {
    this.header = header;
  }

  get sizeBytes(): number {
    return this.partsBytes + (this.writer?.position ?? 0);
  }

  /** @param following keys that may come behind this one: a hint at the memory to take */
  add(keyValue: Uint8Array, following: number): void {
    const { length } = keyValue;
    const writer = this.room(length, following);
    writer.varint(KVS_TAG);
    if (length < OWN_PART_BYTES) {
      writer.bytesField(keyValue);
      return;
    }
    writer.varint(length);
    this.endPart();
    this.push(keyValue);
  }

  /** Nothing can be added afterwards. */
  finish(more: boolean, count: number): EncodedMessage {
    const rest: RangeResponse = { header: undefined, kvs: [], more, count };
    if (this.sizeBytes === 0) rest.header = this.header;
    const size = RangeResponse.sizeOf(rest);
    let { writer } = this;
    if (writer === undefined || writer.bytes.length - writer.position < size) {
      this.endPart();
      writer = this.writer = new Writer(new Uint8Array(size));
    }
    RangeResponse.write(rest, writer);
    this.endPart();
    return new EncodedMessage(this.parts, this.partsBytes);
  }

  /** A writer with room for an element of `length` bytes, or for its prefix when it becomes a part of its own. */
  private room(length: number, following: number): Writer {
    const own = length >= OWN_PART_BYTES ? 0 : length;
    const needed = MAX_PREFIX_BYTES + own;
    const { writer } = this;
    if (writer !== undefined && writer.bytes.length - writer.position >= needed) return writer;
    this.endPart();
    const isFirst = this.partsBytes === 0;
    const head: RangeResponse = { header: this.header, kvs: [], more: true, count: 2 ** 40 };
    const frame = isFirst ? RangeResponse.sizeOf(head) : 0;
    const wanted = frame + needed + following * (MAX_PREFIX_BYTES + own);
    const next = new Writer(
      new Uint8Array(Math.max(frame + needed, Math.min(wanted, PART_BYTES))),
    );
    if (isFirst) RangeResponse.write({ ...head, more: false, count: 0 }, next);
    this.writer = next;
    return next;
  }

  private endPart(): void {
    const { writer } = this;
    if (writer === undefined) return;
    this.writer = undefined;
    if (writer.position > 0) this.push(writer.bytes.subarray(0, writer.position));
  }

  private push(part: Uint8Array): void {
    this.parts.push(part);
    this.partsBytes += part.length;
  }
}
