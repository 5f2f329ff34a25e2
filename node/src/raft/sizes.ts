// Sizes of entries, which all limits are measured in.
import { Entry } from '../wire/gen/raft.ts';

/** The bytes of an entry as protobuf: what message and apply limits count. */
export function entriesSize(entries: readonly Entry[]): number {
  let size = 0;
  for (const entry of entries) size += Entry.sizeOf(entry);
  return size;
}

/** The bytes of the payloads alone: what the limit on uncommitted entries counts. An entry without data counts nothing. */
export function payloadsSize(entries: readonly Entry[]): number {
  let size = 0;
  for (const entry of entries) size += entry.data.length;
  return size;
}

/**
 * How many of `entries[lo, hi)` fit in `maxBytes`, counted from the front. At least 1 when there are any: an entry
 * larger than the limit travels alone.
 */
export function countWithin(
  entries: readonly Entry[],
  lo: number,
  hi: number,
  maxBytes: number,
): number {
  if (hi - lo <= 1 || maxBytes === Infinity) return hi - lo;
  let size = Entry.sizeOf(entries[lo]!);
  let position = lo + 1;
  for (; position < hi; position++) {
    size += Entry.sizeOf(entries[position]!);
    if (size > maxBytes) break;
  }
  return position - lo;
}
