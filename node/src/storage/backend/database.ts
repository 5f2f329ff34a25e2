// The file as a whole: metas, the tree of buckets, the commit. Copy on write: a commit writes changed pages to free
// places, syncs, then writes the other of the two metas, and syncs. A crash in between leaves the commit before it.
import {
  type Disk,
  type DiskFile,
  EMPTY_BYTES,
  bytesFromLatin1,
  latin1FromBytes,
} from '../../base/index.ts';
import { encodeBucket, openBucket } from './bucket-header.ts';
import { FREELIST_PAGE, LEAF_PAGE, writePageHeader } from './format.ts';
import { FreePages, readFreelist } from './free-pages.ts';
import type { Node } from './node.ts';
import type { Page } from './page.ts';
import { type Meta, encodeMeta } from './meta.ts';
import { PageStore } from './page-store.ts';
import { type Judge, type Pruned, pruneTree } from './prune.ts';
import { readMeta } from './read-meta.ts';
import { scanFreePages } from './scan.ts';
import { LargeMemory } from './large-memory.ts';
import { LARGE_BYTES, Slab } from './slab.ts';
import { Spill } from './spill.ts';
import { Tree } from './tree.ts';
import { writeCommit } from './write-commit.ts';

export interface DatabaseOptions {
  readonly cacheBytes: number;
  /** Called between slices of a long scan. */
  readonly yieldNow: () => Promise<void>;
  readonly warn?: (message: string, fields: Record<string, unknown>) => void;
}

/** `value` is absent for a delete. */
export interface Write {
  readonly bucket: string;
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

/** Its keys are revisions, which ascend. */
const SEQUENTIAL_BUCKET = 'key';

export class Database {
  readonly file: DiskFile;
  readonly store: PageStore;
  readonly pages: FreePages;
  /** The newest commit that was serialised; it is on its way to the disk or there. */
  meta: Meta;
  private readonly trees = new Map<string, Tree>();
  private readonly rootTree: Tree;
  /** Large values of the open batch, until they are in their pages; and large pages, until they are in the file. */
  private readonly largeValues = new LargeMemory();
  private readonly largePages = new LargeMemory();
  private slab = new Slab();
  private freelistPages: number;
  /** A bucket was made or written since the last commit. */
  isDirty = false;

  private constructor(
    file: DiskFile,
    store: PageStore,
    pages: FreePages,
    meta: Meta,
    freelistPages: number,
  ) {
    this.file = file;
    this.store = store;
    this.pages = pages;
    this.meta = meta;
    this.freelistPages = freelistPages;
    this.rootTree = new Tree(store, meta.rootId, undefined, true);
    store.isFree = (id) => pages.free.has(id);
  }

  /**
   * Opens an existing file.
   * @throws BackendCorruptError when both metas, the free list or the root are damaged, or the file was cut
   */
  static async open(
    disk: Disk,
    path: string,
    mode: 'read' | 'readWrite',
    options: DatabaseOptions,
  ): Promise<Database> {
    const file = await disk.open(path, mode);
    try {
      const meta = readMeta(file, options.warn);
      const store = new PageStore(file, meta.pageBytes, meta.highWater, options.cacheBytes);
      const list =
        meta.freelistId === undefined
          ? { free: await scanFreePages(store, meta, options.yieldNow), pages: 0 }
          : readFreelist(store, meta.freelistId);
      const database = new Database(
        file,
        store,
        new FreePages(list.free, meta.highWater),
        meta,
        list.pages,
      );
      database.rootTree.rootPage();
      return database;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Writes a file without buckets, durably but for its name; an existing one is emptied first. */
  static async create(disk: Disk, path: string, pageBytes: number): Promise<void> {
    const file = await disk.open(path, 'create');
    try {
      if (file.size() > 0) await file.truncate(0);
      const bytes = new Uint8Array(pageBytes * 4);
      const meta: Meta = {
        pageBytes,
        flags: 0,
        rootId: 3,
        rootSequence: 0,
        freelistId: 2,
        highWater: 4,
        txid: 0,
      };
      bytes.set(encodeMeta(meta, 0), 0);
      bytes.set(encodeMeta({ ...meta, txid: 1 }, 1), pageBytes);
      writePageHeader(bytes.subarray(2 * pageBytes), 2, FREELIST_PAGE, 0, 0);
      writePageHeader(bytes.subarray(3 * pageBytes), 3, LEAF_PAGE, 0, 0);
      await file.writeAt(bytes, 0);
      await file.datasync();
    } finally {
      await file.close();
    }
  }

  /**
   * Makes durable what was read on opening: it may be in the page cache only, where a process was killed before its sync,
   * or where a sync failed and the kernel has taken the pages for clean. Otherwise a commit could use pages again that
   * the newest commit on the disk still needs.
   */
  async confirm(): Promise<void> {
    const id = this.meta.txid % 2;
    await this.file.writeAt(encodeMeta(this.meta, id), id * this.meta.pageBytes);
    await this.file.datasync();
  }

  get sizeBytes(): number {
    return this.meta.highWater * this.meta.pageBytes;
  }

  get sizeInUseBytes(): number {
    return this.sizeBytes - this.pages.free.count * this.meta.pageBytes;
  }

  /** The tree of a bucket, or undefined when there is no such bucket. */
  tree(name: string): Tree | undefined {
    const open = this.trees.get(name);
    if (open !== undefined) return open;
    const header = this.rootTree.get(bytesFromLatin1(name));
    if (header === undefined) return undefined;
    const tree = openBucket(this.store, name, header);
    this.trees.set(name, tree);
    return tree;
  }

  /** The tree of a bucket, which is made when there is none. */
  treeForWrite(name: string): Tree {
    this.isDirty = true;
    const present = this.tree(name);
    if (present !== undefined) return present;
    const tree = new Tree(this.store, 0, undefined, false);
    tree.rootNode();
    this.trees.set(name, tree);
    return tree;
  }

  put(name: string, key: Uint8Array, value: Uint8Array): void {
    this.treeForWrite(name).put(this.slab.copy(key), this.copyOfValue(value));
  }

  append(name: string, key: Uint8Array, value: Uint8Array): void {
    this.treeForWrite(name).append(this.slab.copy(key), this.copyOfValue(value));
  }

  private copyOfValue(value: Uint8Array): Uint8Array {
    if (value.length <= LARGE_BYTES) return this.slab.copy(value);
    const copy = this.largeValues.take(value.length);
    copy.set(value);
    return copy;
  }

  delete(name: string, key: Uint8Array): void {
    const tree = this.tree(name);
    if (tree === undefined) return;
    tree.delete(key);
    if (tree.root !== undefined) this.isDirty = true;
  }

  /** Removes what the judge does not let stay: see pruneTree. */
  prune(
    name: string,
    range: { readonly from: Uint8Array; readonly to: Uint8Array },
    judge: Judge,
    removed: (leaf: Page | Node, index: number) => void,
  ): Pruned {
    const tree = this.tree(name);
    if (tree === undefined) return { next: undefined, changedLeaves: 0 };
    const pruned = pruneTree(tree, range.from, range.to, judge, removed);
    if (tree.root !== undefined) this.isDirty = true;
    return pruned;
  }

  /** Applies writes that another file took already. */
  replay(entries: readonly Write[]): void {
    for (const { bucket, key, value } of entries) {
      if (value === undefined) this.delete(bucket, key);
      else if (bucket === SEQUENTIAL_BUCKET) this.append(bucket, key, value);
      else this.put(bucket, key, value);
    }
  }

  /** Names of the buckets in ascending order, those of the open batch included. */
  bucketNames(): string[] {
    const names = new Set<string>(this.trees.keys());
    this.rootTree.forEach(EMPTY_BYTES, undefined, (name) => {
      names.add(latin1FromBytes(name));
    });
    return [...names].sort();
  }

  /**
   * Serialises the open batch at once and writes it. A new batch may be filled while the promise is pending; another
   * commit may begin only after it resolved. When it rejects, nothing further may be committed.
   */
  commit(): Promise<void> {
    if (!this.isDirty) return Promise.resolve();
    this.isDirty = false;
    this.serialise();
    return this.finishCommit();
  }

  private async finishCommit(): Promise<void> {
    await writeCommit(this.file, this.meta, this.store.dirtyPages());
    this.store.written();
    this.largePages.giveAll();
    this.pages.commitDurable();
  }

  private serialise(): void {
    const spill = new Spill(this.store, this.pages, this.largePages);
    for (const [name, tree] of this.trees) {
      if (tree.root === undefined) continue;
      spill.bucket(tree);
      this.rootTree.put(bytesFromLatin1(name), encodeBucket(tree));
    }
    if (this.rootTree.root !== undefined) spill.tree(this.rootTree);
    // The list that the file came with is out of date from here on, and none is written: see scan.ts.
    if (this.meta.freelistId !== undefined)
      this.pages.release(this.meta.freelistId, this.freelistPages);
    this.freelistPages = 0;
    this.largeValues.giveAll();
    this.slab = new Slab();
    this.store.highWater = this.pages.highWater;
    this.meta = {
      ...this.meta,
      rootId: this.rootTree.rootId,
      freelistId: undefined,
      highWater: this.pages.highWater,
      txid: this.meta.txid + 1,
    };
  }

  isFreelistPage(id: number): boolean {
    const first = this.meta.freelistId;
    return first !== undefined && id >= first && id < first + this.freelistPages;
  }

  /** Closes the file once no snapshot reads it: for a file that another one has replaced. */
  closeWhenUnused(): void {
    if (this.pages.pinCount > 0) return;
    // It was only read since the replacement: nothing can be lost.
    this.file.close().catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}
