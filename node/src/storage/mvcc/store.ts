// The multi-version store: every change of a key is kept under its revision until a compaction
// (etcd: server/storage/mvcc/kvstore.go). Synchronous, except for what takes long: that is done in slices.
import { assert, EtcdError, latin1FromBytes } from '../../base/index.ts';
import type { Clock, Logger } from '../../base/index.ts';
import type { Event, KeyValue } from '../../wire/gen/kv.ts';
import { Compactor } from './compaction.ts';
import { eventsBetween } from './events.ts';
import type { EventLimits, EventSlice } from './events.ts';
import { Exclusive } from './exclusive.ts';
import { checkHashRevision, hashBucket, StoredHashes } from './hash.ts';
import type { KeyValueHash } from './hash.ts';
import { NO_RECORD } from './revision-pool.ts';
import type { KeyValueBackend, LeaseAttacher } from './key-value-backend.ts';
import { readEncoded, readRange } from './read.ts';
import type { RangeOptions, RangeResult, VisitEncoded } from './read.ts';
import { RangeCursor } from './range-cursor.ts';
import { ReadTxn } from './read-txn.ts';
import { restoreState } from './restore.ts';
import type { StoreState } from './state.ts';
import { WriteTxn, type WriteContext } from './write-txn.ts';

export interface MvccOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Revisions that a compaction looks at in one slice. Default 1,000. */
  readonly compactionBatchLimit?: number | undefined;
  /** Pause between the slices of a compaction. Default 10 ms. */
  readonly compactionSleepIntervalMs?: number | undefined;
  /** Needed when keys have leases. */
  readonly lessor?: LeaseAttacher | undefined;
}

/** What HashKV answers. */
export interface HashKvResult extends KeyValueHash {
  /** The store's revision when the hash was asked for. */
  readonly currentRevision: number;
}

/** Called at the end of each write transaction that changed something, with its events in order. */
export type OnChanges = (revision: number, events: readonly Event[]) => void;

export class MvccStore {
  onChanges: OnChanges | undefined;
  /** Called when `restore` has replaced everything: watchers have to catch up from the backend. */
  onRestored: (() => void) | undefined;

  private state: StoreState;
  /** Made once for all transactions on the state. */
  private writeContext: WriteContext;
  private readonly options: MvccOptions;
  private readonly exclusive = new Exclusive();
  private readonly storedHashes: StoredHashes;
  private readonly compactor: Compactor;
  private writing = false;
  private closed = false;

  /**
   * Rebuilds the index from the backend and goes on with a compaction that was cut off. A lessor was recovered before.
   */
  static async open(backend: KeyValueBackend, options: MvccOptions): Promise<MvccStore> {
    // etcd makes them at start, so that its tools find them in an empty store, too.
    backend.createBucket('key');
    backend.createBucket('meta');
    const state = await restoreState(backend, { ...options, lessor: options.lessor });
    const store = new MvccStore(state, options);
    store.resumeCompaction();
    return store;
  }

  private constructor(state: StoreState, options: MvccOptions) {
    this.state = state;
    this.options = options;
    this.writeContext = this.newWriteContext();
    this.storedHashes = new StoredHashes(options.logger);
    this.compactor = new Compactor(
      {
        clock: options.clock,
        logger: options.logger,
        batchLimit: options.compactionBatchLimit ?? 1000,
        sleepIntervalMs: options.compactionSleepIntervalMs ?? 10,
      },
      this.exclusive,
      this.storedHashes,
    );
  }

  /** The main revision of the newest change; 1 in an empty store. */
  get revision(): number {
    return this.state.revision;
  }

  /** The revision of the last compaction that was asked for; −1 when there was none. */
  get compactRevision(): number {
    return this.state.compactRevision;
  }

  /** The oldest revision that can be read; −1 when there was no compaction. */
  get firstRevision(): number {
    return this.state.compactRevision;
  }

  /** Keys that exist now. */
  get keysTotal(): number {
    return this.state.index.liveKeys;
  }

  /** Reads at a revision. Empty or absent `rangeEnd`: the key alone; a zero byte: all keys from `key` on.
   * @throws EtcdError Compacted, FutureRev */
  range(
    key: Uint8Array,
    rangeEnd: Uint8Array | undefined,
    options: RangeOptions = {},
  ): RangeResult {
    return readRange(this.state, this.state.revision, key, rangeEnd, options);
  }

  /** Like `range`, but hands each stored mvccpb.KeyValue to `visit` as it is encoded: nothing is decoded or copied.
   * @throws EtcdError Compacted, FutureRev */
  rangeEncoded(
    key: Uint8Array,
    rangeEnd: Uint8Array | undefined,
    options: RangeOptions,
    visit: VisitEncoded,
  ): { count: number; revision: number } {
    return readEncoded(this.state, this.state.revision, key, rangeEnd, options, visit);
  }

  /** Begins a range of the present revision, or an older one, that is read in steps.
   * @throws EtcdError Compacted, FutureRev */
  openRange(
    key: Uint8Array,
    rangeEnd: Uint8Array | undefined,
    options: RangeOptions = {},
  ): RangeCursor {
    return new RangeCursor(() => this.state, key, rangeEnd, options);
  }

  /** Keys of the range at a revision (0: now) without reading them. @throws EtcdError Compacted, FutureRev */
  count(key: Uint8Array, rangeEnd: Uint8Array | undefined, revision = 0): number {
    return this.range(key, rangeEnd, { revision, countOnly: true }).count;
  }

  /** The key at a revision; undefined when it does not exist then, or the revision is compacted. */
  keyValueAt(key: Uint8Array, revision: number): KeyValue | undefined {
    if (revision < Math.max(this.state.compactRevision, 1)) return undefined;
    const record = this.state.index.at(latin1FromBytes(key), revision);
    return record === NO_RECORD ? undefined : this.state.keyValueOf(record);
  }

  /** What the event's key was before it: the prevKv of a watch. Undefined when there was nothing, or it is compacted. */
  previousOf(event: Event): KeyValue | undefined {
    assert(event.kv !== undefined, 'an event has a key');
    return this.keyValueAt(event.kv.key, event.kv.modRevision - 1);
  }

  /** A view of the store at the present revision, also later on. */
  beginRead(): ReadTxn {
    return new ReadTxn(() => this.state);
  }

  /** One write transaction at a time; it ends before anything else on the thread runs. */
  beginWrite(): WriteTxn {
    assert(!this.writing, 'one write transaction at a time');
    this.writing = true;
    return new WriteTxn(this.writeContext);
  }

  /** Events of revisions [lo, hi) from the backend, up to the limits. */
  eventsBetween(lo: number, hi: number, limits: EventLimits = {}): EventSlice {
    return eventsBetween(this.state, lo, hi, limits);
  }

  /**
   * Makes older revisions unreadable at once. The promise resolves when they are removed physically.
   * @throws EtcdError Compacted, FutureRev, before it returns
   */
  compact(revision: number): Promise<void> {
    const { state } = this;
    if (revision <= state.compactRevision) throw new EtcdError('Compacted');
    if (revision > state.revision) throw new EtcdError('FutureRev');
    const storeHash = state.scheduledCompaction === state.finishedCompaction;
    const previous = state.compactRevision;
    state.compactRevision = revision;
    state.scheduledCompaction = revision;
    return this.compactor.schedule({ state, revision, previous, storeHash });
  }

  /** HashKV up to a revision (0: all). A compaction's own hash is answered from memory.
   * Rejects with EtcdError Compacted, FutureRev, or Stopped. */
  async hashByRevision(revision: number): Promise<HashKvResult> {
    const { state } = this;
    const currentRevision = state.revision;
    const stored = this.storedHashes.find(revision);
    if (stored !== undefined) return { ...stored, currentRevision };
    checkHashRevision(state, revision);
    const { compactRevision } = state;
    const upTo = revision === 0 ? currentRevision : revision;
    const isStopped = () => this.closed || this.state !== state;
    const hash = await this.exclusive.run(() =>
      hashBucket(state, compactRevision, upTo, this.options.clock, isStopped),
    );
    return { ...hash, currentRevision };
  }

  hashKv(revision: number): Promise<HashKvResult> {
    return this.hashByRevision(revision);
  }

  /** The hashes of the latest ten compactions, ascending by revision. */
  hashes(): KeyValueHash[] {
    return this.storedHashes.list();
  }

  /** Hash of all buckets, without what differs between healthy members. */
  hash(): Promise<number> {
    return this.state.backend.hash();
  }

  /** Ends the compactions of the present state, before another takes its place. Resolves when none touches the backend any more. */
  async stopCompaction(): Promise<void> {
    this.compactor.stop(this.state, 'swap');
    await this.compactor.idle();
  }

  /**
   * Replaces everything by what `backend` holds. Reads see the old state until it resolves; there are no writes meanwhile.
   * The lessor was recovered from the new backend before.
   */
  async restore(backend: KeyValueBackend): Promise<void> {
    assert(!this.writing, 'no write transaction is open while a snapshot is restored');
    const old = this.state;
    const state = await restoreState(backend, { ...this.options, lessor: this.options.lessor });
    assert(this.state === old && !this.writing, 'nothing writes while a snapshot is restored');
    this.compactor.stop(old, 'swap');
    this.state = state;
    this.writeContext = this.newWriteContext();
    this.resumeCompaction();
    this.onRestored?.();
  }

  /** Ends compactions and hashes; resolves when none touches the backend any more. The backend is its owner's to close. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.compactor.stop(this.state, 'close');
    await this.compactor.idle();
    await this.exclusive.run(() => undefined);
  }

  private newWriteContext(): WriteContext {
    const { state } = this;
    const { lessor, logger } = this.options;
    return { state, lessor, logger, ended: (txn) => this.endWrite(txn) };
  }

  private endWrite(txn: WriteTxn): void {
    this.writing = false;
    if (txn.changes.length === 0) return;
    const revision = ++this.state.revision;
    this.onChanges?.(revision, txn.changes);
  }

  private resumeCompaction(): void {
    const scheduled = this.state.scheduledCompaction;
    if (scheduled === undefined || scheduled <= this.state.compactRevision) return;
    void this.compact(scheduled).catch(() => undefined);
    this.options.logger.info('resume scheduled compaction', {
      'scheduled-compact-revision': scheduled,
    });
  }
}
