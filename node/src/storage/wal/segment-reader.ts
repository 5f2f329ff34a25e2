// Reads one segment record by record: synchronous steps over a chunk in memory, with `fill` in between.
import { crc32c } from '../../base/crc.ts';
import type { DiskFile } from '../../base/world.ts';
import { DecodeError } from '../../wire/reader.ts';
import { decode } from '../../wire/codec.ts';
import { Record } from '../../wire/gen/record.ts';
import { WalCorruptError } from './errors.ts';
import {
  FRAME_BYTES,
  RecordType,
  SECTOR_BYTES,
  type RecordHeader,
  paddingOf,
  readFrameLength,
  readRecordHeader,
} from './format.ts';
import { isTornWrite, isZero } from './torn.ts';

const CHUNK_BYTES = 1024 * 1024;

/**
 * - `record`: `type` and `data` hold the next one
 * - `fill`: call `fill` and ask again
 * - `end`: the segment ends at `position`: end of file, or zeros
 * - `torn`: an interrupted write begins at `position` (only in the last segment)
 */
export type Step = 'record' | 'fill' | 'end' | 'torn';

export class SegmentReader {
  readonly path: string;
  /** Offset of the next record; after `end` or `torn`, where the valid part ends. */
  position = 0;
  /** Offset of the record that was just returned. */
  recordOffset = 0;
  type = 0;
  /** A view that is good until the next `fill`, and for good where `keepChunk` was called before that. */
  data: Uint8Array = new Uint8Array(0);
  /** The checksum after the record; undefined before the first record of the first segment. */
  crc: number | undefined;

  private readonly file: DiskFile;
  private readonly size: number;
  private readonly isLast: boolean;
  private readonly verifiedTo: number;
  private readonly header: RecordHeader = { type: 0, crc: 0, dataStart: 0, dataBytes: 0 };
  private buffer: Uint8Array = new Uint8Array(0);
  private chunk: Uint8Array = new Uint8Array(0);
  private chunkStart = 0;
  private wantedBytes = FRAME_BYTES;
  private isChunkKept = false;

  /**
   * @param isLast only the last segment can end in an interrupted write
   * @param verifiedTo records before this offset were found sound by another reader
   */
  constructor(
    path: string,
    file: DiskFile,
    crc: number | undefined,
    isLast: boolean,
    verifiedTo = 0,
  ) {
    this.path = path;
    this.file = file;
    this.size = file.size();
    this.crc = crc;
    this.isLast = isLast;
    this.verifiedTo = verifiedTo;
  }

  /** Whoever holds on to views of records calls this for each record of which he does. */
  keepChunk(): void {
    this.isChunkKept = true;
  }

  /** Makes the bytes that the last step was missing available. */
  async fill(): Promise<void> {
    const kept = this.chunk.subarray(this.position - this.chunkStart);
    const left = this.size - this.position;
    const length = Math.min(Math.max(CHUNK_BYTES, this.wantedBytes), left);
    const isReusable = !this.isChunkKept && this.buffer.length >= length;
    if (!isReusable) this.buffer = new Uint8Array(length);
    this.isChunkKept = false;
    const chunk = this.buffer.subarray(0, length);
    chunk.set(kept);
    const rest = chunk.subarray(kept.length);
    const count = await this.file.readAtAsync(rest, this.position + kept.length);
    if (count !== rest.length) this.fail('the file became shorter while it was read');
    this.chunk = chunk;
    this.chunkStart = this.position;
  }

  next(): Step {
    const left = this.size - this.position;
    if (left === 0) return 'end';
    if (left < FRAME_BYTES) return this.tornOrFail(0, left, 'a length field is cut off');
    if (!this.has(FRAME_BYTES)) return 'fill';
    const recordBytes = readFrameLength(this.chunk, this.position - this.chunkStart);
    if (recordBytes === 0) return this.atZeros();
    if (recordBytes < 0) this.fail('a length field is damaged');
    const frameBytes = FRAME_BYTES + recordBytes + paddingOf(recordBytes);
    if (!this.has(Math.min(frameBytes, left))) return 'fill';
    if (frameBytes > left)
      return this.tornOrFail(recordBytes, left, 'a record runs past the end of the file');
    return this.read(recordBytes, frameBytes);
  }

  fail(reason: string, offset = this.position): never {
    throw new WalCorruptError(this.path, offset, reason);
  }

  private has(bytes: number): boolean {
    this.wantedBytes = bytes;
    return this.position + bytes <= this.chunkStart + this.chunk.length;
  }

  private read(recordBytes: number, frameBytes: number): Step {
    const start = this.position - this.chunkStart + FRAME_BYTES;
    const problem = this.parse(start, start + recordBytes);
    if (problem !== undefined) return this.tornOrFail(recordBytes, frameBytes, problem);
    this.recordOffset = this.position;
    this.position += frameBytes;
    return 'record';
  }

  /** Returns what is wrong with the record in [start, end) of the chunk, or undefined. */
  private parse(start: number, end: number): string | undefined {
    const { header } = this;
    const data = this.locateData(start, end);
    if (data === undefined) return 'a record cannot be decoded';
    const { type, crc } = header;
    if (type < RecordType.Metadata || type > RecordType.Snapshot) {
      return `a record has the unknown type ${type}`;
    }
    const expected =
      this.crc === undefined || this.position < this.verifiedTo ? crc : crc32c(this.crc, data);
    if (type === RecordType.Crc) {
      if (this.crc !== undefined && this.crc !== crc) return 'the checksum chain is broken';
    } else if (this.crc === undefined) {
      return 'the segment does not begin with a checksum record';
    } else if (crc !== expected) {
      return 'a checksum does not match';
    }
    this.crc = expected;
    this.type = type;
    this.data = data;
    return undefined;
  }

  /** Sets `header` from the record in [start, end) of the chunk and returns the record's data. */
  private locateData(start: number, end: number): Uint8Array | undefined {
    const { chunk, header } = this;
    const isUsual = readRecordHeader(chunk, start, end, header);
    if (isUsual && header.dataStart + Math.max(0, header.dataBytes) === end)
      return chunk.subarray(header.dataStart, end);
    const record = decodeRecord(chunk.subarray(start, end));
    if (record === undefined) return undefined;
    header.type = record.type;
    header.crc = record.crc;
    return record.data;
  }

  /** The length field is zero: preallocated space, unless what follows in the same sector shows that it was not. */
  private atZeros(): Step {
    const sectorEnd = this.position - (this.position % SECTOR_BYTES) + SECTOR_BYTES;
    const bytes = Math.min(sectorEnd, this.size) - this.position;
    if (!this.has(bytes)) return 'fill';
    const start = this.position - this.chunkStart;
    if (!isZero(this.chunk, start, start + bytes)) this.fail('a length field was zeroed');
    return 'end';
  }

  private tornOrFail(recordBytes: number, availableBytes: number, problem: string): Step {
    const start = this.position - this.chunkStart;
    const frame = {
      bytes: this.chunk.subarray(start, start + availableBytes),
      offset: this.position,
      recordBytes,
      isCutOff: availableBytes < FRAME_BYTES + recordBytes + paddingOf(recordBytes),
    };
    if (!this.isLast || (recordBytes !== 0 && !isTornWrite(frame))) this.fail(problem);
    return 'torn';
  }
}

/** For records whose fields another writer ordered differently. */
function decodeRecord(bytes: Uint8Array): Record | undefined {
  try {
    return decode(Record, bytes);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
