// The end of the log that is not yet known to be on the disk (etcd-io/raft: log_unstable.go).
import { assert, type Logger } from '../base/index.ts';
import type { Entry, Snapshot } from '../wire/gen/raft.ts';
import { metadataOf } from './memory-storage.ts';

/**
 * `entries[i]` has index `offset + i`. Those before `inProgress` have been handed out to be written. The offset may
 * lie before the end of the storage: then the next write replaces what the storage has.
 */
export class Unstable {
  /** A snapshot that came from the leader, until it is on the disk. */
  snapshot: Snapshot | undefined;
  entries: Entry[] = [];
  offset: number;
  /** Behind the last index that is being written. Never before offset. */
  inProgress: number;
  private snapshotInProgress = false;
  private readonly logger: Logger;

  constructor(offset: number, logger: Logger) {
    this.offset = offset;
    this.inProgress = offset;
    this.logger = logger;
  }

  /** Known here only when there is a snapshot. */
  firstIndex(): number | undefined {
    return this.snapshot === undefined ? undefined : metadataOf(this.snapshot).index + 1;
  }

  lastIndex(): number | undefined {
    if (this.entries.length > 0) return this.offset + this.entries.length - 1;
    return this.snapshot === undefined ? undefined : metadataOf(this.snapshot).index;
  }

  term(index: number): number | undefined {
    if (index >= this.offset) return this.entries[index - this.offset]?.term;
    if (this.snapshot === undefined) return undefined;
    const metadata = metadataOf(this.snapshot);
    return metadata.index === index ? metadata.term : undefined;
  }

  get hasNextEntries(): boolean {
    return this.inProgress - this.offset < this.entries.length;
  }

  /** A copy of what has to be written and is not being written yet. */
  nextEntries(): Entry[] {
    return this.hasNextEntries ? this.entries.slice(this.inProgress - this.offset) : [];
  }

  nextSnapshot(): Snapshot | undefined {
    return this.snapshotInProgress ? undefined : this.snapshot;
  }

  /** Everything here is being written from now on. */
  acceptInProgress(): void {
    if (this.entries.length > 0) this.inProgress = this.offset + this.entries.length;
    if (this.snapshot !== undefined) this.snapshotInProgress = true;
  }

  /**
   * Entries up to `index` are durable, unless another entry took that place while they were written. Only called when
   * no write under way can overwrite them.
   */
  stableTo(index: number, term: number): void {
    const ours = this.term(index);
    if (ours === undefined) {
      this.logger.info(`entry at index ${index} missing from unstable log; ignoring`);
    } else if (index < this.offset) {
      this.logger.info(`entry at index ${index} matched unstable snapshot; ignoring`);
    } else if (ours !== term) {
      this.logger.info(
        `entry at (index,term)=(${index},${term}) mismatched with entry at (${index},${ours}) in unstable log; ignoring`,
      );
    } else {
      this.entries = this.entries.slice(index + 1 - this.offset);
      this.offset = index + 1;
      this.inProgress = Math.max(this.inProgress, this.offset);
    }
  }

  snapshotStableTo(index: number): void {
    if (this.snapshot === undefined || metadataOf(this.snapshot).index !== index) return;
    this.snapshot = undefined;
    this.snapshotInProgress = false;
  }

  restore(snapshot: Snapshot): void {
    this.offset = metadataOf(snapshot).index + 1;
    this.inProgress = this.offset;
    this.entries = [];
    this.snapshot = snapshot;
    this.snapshotInProgress = false;
  }

  /** Replaces everything from the first entry's index on. */
  truncateAndAppend(entries: readonly Entry[]): void {
    const from = entries[0]!.index;
    if (from === this.offset + this.entries.length) {
      for (const entry of entries) this.entries.push(entry);
    } else if (from <= this.offset) {
      this.logger.info(`replace the unstable entries from index ${from}`);
      this.entries = entries.slice();
      this.offset = from;
      this.inProgress = from;
    } else {
      this.logger.info(`truncate the unstable entries before index ${from}`);
      this.checkBounds(this.offset, from);
      this.entries = this.entries.slice(0, from - this.offset).concat(entries);
      this.inProgress = Math.min(this.inProgress, from);
    }
  }

  checkBounds(lo: number, hi: number): void {
    assert(lo <= hi && lo >= this.offset, 'unstable entries are read from their offset on');
    assert(hi <= this.offset + this.entries.length, 'unstable entries are read up to their end');
  }
}
