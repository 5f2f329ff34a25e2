// The names of a disk in memory: folders, whose changes reach the disk in order and for certain only when the folder is
// synced.
import { MemoryInode } from './memory-inode.ts';
import { CONTENT_PAGE_BYTES } from './paged-content.ts';

export type Node = MemoryInode | MemoryFolder;

/** One change of a folder's names that is not synced yet. A rename within a folder is one change, as file systems do it. */
type NameChange =
  | { readonly kind: 'set'; readonly name: string; readonly node: Node }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | {
      readonly kind: 'remove';
      readonly name: string;
      /** The folder it moved to: it never leaves this one without arriving there. */
      readonly movedTo?: { readonly folder: MemoryFolder; readonly change: NameChange } | undefined;
    };

export class MemoryFolder {
  readonly current = new Map<string, Node>();
  readonly durable = new Map<string, Node>();
  readonly pending: NameChange[] = [];

  change(change: NameChange): void {
    applyChange(this.current, change);
    this.pending.push(change);
  }

  sync(): void {
    for (const change of this.pending.splice(0)) {
      if (change.kind === 'remove') change.movedTo?.folder.sync();
      applyChange(this.durable, change);
    }
  }

  /** Takes the name away for good, as a lost entry does. */
  lose(name: string): void {
    this.sync();
    this.current.delete(name);
    this.durable.delete(name);
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

export class MemoryTree {
  readonly root: MemoryFolder;

  constructor(root = new MemoryFolder()) {
    this.root = root;
  }

  find(path: string): Node | undefined {
    let node: Node | undefined = this.root;
    for (const name of split(path)) {
      if (!(node instanceof MemoryFolder)) return undefined;
      node = node.current.get(name);
    }
    return node;
  }

  folder(path: string): MemoryFolder {
    const node = this.find(path);
    if (node === undefined) throw new DiskError('ENOENT', path);
    if (!(node instanceof MemoryFolder)) throw new DiskError('ENOTDIR', path);
    return node;
  }

  inode(path: string): MemoryInode {
    const node = this.find(path);
    if (!(node instanceof MemoryInode)) throw new DiskError('ENOENT', path);
    return node;
  }

  /** The file to open, or undefined when there is none. */
  openable(path: string): MemoryInode | undefined {
    const { folder, name } = this.parent(path);
    const node = folder.current.get(name);
    if (node instanceof MemoryFolder) throw new DiskError('EISDIR', path);
    return node;
  }

  create(path: string): MemoryInode {
    const { folder, name } = this.parent(path);
    const node = new MemoryInode();
    folder.change({ kind: 'set', name, node });
    return node;
  }

  /** A file with this content, durably, in place of what is there; folders are made as needed. */
  put(path: string, content: Uint8Array): void {
    const names = split(path);
    const name = names.pop();
    if (name === undefined) throw new DiskError('EINVAL', path);
    const parent = names.join('/');
    for (const changed of this.makeFolder(parent)) this.folder(changed).sync();
    const folder = this.folder(parent);
    folder.change({ kind: 'set', name, node: MemoryInode.of(content) });
    folder.sync();
  }

  list(path: string): string[] {
    return [...this.folder(path).current.keys()].sort();
  }

  /** Makes the folder and its parents. Returns the folders that have a new name in them, the deepest first. */
  makeFolder(path: string): string[] {
    const changed: string[] = [];
    let folder = this.root;
    let at = '';
    for (const name of split(path)) {
      let next = folder.current.get(name);
      if (next === undefined) {
        next = new MemoryFolder();
        folder.change({ kind: 'set', name, node: next });
        changed.unshift(at);
      }
      if (!(next instanceof MemoryFolder)) throw new DiskError('ENOTDIR', path);
      folder = next;
      at = at === '' ? name : `${at}/${name}`;
    }
    return changed;
  }

  rename(from: string, to: string): void {
    const source = this.parent(from);
    const target = this.parent(to);
    const node = source.folder.current.get(source.name);
    if (node === undefined) throw new DiskError('ENOENT', from);
    const replaced = target.folder.current.get(target.name);
    if (replaced instanceof MemoryFolder && replaced.current.size > 0)
      throw new DiskError('ENOTEMPTY', to);
    if (source.folder === target.folder) {
      source.folder.change({ kind: 'rename', from: source.name, to: target.name });
      return;
    }
    const change: NameChange = { kind: 'set', name: target.name, node };
    target.folder.change(change);
    const movedTo = { folder: target.folder, change };
    source.folder.change({ kind: 'remove', name: source.name, movedTo });
  }

  /** Removes the name, of a folder with everything in it. */
  remove(path: string): void {
    const { folder, name } = this.parent(path);
    if (!folder.current.has(name)) throw new DiskError('ENOENT', path);
    folder.change({ kind: 'remove', name });
  }

  /** All files, in the order of their paths. */
  files(): { readonly path: string; readonly inode: MemoryInode }[] {
    const found: { path: string; inode: MemoryInode }[] = [];
    collect(this.root, '', found);
    return found;
  }

  sizeBytes(): number {
    return this.files().reduce((sum, { inode }) => sum + inode.size, 0);
  }

  /** What the files take on the disk: holes are free. */
  allocatedBytes(): number {
    let pages = 0;
    for (const { inode } of this.files()) pages += inode.content.allocatedPages;
    return pages * CONTENT_PAGE_BYTES;
  }

  /** The disk after a power failure. */
  crash(chance: () => number): MemoryTree {
    const kept = new Map<MemoryFolder, number>();
    chooseKept(this.root, chance, kept);
    keepMoved(kept);
    return new MemoryTree(crashFolder(this.root, chance, kept, new Map()));
  }

  /** A copy in which everything is durable as it is. */
  settled(): MemoryTree {
    return new MemoryTree(settleFolder(this.root, new Map()));
  }

  /** A copy, all that is not synced included. */
  fork(): MemoryTree {
    return new MemoryTree(forkFolder(this.root, { nodes: new Map(), changes: new Map() }));
  }

  private parent(path: string): { folder: MemoryFolder; name: string } {
    const names = split(path);
    const name = names.pop();
    if (name === undefined) throw new DiskError('EINVAL', path);
    return { folder: this.folder(names.join('/')), name };
  }
}

function split(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

function collect(
  folder: MemoryFolder,
  prefix: string,
  found: { path: string; inode: MemoryInode }[],
): void {
  for (const name of [...folder.current.keys()].sort()) {
    const node = folder.current.get(name);
    const path = `${prefix}${name}`;
    if (node instanceof MemoryFolder) collect(node, `${path}/`, found);
    else if (node !== undefined) found.push({ path, inode: node });
  }
}

/** Folders that the disk may show: those it has names for, and those that pending changes name. */
function* reachable(folder: MemoryFolder): Iterable<Node> {
  yield* folder.durable.values();
  for (const change of folder.pending) if (change.kind === 'set') yield change.node;
}

/** Changes of one folder reach the disk in order: a prefix of the pending ones survives. */
function chooseKept(
  folder: MemoryFolder,
  chance: () => number,
  kept: Map<MemoryFolder, number>,
): void {
  if (kept.has(folder)) return;
  kept.set(folder, Math.floor(chance() * (folder.pending.length + 1)));
  for (const node of reachable(folder))
    if (node instanceof MemoryFolder) chooseKept(node, chance, kept);
}

/** What moved from folder to folder is in at least one of them. */
function keepMoved(kept: Map<MemoryFolder, number>): void {
  for (const [folder, count] of kept) {
    for (const change of folder.pending.slice(0, count)) {
      if (change.kind !== 'remove' || change.movedTo === undefined) continue;
      const place = change.movedTo.folder.pending.indexOf(change.movedTo.change);
      const have = kept.get(change.movedTo.folder) ?? 0;
      kept.set(change.movedTo.folder, Math.max(have, place + 1));
    }
  }
}

function crashFolder(
  folder: MemoryFolder,
  chance: () => number,
  kept: Map<MemoryFolder, number>,
  seen: Map<Node, Node>,
): MemoryFolder {
  const names = new Map(folder.durable);
  for (const change of folder.pending.slice(0, kept.get(folder) ?? 0)) applyChange(names, change);
  return rebuild(names, seen, (node) =>
    node instanceof MemoryInode ? node.crash(chance) : crashFolder(node, chance, kept, seen),
  );
}

function settleFolder(folder: MemoryFolder, seen: Map<Node, Node>): MemoryFolder {
  return rebuild(folder.current, seen, (node) =>
    node instanceof MemoryInode ? node.settled() : settleFolder(node, seen),
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

/** What was forked already, by what it was forked from. */
interface Forked {
  readonly nodes: Map<Node, Node>;
  readonly changes: Map<NameChange, NameChange>;
}

function forkNode(node: Node, forked: Forked): Node {
  const known = forked.nodes.get(node);
  if (known !== undefined) return known;
  if (node instanceof MemoryFolder) return forkFolder(node, forked);
  const copy = node.fork();
  forked.nodes.set(node, copy);
  return copy;
}

function forkFolder(folder: MemoryFolder, forked: Forked): MemoryFolder {
  const known = forked.nodes.get(folder);
  if (known instanceof MemoryFolder) return known;
  const copy = new MemoryFolder();
  forked.nodes.set(folder, copy);
  for (const [name, node] of folder.current) copy.current.set(name, forkNode(node, forked));
  for (const [name, node] of folder.durable) copy.durable.set(name, forkNode(node, forked));
  for (const change of folder.pending) copy.pending.push(forkChange(change, forked));
  return copy;
}

function forkChange(change: NameChange, forked: Forked): NameChange {
  let copy = forked.changes.get(change);
  if (copy !== undefined) return copy;
  if (change.kind === 'set') {
    copy = { ...change, node: forkNode(change.node, forked) };
  } else if (change.kind === 'remove' && change.movedTo !== undefined) {
    const { folder, change: arrival } = change.movedTo;
    const movedTo = { folder: forkFolder(folder, forked), change: forkChange(arrival, forked) };
    copy = { ...change, movedTo };
  } else {
    copy = change;
  }
  forked.changes.set(change, copy);
  return copy;
}
