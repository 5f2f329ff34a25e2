// A disk in memory for tests: it loses on a crash what a real one may lose. Written bytes survive for certain only
// after datasync, created, renamed and removed names only after syncFolder of their folder.
import type { Disk, DiskFile, OpenMode } from '../world.ts';
import { MemoryInode } from './memory-inode.ts';

type Node = MemoryInode | MemoryFolder;

/** One change of a folder's names that is not synced yet. A rename within a folder is one change, as file systems do it. */
type NameChange =
  | { readonly kind: 'set'; readonly name: string; readonly node: Node }
  | { readonly kind: 'remove'; readonly name: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string };

class MemoryFolder {
  readonly current = new Map<string, Node>();
  readonly durable = new Map<string, Node>();
  readonly pending: NameChange[] = [];

  change(change: NameChange): void {
    applyChange(this.current, change);
    this.pending.push(change);
  }

  sync(): void {
    for (const change of this.pending) applyChange(this.durable, change);
    this.pending.length = 0;
  }
}

function applyChange(names: Map<string, Node>, change: NameChange): void {
  if (change.kind === 'set') names.set(change.name, change.node);
  else if (change.kind === 'remove') names.delete(change.name);
  else {
    const node = names.get(change.from);
    names.delete(change.from);
    if (node !== undefined) names.set(change.to, node);
  }
}

/** An error with POSIX's code, as the real disk gives it. */
export class DiskError extends Error {
  readonly code: string;
  constructor(code: string, path: string) {
    super(`${code}: ${path}`);
    this.name = 'DiskError';
    this.code = code;
  }
}

export interface MemoryDiskOptions {
  /** Bytes that all files together may hold; a write beyond it fails with ENOSPC. */
  readonly capacityBytes?: number;
  /** Called before every operation; what it throws is the operation's failure, what it returns is awaited first. */
  readonly before?: (operation: DiskOperation, path: string) => void | Promise<void>;
}

export type DiskOperation =
  | 'open' | 'write' | 'truncate' | 'datasync' | 'rename' | 'remove' | 'makeFolder' | 'syncFolder' | 'read'; // prettier-ignore

export class MemoryDisk implements Disk {
  options: MemoryDiskOptions;
  private root = new MemoryFolder();
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
    after.root = crashFolder(this.root, chance);
    return after;
  }

  /** A copy that shares nothing: to damage it or to crash it in several ways. */
  clone(): MemoryDisk {
    const copy = new MemoryDisk();
    copy.root = cloneFolder(this.root, new Map());
    return copy;
  }

  /** The file's present content, to look at or to damage in place (the change counts as durable). */
  contentOf(path: string): Uint8Array {
    return this.inode(path).view();
  }

  /** Replaces the file's content, durably, making folders as needed. */
  setContent(path: string, content: Uint8Array): void {
    let folder = this.root;
    const names = split(path);
    const last = names.pop() ?? '';
    for (const name of names) {
      let next = folder.current.get(name);
      if (next === undefined) {
        next = new MemoryFolder();
        folder.change({ kind: 'set', name, node: next });
      }
      if (!(next instanceof MemoryFolder)) throw new DiskError('ENOTDIR', path);
      folder.sync();
      folder = next;
    }
    folder.change({ kind: 'set', name: last, node: MemoryInode.of(content) });
    folder.sync();
  }

  usedBytes(): number {
    return folderBytes(this.root);
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
    const { folder, name } = this.parent(path);
    let node = folder.current.get(name);
    if (node === undefined) {
      if (mode !== 'create') throw new DiskError('ENOENT', path);
      node = new MemoryInode();
      folder.change({ kind: 'set', name, node });
    }
    if (!(node instanceof MemoryInode)) throw new DiskError('EISDIR', path);
    return new MemoryFile(this, path, node, mode !== 'read');
  }

  exists(path: string): Promise<boolean> {
    return Promise.resolve(this.find(path) !== undefined);
  }

  async list(path: string): Promise<string[]> {
    await this.enter('read', path);
    return [...this.folder(path).current.keys()].sort();
  }

  async makeFolder(path: string): Promise<void> {
    await this.enter('makeFolder', path);
    let folder = this.root;
    for (const name of split(path)) {
      let next = folder.current.get(name);
      if (next === undefined) {
        next = new MemoryFolder();
        folder.change({ kind: 'set', name, node: next });
      }
      if (!(next instanceof MemoryFolder)) throw new DiskError('ENOTDIR', path);
      folder = next;
    }
  }

  async rename(from: string, to: string): Promise<void> {
    await this.enter('rename', from);
    const source = this.parent(from);
    const target = this.parent(to);
    const node = source.folder.current.get(source.name);
    if (node === undefined) throw new DiskError('ENOENT', from);
    if (source.folder === target.folder) {
      source.folder.change({ kind: 'rename', from: source.name, to: target.name });
      return;
    }
    target.folder.change({ kind: 'set', name: target.name, node });
    source.folder.change({ kind: 'remove', name: source.name });
  }

  async remove(path: string): Promise<void> {
    await this.enter('remove', path);
    const { folder, name } = this.parent(path);
    if (!folder.current.has(name)) throw new DiskError('ENOENT', path);
    folder.change({ kind: 'remove', name });
  }

  async removeFolder(path: string): Promise<void> {
    await this.enter('remove', path);
    if (this.find(path) === undefined) return;
    const { folder, name } = this.parent(path);
    folder.change({ kind: 'remove', name });
  }

  async syncFolder(path: string): Promise<void> {
    await this.enter('syncFolder', path);
    this.folder(path).sync();
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

  private find(path: string): Node | undefined {
    let node: Node | undefined = this.root;
    for (const name of split(path)) {
      if (!(node instanceof MemoryFolder)) return undefined;
      node = node.current.get(name);
    }
    return node;
  }

  private folder(path: string): MemoryFolder {
    const node = this.find(path);
    if (node === undefined) throw new DiskError('ENOENT', path);
    if (!(node instanceof MemoryFolder)) throw new DiskError('ENOTDIR', path);
    return node;
  }

  private inode(path: string): MemoryInode {
    const node = this.find(path);
    if (!(node instanceof MemoryInode)) throw new DiskError('ENOENT', path);
    return node;
  }

  private parent(path: string): { folder: MemoryFolder; name: string } {
    const names = split(path);
    const name = names.pop();
    if (name === undefined) throw new DiskError('EINVAL', path);
    return { folder: this.folder(names.join('/')), name };
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
    await this.disk.enter('datasync', this.path);
    this.inode.sync();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function split(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

function crashFolder(
  folder: MemoryFolder,
  chance: () => number,
  seen = new Map<Node, Node>(),
): MemoryFolder {
  // Changes of one folder reach the disk in order: a prefix of the pending ones survives.
  const keep = Math.floor(chance() * (folder.pending.length + 1));
  const names = new Map(folder.durable);
  for (const change of folder.pending.slice(0, keep)) applyChange(names, change);
  return rebuild(names, seen, (node) =>
    node instanceof MemoryInode ? node.crash(chance) : crashFolder(node, chance, seen),
  );
}

function cloneFolder(folder: MemoryFolder, seen: Map<Node, Node>): MemoryFolder {
  return rebuild(folder.current, seen, (node) =>
    node instanceof MemoryInode ? MemoryInode.of(node.view()) : cloneFolder(node, seen),
  );
}

function rebuild(
  names: Map<string, Node>,
  seen: Map<Node, Node>,
  copy: (node: Node) => Node,
): MemoryFolder {
  const result = new MemoryFolder();
  for (const [name, node] of names) {
    const made = seen.get(node) ?? copy(node);
    seen.set(node, made);
    result.current.set(name, made);
    result.durable.set(name, made);
  }
  return result;
}

function folderBytes(folder: MemoryFolder): number {
  let total = 0;
  for (const node of folder.current.values())
    total += node instanceof MemoryInode ? node.size : folderBytes(node);
  return total;
}
