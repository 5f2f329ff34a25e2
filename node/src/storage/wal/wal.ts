// The write-ahead log: what raft must not forget, appended in etcd's format and synced in groups.
import { assert, present } from '../../base/assert.ts';
import type { Logger } from '../../base/logger.ts';
import type { Clock, Disk, DiskFile } from '../../base/world.ts';
import { Entry, HardState } from '../../wire/gen/raft.ts';
import { Snapshot } from '../../wire/gen/record.ts';

import { RecordType, SEGMENT_BYTES, type SegmentName, segmentName } from './format.ts';
import { type Batch, BatchQueue, type SaveRequest } from './group-commit.ts';
import { RecordEncoder } from './record-encoder.ts';
import { cutTornTail, rewrite, zeroTail } from './repair.ts';
import {
  type SoundSegments,
  type WalEnd,
  type WalState,
  readHasBegun,
  readMetadata,
  readNewestSnapshot,
  readValidSnapshots,
  replay,
} from './replay.ts';
import { SegmentPipeline, createZeroFile } from './segment-pipeline.ts';

export interface WalOptions {
  readonly logger: Logger;
  /** A segment that has reached this size is closed; 64,000,000 unless told. */
  readonly segmentBytes?: number | undefined;
  /** For the warning about slow syncs and for `onSync`. */
  readonly clock?: Clock | undefined;
  /** Called once when a write or sync failed. The log takes nothing more, and the process must end. */
  readonly onFatal?: ((error: unknown) => void) | undefined;
  /** Called after each sync (etcd_disk_wal_fsync_duration_seconds). Needs `clock`. */
  readonly onSync?: ((durationMs: number) => void) | undefined;
  /** Called after each write (etcd_disk_wal_write_bytes_total). */
  readonly onWrite?: ((bytes: number) => void) | undefined;
  /** --unsafe-no-fsync: never sync. */
  readonly unsafeNoSync?: boolean | undefined;
}

interface Tail {
  readonly file: DiskFile;
  position: number;
}

const NO_ENTRIES: readonly Entry[] = [];
const SLOW_SYNC_MS = 1000;

/** The share of a segment that is full when the next one is begun … */
const PREPARE_AT = 1 / 8;
/** … where a start does not find more: then not before this share of it was written, or it is nearly full. */
const PREPARE_AFTER = 1 / 16;
const NEARLY_FULL = 3 / 4;
/** The share of a segment that is full when all of the next one is there. */
const PREPARED_AT = 15 / 16;

export class Wal {
  private readonly disk: Disk;
  private readonly folder: string;
  private readonly options: WalOptions;
  private readonly segmentBytes: number;
  private readonly metadata: Uint8Array;
  private readonly encoder: RecordEncoder;
  private readonly pipeline: SegmentPipeline;
  private readonly queue = new BatchQueue();
  /** Segments that recovery needs, oldest first; the last one is written to. */
  private readonly segments: SegmentName[];
  private tail: Tail;
  /** Where in the last segment it is time to begin the next one. */
  private prepareAt: number;
  private hardState: HardState | undefined;
  private lastIndex: number;
  private running: Promise<void> | undefined;
  /** Set until what was read on opening is surely on the disk. */
  private confirming: Promise<void> | undefined;
  private failure: Error | undefined;
  private closed = false;

  private constructor(
    disk: Disk,
    folder: string,
    options: WalOptions,
    metadata: Uint8Array,
    hardState: HardState | undefined,
    tail: Tail,
    end: Pick<WalEnd, 'segments' | 'crc' | 'lastIndex'>,
  ) {
    this.disk = disk;
    this.folder = folder;
    this.options = options;
    this.segmentBytes = options.segmentBytes ?? SEGMENT_BYTES;
    this.metadata = metadata;
    this.hardState = hardState;
    this.tail = tail;
    const written = tail.position + this.segmentBytes * PREPARE_AFTER;
    this.prepareAt = Math.max(
      this.segmentBytes * PREPARE_AT,
      Math.min(written, this.segmentBytes * NEARLY_FULL),
    );
    this.segments = [...end.segments];
    this.lastIndex = end.lastIndex;
    this.encoder = new RecordEncoder(end.crc);
    this.pipeline = new SegmentPipeline(disk, folder, this.segmentBytes, options.logger);
  }

  /**
   * Makes a log that knows the snapshot at index 0. It appears whole or not at all: `<folder>.tmp` is renamed.
   * @param metadata the encoded etcdserverpb.Metadata, repeated at the head of every segment
   * @throws WalMismatchError when there is a log already
   */
  static async create(
    disk: Disk,
    folder: string,
    metadata: Uint8Array,
    options: WalOptions,
  ): Promise<Wal> {
    if (await Wal.exists(disk, folder)) throw new Error(`the log in ${folder} exists already`);
    const building = `${folder}.tmp`;
    const first = segmentName(0, 0);
    await disk.removeFolder(building);
    await disk.makeFolder(building);
    const file = await createZeroFile(
      disk,
      `${building}/${first.name}`,
      options.segmentBytes ?? SEGMENT_BYTES,
    );
    const end = { segments: [first], crc: 0, lastIndex: 0 };
    const wal = new Wal(disk, folder, options, metadata, undefined, { file, position: 0 }, end);
    wal.encoder.addCrc();
    wal.encoder.addBytes(RecordType.Metadata, metadata);
    wal.encoder.addMessage(RecordType.Snapshot, Snapshot, Snapshot.create());
    await wal.write();
    await wal.sync();
    await disk.syncFolder(building);
    await disk.removeFolder(folder);
    await disk.rename(building, folder);
    await disk.syncFolder(parentOf(folder));
    return wal;
  }

  /**
   * Opens the log and reads what follows the snapshot. An interrupted write at the end is cut off (the segment is kept
   * as `.broken`) and logged.
   * @throws WalCorruptError when the log is damaged
   * @throws WalMismatchError when segments are missing or the log does not know the snapshot
   */
  static async open(
    disk: Disk,
    folder: string,
    snapshot: { readonly index: number; readonly term: number },
    options: WalOptions,
  ): Promise<{ wal: Wal; state: WalState }> {
    const { confirmed, ...opened } = await Wal.openEarly(disk, folder, snapshot, options);
    await confirmed;
    return opened;
  }

  /**
   * The same before all that was read is surely on the disk: nobody may be told of anything in it until `confirmed`
   * resolves. What is saved meanwhile is written after that.
   * @param sound what `newestSnapshot` has read
   */
  static async openEarly(
    disk: Disk,
    folder: string,
    snapshot: { readonly index: number; readonly term: number },
    options: WalOptions,
    sound?: SoundSegments,
  ): Promise<{ wal: Wal; state: WalState; confirmed: Promise<void> }> {
    const { state, end } = await replay(disk, folder, snapshot, options.logger, sound);
    const last = present(end.segments.at(-1), 'a log that was read has a segment');
    if (end.isTorn) {
      const path = `${folder}/${last.name}`;
      options.logger.warn('the last write to the WAL was interrupted; cutting it off', {
        path,
        offset: end.position,
      });
      await cutTornTail(disk, folder, last.name, end.position, options.logger);
    }
    await removeLeftovers(disk, folder);
    const file = await disk.open(`${folder}/${last.name}`, 'readWrite');
    const tail = { file, position: end.position };
    const hardState = { ...state.hardState };
    const wal = new Wal(disk, folder, options, state.metadata, hardState, tail, end);
    const confirmed = wal.confirm(end);
    wal.confirming = confirmed;
    confirmed.then(
      () => (wal.confirming = undefined),
      (error: unknown) => {
        // Whoever opened the log sees it, too.
        wal.failure = error instanceof Error ? error : new Error(String(error));
      },
    );
    return { wal, state, confirmed };
  }

  static async exists(disk: Disk, folder: string): Promise<boolean> {
    if (!(await disk.exists(folder))) return false;
    return (await disk.list(folder)).some((name) => name.endsWith('.wal'));
  }

  /** The metadata that the log was made with, without reading the log. Changes nothing. */
  static metadata(disk: Disk, folder: string, logger: Logger): Promise<Uint8Array> {
    return readMetadata(disk, folder, logger);
  }

  /** Whether its member has taken part in anything yet. Changes nothing. */
  static hasBegun(disk: Disk, folder: string, logger: Logger): Promise<boolean> {
    return readHasBegun(disk, folder, logger);
  }

  /** Snapshots that the log knows and that are committed, oldest first. Changes nothing. */
  static validSnapshots(disk: Disk, folder: string, logger: Logger): Promise<Snapshot[]> {
    return readValidSnapshots(disk, folder, logger);
  }

  /** The last of these, and for `openEarly` what was read for it. Reads no more than it needs. Changes nothing. */
  static newestSnapshot(
    disk: Disk,
    folder: string,
    logger: Logger,
  ): Promise<{ snapshot: Snapshot | undefined; sound: SoundSegments }> {
    return readNewestSnapshot(disk, folder, logger);
  }

  /** Reads a log without opening it for writing: for tools. */
  static async read(
    disk: Disk,
    folder: string,
    snapshot: { readonly index: number; readonly term: number },
    logger: Logger,
  ): Promise<WalState> {
    return (await replay(disk, folder, snapshot, logger)).state;
  }

  /**
   * Appends entries, then the hard state. Resolves when they are written, and synced if `mustSync` (raft says when).
   * Calls may overlap; they are written in the order of the calls, and those that wait together share one sync.
   * Without anything to save it resolves at once. Rejects when a write or sync failed, then and for ever after.
   * `isAlone`: nobody here has anything else to do until it is synced.
   */
  save(
    hardState: HardState | undefined,
    entries: readonly Entry[],
    mustSync: boolean,
    isAlone = false,
  ): Promise<void> {
    const state = hardState !== undefined && !isEmptyState(hardState) ? hardState : undefined;
    if (state === undefined && entries.length === 0) return Promise.resolve();
    return this.enqueue({ hardState: state, entries, snapshot: undefined }, mustSync, isAlone);
  }

  /** Records that a snapshot is in place; resolves when that is synced. Its file must be synced before. */
  saveSnapshot(snapshot: Snapshot): Promise<void> {
    assert(
      snapshot.index === 0 || snapshot.confState !== undefined,
      'a snapshot record carries the configuration',
    );
    return this.enqueue({ hardState: undefined, entries: NO_ENTRIES, snapshot }, true, false);
  }

  /** Gives up segments that only hold entries before `index` (ReleaseLockTo in etcd's wal.go). Deleting is the purge's. */
  releaseTo(index: number): Promise<void> {
    const next = this.segments.findIndex((segment) => segment.index >= index);
    const keepFrom = (next === -1 ? this.segments.length : next) - 1;
    if (keepFrom > 0) this.segments.splice(0, keepFrom);
    return Promise.resolve();
  }

  /** Whether the segment of this name must not be deleted. */
  holds(name: string): boolean {
    return this.segments.some((segment) => segment.name === name);
  }

  /** Writes what is queued, syncs, and closes. Calls afterwards are rejected. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.confirming?.catch(() => undefined); // it is kept as the log's failure
    await this.running;
    if (this.failure === undefined) await this.sync();
    await this.pipeline.close();
    await this.tail.file.close();
  }

  private enqueue(request: SaveRequest, mustSync: boolean, isAlone: boolean): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    if (this.closed) return Promise.reject(new Error(`the log in ${this.folder} is closed`));
    const saved = this.queue.add(request, mustSync, isAlone);
    this.running ??= this.run();
    return saved;
  }

  /**
   * A process that was killed or whose sync failed may have left records and names in the page cache only; they count from
   * now on.
   */
  private async confirm({ position, doubtFrom }: WalEnd): Promise<void> {
    const { file } = this.tail;
    await zeroTail(file, position);
    if (this.options.unsafeNoSync === true) return;
    await rewrite(file, doubtFrom, position);
    await file.datasync();
    await this.disk.syncFolder(this.folder);
    await this.disk.syncFolder(parentOf(this.folder));
  }

  private async run(): Promise<void> {
    let batch: Batch | undefined;
    try {
      if (this.confirming !== undefined) await this.confirming;
      while ((batch = this.queue.take()) !== undefined) {
        this.encode(batch.requests);
        await this.write();
        if (batch.mustSync) await this.sync(batch.isAlone);
        batch.resolve();
        batch = undefined;
        if (this.tail.position >= this.segmentBytes) await this.cut();
        else this.pipeline.prepare(this.zerosDue());
      }
    } catch (error) {
      this.fail(error, batch);
    } finally {
      this.running = undefined;
    }
  }

  /** Bytes of the next segment that are to be filled by now; negative before it is begun. */
  private zerosDue(): number {
    const { prepareAt, segmentBytes } = this;
    return (
      ((this.tail.position - prepareAt) / (segmentBytes * PREPARED_AT - prepareAt)) * segmentBytes
    );
  }

  /** After a failed write or sync nobody knows what is on the disk: never retried, nothing more is taken. */
  private fail(error: unknown, batch: Batch | undefined): void {
    const reason = error instanceof Error ? error.message : String(error);
    const failure = new Error(`failed to write the log in ${this.folder}: ${reason}`, {
      cause: error,
    });
    this.failure = failure;
    batch?.reject(failure);
    this.queue.rejectAll(failure);
    this.options.onFatal?.(failure);
  }

  private encode(requests: readonly SaveRequest[]): void {
    const { encoder } = this;
    for (const { entries, hardState, snapshot } of requests) {
      for (const entry of entries) encoder.addMessage(RecordType.Entry, Entry, entry);
      const last = entries.at(-1);
      if (last !== undefined) this.lastIndex = last.index;
      if (hardState !== undefined) {
        this.hardState = { ...hardState }; // raft may reuse its object
        encoder.addMessage(RecordType.State, HardState, hardState);
      }
      if (snapshot !== undefined) {
        encoder.addMessage(RecordType.Snapshot, Snapshot, snapshot);
        if (snapshot.index > this.lastIndex) this.lastIndex = snapshot.index;
      }
    }
  }

  /** Writes what the encoder holds behind the tail. */
  private async write(): Promise<void> {
    const { bytes } = this.encoder;
    await this.tail.file.writeAt(bytes, this.tail.position);
    this.tail.position += bytes.length;
    this.options.onWrite?.(bytes.length);
    this.encoder.clear();
  }

  private async sync(isAlone = false): Promise<void> {
    const { clock, logger, onSync, unsafeNoSync } = this.options;
    if (unsafeNoSync === true) return;
    const startMs = clock?.monotonicMs() ?? 0;
    await this.tail.file.datasync(isAlone);
    if (clock === undefined) return;
    const tookMs = clock.monotonicMs() - startMs;
    onSync?.(tookMs);
    if (tookMs > SLOW_SYNC_MS)
      logger.warn('slow fdatasync', {
        took: `${(tookMs / 1000).toFixed(3)}s`,
        'expected-duration': '1s',
      });
  }

  /** Closes the full segment and goes on in the prepared one, which gets its name when its head is synced. */
  private async cut(): Promise<void> {
    const full = this.tail;
    await full.file.truncate(full.position);
    await this.sync();
    const { file, path } = await this.pipeline.take();
    this.tail = { file, position: 0 };
    this.prepareAt = this.segmentBytes * PREPARE_AT;
    this.encoder.addCrc();
    this.encoder.addBytes(RecordType.Metadata, this.metadata);
    if (this.hardState !== undefined && !isEmptyState(this.hardState))
      this.encoder.addMessage(RecordType.State, HardState, this.hardState);
    await this.write();
    await this.sync();
    const sequence = present(this.segments.at(-1), 'the tail has a name').sequence + 1;
    const next = segmentName(sequence, this.lastIndex + 1);
    await this.disk.rename(path, `${this.folder}/${next.name}`);
    await this.disk.syncFolder(this.folder);
    this.segments.push(next);
    await full.file.close();
    this.options.logger.info('created a new WAL segment', { path: `${this.folder}/${next.name}` });
  }
}

function isEmptyState(state: HardState): boolean {
  return state.term === 0 && state.vote === 0n && state.commit === 0;
}

/** Segments that were being prepared when the process ended. */
async function removeLeftovers(disk: Disk, folder: string): Promise<void> {
  for (const name of await disk.list(folder)) {
    if (name.endsWith('.tmp')) await disk.remove(`${folder}/${name}`);
  }
}

function parentOf(folder: string): string {
  const trimmed = folder.replace(/\/+$/, '');
  const slash = trimmed.lastIndexOf('/');
  if (slash === -1) return '.';
  return slash === 0 ? '/' : trimmed.slice(0, slash);
}
