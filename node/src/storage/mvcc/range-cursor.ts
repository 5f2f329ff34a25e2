// A range that is read in several steps, other work in between, and still is the range of one moment: which revisions it
// consists of is noted at the beginning, and a revision never changes.
import { eachRecord } from './read.ts';
import { keyRange } from './key-range.ts';
import { RangeWindow } from './range-window.ts';
import type { RangeOptions } from './read.ts';
import type { StoreState } from './state.ts';

/** Takes one encoded mvccpb.KeyValue, a view that stays good. */
export type TakeEncoded = (encoded: Uint8Array) => void;

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
    const { pool } = state.index;
    this.current = current;
    this.state = state;
    this.revision = state.revision;
    this.count = eachRecord(state, this.revision, keyRange(key, rangeEnd), options, (_, record) => {
      this.mains.push(pool.mainOf(record));
      this.subs.push(pool.subOf(record));
    });
  }

  /** Keys that the limit lets through and that were not read yet. */
  get remaining(): number {
    return this.mains.length - this.at;
  }

  /** Reads all of them at once, in the order of the keys, as long as nothing else has run since the cursor was opened. */
  readAll(take: TakeEncoded): void {
    for (; this.at < this.mains.length; this.at++) {
      take(this.state.encodedAt(this.mains[this.at]!, this.subs[this.at]!));
    }
  }

  /** The next keys, at most `maxKeys`, to be read in the order of their revisions; undefined behind the last. */
  nextWindow(maxKeys: number): RangeWindow | undefined {
    const lo = this.at;
    if (lo === this.mains.length) return undefined;
    this.at = Math.min(lo + maxKeys, this.mains.length);
    const { state, current } = this;
    return new RangeWindow(
      () => (current() === state ? state.keys : undefined),
      this.mains.slice(lo, this.at),
      this.subs.slice(lo, this.at),
    );
  }
}
