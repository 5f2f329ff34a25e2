// The format of etcd's write-ahead log (etcd server/storage/wal: encoder.go, decoder.go, util.go, wal.go).
//
//   <data-dir>/member/wal/<sequence>-<index>.wal, both 16 hex digits; index is that of the first entry to come.
//
//   segment:  crc record | metadata record | hard state record | … records … | zeros up to 64,000,000 bytes
//   record:   length u64le | walpb.Record | 0–7 bytes of padding to a multiple of 8
//   length:   bits 0–55 size of the walpb.Record; bit 63 set and bits 56–58 the padding, when there is padding
//
// A record's crc continues that of the record before it over its data, across segments: the crc record at the head of
// a segment holds the value so far. A segment gets its name only when its head is on the disk.

export const RecordType = { Metadata: 1, Entry: 2, State: 3, Crc: 4, Snapshot: 5 } as const;
export type RecordType = (typeof RecordType)[keyof typeof RecordType];

/** A segment is closed once it has reached this size. */
export const SEGMENT_BYTES = 64_000_000;

/** The disk writes sectors whole: a torn write leaves zeros in some of them (preallocated segments hold zeros). */
export const SECTOR_BYTES = 512;

export const FRAME_BYTES = 8;

const PADDING_FLAG = 0x80;

export function paddingOf(recordBytes: number): number {
  return (8 - (recordBytes % 8)) % 8;
}

export function writeFrameLength(target: Uint8Array, position: number, recordBytes: number): void {
  let rest = recordBytes;
  for (let i = 0; i < 7; i++) {
    target[position + i] = rest & 0xff;
    rest = Math.floor(rest / 256);
  }
  const padding = paddingOf(recordBytes);
  target[position + 7] = padding === 0 ? 0 : PADDING_FLAG | padding;
}

/** Size of the record in the frame at `position`; 0 for an empty length field, −1 for one that no writer makes. */
export function readFrameLength(source: Uint8Array, position: number): number {
  let recordBytes = 0;
  for (let i = 6; i >= 0; i--) recordBytes = recordBytes * 256 + (source[position + i] ?? 0);
  const flags = source[position + 7] ?? 0;
  const padding = paddingOf(recordBytes);
  const expected = padding === 0 ? 0 : PADDING_FLAG | padding;
  if (flags !== expected || !Number.isSafeInteger(recordBytes)) return -1;
  return recordBytes;
}

export interface SegmentName {
  readonly name: string;
  readonly sequence: number;
  /** Index of the first entry that the segment may hold. */
  readonly index: number;
}

export function segmentName(sequence: number, index: number): SegmentName {
  const hex = (value: number): string => value.toString(16).padStart(16, '0');
  return { name: `${hex(sequence)}-${hex(index)}.wal`, sequence, index };
}

export function parseSegmentName(name: string): SegmentName | undefined {
  const match = /^([0-9a-f]{16})-([0-9a-f]{16})\.wal$/.exec(name);
  if (match === null) return undefined;
  return { name, sequence: Number(`0x${match[1]}`), index: Number(`0x${match[2]}`) };
}

/** Where a walpb.Record's parts lie. */
export interface RecordHeader {
  type: number;
  crc: number;
  dataStart: number;
  /** −1 when the record has no data field. */
  dataBytes: number;
}

const TAG_TYPE = 0x08;
const TAG_CRC = 0x10;
const TAG_DATA = 0x1a;

/**
 * Reads the fields before a record's data. Only the order in which etcd writes them is understood.
 * @returns false when [start, end) does not begin like that, or ends too early to tell
 */
export function readRecordHeader(
  source: Uint8Array,
  start: number,
  end: number,
  header: RecordHeader,
): boolean {
  if (start + 4 > end || source[start] !== TAG_TYPE || source[start + 2] !== TAG_CRC) return false;
  header.type = source[start + 1] ?? 0;
  let position = start + 3;
  let crc = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = source[position++] ?? 0;
    if (position > end || scale > 2 ** 28) return false;
    crc += (byte & 0x7f) * scale;
    if (byte < 0x80) break;
  }
  if (crc > 0xffff_ffff) return false;
  header.crc = crc;
  header.dataStart = position;
  header.dataBytes = -1;
  if (position === end || source[position] !== TAG_DATA) return true;
  let size = 0;
  position++;
  for (let scale = 1; ; scale *= 128) {
    const byte = source[position++] ?? 0;
    if (position > end || scale > 2 ** 42) return false;
    size += (byte & 0x7f) * scale;
    if (byte < 0x80) break;
  }
  header.dataStart = position;
  header.dataBytes = size;
  return true;
}
