// The part of the log that is on the disk, held in memory (etcd-io/raft: storage.go).
import { assert, EMPTY_BYTES } from '../base/index.ts';
import { ConfState, type Entry, HardState, Snapshot } from '../wire/gen/raft.ts';
import { countWithin } from './sizes.ts';

/** What a member starts with, after its WAL and newest snapshot have been read. */
export interface StoredState {
  readonly hardState?: HardState | undefined;
  /** Its metadata holds the configuration. */
  readonly snapshot?: Snapshot | undefined;
  /** Ascending without gaps; those at or before the snapshot's index are ignored. */
  readonly entries?: readonly Entry[] | undefined;
}

/**
 * Raft reads stable entries from here. Whoever drives the RawNode appends what a Ready hands out once it is durable,
 * and before `advance`.
 */
export class MemoryStorage {
  private hardState: HardState = HardState.create();
  private lastSnapshot: Snapshot = emptySnapshot();
  /** `stored[i]` has index `offset + 1 + i`. */
  private stored: Entry[] = [];
  private payloadBytes = 0;
  /** The last compacted index, and its term, which followers are still matched against. */
  private offset = 0;
  private offsetTerm = 0;

  static from(state: StoredState): MemoryStorage {
    const storage = new MemoryStorage();
    if (state.snapshot !== undefined) storage.applySnapshot(state.snapshot);
    if (state.hardState !== undefined) storage.setHardState(state.hardState);
    if (state.entries !== undefined) storage.append(state.entries);
    return storage;
  }

  /** The last stored hard state, and the configuration of the last snapshot. */
  initialState(): { hardState: HardState; confState: ConfState } {
    return { hardState: this.hardState, confState: confStateIn(this.lastSnapshot) };
  }

  setHardState(hardState: HardState): void {
    this.hardState = hardState;
  }

  /** The first index that can be read; the one before it still has a term. */
  firstIndex(): number {
    return this.offset + 1;
  }

  lastIndex(): number {
    return this.offset + this.stored.length;
  }

  /** Bytes of the entries' payloads. */
  get storedBytes(): number {
    return this.payloadBytes;
  }

  /** The index behind which the newest entries have together at most `maxBytes` of payload. */
  indexBefore(maxBytes: number): number {
    let index = this.lastIndex();
    for (let bytes = 0; index > this.offset; index--) {
      bytes += this.stored[index - this.offset - 1]!.data.length;
      if (bytes > maxBytes) break;
    }
    return index;
  }

  /** The term of the entry at `index`, or undefined outside of [firstIndex - 1, lastIndex]. */
  term(index: number): number | undefined {
    if (index === this.offset) return this.offsetTerm;
    return this.stored[index - this.offset - 1]?.term;
  }

  /**
   * Entries in [lo, hi), at most `maxBytes` of them but at least one; undefined when `lo` is compacted. The caller
   * owns the array, and must not change the entries in it.
   */
  entries(lo: number, hi: number, maxBytes = Infinity): Entry[] | undefined {
    if (lo <= this.offset) return undefined;
    assert(hi <= this.lastIndex() + 1, 'entries are read within the log');
    const from = lo - this.offset - 1;
    const count = countWithin(this.stored, from, hi - this.offset - 1, maxBytes);
    return this.stored.slice(from, from + count);
  }

  /**
   * Appends entries, replacing all from the first one's index on. Entries that are compacted already are ignored. The
   * entries belong to raft and must not change.
   */
  append(entries: readonly Entry[]): void {
    const first = entries[0];
    if (first === undefined) return;
    const skip = Math.max(0, this.offset + 1 - first.index);
    if (skip >= entries.length) return;
    const keep = first.index + skip - this.offset - 1;
    assert(keep <= this.stored.length, 'entries are appended without a gap');
    for (let i = keep; i < this.stored.length; i++)
      this.payloadBytes -= this.stored[i]!.data.length;
    this.stored.length = keep;
    for (let position = skip; position < entries.length; position++) {
      const entry = entries[position]!;
      this.payloadBytes += entry.data.length;
      this.stored.push(entry);
    }
  }

  /**
   * Forgets all entries up to and including `index`, which must be applied. False when that was done before.
   */
  compact(index: number): boolean {
    if (index <= this.offset) return false;
    assert(index <= this.lastIndex(), 'compaction stays within the log');
    const count = index - this.offset;
    this.offsetTerm = this.stored[count - 1]!.term;
    this.offset = index;
    for (let i = 0; i < count; i++) this.payloadBytes -= this.stored[i]!.data.length;
    this.stored = this.stored.slice(count);
    return true;
  }

  /** The most recent snapshot; undefined says that it takes a while, and raft asks again later. */
  snapshot(): Snapshot | undefined {
    return this.lastSnapshot;
  }

  /**
   * Replaces the whole log by a snapshot. False, and nothing happens, when a newer one is here already. A snapshot at
   * index 0 just sets the configuration.
   */
  applySnapshot(snapshot: Snapshot): boolean {
    const { index, term } = metadataOf(snapshot);
    const present = metadataOf(this.lastSnapshot).index;
    if (present !== 0 && present >= index) return false;
    this.lastSnapshot = snapshot;
    this.stored = [];
    this.payloadBytes = 0;
    this.offset = index;
    this.offsetTerm = term;
    return true;
  }

  /**
   * Makes the snapshot that `snapshot` returns from now on. The log stays as it is: see compact.
   * @param confState - the configuration at `index`; without it, the previous snapshot's
   * @returns the snapshot, or undefined when there is one at `index` or later
   */
  createSnapshot(
    index: number,
    confState: ConfState | undefined,
    data: Uint8Array,
  ): Snapshot | undefined {
    if (index <= metadataOf(this.lastSnapshot).index) return undefined;
    const term = this.term(index);
    assert(term !== undefined, 'a snapshot is made within the log');
    this.lastSnapshot = {
      data,
      metadata: { confState: confState ?? confStateIn(this.lastSnapshot), index, term },
    };
    return this.lastSnapshot;
  }
}

function emptySnapshot(): Snapshot {
  return { data: EMPTY_BYTES, metadata: { confState: ConfState.create(), index: 0, term: 0 } };
}

/** Absent metadata reads as that of the empty snapshot. */
export function metadataOf(snapshot: Snapshot): { index: number; term: number } {
  return snapshot.metadata ?? { index: 0, term: 0 };
}

export function confStateIn(snapshot: Snapshot): ConfState {
  return snapshot.metadata?.confState ?? ConfState.create();
}
