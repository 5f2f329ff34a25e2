// One process's view of a simulated disk.
import type { MemoryInode } from '../../base/testing/memory-inode.ts';
import { DiskError, MemoryFolder, type MemoryTree } from '../../base/testing/memory-tree.ts';
import { CONTENT_PAGE_BYTES } from '../../base/testing/paged-content.ts';
import type { Disk, DiskFile, OpenMode } from '../../base/index.ts';
import type { SimRandom } from '../world/random.ts';
import type { Operation, OperationOwner, OperationQueue } from './operation-queue.ts';

export interface MountParts {
  readonly tree: MemoryTree;
  readonly queue: OperationQueue;
  /** Paths that are locked, and by whom. */
  readonly locks: Map<string, MountedDisk>;
  readonly write: (
    inode: MemoryInode,
    path: string,
    sources: readonly Uint8Array[],
    position: number,
  ) => void;
  readonly sync: (inode: MemoryInode, path: string, mark: number) => void;
}

export class MountedDisk implements Disk {
  readonly owner: OperationOwner = { isAlive: true, inFlight: new Set() };
  private readonly parts: MountParts;

  constructor(parts: MountParts) {
    this.parts = parts;
  }

  async open(path: string, mode: OpenMode): Promise<DiskFile> {
    const { tree } = this.parts;
    const isNew = mode === 'create' && tree.find(path) === undefined;
    const inode = await this.run(isNew ? 'create' : 'open', path, () => {
      const present = tree.openable(path);
      if (present === undefined && mode !== 'create') throw new DiskError('ENOENT', path);
      return present ?? tree.create(path);
    });
    return new SimFile(this, path, inode, mode !== 'read');
  }

  exists(path: string): Promise<boolean> {
    return this.run('exists', path, () => this.parts.tree.find(path) !== undefined);
  }

  list(path: string): Promise<string[]> {
    return this.run('list', path, () => this.parts.tree.list(path));
  }

  /** As the real disk does: each of the folders is an entry of its parent, which is synced. */
  async makeFolder(path: string): Promise<void> {
    await this.run('makeFolder', path, () => this.parts.tree.makeFolder(path));
    const names = path.split('/').filter((name) => name !== '');
    while (names.pop() !== undefined) await this.syncFolder(names.join('/'));
  }

  rename(from: string, to: string): Promise<void> {
    return this.run('rename', `${from} ${to}`, () => this.parts.tree.rename(from, to));
  }

  remove(path: string): Promise<void> {
    const { tree } = this.parts;
    return this.run('remove', path, () => {
      if (tree.find(path) instanceof MemoryFolder) throw new DiskError('EISDIR', path);
      tree.remove(path);
    });
  }

  /** File by file, as rm does it. */
  async removeFolder(path: string): Promise<void> {
    const { tree } = this.parts;
    if (!(await this.exists(path))) return;
    for (const name of await this.list(path)) {
      const inner = `${path}/${name}`;
      if (tree.find(inner) instanceof MemoryFolder) await this.removeFolder(inner);
      else await this.remove(inner);
    }
    await this.run('remove', path, () => tree.remove(path));
  }

  syncFolder(path: string): Promise<void> {
    return this.run('syncFolder', path, () => this.parts.tree.folder(path).sync());
  }

  async lock(path: string): Promise<{ release(): Promise<void> }> {
    const { locks } = this.parts;
    await this.run('lock', path, () => {
      if (locks.has(path)) throw new DiskError('EAGAIN', path);
      locks.set(path, this);
    });
    return {
      release: () => {
        if (locks.get(path) === this) locks.delete(path);
        return Promise.resolve();
      },
    };
  }

  run<T>(
    kind: Operation<T>['kind'],
    path: string,
    apply: () => T,
    sizeBytes = 0,
    applyPart?: (random: SimRandom) => void,
  ): Promise<T> {
    return this.parts.queue.start(this.owner, { kind, path, sizeBytes, apply, applyPart });
  }

  write(
    inode: MemoryInode,
    path: string,
    sources: readonly Uint8Array[],
    position: number,
  ): Promise<void> {
    const sizeBytes = lengthOf(sources);
    const applyPart = (random: SimRandom): void => {
      const end = pageEndWithin(position, position + sizeBytes, random);
      writeUntil(inode, sources, position, end);
    };
    // The caller must leave its buffers alone until then; they are read late so that a run shows it if it does not.
    const apply = (): void => this.parts.write(inode, path, sources, position);
    return this.run('write', path, apply, sizeBytes, applyPart);
  }

  sync(inode: MemoryInode, path: string): Promise<void> {
    // Only what was written before the call is promised.
    const mark = inode.mark();
    return this.run('datasync', path, () => this.parts.sync(inode, path, mark));
  }
}

class SimFile implements DiskFile {
  readonly path: string;
  private readonly disk: MountedDisk;
  private readonly inode: MemoryInode;
  private readonly writable: boolean;
  private closed = false;

  constructor(disk: MountedDisk, path: string, inode: MemoryInode, writable: boolean) {
    this.disk = disk;
    this.path = path;
    this.inode = inode;
    this.writable = writable;
  }

  size(): number {
    return this.inode.size;
  }

  readAt(target: Uint8Array, position: number): number {
    if (this.closed) throw new DiskError('EBADF', this.path);
    return this.inode.readAt(target, position);
  }

  readAtAsync(target: Uint8Array, position: number): Promise<number> {
    const apply = (): number => this.readAt(target, position);
    return this.disk.run('read', this.path, apply, target.length);
  }

  writeAt(source: Uint8Array, position: number): Promise<void> {
    return this.writevAt([source], position);
  }

  async writevAt(sources: readonly Uint8Array[], position: number): Promise<void> {
    this.assertWritable();
    await this.disk.write(this.inode, this.path, sources, position);
  }

  async truncate(size: number): Promise<void> {
    this.assertWritable();
    await this.disk.run('truncate', this.path, () => this.inode.truncate(size), size);
  }

  async datasync(): Promise<void> {
    if (this.closed) throw new DiskError('EBADF', this.path);
    await this.disk.sync(this.inode, this.path);
  }

  close(): Promise<void> {
    this.closed = true;
    return this.disk.owner.isAlive ? Promise.resolve() : new Promise(() => {});
  }

  private assertWritable(): void {
    if (this.closed || !this.writable) throw new DiskError('EBADF', this.path);
  }
}

export function lengthOf(sources: readonly Uint8Array[]): number {
  let length = 0;
  for (const source of sources) length += source.length;
  return length;
}

/** Writes the part of `sources` that lies before `end`. */
export function writeUntil(
  inode: MemoryInode,
  sources: readonly Uint8Array[],
  position: number,
  end: number,
): void {
  for (const source of sources) {
    if (position >= end) return;
    inode.write(
      position + source.length <= end ? source : source.subarray(0, end - position),
      position,
    );
    position += source.length;
  }
}

/**
 * Where a write to [position, end) may be interrupted: between two pages of the cache, which takes each one whole. A
 * write within one page is not interrupted; a power failure may still tear it.
 */
export function pageEndWithin(position: number, end: number, random: SimRandom): number {
  const first = Math.floor(position / CONTENT_PAGE_BYTES) + 1;
  const last = Math.ceil(end / CONTENT_PAGE_BYTES) - 1;
  return last < first ? end : random.between(first, last + 1) * CONTENT_PAGE_BYTES;
}
