// A range that is read in several steps, other work in between, and still is the range of one moment: which revisions it
// consists of is noted at the beginning, and a revision never changes.
import { NO_RECORD } from './revision-pool.ts';
import { keyRange } from './key-range.ts';
import type { Finder, FinderUse } from './key-value-backend.ts';
import { RangeWindow } from './range-window.ts';
import type { Pieces, Progress } from './range-window.ts';
import { revisionToRead, type RangeOptions } from './read.ts';
import type { StoreState } from './state.ts';

/** Takes encoded mvccpb.KeyValues, [start, start + length) of `bytes`, which are valid only during the call. */
export interface EncodedSink {
  add(bytes: Uint8Array, start: number, length: number): void;
}

/** What most of a range's keys are apart when they were written one after the other: they share pages, or nearly. */
const NEAR_REVISIONS = 64;
/** Read in one go: few enough for any limit of bytes. */
const SOME_KEYS = 64;
/** Returned for bytes: a revision is not there any more. */
const GONE = -1;
/** A range in which no more than one of so many keys is far from the one before is read as it is. */
const ORDERLY = 16;

export class RangeCursor {
  /** The store's revision when the cursor was opened. */
  readonly revision: number;
  /** Keys in the range, whatever the limit. */
  readonly count: number;
  private readonly current: () => StoreState;
  private readonly state: StoreState;
  private readonly mains: number[] = [];
  private readonly subs: number[] = [];
  private at = 0;

  /** @throws EtcdError Compacted, FutureRev */
  constructor(
    current: () => StoreState,
    key: Uint8Array,
    rangeEnd: Uint8Array | undefined,
    options: RangeOptions,
  ) {
    const state = current();
    this.current = current;
    this.state = state;
    this.revision = state.revision;
    this.count = this.collect(key, rangeEnd, options);
  }

  /** Keys that the limit lets through and that were not read yet. */
  get remaining(): number {
    return this.mains.length - this.at;
  }

  /** Whether keys that follow each other were mostly written one after the other: then their own order reads each page once. */
  get isOrderly(): boolean {
    const { mains } = this;
    let jumps = 0;
    for (let at = 1; at < mains.length; at++) {
      const ahead = mains[at]! - mains[at - 1]!;
      if (ahead < 0 || ahead > NEAR_REVISIONS) jumps++;
    }
    return jumps * ORDERLY <= mains.length;
  }

  /** The encoded KeyValue of a range of one key, valid until the next write; undefined of others. */
  get only(): Uint8Array | undefined {
    const { state, mains, subs } = this;
    return mains.length === 1 ? state.encodedAt(mains[0]!, subs[0]!) : undefined;
  }

  /** Reads up to `maxKeys` more, or until they are `maxBytes`, in the order of the keys. */
  read(sink: EncodedSink, maxKeys: number, maxBytes: number, use: FinderUse): Progress {
    const { state } = this;
    if (this.current() !== state) return 'gone';
    const finder = state.keys.finder(use);
    const end = Math.min(this.at + maxKeys, this.mains.length);
    for (let left = maxBytes; this.at < end && left > 0;) {
      const bytes = this.readSome(sink, finder, Math.min(this.at + SOME_KEYS, end));
      if (bytes === GONE) return 'gone';
      left -= bytes;
    }
    return this.remaining === 0 ? 'done' : 'more';
  }

  /** Reads up to `end`; returns how many bytes, or GONE. A loop that is long and run rarely is compiled again and again. */
  private readSome(sink: EncodedSink, finder: Finder, end: number): number {
    const { state, mains, subs } = this;
    let bytes = 0;
    for (let at = this.at; at < end; at++) {
      if (!state.findWith(finder, mains[at]!, subs[at]!)) return GONE;
      // The sink may ask what remains.
      this.at = at + 1;
      sink.add(finder.bytes, finder.start, finder.length);
      bytes += finder.length;
    }
    return bytes;
  }

  /** The next keys, at most `maxKeys`, to be read in the order of their revisions; undefined behind the last. */
  nextWindow(maxKeys: number, memory: Pieces): RangeWindow | undefined {
    const lo = this.at;
    if (lo === this.mains.length) return undefined;
    this.at = Math.min(lo + maxKeys, this.mains.length);
    const { state, current } = this;
    return new RangeWindow(
      () => (current() === state ? state.keys : undefined),
      memory,
      this.mains.slice(lo, this.at),
      this.subs.slice(lo, this.at),
    );
  }

  private collect(
    key: Uint8Array,
    rangeEnd: Uint8Array | undefined,
    options: RangeOptions,
  ): number {
    const { state, mains, subs } = this;
    const { index } = state;
    const { from, to } = keyRange(key, rangeEnd);
    const main = revisionToRead(state, state.revision, options.revision);
    if (to !== undefined) {
      const isWhole = index.collect(from, to, main, options.limit ?? 0, mains, subs);
      return isWhole ? mains.length : index.count(from, to, main);
    }
    const record = index.at(from, main);
    if (record === NO_RECORD) return 0;
    mains.push(index.pool.mainOf(record));
    subs.push(index.pool.subOf(record));
    return 1;
  }
}
