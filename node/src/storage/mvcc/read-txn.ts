// A read transaction: the store as it was when the transaction began.
import { readEncoded, readRange } from './read.ts';
import type { RangeOptions, RangeResult, VisitEncoded } from './read.ts';
import type { StoreState } from './state.ts';

export class ReadTxn {
  /** The store's revision when the transaction began: the newest it sees. */
  readonly revision: number;
  private readonly current: () => StoreState;

  constructor(current: () => StoreState) {
    this.current = current;
    this.revision = current().revision;
  }

  /** The compacted revision. It may pass `revision` when the transaction is kept for long; reads then fail. */
  get firstRevision(): number {
    return this.current().compactRevision;
  }

  /** @throws EtcdError Compacted, FutureRev */
  range(
    key: Uint8Array,
    rangeEnd: Uint8Array | undefined,
    options: RangeOptions = {},
  ): RangeResult {
    return readRange(this.current(), this.revision, key, rangeEnd, options);
  }

  /** @throws EtcdError Compacted, FutureRev */
  rangeEncoded(
    key: Uint8Array,
    rangeEnd: Uint8Array | undefined,
    options: RangeOptions,
    visit: VisitEncoded,
  ): { count: number; revision: number } {
    return readEncoded(this.current(), this.revision, key, rangeEnd, options, visit);
  }
}
