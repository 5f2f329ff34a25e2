// Encodes records one behind the other into one reusable buffer, continuing the checksum chain.
import { crc32c } from '../../base/crc.ts';
import type { Codec } from '../../wire/codec.ts';
import { Writer, delimitedSize, varintSize } from '../../wire/writer.ts';
import { FRAME_BYTES, RecordType, paddingOf, writeFrameLength } from './format.ts';

const INITIAL_BYTES = 256 * 1024;
/** A buffer that grew beyond this for one batch is given back afterwards. */
const RETAINED_BYTES = 8 * 1024 * 1024;

/** type (2 bytes), crc (tag and up to 5), tag of data. */
const CRC_BYTES = 5;
const BEFORE_LENGTH = 2 + 1 + CRC_BYTES + 1;

export class RecordEncoder {
  /** The checksum after the last record. */
  crc: number;
  private writer = new Writer(new Uint8Array(INITIAL_BYTES));

  constructor(crc: number) {
    this.crc = crc;
  }

  /** What was added since `clear`: valid until the next call of anything here. */
  get bytes(): Uint8Array {
    return this.writer.bytes.subarray(0, this.writer.position);
  }

  clear(): void {
    if (this.writer.bytes.length > RETAINED_BYTES) {
      this.writer = new Writer(new Uint8Array(INITIAL_BYTES));
    }
    this.writer.position = 0;
  }

  /** A record whose data is the encoded message. */
  addMessage<T>(type: RecordType, codec: Codec<T>, message: T): void {
    const dataBytes = codec.sizeOf(message);
    const start = this.begin(type, dataBytes);
    const dataStart = this.writer.position;
    codec.write(message, this.writer);
    this.finish(start, dataStart, dataBytes);
  }

  addBytes(type: RecordType, data: Uint8Array): void {
    const start = this.begin(type, data.length);
    const dataStart = this.writer.position;
    this.writer.bytes.set(data, dataStart);
    this.writer.position += data.length;
    this.finish(start, dataStart, data.length);
  }

  /** The record at the head of a segment: the checksum so far, no data. */
  addCrc(): void {
    this.reserve(FRAME_BYTES + 3 + CRC_BYTES + 8);
    const start = this.writer.position;
    const recordBytes = 3 + varintSize(this.crc);
    const { writer } = this;
    writer.position += FRAME_BYTES;
    writer.varint(0x08);
    writer.varint(RecordType.Crc);
    writer.varint(0x10);
    writer.varint(this.crc);
    this.close(start, recordBytes);
  }

  /** Reserves space and leaves the writer where the data goes, assuming the longest checksum. */
  private begin(type: RecordType, dataBytes: number): number {
    this.reserve(FRAME_BYTES + BEFORE_LENGTH + delimitedSize(dataBytes) + 8);
    const { writer } = this;
    const start = writer.position;
    writer.position += FRAME_BYTES;
    writer.varint(0x08);
    writer.varint(type);
    writer.varint(0x10);
    writer.position += CRC_BYTES;
    writer.varint(0x1a);
    writer.varint(dataBytes);
    return start;
  }

  private finish(start: number, dataStart: number, dataBytes: number): void {
    const { writer } = this;
    const { bytes } = writer;
    const end = dataStart + dataBytes;
    this.crc = crc32c(this.crc, bytes, dataStart, end);
    const crcStart = start + FRAME_BYTES + 3;
    const crcBytes = varintSize(this.crc);
    // One checksum in sixteen is shorter than assumed: what is behind it moves up.
    if (crcBytes < CRC_BYTES) bytes.copyWithin(crcStart + crcBytes, crcStart + CRC_BYTES, end);
    writer.position = crcStart;
    writer.varint(this.crc);
    this.close(start, end - start - FRAME_BYTES - (CRC_BYTES - crcBytes));
  }

  /** Writes the length field and the padding. */
  private close(start: number, recordBytes: number): void {
    const { bytes } = this.writer;
    const end = start + FRAME_BYTES + recordBytes;
    const padding = paddingOf(recordBytes);
    writeFrameLength(bytes, start, recordBytes);
    bytes.fill(0, end, end + padding);
    this.writer.position = end + padding;
  }

  private reserve(more: number): void {
    const { bytes, position } = this.writer;
    if (position + more <= bytes.length) return;
    const larger = new Uint8Array(Math.max(position + more, bytes.length * 2));
    larger.set(bytes.subarray(0, position));
    this.writer = new Writer(larger, position);
  }
}
