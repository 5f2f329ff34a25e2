// Reads a log through: from the segment that may hold what follows a snapshot to the end of the last one.
import { equalBytes } from '../../base/bytes.ts';
import type { Logger } from '../../base/logger.ts';
import type { Disk } from '../../base/world.ts';
import { type Codec, decode } from '../../wire/codec.ts';
import { Entry, HardState } from '../../wire/gen/raft.ts';
import { Snapshot } from '../../wire/gen/record.ts';
import { DecodeError } from '../../wire/reader.ts';
import { Doubt } from './doubt.ts';
import { WalMismatchError } from './errors.ts';
import { RecordType, type SegmentName, parseSegmentName } from './format.ts';
import { SegmentReader } from './segment-reader.ts';

/** What a member's log held. */
export interface WalState {
  metadata: Uint8Array;
  hardState: HardState;
  /** Entries after the snapshot, one index after the other; those beyond hardState.commit may be overwritten yet. */
  entries: Entry[];
}

/** Where the log ends. */
export interface WalEnd {
  /** The segments that were read, oldest first. */
  readonly segments: SegmentName[];
  /** Bytes of the last segment that are valid. */
  readonly position: number;
  /** What lies before this in the last segment is surely on the disk. */
  readonly doubtFrom: number;
  /** Size of the last segment's file. */
  readonly size: number;
  readonly isTorn: boolean;
  /** The checksum after the last record. */
  readonly crc: number;
  /** Index of the last entry, or of a snapshot beyond it. */
  readonly lastIndex: number;
}

/** Segments that were read through, by name, and how far they were found sound. */
export type SoundSegments = ReadonlyMap<string, number>;

const NONE_SOUND: SoundSegments = new Map();

/** Handles a record; the reader says where it is. False when that was enough of the segment. */
type Visit = (reader: SegmentReader) => boolean | void;

/** Segments in `folder` in order. Files of other names are left alone. */
export async function listSegments(
  disk: Disk,
  folder: string,
  logger: Logger,
): Promise<SegmentName[]> {
  const segments: SegmentName[] = [];
  for (const name of await disk.list(folder)) {
    const segment = parseSegmentName(name);
    if (segment !== undefined) segments.push(segment);
    else if (!name.endsWith('.tmp') && !name.endsWith('.broken'))
      logger.warn('ignored file in WAL directory', { path: `${folder}/${name}` });
  }
  return segments;
}

/**
 * Reads what follows the snapshot. Changes nothing on the disk.
 * @throws WalCorruptError
 * @throws WalMismatchError when the log does not know the snapshot
 */
export async function replay(
  disk: Disk,
  folder: string,
  snapshot: { readonly index: number; readonly term: number },
  logger: Logger,
  sound: SoundSegments = NONE_SOUND,
): Promise<{ state: WalState; end: WalEnd }> {
  const segments = await selectSegments(disk, folder, snapshot.index, logger);
  const collector = new Collector(folder, snapshot);
  const visit = (reader: SegmentReader): void => collector.visit(reader);
  const end = await readSegments(disk, folder, segments, visit, sound);
  if (!collector.isSnapshotFound)
    throw new WalMismatchError(
      folder,
      `it has no record of the snapshot at index ${snapshot.index}, term ${snapshot.term}`,
    );
  return { state: collector.state, end: { ...end, lastIndex: collector.lastIndex } };
}

/** Who wrote the log: the metadata at the head of its first segment. Reads no further. @throws WalCorruptError, WalMismatchError */
export async function readMetadata(
  disk: Disk,
  folder: string,
  logger: Logger,
): Promise<Uint8Array> {
  const [first] = await listSegments(disk, folder, logger);
  if (first === undefined) throw new WalMismatchError(folder, 'it has no segment');
  const path = `${folder}/${first.name}`;
  const file = await disk.open(path, 'read');
  try {
    const reader = new SegmentReader(path, file, undefined, false);
    for (;;) {
      const step = reader.next();
      if (step === 'fill') await reader.fill();
      else if (step !== 'record') return reader.fail('the segment has no metadata');
      else if (reader.type === RecordType.Metadata) return reader.data.slice();
    }
  } finally {
    await file.close();
  }
}

/**
 * Whether the log holds anything that its member may have told others of: a hard state, which is behind the entries that
 * it belongs to in the same sync, or a snapshot. Reads no further than that. @throws WalCorruptError
 */
export async function readHasBegun(disk: Disk, folder: string, logger: Logger): Promise<boolean> {
  let hasBegun = false;
  const [first] = await listSegments(disk, folder, logger);
  if (first === undefined) return false;
  await readSegments(disk, folder, [first], (reader) => {
    if (reader.type === RecordType.State) hasBegun ||= decodeData(reader, HardState).term > 0;
    else if (reader.type === RecordType.Snapshot)
      hasBegun ||= decodeData(reader, Snapshot).index > 0;
    return !hasBegun;
  });
  return hasBegun;
}

/** Snapshots that the log knows and that are committed (ValidSnapshotEntries in etcd's wal.go), oldest first. */
export async function readValidSnapshots(
  disk: Disk,
  folder: string,
  logger: Logger,
): Promise<Snapshot[]> {
  const segments = await listSegments(disk, folder, logger);
  checkSequence(folder, segments);
  const snapshots: Snapshot[] = [];
  let commitIndex = 0;
  await readSegments(disk, folder, segments, (reader) => {
    if (reader.type === RecordType.Snapshot) snapshots.push(decodeData(reader, Snapshot));
    else if (reader.type === RecordType.State) commitIndex = decodeData(reader, HardState).commit;
  });
  return snapshots.filter((snapshot) => snapshot.index <= commitIndex);
}

/**
 * The last of the valid snapshots. Reads from the newest segment backwards, no further than to it: what lies before is not
 * needed any more. Reading the same segments again need not check them again.
 * @throws WalCorruptError, WalMismatchError
 */
export async function readNewestSnapshot(
  disk: Disk,
  folder: string,
  logger: Logger,
): Promise<{ snapshot: Snapshot | undefined; sound: SoundSegments }> {
  const segments = await listSegments(disk, folder, logger);
  checkSequence(folder, segments);
  const sound = new Map<string, number>();
  let commitIndex: number | undefined;
  for (let i = segments.length - 1; i >= 0; i--) {
    const name = segments[i]!.name;
    const snapshots: Snapshot[] = [];
    let lastCommit: number | undefined;
    const { position } = await readOne(disk, folder, name, i === segments.length - 1, (reader) => {
      if (reader.type === RecordType.Snapshot) snapshots.push(decodeData(reader, Snapshot));
      else if (reader.type === RecordType.State) lastCommit = decodeData(reader, HardState).commit;
    });
    sound.set(name, position);
    // Each segment begins with the hard state of the one before it, where there is any.
    commitIndex ??= lastCommit;
    const snapshot = snapshots.findLast(({ index }) => index <= (commitIndex ?? 0));
    if (snapshot !== undefined) return { snapshot, sound };
  }
  return { snapshot: undefined, sound };
}

async function selectSegments(
  disk: Disk,
  folder: string,
  index: number,
  logger: Logger,
): Promise<SegmentName[]> {
  const segments = await listSegments(disk, folder, logger);
  const first = segments.findLastIndex((segment) => segment.index <= index);
  if (first === -1)
    throw new WalMismatchError(
      folder,
      segments.length === 0 ? 'it has no segment' : `it begins after the snapshot index ${index}`,
    );
  const selected = segments.slice(first);
  checkSequence(folder, selected);
  return selected;
}

function checkSequence(folder: string, segments: readonly SegmentName[]): void {
  for (const [i, segment] of segments.entries()) {
    const previous = segments[i - 1];
    if (previous !== undefined && segment.sequence !== previous.sequence + 1)
      throw new WalMismatchError(
        folder,
        `segments between ${previous.name} and ${segment.name} are missing`,
      );
  }
}

/** Reads all records of the segments in order. */
async function readSegments(
  disk: Disk,
  folder: string,
  segments: SegmentName[],
  visit: Visit,
  sound = NONE_SOUND,
): Promise<Omit<WalEnd, 'lastIndex'>> {
  let crc: number | undefined;
  let end = { position: 0, size: 0, isTorn: false, doubtFrom: 0 };
  for (const [i, { name }] of segments.entries()) {
    const isLast = i === segments.length - 1;
    const { crc: next, ...read } = await readOne(disk, folder, name, isLast, visit, {
      crc,
      verifiedTo: sound.get(name) ?? 0,
    });
    crc = next;
    end = read;
  }
  return { ...end, segments, crc: crc ?? 0 };
}

/** @param before the checksum that the segment continues, if that is known, and how far it was found sound */
async function readOne(
  disk: Disk,
  folder: string,
  name: string,
  isLast: boolean,
  visit: Visit,
  before: { crc: number | undefined; verifiedTo: number } = { crc: undefined, verifiedTo: 0 },
): Promise<Omit<WalEnd, 'segments' | 'lastIndex' | 'crc'> & { crc: number | undefined }> {
  const path = `${folder}/${name}`;
  const file = await disk.open(path, 'read');
  try {
    const reader = new SegmentReader(path, file, before.crc, isLast, before.verifiedTo);
    const doubt = new Doubt();
    const isTorn = await readSegment(reader, (record) => {
      doubt.add(record.type, record.recordOffset, record.position);
      return visit(record);
    });
    const { position, crc } = reader;
    return { position, doubtFrom: doubt.from, size: file.size(), isTorn, crc };
  } finally {
    await file.close();
  }
}

/** Returns whether the segment ends in an interrupted write. */
async function readSegment(reader: SegmentReader, visit: Visit): Promise<boolean> {
  let records = 0;
  for (;;) {
    const step = reader.next();
    if (step === 'fill') {
      await reader.fill();
    } else if (step === 'record') {
      // The head of a segment is on the disk before the segment has its name.
      if (records === 0 && reader.type !== RecordType.Crc)
        reader.fail('the segment does not begin with a checksum record', 0);
      if (records === 1 && reader.type !== RecordType.Metadata)
        reader.fail('the segment has no metadata', reader.recordOffset);
      records++;
      if (visit(reader) === false) return false;
    } else {
      if (records < 2) reader.fail('the head of the segment is missing');
      return step === 'torn';
    }
  }
}

/**
 * Builds the state from the records, as ReadAll in etcd's wal.go does. What etcd leaves behind the snapshot, entries that
 * were overwritten at its index or below, or that a received snapshot replaced, goes: a log that ends in an old term
 * would vote for candidates that lack what the snapshot has (Raft paper, 5.4.1).
 */
class Collector {
  readonly state: WalState = {
    metadata: new Uint8Array(0),
    hardState: HardState.create(),
    entries: [],
  };
  lastIndex = 0;
  isSnapshotFound = false;
  private readonly folder: string;
  private readonly start: { readonly index: number; readonly term: number };
  private hasMetadata = false;
  /** Term of the entry at the snapshot's index, when it is in the log. */
  private termAtStart: number | undefined;

  constructor(folder: string, start: { readonly index: number; readonly term: number }) {
    this.folder = folder;
    this.start = start;
  }

  visit(reader: SegmentReader): void {
    if (reader.type === RecordType.Entry) this.addEntry(reader);
    else if (reader.type === RecordType.State) this.state.hardState = decodeData(reader, HardState);
    else if (reader.type === RecordType.Metadata) this.setMetadata(reader);
    else if (reader.type === RecordType.Snapshot) this.addSnapshot(decodeData(reader, Snapshot));
  }

  private addEntry(reader: SegmentReader): void {
    const entry = decodeData(reader, Entry);
    this.lastIndex = entry.index;
    const { entries } = this.state;
    if (entry.index <= this.start.index) {
      entries.length = 0;
      this.termAtStart = entry.index === this.start.index ? entry.term : undefined;
      return;
    }
    const place = entry.index - this.start.index - 1;
    if (place > entries.length)
      reader.fail(
        `entry ${entry.index} follows entry ${this.start.index + entries.length}`,
        reader.recordOffset,
      );
    // An entry replaces the one at its index and takes away all behind it (figure 7 of the Raft paper).
    entries.length = place;
    entries.push(entry);
    reader.keepChunk(); // the entry's data is a view
  }

  private setMetadata(reader: SegmentReader): void {
    if (this.hasMetadata && !equalBytes(this.state.metadata, reader.data))
      reader.fail('its metadata differs from that of the segment before', reader.recordOffset);
    this.hasMetadata = true;
    this.state.metadata = reader.data.slice();
  }

  private addSnapshot(snapshot: Snapshot): void {
    if (snapshot.index > this.lastIndex) this.lastIndex = snapshot.index;
    if (snapshot.index !== this.start.index) return;
    if (snapshot.term !== this.start.term)
      throw new WalMismatchError(
        this.folder,
        `its snapshot at index ${snapshot.index} has term ${snapshot.term}, not ${this.start.term}`,
      );
    this.isSnapshotFound = true;
    // One of this member's own is taken of an entry in its log; one that the leader sent replaces the log.
    if (this.termAtStart !== snapshot.term) this.state.entries.length = 0;
  }
}

function decodeData<T>(reader: SegmentReader, codec: Codec<T>): T {
  try {
    return decode(codec, reader.data);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return reader.fail(`a ${codec.name} cannot be decoded: ${error.message}`, reader.recordOffset);
  }
}
