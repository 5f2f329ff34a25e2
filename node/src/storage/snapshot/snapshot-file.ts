// The content of a .snap file: a checksummed raftpb.Snapshot (etcd server/etcdserver/api/snap/snapshotter.go).
import { crc32c } from '../../base/crc.ts';
import { decode, encode } from '../../wire/codec.ts';
import { Snapshot } from '../../wire/gen/raft.ts';
import { ChecksummedSnapshot } from '../../wire/gen/snap.ts';

const SUFFIX = '.snap';

const hex = (value: number): string => value.toString(16).padStart(16, '0');

/** `<term>-<index>.snap`: the order of the names is the order in time. */
export function snapshotFileName(term: number, index: number): string {
  return `${hex(term)}-${hex(index)}${SUFFIX}`;
}

export function isSnapshotFileName(name: string): boolean {
  return name.endsWith(SUFFIX);
}

const DATABASE_SUFFIX = '.snap.db';

/** `<index>.snap.db`: a database that a leader sent. */
export function databaseFileName(index: number): string {
  return `${hex(index)}${DATABASE_SUFFIX}`;
}

/** The index in such a name, or undefined. */
export function databaseIndexOf(name: string): number | undefined {
  if (!name.endsWith(DATABASE_SUFFIX)) return undefined;
  const digits = name.slice(0, -DATABASE_SUFFIX.length);
  return /^[0-9a-f]{1,16}$/.test(digits) ? Number(`0x${digits}`) : undefined;
}

export function encodeSnapshotFile(snapshot: Snapshot): Uint8Array {
  const data = encode(Snapshot, snapshot);
  return encode(ChecksummedSnapshot, { crc: crc32c(0, data), data });
}

/** @throws Error that says what is wrong with the content */
export function decodeSnapshotFile(content: Uint8Array): Snapshot {
  if (content.length === 0) throw new Error('snap: empty snapshot');
  const { crc, data } = decode(ChecksummedSnapshot, content);
  if (data.length === 0 || crc === 0) throw new Error('snap: empty snapshot');
  if (crc32c(0, data) !== crc) throw new Error('snap: crc mismatch');
  return decode(Snapshot, data);
}
