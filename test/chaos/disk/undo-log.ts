// The log of native/lossy-disk.h, read back: every change of the disk with what undoes it.
import { readFileSync } from 'node:fs';

const MAGIC = 0x4b534944;
const HEADER_LENGTH = 64;

export const RecordKind = {
  Write: 1,
  Cut: 2,
  Truncate: 3,
  Sync: 4,
  FailedSync: 5,
  Create: 6,
  Make: 7,
  Unlink: 8,
  RemoveFolder: 9,
  Rename: 10,
} as const;
export type RecordKind = (typeof RecordKind)[keyof typeof RecordKind];

/** See struct record of native/lossy-disk.h for what the fields mean in each kind. */
export interface UndoRecord {
  readonly kind: RecordKind;
  /** Counts up from the first change of the disk. */
  readonly number: number;
  /** Inodes. */
  readonly folder: number;
  readonly inode: number;
  readonly first: number;
  readonly second: number;
  readonly third: number;
  readonly name: string;
  readonly other: string;
  readonly data: Buffer;
}

/**
 * All whole records. A process that was killed while it appended leaves half a one, whose change did not happen.
 * @throws Error when the log is none
 */
export function readUndoLog(path: string): { records: UndoRecord[]; length: number } {
  const bytes = readFileSync(path);
  const records: UndoRecord[] = [];
  let at = 0;
  while (at + HEADER_LENGTH <= bytes.length) {
    if (bytes.readUInt32LE(at) !== MAGIC) throw new Error(`no record at ${at} of ${path}`);
    const nameLength = bytes.readUInt16LE(at + 6);
    const otherLength = bytes.readUInt16LE(at + 8);
    const dataLength = bytes.readUInt32LE(at + 12);
    const word = (index: number): number => Number(bytes.readBigUInt64LE(at + 16 + 8 * index));
    const names = at + HEADER_LENGTH;
    const data = names + nameLength + otherLength;
    if (data + dataLength > bytes.length) break;
    records.push({
      kind: bytes.readUInt16LE(at + 4) as RecordKind, // the library writes no other
      number: word(0),
      folder: word(1),
      inode: word(2),
      first: word(3),
      second: word(4),
      third: word(5),
      name: bytes.toString('utf8', names, names + nameLength),
      other: bytes.toString('utf8', names + nameLength, data),
      data: bytes.subarray(data, data + dataLength),
    });
    at = data + dataLength;
  }
  return { records, length: at };
}

/** What a sync covered. `isDoomed`: a sync failed on it, so that no later one makes it safe. */
export interface Change {
  readonly record: UndoRecord;
  isSafe: boolean;
  isDoomed: boolean;
}

/** Marks the changes that fsync or fdatasync made safe. Content by its file, names by their folders. */
export function judge(records: readonly UndoRecord[]): Change[] {
  const changes: Change[] = [];
  const open = new Map<number, Change[]>();
  for (const record of records) {
    const { kind, inode, first } = record;
    if (kind === RecordKind.Sync || kind === RecordKind.FailedSync) {
      const covered = (open.get(inode) ?? []).filter((change) => change.record.number <= first);
      for (const change of covered) {
        if (kind === RecordKind.FailedSync) change.isDoomed ||= !change.isSafe;
        else change.isSafe ||= !change.isDoomed;
      }
      open.set(
        inode,
        (open.get(inode) ?? []).filter((change) => !change.isSafe && !change.isDoomed),
      );
      continue;
    }
    const change: Change = { record, isSafe: false, isDoomed: false };
    changes.push(change);
    for (const owner of ownersOf(record)) {
      const list = open.get(owner);
      if (list === undefined) open.set(owner, [change]);
      else list.push(change);
    }
  }
  return changes;
}

/** The inodes whose sync makes a change safe. */
export function ownersOf({ kind, inode, folder, second }: UndoRecord): number[] {
  if (kind <= RecordKind.Truncate) return [inode];
  return kind === RecordKind.Rename && second !== folder ? [folder, second] : [folder];
}
