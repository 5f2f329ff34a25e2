// The backend: buckets on top of the file, written in batches. Reads see the open batch; a commit makes it durable.
import { EtcdError, type Clock, type Disk, type Logger, type Timer } from '../../base/index.ts';
import { CommitQueue } from './commit-queue.ts';
import { Database, type DatabaseOptions, type Write } from './database.ts';
import { defragmentInto } from './defragment.ts';
import { Finder } from './finder.ts';
import { DEFAULT_PAGE_BYTES } from './format.ts';
import { type Ignores, hashBuckets } from './hash.ts';
import type { PageUse } from './page-store.ts';
import type { Judge, Pruned } from './prune.ts';
import { BackendSnapshot } from './snapshot.ts';
import type { Visit, VisitInPlace } from './tree.ts';

const DEFAULT_BATCH_INTERVAL_MS = 100;
const DEFAULT_BATCH_LIMIT = 10_000;
const DEFAULT_CACHE_BYTES = 64 * 1024 * 1024;
/** A batch this large is committed at once: it is held in memory and serialised in one go. */
const BATCH_BYTES = 4 * 1024 * 1024;

export interface BackendOptions {
  readonly logger: Logger;
  /** Longest time between a write and its commit. */
  readonly batchIntervalMs?: number;
  /** Writes after which the commit does not wait for the interval. */
  readonly batchLimit?: number;
  /** Memory for pages of the file. */
  readonly cacheBytes?: number;
  /** Page size of a new file; an existing one keeps its own. */
  readonly pageBytes?: number;
  /** Runs before each commit and may write: the consistent index goes into the same transaction with what it describes. */
  readonly beforeCommit?: () => void;
  /** A write or sync failed, or a page that the commit needs is damaged. Nothing is retried: end the process. */
  readonly onFatal?: (error: unknown) => void;
}

export interface Bucket {
  /** Both arrays are copied. Keys have 1 to 32,768 bytes. */
  put(key: Uint8Array, value: Uint8Array): void;
  /** put for keys that mostly arrive in ascending order: quick at the end of the bucket, and fills pages to 90 %. */
  append(key: Uint8Array, value: Uint8Array): void;
  delete(key: Uint8Array): void;
  /** Walks over [from, to) as `once`, and removes what does not stay. */
  prune(from: Uint8Array, to: Uint8Array, judge: Judge): Pruned;
  /** The view stays good; its owner must not change it. */
  get(key: Uint8Array): Uint8Array | undefined;
  /**
   * For lookups of many keys with no write in between. `once` when they are most of the bucket, `runs` for some: their pages
   * are read in runs as long as they follow each other, and those that do not stay in the cache.
   */
  finder(use?: PageUse): Finder;
  /**
   * Visits [from, to) in ascending order. The visitor returns false to stop and must not write to the bucket.
   * A walk over most of a bucket reads its pages `once`: in runs, past the cache; its views end with each visit.
   * Throws BackendCorruptError when it reaches a damaged page.
   */
  forEach(from: Uint8Array, to: Uint8Array | undefined, visit: Visit, use?: PageUse): void;
  /** The same from `from` to the end, `once`, with pairs where they lie: they end with each visit. */
  forEachInPlace(from: Uint8Array, visit: VisitInPlace): void;
}

export interface BackendWorld {
  readonly disk: Disk;
  readonly clock: Clock;
}

export class Backend {
  private readonly world: BackendWorld;
  private readonly path: string;
  private readonly options: BackendOptions;
  private readonly commits: CommitQueue;
  private readonly buckets = new Map<string, Bucket>();
  private database: Database;
  private timer: Timer | undefined;
  private batchWrites = 0;
  private batchBytes = 0;
  private journal: Write[] | undefined;
  private defragmentation: Promise<void> | undefined;
  private isClosed = false;
  private isRetired = false;
  private reads = 0;
  /** Resolves when what was read on opening is surely on the disk: until then nobody may be told of it. No commit begins before. */
  readonly confirmed: Promise<void>;

  private constructor(
    world: BackendWorld,
    path: string,
    options: BackendOptions,
    database: Database,
  ) {
    this.world = world;
    this.path = path;
    this.options = options;
    this.database = database;
    const onFatal = (error: unknown): void => {
      this.timer?.cancel();
      options.onFatal?.(error);
    };
    this.commits = new CommitQueue(() => this.beginCommit(), onFatal);
    this.confirmed = this.commits.exclusive(() => this.confirm());
    this.confirmed.catch(() => undefined); // whoever waits for it sees it, and every commit
  }

  private async confirm(): Promise<void> {
    try {
      await this.database.confirm();
      await this.world.disk.syncFolder(folderOf(this.path));
    } catch (error) {
      this.commits.fail(error);
      throw error;
    }
  }

  /**
   * Opens the file, or makes a new one. What a crashed defragmentation left behind is removed.
   * @throws BackendCorruptError, BackendUnsupportedError, or the disk's error
   */
  static async open(world: BackendWorld, path: string, options: BackendOptions): Promise<Backend> {
    const backend = await Backend.openEarly(world, path, options);
    try {
      await backend.confirmed;
    } catch (error) {
      await backend.database.close();
      throw error;
    }
    return backend;
  }

  /** The same before it is `confirmed`. */
  static async openEarly(
    world: BackendWorld,
    path: string,
    options: BackendOptions,
  ): Promise<Backend> {
    const { disk } = world;
    const temporary = temporaryPath(path);
    if (await disk.exists(temporary)) await disk.remove(temporary);
    if (!(await hasContent(disk, path))) {
      await Database.create(disk, temporary, options.pageBytes ?? DEFAULT_PAGE_BYTES);
      await disk.rename(temporary, path);
    }
    const database = await Database.open(disk, path, 'readWrite', databaseOptions(world, options));
    return new Backend(world, path, options, database);
  }

  /** A bucket; it comes into being with its first key or by createBucket. */
  bucket(name: string): Bucket {
    let bucket = this.buckets.get(name);
    if (bucket === undefined) {
      bucket = this.makeBucket(name);
      this.buckets.set(name, bucket);
    }
    return bucket;
  }

  /** Makes an empty bucket, as etcd does at start: Hash covers the names of empty buckets too. */
  createBucket(name: string): void {
    if (this.database.tree(name) !== undefined) return;
    this.database.treeForWrite(name);
    this.wrote(name.length);
  }

  /** Resolves when everything written so far is durable. */
  commitNow(): Promise<void> {
    return this.commits.commit();
  }

  /**
   * Undefined while the open batch may grow. When it is full, its commit is asked for, and what is returned resolves when the
   * one before has ended: for whoever writes much without a pause, in which no commit goes on.
   */
  room(): Promise<void> | undefined {
    if (this.batchBytes < BATCH_BYTES) return undefined;
    this.commitNow().catch(() => undefined); // reported by onFatal
    return this.commits.turn;
  }

  /** Bytes of the file up to the last page that is or was in use: what the quota is compared with. */
  get sizeBytes(): number {
    return this.database.sizeBytes;
  }

  get sizeInUseBytes(): number {
    return this.database.sizeInUseBytes;
  }

  /** Snapshots and hashes under way: they keep pages from being used again. */
  get openReads(): number {
    return this.reads;
  }

  /** etcd's Backend.Hash: CRC-32C over the names, keys and values of all buckets, in slices. Commits first. */
  async hash(ignores?: Ignores): Promise<number> {
    const snapshot = await this.snapshot();
    try {
      return await hashBuckets(snapshot.store, snapshot.meta, this.world.clock, ignores);
    } finally {
      snapshot.close();
    }
  }

  /** A copy of everything written so far: it stays as it is while the backend goes on. Close it. */
  snapshot(): Promise<BackendSnapshot> {
    return this.commits.exclusive(async () => {
      const durable = this.commits.commitInside();
      const snapshot = this.pinned();
      try {
        await durable;
      } catch (error) {
        snapshot.close();
        throw error;
      }
      return snapshot;
    });
  }

  /**
   * Copies what is in use into a new file and puts that in the old one's place. Reads and writes go on meanwhile.
   * When it fails before the swap, the old file stays in use and the error is the caller's; during the swap it is fatal.
   */
  defragment(): Promise<void> {
    if (this.isRetired) return Promise.reject(new EtcdError('Stopped'));
    this.defragmentation ??= this.runDefragmentation().finally(() => {
      this.defragmentation = undefined;
      this.journal = undefined;
    });
    return this.defragmentation;
  }

  private pinned(): BackendSnapshot {
    const database = this.database;
    const pin = database.pages.pin();
    this.reads++;
    return new BackendSnapshot(database.store, database.meta, () => {
      this.reads--;
      database.pages.unpin(pin);
      if (database !== this.database) database.closeWhenUnused();
    });
  }

  private makeBucket(name: string): Bucket {
    return {
      put: (key, value) => {
        this.database.put(name, key, value);
        this.note(name, key, value);
      },
      append: (key, value) => {
        this.database.append(name, key, value);
        this.note(name, key, value);
      },
      delete: (key) => {
        this.database.delete(name, key);
        this.note(name, key, undefined);
      },
      prune: (from, to, judge) =>
        this.database.prune(name, { from, to }, judge, (leaf, index) => {
          if (this.journal === undefined) this.wrote(0);
          else this.note(name, leaf.key(index), undefined);
        }),
      get: (key) => this.database.tree(name)?.get(key),
      finder: (use) => new Finder(this.database.tree(name), use),
      forEachInPlace: (from, visit) => this.database.tree(name)?.forEachInPlace(from, visit),
      forEach: (from, to, visit, use) => this.database.tree(name)?.forEach(from, to, visit, use),
    };
  }

  private note(bucket: string, key: Uint8Array, value: Uint8Array | undefined): void {
    this.journal?.push({
      bucket,
      key: Uint8Array.from(key),
      value: value && Uint8Array.from(value),
    });
    this.wrote(key.length + (value?.length ?? 0));
  }

  private wrote(bytes: number): void {
    this.batchWrites++;
    this.batchBytes += bytes;
    const isFull =
      this.batchWrites === (this.options.batchLimit ?? DEFAULT_BATCH_LIMIT) ||
      (this.batchBytes >= BATCH_BYTES && this.batchBytes - bytes < BATCH_BYTES);
    if (this.timer !== undefined && !isFull) return;
    this.timer?.cancel();
    // Even a full batch waits for the end of what is running now: an entry's writes belong into one commit.
    const delayMs = isFull ? 0 : (this.options.batchIntervalMs ?? DEFAULT_BATCH_INTERVAL_MS);
    this.timer = this.world.clock.after(delayMs, () => {
      // A failure is reported by onFatal.
      this.commitNow().catch(() => undefined);
    });
  }

  private beginCommit(): Promise<void> {
    this.options.beforeCommit?.();
    this.timer?.cancel();
    this.timer = undefined;
    this.batchWrites = 0;
    this.batchBytes = 0;
    return this.database.commit();
  }

  private async runDefragmentation(): Promise<void> {
    const { disk, clock } = this.world;
    const temporary = temporaryPath(this.path);
    const source = await this.commits.exclusive(async () => {
      const durable = this.commits.commitInside();
      this.journal = [];
      const snapshot = this.pinned();
      await durable;
      return snapshot;
    });
    try {
      await Database.create(disk, temporary, source.meta.pageBytes);
      const target = await Database.open(
        disk,
        temporary,
        'readWrite',
        databaseOptions(this.world, this.options),
      );
      try {
        await defragmentInto(
          source,
          target,
          () => this.takeJournal(),
          clock,
          () => this.isClosed,
        );
        await this.commits.exclusive(() => this.swap(target, temporary));
      } catch (error) {
        if (this.database !== target) await target.close();
        throw error;
      }
    } catch (error) {
      if (await disk.exists(temporary)) await disk.remove(temporary);
      throw error;
    } finally {
      source.close();
    }
  }

  private takeJournal(): Write[] {
    const taken = this.journal ?? [];
    this.journal = [];
    return taken;
  }

  /** Runs while no commit does. The new file must hold all that the old one holds durably before it takes its place. */
  private async swap(target: Database, temporary: string): Promise<void> {
    this.options.beforeCommit?.();
    target.replay(this.takeJournal());
    await target.commit();
    const { disk } = this.world;
    try {
      await disk.rename(temporary, this.path);
      await disk.syncFolder(folderOf(this.path));
    } catch (error) {
      this.commits.fail(error);
      throw error;
    }
    target.replay(this.takeJournal());
    this.journal = undefined;
    const old = this.database;
    this.database = target;
    old.closeWhenUnused();
  }

  /** Commits and closes the file. Snapshots still open can no longer be read. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await this.retire();
    await this.database.close();
  }

  /** Commits what is left, and leaves the file alone from then on: another one takes its place. Reads go on until `close`. */
  async retire(): Promise<void> {
    if (this.isRetired) return;
    this.isRetired = true;
    await this.defragmentation?.catch(() => undefined);
    await this.commitNow();
    this.timer?.cancel();
  }
}

/** An empty file is a new one, as for bbolt. */
async function hasContent(disk: Disk, path: string): Promise<boolean> {
  if (!(await disk.exists(path))) return false;
  const file = await disk.open(path, 'read');
  const size = file.size();
  await file.close();
  return size > 0;
}

function databaseOptions(world: BackendWorld, options: BackendOptions): DatabaseOptions {
  return {
    cacheBytes: options.cacheBytes ?? DEFAULT_CACHE_BYTES,
    yieldNow: () => world.clock.yieldNow(),
    warn: (message, fields) => options.logger.warn(message, fields),
  };
}

/** etcd removes db.tmp* at start, too. */
function temporaryPath(path: string): string {
  return `${path}.tmp.defragment`;
}

function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '.' : path.slice(0, Math.max(slash, 1));
}
