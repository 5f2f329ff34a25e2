// A power failure, made of an undo log: what was synced stays, of the rest an arbitrary part.
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { judge, ownersOf, RecordKind, type Change, type UndoRecord } from './undo-log.ts';

const SECTOR_BYTES = 512;

/** Decides what survives of that which was not synced. */
export interface Survival {
  /** For a sector of an unsynced write, and for an unsynced change of a file's size. */
  sector(): boolean;
  /** How many of a folder's unsynced changes survive, the oldest first: a number in [0, count]. */
  names(count: number): number;
}

export const NOTHING_SURVIVES: Survival = { sector: () => false, names: () => 0 };
export const ALL_SURVIVES: Survival = { sector: () => true, names: (count) => count };

export interface Losses {
  /** Changes of content and names that no sync had made safe. */
  unsynced: number;
  /** Writes of which at least one sector was lost. */
  writes: number;
  names: number;
}

/** Changes the files below `root` to what they may be after a power failure; `grave` holds the unlinked ones. */
export function powerFailure(
  root: string,
  grave: string,
  records: readonly UndoRecord[],
  survival: Survival,
): Losses {
  const changes = judge(records);
  const unsynced = changes.filter(({ isSafe }) => !isSafe).length;
  const losses = { unsynced, writes: 0, names: 0 };
  const byFile = Map.groupBy(
    changes.filter(({ record }) => record.kind <= RecordKind.Truncate),
    ({ record }) => record.inode,
  );
  const paths = pathsOf(root, grave);
  for (const [inode, contents] of byFile) {
    const path = paths.get(inode);
    if (path === undefined) throw new Error(`the file of inode ${inode} is gone`);
    losses.writes += rewrite(path, contents, survival);
  }
  const lost = lostNames(
    changes.filter(({ record }) => record.kind > RecordKind.FailedSync),
    survival,
  );
  const names = new NameUndo(root, grave);
  for (const record of lost.toReversed()) names.undo(record);
  losses.names = lost.length;
  return losses;
}

/** Takes a file back to before its first unsynced change, then repeats what survives. Returns how many writes were lost. */
function rewrite(path: string, contents: readonly Change[], survival: Survival): number {
  const firstUnsafe = contents.findIndex((change) => !change.isSafe);
  if (firstUnsafe < 0) return 0;
  const open = contents.slice(firstUnsafe);
  const file = openSync(path, 'r+');
  try {
    const written: Buffer[] = [];
    for (let index = open.length - 1; index >= 0; index--) {
      const { record } = open[index]!;
      written[index] = sectorsOf(file, record);
      undo(file, record);
    }
    let lost = 0;
    open.forEach((change, index) => {
      if (!repeat(file, change, written[index]!, survival)) lost++;
    });
    return lost;
  } finally {
    closeSync(file);
  }
}

function undo(file: number, { kind, first, second, third, data }: UndoRecord): void {
  if (kind !== RecordKind.Truncate) {
    const before = Buffer.alloc(Math.max(0, Math.min(second, third - first)));
    data.copy(before);
    writeSync(file, before, 0, before.length, first);
  }
  ftruncateSync(file, third);
}

/** False when something of it is lost. */
function repeat(
  file: number,
  { record, isSafe }: Change,
  written: Buffer,
  survival: Survival,
): boolean {
  if (record.kind === RecordKind.Cut) return true;
  if (record.kind === RecordKind.Truncate) {
    const survives = isSafe || survival.sector();
    if (survives) ftruncateSync(file, record.first);
    return survives;
  }
  let whole = true;
  const from = record.first - (record.first % SECTOR_BYTES);
  for (let at = 0; at < written.length; at += SECTOR_BYTES) {
    if (isSafe || survival.sector()) putSector(file, from + at, written.subarray(at));
    else whole = false;
  }
  return whole;
}

/** Whole: zeros follow where the file ended then, and is longer now. */
function putSector(file: number, position: number, bytes: Buffer): void {
  const rest = fstatSync(file).size - position;
  const length = Math.min(SECTOR_BYTES, Math.max(bytes.length, rest));
  const sector = Buffer.alloc(length);
  bytes.copy(sector, 0, 0, length);
  writeSync(file, sector, 0, length, position);
}

/** What stands in the sectors of a write now, right after it: a disk never holds parts of them. */
function sectorsOf(file: number, { kind, first, second }: UndoRecord): Buffer {
  if (kind !== RecordKind.Write) return Buffer.alloc(0);
  const from = first - (first % SECTOR_BYTES);
  const end = Math.ceil((first + second) / SECTOR_BYTES) * SECTOR_BYTES;
  const bytes = Buffer.alloc(Math.max(0, Math.min(end, fstatSync(file).size) - from));
  readSync(file, bytes, 0, bytes.length, from);
  return bytes;
}

/** Names that are lost, in the order of their changes. Of each folder the changes that survive are a prefix. */
function lostNames(changes: readonly Change[], survival: Survival): UndoRecord[] {
  const lastSafe = new Map<number, number>();
  // Backwards: what a synced change stands on is safe too, in both folders of a rename.
  for (let index = changes.length - 1; index >= 0; index--) {
    const { record, isSafe } = changes[index]!;
    const owners = ownersOf(record);
    const covered = isSafe || owners.some((owner) => index < (lastSafe.get(owner) ?? -1));
    if (covered) {
      for (const owner of owners) lastSafe.set(owner, Math.max(index, lastSafe.get(owner) ?? -1));
    }
  }
  const open = new Map<number, number[]>();
  changes.forEach(({ record }, index) => {
    for (const owner of ownersOf(record)) {
      if (index <= (lastSafe.get(owner) ?? -1)) continue;
      const list = open.get(owner);
      if (list === undefined) open.set(owner, [index]);
      else list.push(index);
    }
  });
  /** From which change on a folder's changes are lost. */
  const firstLost = new Map<number, number>();
  for (const [owner, indexes] of open) {
    firstLost.set(owner, indexes[survival.names(indexes.length)] ?? Infinity);
  }
  return changes.flatMap(({ record }, index) => {
    const owners = ownersOf(record);
    if (!owners.some((owner) => index >= (firstLost.get(owner) ?? Infinity))) return [];
    for (const owner of owners)
      firstLost.set(owner, Math.min(index, firstLost.get(owner) ?? index));
    return [record];
  });
}

/** Undoes changes of names, the latest first. Folders are known by inode, for they may have moved since. */
class NameUndo {
  readonly #root: string;
  readonly #grave: string;
  readonly #remade = new Map<number, number>();
  #discarded = 0;

  constructor(root: string, grave: string) {
    this.#root = root;
    this.#grave = grave;
  }

  undo(record: UndoRecord): void {
    const { kind, folder, inode, first, second, name, other } = record;
    const at = this.#pathOf(folder);
    if (at === undefined) throw new Error(`the folder of ${name} is gone`);
    const path = join(at, name);
    switch (kind) {
      case RecordKind.Create:
      case RecordKind.Make:
        if (inodeAt(path) === this.#now(inode)) renameSync(path, this.#discard());
        return;
      case RecordKind.Unlink:
        if (inodeAt(path) === undefined) renameSync(join(this.#grave, String(first)), path);
        return;
      case RecordKind.RemoveFolder:
        if (inodeAt(path) !== undefined) return;
        mkdirSync(path);
        this.#remade.set(inode, lstatSync(path).ino);
        return;
      case RecordKind.Rename: {
        const target = join(this.#pathOf(second) ?? '', other);
        if (inodeAt(target) !== this.#now(inode)) return; // it was killed before it came to it
        renameSync(target, path);
        if (first > 0) renameSync(join(this.#grave, String(first)), target);
        return;
      }
      default:
        throw new Error(`not a change of names: ${kind}`);
    }
  }

  #now(inode: number): number {
    return this.#remade.get(inode) ?? inode;
  }

  #discard(): string {
    return join(this.#grave, `lost-${++this.#discarded}`);
  }

  #pathOf(inode: number): string | undefined {
    return pathsOf(this.#root, this.#grave).get(this.#now(inode));
  }
}

function inodeAt(path: string): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.ino;
}

/** Where each inode is; for unlinked ones in the grave. */
function pathsOf(root: string, grave: string): Map<number, string> {
  const paths = new Map<number, string>();
  for (const start of [grave, root]) {
    paths.set(lstatSync(start).ino, start);
    for (const name of readdirSync(start, { recursive: true, encoding: 'utf8' })) {
      const path = join(start, name);
      paths.set(lstatSync(path).ino, path);
    }
  }
  return paths;
}
