// Part of a range, read in the order of its revisions: so each page of the backend is come by once, and not once a key.
// It goes through them twice: how long the values are says where the reader wants them. What is found is copied at once, as far
// as memory is allowed, so that most pages need not be read again.
import type { KeyValueBucket } from './key-value-backend.ts';
import { REVISION_LENGTH, writeRevision } from './revision.ts';

/** `gone`: a compaction removed a revision that is still to be read, or a snapshot replaced the store. Begin anew. */
export type Progress = 'done' | 'more' | 'gone';

/** Where encoded mvccpb.KeyValues go: `at` is their place in the order of the keys. */
export interface Elements {
  set(at: number, bytes: Uint8Array, start: number, length: number): void;
}

/** Memory in pieces of one size. */
export interface Pieces {
  take(): Uint8Array;
  /** Nobody uses them any more. */
  give(pieces: readonly Uint8Array[]): void;
}

/** Copies that are kept between the two ways through: 64 MiB of pieces of 64 KiB. */
const MAX_PIECES = 1024;
/** The place of a value of which there is no copy. */
const NOWHERE = -1;

export class RangeWindow {
  /** Bytes of each encoded KeyValue, in the order of the keys. Known once all are located. */
  readonly lengths: Int32Array;
  private readonly bucket: () => KeyValueBucket | undefined;
  private readonly memory: Pieces;
  private readonly mains: readonly number[];
  private readonly subs: readonly number[];
  /** Places in the order of their revisions. */
  private readonly order: Int32Array;
  /** Copies of values, and which piece and place each has. */
  private readonly pieces: Uint8Array[] = [];
  private readonly pieceOf: Int32Array;
  private readonly placeOf: Int32Array;
  /** Where the last piece is free. */
  private free = 0;
  private readonly lookup = new Uint8Array(REVISION_LENGTH);
  private located = 0;
  private copied = 0;

  /** @param bucket the bucket `key`; undefined once another store took its place */
  constructor(
    bucket: () => KeyValueBucket | undefined,
    memory: Pieces,
    mains: readonly number[],
    subs: readonly number[],
  ) {
    this.bucket = bucket;
    this.memory = memory;
    this.mains = mains;
    this.subs = subs;
    this.order = byRevision(mains);
    this.lengths = new Int32Array(mains.length);
    this.pieceOf = new Int32Array(mains.length);
    this.placeOf = new Int32Array(mains.length).fill(NOWHERE);
  }

  /** Finds up to `maxKeys` more, or about `bytes`. */
  locate(maxKeys: number, bytes: number): Progress {
    const finder = this.bucket()?.finder('once');
    if (finder === undefined) return 'gone';
    const { order, lookup } = this;
    const end = Math.min(this.located + maxKeys, order.length);
    let left = bytes;
    for (; this.located < end && left > 0; this.located++) {
      const at = order[this.located]!;
      if (!finder.find(writeRevision(lookup, this.mains[at]!, this.subs[at]!))) return 'gone';
      this.lengths[at] = finder.length;
      this.keep(at, finder.bytes, finder.start, finder.length);
      left -= finder.length;
    }
    return this.located === order.length ? 'done' : 'more';
  }

  /** Copies up to `maxKeys` more, or about `bytes`, once all are located. */
  copy(elements: Elements, maxKeys: number, bytes: number): Progress {
    const finder = this.bucket()?.finder('once');
    if (finder === undefined) return 'gone';
    const { order, lookup } = this;
    const end = Math.min(this.copied + maxKeys, order.length);
    let left = bytes;
    for (; this.copied < end && left > 0; this.copied++) {
      const at = order[this.copied]!;
      const place = this.placeOf[at]!;
      const length = this.lengths[at]!;
      left -= length;
      if (place !== NOWHERE) {
        elements.set(at, this.pieces[this.pieceOf[at]!]!, place, length);
        continue;
      }
      if (!finder.find(writeRevision(lookup, this.mains[at]!, this.subs[at]!))) return 'gone';
      elements.set(at, finder.bytes, finder.start, finder.length);
    }
    return this.copied === order.length ? 'done' : 'more';
  }

  /** Gives back the memory of the copies. */
  close(): void {
    this.memory.give(this.pieces.splice(0));
  }

  /** Copies a value as long as there may be another piece for it. */
  private keep(at: number, bytes: Uint8Array, start: number, length: number): void {
    let piece = this.pieces.at(-1);
    if (piece === undefined || this.free + length > piece.length) {
      if (this.pieces.length === MAX_PIECES) return;
      piece = this.memory.take();
      this.pieces.push(piece);
      this.free = 0;
      if (length > piece.length) return;
    }
    piece.set(bytes.subarray(start, start + length), this.free);
    this.pieceOf[at] = this.pieces.length - 1;
    this.placeOf[at] = this.free;
    this.free += length;
  }
}

/** Places in the order of main revisions. A number holds both, for the sort of plain numbers is the quickest there is. */
function byRevision(mains: readonly number[]): Int32Array {
  const { length } = mains;
  const order = new Int32Array(length);
  let lowest = Infinity;
  let highest = 0;
  for (let at = 0; at < length; at++) {
    const main = mains[at]!;
    order[at] = at;
    if (main < lowest) lowest = main;
    if (main > highest) highest = main;
  }
  // Any order is right; so far apart, revisions hardly share pages.
  if ((highest - lowest + 1) * length > Number.MAX_SAFE_INTEGER) return order;
  const sorted = new Float64Array(length);
  for (let at = 0; at < length; at++) sorted[at] = (mains[at]! - lowest) * length + at;
  sorted.sort();
  for (let i = 0; i < length; i++) order[i] = sorted[i]! % length;
  return order;
}
