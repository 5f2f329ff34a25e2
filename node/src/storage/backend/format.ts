// The layout of a bbolt file (bbolt: internal/common). All integers are little-endian.
//
//   file    meta 0 | meta 1 | page 2 | page 3 | …            page n begins at n × pageSize
//   page    id u64 | flags u16 | count u16 | overflow u32 | elements | keys and values
//   branch  element: pos u32 | keySize u32 | pageId u64       pos counts from the element itself
//   leaf    element: flags u32 | pos u32 | keySize u32 | valueSize u32
//   bucket  a leaf value of the root tree: root u64 | sequence u64 | (root = 0: the bucket's only page, inline)

export const PAGE_HEADER_BYTES = 16;
/** Branch and leaf elements are equally long. */
export const ELEMENT_BYTES = 16;
export const BUCKET_HEADER_BYTES = 16;

export const BRANCH_PAGE = 0x01;
export const LEAF_PAGE = 0x02;
export const META_PAGE = 0x04;
export const FREELIST_PAGE = 0x10;

/** Flag of a leaf element whose value is a bucket. */
export const BUCKET_ELEMENT = 0x01;

export const DEFAULT_PAGE_BYTES = 4096;
/** Pages 0 and 1 hold the metas. */
export const FIRST_DATA_PAGE = 2;
export const MAX_KEY_BYTES = 32_768;
/** A tree this deep holds more than any disk: a deeper one goes round in circles. */
export const MAX_DEPTH = 40;

export function readU16(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}

export function readU32(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
  );
}

/** A value over 2^53 comes back inexact, and so far too large for every use it has here. */
export function readU64(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at) + readU32(bytes, at + 4) * 0x1_0000_0000;
}

export function writeU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

export function writeU64(bytes: Uint8Array, at: number, value: number): void {
  writeU32(bytes, at, value % 0x1_0000_0000);
  writeU32(bytes, at + 4, Math.floor(value / 0x1_0000_0000));
}

export function writePageHeader(
  bytes: Uint8Array,
  id: number,
  flags: number,
  count: number,
  overflow: number,
): void {
  writeU64(bytes, 0, id);
  writeU16(bytes, 8, flags);
  writeU16(bytes, 10, count);
  writeU32(bytes, 12, overflow);
}

/** Compares bytes [start, end) of `page` with `key`: negative, 0 or positive, unsigned byte order. */
export function compareAt(page: Uint8Array, start: number, end: number, key: Uint8Array): number {
  const length = end - start;
  const common = length < key.length ? length : key.length;
  for (let i = 0; i < common; i++) {
    const difference = page[start + i]! - key[i]!;
    if (difference !== 0) return difference;
  }
  return length - key.length;
}

/** Index of the first of `keys` that is not below `key`. */
export function lowerBound(keys: readonly Uint8Array[], key: Uint8Array): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = keys[middle]!;
    if (compareAt(other, 0, other.length, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
