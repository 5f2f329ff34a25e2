// Tells an interrupted write, which is repaired, from damage, which is refused.
//
// A write that a power failure interrupts leaves each 512-byte sector as it was (zeros, or missing at the end of the
// file) or as it should be. So a length field, which never crosses a sector, is right or zero, and a record that was
// torn has a sector of zeros or runs past the end of the file. etcd goes by the zeros alone (isTornEntry in
// decoder.go) and cuts off everything behind a flipped length; here the length is also held against the record's own.
import { FRAME_BYTES, SECTOR_BYTES, type RecordHeader, readRecordHeader } from './format.ts';

/** A frame that cannot be read. `bytes` begin with its length field and end with it or with the file. */
export interface DamagedFrame {
  readonly bytes: Uint8Array;
  /** Offset of the frame in its file. */
  readonly offset: number;
  /** What the length field says. */
  readonly recordBytes: number;
  readonly isCutOff: boolean;
}

export function isTornWrite(frame: DamagedFrame): boolean {
  if (contradictsLength(frame)) return false;
  return frame.isCutOff || hasZeroSector(frame.bytes, frame.offset);
}

/** Whether the record's fields are there and show another size than its length field, or are no fields. */
function contradictsLength(frame: DamagedFrame): boolean {
  const { bytes } = frame;
  const header: RecordHeader = { type: 0, crc: 0, dataStart: 0, dataBytes: -1 };
  const isReadable = readRecordHeader(bytes, FRAME_BYTES, bytes.length, header);
  const headerEnd = isReadable ? header.dataStart : FRAME_BYTES + MAX_HEADER_BYTES;
  // Without a data field, the byte that would begin it was looked at too.
  if (isLost(frame, isReadable && header.dataBytes >= 0 ? headerEnd : headerEnd + 1)) return false;
  return (
    !isReadable || headerEnd - FRAME_BYTES + Math.max(0, header.dataBytes) !== frame.recordBytes
  );
}

/** The most that type, crc, and the data field's tag and length take. */
const MAX_HEADER_BYTES = 16;

/** Whether a sector that reaches into the fields [8, headerEnd) of the frame is missing or zero. */
function isLost(frame: DamagedFrame, headerEnd: number): boolean {
  const { bytes, offset } = frame;
  if (bytes.length < headerEnd && frame.isCutOff) return true;
  // The length field was written, so its sector was; the fields can only be lost with the next one.
  const nextSector = SECTOR_BYTES - (offset % SECTOR_BYTES);
  return (
    nextSector < Math.min(headerEnd, bytes.length) &&
    isZero(bytes, nextSector, nextSector + SECTOR_BYTES)
  );
}

function hasZeroSector(bytes: Uint8Array, offset: number): boolean {
  let start = FRAME_BYTES;
  while (start < bytes.length) {
    const end = Math.min(start + SECTOR_BYTES - ((offset + start) % SECTOR_BYTES), bytes.length);
    if (isZero(bytes, start, end)) return true;
    start = end;
  }
  return false;
}

/** Whether the bytes that exist in [start, end) are all zero. */
export function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  const last = Math.min(end, bytes.length);
  let at = start;
  // By words, where there are many: the rest of a segment is 60 MB.
  for (; at < last && (bytes.byteOffset + at) % 4 !== 0; at++) if (bytes[at] !== 0) return false;
  const count = Math.max(0, last - at) >>> 2;
  const words = count === 0 ? [] : new Uint32Array(bytes.buffer, bytes.byteOffset + at, count);
  for (let i = 0; i < count; i++) if (words[i] !== 0) return false;
  for (at += 4 * count; at < last; at++) if (bytes[at] !== 0) return false;
  return true;
}
