// A database file opened to be looked at: by `binnacle util`, and to verify a snapshot.
import type { BackendWorld } from './backend.ts';
import { Database } from './database.ts';
import { type Ignores, hashBuckets } from './hash.ts';
import type { Visit } from './tree.ts';

const CACHE_BYTES = 16 * 1024 * 1024;

export class ReadOnlyBackend {
  private readonly world: BackendWorld;
  private readonly database: Database;

  private constructor(world: BackendWorld, database: Database) {
    this.world = world;
    this.database = database;
  }

  /** @throws BackendCorruptError, BackendUnsupportedError, or the disk's error when there is no file */
  static async open(world: BackendWorld, path: string): Promise<ReadOnlyBackend> {
    const yieldNow = (): Promise<void> => world.clock.yieldNow();
    const database = await Database.open(world.disk, path, 'read', {
      cacheBytes: CACHE_BYTES,
      yieldNow,
    });
    return new ReadOnlyBackend(world, database);
  }

  get sizeBytes(): number {
    return this.database.sizeBytes;
  }

  get sizeInUseBytes(): number {
    return this.database.sizeInUseBytes;
  }

  /** Number of the newest commit. */
  get txid(): number {
    return this.database.meta.txid;
  }

  bucketNames(): string[] {
    return this.database.bucketNames();
  }

  get(bucket: string, key: Uint8Array): Uint8Array | undefined {
    return this.database.tree(bucket)?.get(key);
  }

  /** Visits [from, to) of a bucket in ascending order until the visitor returns false. */
  forEach(bucket: string, from: Uint8Array, to: Uint8Array | undefined, visit: Visit): void {
    this.database.tree(bucket)?.forEach(from, to, visit);
  }

  /** As Backend.hash. */
  hash(ignores?: Ignores): Promise<number> {
    return hashBuckets(this.database.store, this.database.meta, this.world.clock, ignores);
  }

  close(): Promise<void> {
    return this.database.close();
  }
}
