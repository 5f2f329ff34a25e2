// A disk in memory for tests: it loses on a crash what a real one may lose. Written bytes survive for certain only
// after datasync, created, renamed and removed names only after syncFolder of their folder.
import type { Disk, DiskFile, OpenMode } from '../world.ts';
import type { FailedSync, MemoryInode } from './memory-inode.ts';
import { DiskError, MemoryFolder, MemoryTree } from './memory-tree.ts';

export { DiskError };

export interface MemoryDiskOptions {
  /** Bytes that all files together may hold; a write beyond it fails with ENOSPC. */
  readonly capacityBytes?: number;
  /** Called before every operation; what it throws is the operation's failure, what it returns is awaited first. */
  readonly before?: (operation: DiskOperation, path: string) => void | Promise<void>;
  /** What a datasync that `before` lets fail leaves of the pages; 'kept' unless told. */
  readonly failedSync?: FailedSync;
}

export type DiskOperation =
  | 'open' | 'write' | 'truncate' | 'datasync' | 'rename' | 'remove' | 'makeFolder' | 'syncFolder' | 'read'; // prettier-ignore

export class MemoryDisk implements Disk {
  options: MemoryDiskOptions;
  private tree = new MemoryTree();
  private readonly locks = new Set<string>();
  private crashed = false;

  constructor(options: MemoryDiskOptions = {}) {
    this.options = options;
  }

  /**
   * The power fails: returns the disk as it comes up again; this one only rejects from now on. What was not synced
   * survives, is lost, or (file contents) survives in some sectors of 512 bytes, as `chance` decides.
   * @param chance a number in [0, 1) on each call
   */
  crash(chance: () => number): MemoryDisk {
    this.crashed = true;
    const after = new MemoryDisk();
    after.tree = this.tree.crash(chance);
    return after;
  }

  /** A copy that shares nothing: to damage it or to crash it in several ways. */
  clone(): MemoryDisk {
    const copy = new MemoryDisk();
    copy.tree = this.tree.settled();
    return copy;
  }

  /** The file's present content, to look at or to damage in place. */
  contentOf(path: string): Uint8Array {
    return this.tree.inode(path).view();
  }

  /** Replaces the file's content, durably, making folders as needed. */
  setContent(path: string, content: Uint8Array): void {
    this.tree.put(path, content);
  }

  usedBytes(): number {
    return this.tree.sizeBytes();
  }

  async enter(operation: DiskOperation, path: string): Promise<void> {
    if (this.crashed) throw new DiskError('EIO', path);
    await this.options.before?.(operation, path);
    if (this.crashed) throw new DiskError('EIO', path);
  }

  reserve(moreBytes: number, path: string): void {
    const limit = this.options.capacityBytes;
    if (limit !== undefined && moreBytes > 0 && this.usedBytes() + moreBytes > limit)
      throw new DiskError('ENOSPC', path);
  }

  async open(path: string, mode: OpenMode): Promise<DiskFile> {
    await this.enter('open', path);
    const present = this.tree.openable(path);
    if (present === undefined && mode !== 'create') throw new DiskError('ENOENT', path);
    return new MemoryFile(this, path, present ?? this.tree.create(path), mode !== 'read');
  }

  exists(path: string): Promise<boolean> {
    return Promise.resolve(this.tree.find(path) !== undefined);
  }

  async list(path: string): Promise<string[]> {
    await this.enter('read', path);
    return this.tree.list(path);
  }

  async makeFolder(path: string): Promise<void> {
    await this.enter('makeFolder', path);
    this.tree.makeFolder(path);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.enter('rename', from);
    this.tree.rename(from, to);
  }

  async remove(path: string): Promise<void> {
    await this.enter('remove', path);
    if (this.tree.find(path) instanceof MemoryFolder) throw new DiskError('EISDIR', path);
    this.tree.remove(path);
  }

  async removeFolder(path: string): Promise<void> {
    await this.enter('remove', path);
    if (this.tree.find(path) !== undefined) this.tree.remove(path);
  }

  async syncFolder(path: string): Promise<void> {
    await this.enter('syncFolder', path);
    this.tree.folder(path).sync();
  }

  async lock(path: string): Promise<{ release(): Promise<void> }> {
    await this.enter('open', path);
    if (this.locks.has(path)) throw new DiskError('EAGAIN', path);
    this.locks.add(path);
    return {
      release: () => {
        this.locks.delete(path);
        return Promise.resolve();
      },
    };
  }
}

class MemoryFile implements DiskFile {
  readonly path: string;
  private readonly disk: MemoryDisk;
  private readonly inode: MemoryInode;
  private readonly writable: boolean;

  constructor(disk: MemoryDisk, path: string, inode: MemoryInode, writable: boolean) {
    this.disk = disk;
    this.path = path;
    this.inode = inode;
    this.writable = writable;
  }

  size(): number {
    return this.inode.size;
  }

  readAt(target: Uint8Array, position: number): number {
    return this.inode.readAt(target, position);
  }

  async readAtAsync(target: Uint8Array, position: number): Promise<number> {
    await this.disk.enter('read', this.path);
    return this.inode.readAt(target, position);
  }

  async writeAt(source: Uint8Array, position: number): Promise<void> {
    await this.writevAt([source], position);
  }

  async writevAt(sources: readonly Uint8Array[], position: number): Promise<void> {
    // The caller must leave its buffers alone until this resolves; the copy is made late so that a test sees it if not.
    await this.disk.enter('write', this.path);
    if (!this.writable) throw new DiskError('EBADF', this.path);
    let end = position;
    for (const source of sources) end += source.length;
    this.disk.reserve(end - this.inode.size, this.path);
    for (const source of sources) {
      this.inode.write(source, position);
      position += source.length;
    }
  }

  async truncate(size: number): Promise<void> {
    await this.disk.enter('truncate', this.path);
    if (!this.writable) throw new DiskError('EBADF', this.path);
    this.inode.truncate(size);
  }

  async datasync(): Promise<void> {
    // Only what was written before the call is promised; writes that arrive meanwhile may be included.
    const mark = this.inode.mark();
    try {
      await this.disk.enter('datasync', this.path);
    } catch (error) {
      this.inode.syncFailed(mark, this.disk.options.failedSync ?? 'kept');
      throw error;
    }
    this.inode.sync();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
