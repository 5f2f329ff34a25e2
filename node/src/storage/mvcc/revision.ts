// Revisions as the bucket `key` holds them (etcd: server/storage/mvcc/revision.go):
//
//   | main, 8 bytes big-endian | '_' | sub, 8 bytes big-endian | 't' when it is a tombstone |
//
// main counts the transactions that changed something, sub the changes within one.
import { assert } from '../../base/index.ts';

/** Length of a revision's bytes; a tombstone's are one longer. */
export const REVISION_LENGTH = 17;
const SEPARATOR_AT = 8;
const SUB_AT = 9;
const SEPARATOR = 0x5f;
const TOMBSTONE = 0x74;
const TWO_32 = 0x1_0000_0000;
/** A main word above this would pass 2^53. */
const HIGH_LIMIT = 0x20_0000;

export function revisionBytes(main: number, sub: number): Uint8Array {
  return writeRevision(new Uint8Array(REVISION_LENGTH), main, sub);
}

export function tombstoneBytes(main: number, sub: number): Uint8Array {
  const bytes = writeRevision(new Uint8Array(REVISION_LENGTH + 1), main, sub);
  bytes[REVISION_LENGTH] = TOMBSTONE;
  return bytes;
}

/** Writes a revision over the first 17 bytes of `target` and returns it. */
export function writeRevision(target: Uint8Array, main: number, sub: number): Uint8Array {
  writeWords(target, 0, main);
  target[SEPARATOR_AT] = SEPARATOR;
  writeWords(target, SUB_AT, sub);
  return target;
}

/** @throws AssertionError when the bytes are no revision: a backend that passed its checks holds none such */
export function mainOf(bytes: Uint8Array): number {
  return mainAt(bytes, 0, bytes.length);
}

/** The same of the revision that is [start, end) of the bytes. */
export function mainAt(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  assert(
    length === REVISION_LENGTH || length === REVISION_LENGTH + 1,
    'a revision has 17 or 18 bytes',
  );
  assert(
    bytes[start + SEPARATOR_AT] === SEPARATOR,
    'a revision has an underscore between main and sub',
  );
  return readWords(bytes, start);
}

export function subOf(bytes: Uint8Array): number {
  return subAt(bytes, 0);
}

export function subAt(bytes: Uint8Array, start: number): number {
  return readWords(bytes, start + SUB_AT);
}

export function isTombstone(bytes: Uint8Array): boolean {
  return isTombstoneAt(bytes, 0, bytes.length);
}

export function isTombstoneAt(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start === REVISION_LENGTH + 1 && bytes[end - 1] === TOMBSTONE;
}

function writeWords(target: Uint8Array, at: number, value: number): void {
  const high = Math.floor(value / TWO_32);
  target[at] = high >>> 24;
  target[at + 1] = high >>> 16;
  target[at + 2] = high >>> 8;
  target[at + 3] = high;
  const low = value >>> 0;
  target[at + 4] = low >>> 24;
  target[at + 5] = low >>> 16;
  target[at + 6] = low >>> 8;
  target[at + 7] = low;
}

function readWords(bytes: Uint8Array, at: number): number {
  // The callers checked the length.
  const high =
    ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
  const low =
    ((bytes[at + 4]! << 24) | (bytes[at + 5]! << 16) | (bytes[at + 6]! << 8) | bytes[at + 7]!) >>>
    0;
  assert(high < HIGH_LIMIT, 'a revision is below 2^53');
  return high * TWO_32 + low;
}
