// A range that is read in several steps, other work in between, and still is the range of one moment: which revisions it
// consists of is noted at the beginning, and a revision never changes.
import { eachRecord } from './read.ts';
import { keyRange } from './key-range.ts';
import type { RangeOptions } from './read.ts';
import type { StoreState } from './state.ts';

/** Takes one encoded mvccpb.KeyValue, a view that stays good; `false` ends the step. */
export type TakeEncoded = (encoded: Uint8Array) => boolean;

/** `gone`: a compaction removed a revision that is still to be read, or a snapshot replaced the store. Begin anew. */
export type Progress = 'done' | 'more' | 'gone';

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

  /** Reads on in the order of the keys, until `take` returns false. */
  advance(take: TakeEncoded): Progress {
    const { state, mains, subs } = this;
    if (this.current() !== state) return 'gone';
    while (this.at < mains.length) {
      const at = this.at;
      const encoded = state.encodedAt(mains[at]!, subs[at]!);
      if (encoded === undefined) return 'gone';
      this.at++;
      if (!take(encoded)) return this.remaining === 0 ? 'done' : 'more';
    }
    return 'done';
  }
}
