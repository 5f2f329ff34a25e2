// Physical compaction: removes, in slices, the revisions that a compaction made unreadable, from the bucket and from the
// index, and hashes on the way what the bucket held (etcd: scheduleCompaction in kvstore_compaction.go).
import { durationText, EtcdError, sizeText, pause } from '../../base/index.ts';
import type { Clock, Logger } from '../../base/index.ts';
import { keyOfEncoded } from './encoded.ts';
import type { Exclusive } from './exclusive.ts';
import { KeyValueHasher } from './hash.ts';
import type { KeyValueHash, StoredHashes } from './hash.ts';
import { mainAt, revisionBytes, subAt } from './revision.ts';
import type { StoreState } from './state.ts';

export interface CompactionOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Revisions looked at for each `sleepIntervalMs` of pause. */
  readonly batchLimit: number;
  readonly sleepIntervalMs: number;
}

/** What is done without a pause: a request that comes meanwhile waits for it … */
const SLICE_MS = 0.5;
/** … or so many revisions. */
const SLICE_PAIRS = 250;
/** A slice that takes long is followed by a pause so many times as long. */
const REST_PER_WORK = 3;
/** Revisions between two looks at the clock. */
const PAIRS_PER_LOOK = 16;
/** A commit puts so many changed pages together in some 2 ms: more do not wait for the backend's own time to commit. */
const COMMIT_LEAVES = 128;

/** One compaction to do: revisions up to `revision`, where one at `previous` was done before (−1: none). */
export interface CompactionJob {
  readonly state: StoreState;
  readonly revision: number;
  readonly previous: number;
  /** The previous compaction ran to its end, so the hash of this one covers all that it should. */
  readonly storeHash: boolean;
}

/** How the owner ends compactions early: 'swap' when a restore replaced the state, 'close' at the end. */
export type StopReason = 'swap' | 'close';

/** Does compactions one after the other. */
export class Compactor {
  private readonly options: CompactionOptions;
  private readonly exclusive: Exclusive;
  private readonly hashes: StoredHashes;
  private tail: Promise<void> = Promise.resolve();
  private readonly stopped = new WeakMap<StoreState, StopReason>();

  constructor(options: CompactionOptions, exclusive: Exclusive, hashes: StoredHashes) {
    this.options = options;
    this.exclusive = exclusive;
    this.hashes = hashes;
  }

  /**
   * Resolves when the job is done, or a restore made it pointless.
   * Rejects with EtcdError Stopped when the store is closed first. It may be left unhandled.
   */
  schedule(job: CompactionJob): Promise<void> {
    const done = this.tail.then(() => this.run(job));
    this.tail = done.catch((error: unknown) => {
      this.options.logger.warn('Failed compaction', { error: String(error) });
    });
    return done;
  }

  /** Resolves when the jobs so far have ended. */
  idle(): Promise<void> {
    return this.tail;
  }

  /** Ends the jobs of a state that is no longer used, the running one before its next slice. */
  stop(state: StoreState, reason: StopReason): void {
    this.stopped.set(state, reason);
  }

  private async run(job: CompactionJob): Promise<void> {
    const { clock, logger, sleepIntervalMs } = this.options;
    const { state, revision } = job;
    logger.info('compact tree index', { revision });
    const startedMs = clock.monotonicMs();
    const pass = new CompactionPass(job, this.options.batchLimit, clock);
    // The request to compact has to survive a crash before the first revision goes.
    await state.backend.commitNow();
    for (;;) {
      if (this.isStopped(state)) return;
      await this.exclusive.run(() => (this.isStopped(state) ? undefined : pass.slice()));
      if (pass.finished) break;
      if (pass.changedLeaves >= COMMIT_LEAVES) await this.commit(pass);
      await pause(clock, Math.ceil(pass.restMs(sleepIntervalMs)));
    }
    this.report(pass, state, clock.monotonicMs() - startedMs);
    if (job.storeHash) this.hashes.store(pass.hash());
    else logger.info('previous compaction was interrupted, skip storing compaction hash value');
  }

  private async commit(pass: CompactionPass): Promise<void> {
    pass.changedLeaves = 0;
    await pass.state.backend.commitNow();
  }

  private isStopped(state: StoreState): boolean {
    const reason = this.stopped.get(state);
    if (reason === 'close') throw new EtcdError('Stopped');
    return reason === 'swap';
  }

  private report(pass: CompactionPass, state: StoreState, tookMs: number): void {
    const { sizeBytes, sizeInUseBytes } = state.backend;
    const { hash, revision } = pass.hash();
    this.options.logger.info('finished scheduled compaction', {
      'compact-revision': revision,
      took: durationText(tookMs),
      'number-of-keys-compacted': pass.removed,
      hash,
      'current-db-size-bytes': sizeBytes,
      'current-db-size': sizeText(sizeBytes),
      'current-db-size-in-use-bytes': sizeInUseBytes,
      'current-db-size-in-use': sizeText(sizeInUseBytes),
    });
  }
}

/** One run over the bucket up to the revision of a job. */
class CompactionPass {
  finished = false;
  /** Revisions removed so far. */
  removed = 0;
  /** Pages of the backend that were changed since its owner set this to 0. */
  changedLeaves = 0;
  readonly state: StoreState;
  private readonly revision: number;
  private readonly batchLimit: number;
  private readonly clock: Clock;
  private readonly hasher: KeyValueHasher;
  private readonly end: Uint8Array;
  private from: Uint8Array = new Uint8Array(0);
  /** Revisions that the last slice looked at. */
  private seen = 0;
  private tookMs = 0;
  /** Whether no revision at all is kept: then etcd's hash leaves none out. */
  private keepsNothing: boolean | undefined;

  constructor(job: CompactionJob, batchLimit: number, clock: Clock) {
    this.state = job.state;
    this.revision = job.revision;
    this.batchLimit = batchLimit;
    this.clock = clock;
    this.hasher = new KeyValueHasher(job.previous, job.revision);
    this.end = revisionBytes(job.revision + 1, 0);
  }

  hash(): KeyValueHash {
    return this.hasher.result();
  }

  /**
   * The pause that the last slice is due: its share of that of a batch, and more where it took long, for then others want
   * the cores or the disk.
   */
  restMs(sleepIntervalMs: number): number {
    const shareMs = (this.seen / this.batchLimit) * sleepIntervalMs;
    return Math.max(shareMs, Math.min(this.tookMs * REST_PER_WORK, sleepIntervalMs / 2));
  }

  /** Handles the next pairs. */
  slice(): void {
    const { state, clock } = this;
    // Not while a page is looked at: the look at another one may take its memory.
    this.keepsNothing ??= !state.index.anyAt(this.revision) && !this.hasRevision();
    const limit = Math.min(SLICE_PAIRS, this.batchLimit);
    const beganMs = clock.monotonicMs();
    const endMs = beganMs + SLICE_MS;
    let seen = 0;
    const { next, changedLeaves } = state.keys.prune(this.from, this.end, {
      isDone: () =>
        seen >= limit || (seen > 0 && seen % PAIRS_PER_LOOK === 0 && clock.monotonicMs() >= endMs),
      stays: (bytes, start, valueStart, end) => {
        seen++;
        const stays = this.take(bytes, start, valueStart, end);
        if (!stays) this.removed++;
        return stays;
      },
    });
    this.seen = seen;
    this.tookMs = clock.monotonicMs() - beganMs;
    this.changedLeaves += changedLeaves;
    if (next !== undefined) this.from = next;
    else {
      state.finishedCompaction = this.revision;
      this.finished = true;
    }
  }

  /** Hashes a pair and compacts its key in the index; returns whether the pair stays. */
  private take(bytes: Uint8Array, start: number, valueStart: number, end: number): boolean {
    const { index } = this.state;
    const record = index.compact(keyOfEncoded(bytes, valueStart, end), this.revision);
    const main = mainAt(bytes, start, valueStart);
    const kept = index.isRecordOf(record, main, subAt(bytes, start));
    this.hasher.writeInPlace(bytes, start, valueStart, end, kept || this.keepsNothing === true);
    return kept;
  }

  /** Whether anything was written at the job's revision itself: the last of it is kept, even a tombstone. */
  private hasRevision(): boolean {
    let found = false;
    this.state.keys.forEach(revisionBytes(this.revision, 0), this.end, () => {
      found = true;
      return false;
    });
    return found;
  }
}
