// The log: what the storage holds, followed by what is not stable yet (etcd-io/raft: log.go).
import { assert, AssertionError, type Logger } from '../base/index.ts';
import type { Entry, Snapshot } from '../wire/gen/raft.ts';
import { panic } from './errors.ts';
import { metadataOf, type MemoryStorage } from './memory-storage.ts';
import { countWithin, entriesSize } from './sizes.ts';
import { Unstable } from './unstable.ts';

/** Identifies an entry: a leader never makes two entries with one index in its term. */
export interface EntryId {
  readonly term: number;
  readonly index: number;
}

export class RaftLog {
  readonly storage: MemoryStorage;
  readonly unstable: Unstable;
  /** The highest index known to be on the disks of a quorum. */
  committed: number;
  /** The highest index that was handed out to be applied. applied ≤ applying ≤ committed. */
  applying: number;
  /** The highest index that the application has applied. */
  applied: number;
  private readonly logger: Logger;
  /** How many bytes of entries may be handed out and not yet applied. */
  private readonly maxApplyingBytes: number;
  private applyingBytes = 0;
  private applyingPaused = false;

  constructor(storage: MemoryStorage, logger: Logger, maxApplyingBytes: number) {
    this.storage = storage;
    this.logger = logger;
    this.maxApplyingBytes = maxApplyingBytes;
    this.unstable = new Unstable(storage.lastIndex() + 1, logger);
    const compacted = storage.firstIndex() - 1;
    this.committed = compacted;
    this.applying = compacted;
    this.applied = compacted;
  }

  firstIndex(): number {
    return this.unstable.firstIndex() ?? this.storage.firstIndex();
  }

  lastIndex(): number {
    return this.unstable.lastIndex() ?? this.storage.lastIndex();
  }

  /** The term at `index`; undefined when it is compacted (the index before the first still has one) or not there yet. */
  term(index: number): number | undefined {
    const unstable = this.unstable.term(index);
    if (unstable !== undefined) return unstable;
    if (index + 1 < this.firstIndex() || index > this.lastIndex()) return undefined;
    return this.storage.term(index);
  }

  lastEntryId(): EntryId {
    const index = this.lastIndex();
    const term = this.term(index);
    assert(term !== undefined, 'the last entry has a term');
    return { term, index };
  }

  matchTerm(index: number, term: number): boolean {
    return this.term(index) === term;
  }

  /** Whether a log that ends with `other` may lead this one (raft thesis, section 3.6.1). */
  isUpToDate(other: EntryId): boolean {
    const ours = this.lastEntryId();
    return other.term > ours.term || (other.term === ours.term && other.index >= ours.index);
  }

  /**
   * A follower's append: entries behind `previous`, and the leader's commit index.
   * @returns the index of the last entry that now surely equals the leader's, or undefined when `previous` is unknown
   */
  maybeAppend(
    previous: EntryId,
    entries: readonly Entry[],
    leaderCommit: number,
  ): number | undefined {
    if (!this.matchTerm(previous.index, previous.term)) return undefined;
    const last = previous.index + entries.length;
    const conflict = this.findConflict(entries);
    if (conflict !== 0) {
      if (conflict <= this.committed) {
        panic(
          this.logger,
          `entry ${conflict} conflict with committed entry [committed(${this.committed})]`,
        );
      }
      this.append(entries.slice(conflict - previous.index - 1));
    }
    this.commitTo(Math.min(leaderCommit, last));
    return last;
  }

  /** Appends, replacing what is there from the first entry's index on. Returns the last index. */
  append(entries: readonly Entry[]): number {
    if (entries.length > 0) {
      assert(entries[0]!.index > this.committed, 'committed entries are never replaced');
      this.unstable.truncateAndAppend(entries);
    }
    return this.lastIndex();
  }

  /** The index of the first entry that is missing here or differs; 0 when all are here. */
  private findConflict(entries: readonly Entry[]): number {
    for (const { index, term } of entries) {
      if (this.matchTerm(index, term)) continue;
      if (index <= this.lastIndex()) {
        const ours = this.term(index) ?? 0;
        this.logger.info(
          `found conflict at index ${index} [existing term: ${ours}, conflicting term: ${term}]`,
        );
      }
      return index;
    }
    return 0;
  }

  /**
   * The largest index up to `index` whose term is at most `term`, or is not known here (then the term is 0). Both
   * sides use it to skip whole terms when they look for the point where their logs part.
   */
  findConflictByTerm(index: number, term: number): EntryId {
    for (let i = index; i > 0; i--) {
      const ours = this.term(i);
      if (ours === undefined) return { index: i, term: 0 };
      if (ours <= term) return { index: i, term: ours };
    }
    return { index: 0, term: 0 };
  }

  commitTo(index: number): void {
    if (index <= this.committed) return;
    if (index > this.lastIndex()) {
      panic(
        this.logger,
        `tocommit(${index}) is out of range [lastIndex(${this.lastIndex()})]. Was the raft log corrupted, truncated, or lost?`,
      );
    }
    this.committed = index;
  }

  /** Commits an index that a quorum holds if it is of `term`: a leader commits only its own (raft thesis, section 3.6.2). */
  maybeCommit(index: number, term: number): boolean {
    if (term === 0 || index <= this.committed || !this.matchTerm(index, term)) return false;
    this.commitTo(index);
    return true;
  }

  restore(snapshot: Snapshot): void {
    const { index, term } = metadataOf(snapshot);
    this.logger.info(`log [${this}] starts to restore snapshot [index: ${index}, term: ${term}]`);
    this.committed = index;
    this.unstable.restore(snapshot);
  }

  snapshot(): Snapshot | undefined {
    return this.unstable.snapshot ?? this.storage.snapshot();
  }

  /** A snapshot came in and is not applied yet: nothing else is, until then. */
  get hasPendingSnapshot(): boolean {
    return this.unstable.snapshot !== undefined;
  }

  get hasNextCommitted(): boolean {
    return !this.applyingPaused && !this.hasPendingSnapshot && this.applying < this.committed;
  }

  /** What may be applied now, within the limit. */
  nextCommitted(): Entry[] {
    if (!this.hasNextCommitted) return [];
    const budget = this.maxApplyingBytes - this.applyingBytes;
    assert(budget > 0, 'applying is paused once its limit is reached');
    const entries = this.slice(this.applying + 1, this.committed + 1, budget);
    assert(entries !== undefined, 'entries that are not applied are not compacted');
    return entries;
  }

  /** Entries up to `index`, `bytes` in all, were handed out. */
  acceptApplying(index: number, bytes: number): void {
    assert(index <= this.committed, 'only committed entries are applied');
    this.applying = index;
    this.applyingBytes += bytes;
    // Less than everything was handed out exactly when the next entry would have crossed the limit.
    this.applyingPaused = this.applyingBytes >= this.maxApplyingBytes || index < this.committed;
  }

  appliedTo(index: number, bytes: number): void {
    if (index > this.committed || index < this.applied) {
      panic(
        this.logger,
        `applied(${index}) is out of range [prevApplied(${this.applied}), committed(${this.committed})]`,
      );
    }
    this.applied = index;
    this.applying = Math.max(this.applying, index);
    this.applyingBytes = Math.max(0, this.applyingBytes - bytes);
    this.applyingPaused = this.applyingBytes >= this.maxApplyingBytes;
  }

  /** Entries from `index` to the end within `maxBytes`, at least one if any; undefined when `index` is compacted. */
  entriesFrom(index: number, maxBytes: number): Entry[] | undefined {
    const last = this.lastIndex();
    return index > last ? [] : this.slice(index, last + 1, maxBytes);
  }

  /** Whether any entry in [lo, hi) satisfies `test`. Reads pages of the size that applying uses. */
  some(lo: number, hi: number, test: (entry: Entry) => boolean): boolean {
    let next = lo;
    while (next < hi) {
      const page = this.slice(next, hi, this.maxApplyingBytes);
      if (page === undefined || page.length === 0) {
        throw new AssertionError('entries that are not applied are in the log');
      }
      if (page.some(test)) return true;
      next += page.length;
    }
    return false;
  }

  /** Entries in [lo, hi), at most `maxBytes` but at least one; undefined when `lo` is compacted. The caller owns the array. */
  private slice(lo: number, hi: number, maxBytes: number): Entry[] | undefined {
    assert(lo <= hi, 'a range of entries is not reversed');
    if (lo < this.firstIndex()) return undefined;
    assert(hi <= this.lastIndex() + 1, 'entries are read within the log');
    if (lo === hi) return [];
    const { offset } = this.unstable;
    if (lo >= offset) return this.unstableSlice(lo, hi, maxBytes);
    const stableEnd = Math.min(hi, offset);
    const stable = this.storage.entries(lo, stableEnd, maxBytes);
    if (stable === undefined || hi <= offset || stable.length < stableEnd - lo) return stable;
    if (maxBytes === Infinity) return stable.concat(this.unstableSlice(offset, hi, maxBytes));
    const size = entriesSize(stable);
    if (size >= maxBytes) return stable;
    const rest = this.unstableSlice(offset, hi, maxBytes - size);
    // A single entry may be over the limit; behind others it has to wait.
    if (rest.length === 1 && size + entriesSize(rest) > maxBytes) return stable;
    return stable.concat(rest);
  }

  private unstableSlice(lo: number, hi: number, maxBytes: number): Entry[] {
    this.unstable.checkBounds(lo, hi);
    const { entries, offset } = this.unstable;
    const from = lo - offset;
    return entries.slice(from, from + countWithin(entries, from, hi - offset, maxBytes));
  }

  /** etcd's text, for logs. */
  toString(): string {
    const { offset, inProgress, entries } = this.unstable;
    return `committed=${this.committed}, applied=${this.applied}, applying=${this.applying}, unstable.offset=${offset}, unstable.offsetInProgress=${inProgress}, len(unstable.Entries)=${entries.length}`;
  }
}
