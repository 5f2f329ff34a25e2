// A folder of snapshot files: what is damaged is set aside, what is loaded was checksummed, and a database that is received
// appears whole or not at all.
import { readFileSync } from 'node:fs';
import { concatBytes } from '../../../node/src/base/bytes.ts';
import { crc32c } from '../../../node/src/base/crc.ts';
import { SILENT_LOGGER } from '../../../node/src/base/logger.ts';
import { MemoryDisk } from '../../../node/src/base/testing/memory-disk.ts';
import { SnapshotFiles } from '../../../node/src/storage/snapshot/index.ts';
import {
  decodeSnapshotFile,
  encodeSnapshotFile,
  snapshotFileName,
} from '../../../node/src/storage/snapshot/snapshot-file.ts';
import { decode, encode } from '../../../node/src/wire/codec.ts';
import { ConfState, Snapshot, SnapshotMetadata } from '../../../node/src/wire/gen/raft.ts';
import { ChecksummedSnapshot } from '../../../node/src/wire/gen/snap.ts';
import type { Target } from '../engine/target.ts';
import { Parts, expectSame, expectThat, partOf } from './input.ts';

const FOLDER = 'snap';

interface File {
  readonly name: string;
  readonly content: Uint8Array;
}

/** Some files as they come, others with their checksum made right. */
function filesOf(parts: Parts): File[] {
  const files: File[] = [];
  while (!parts.isEmpty && files.length < 5) {
    const kind = parts.byte();
    const name = snapshotFileName(parts.byte() & 3, parts.byte());
    const data = parts.part();
    const isSummed = (kind & 1) === 1 && data.length > 0;
    const content = isSummed ? encode(ChecksummedSnapshot, { crc: crc32c(0, data), data }) : data;
    files.push({ name: (kind & 2) === 0 ? name : `${name}.tmp`, content });
  }
  return files;
}

/** The snapshot in a file, by the format's description; undefined when it is damaged. */
function plainSnapshot(content: Uint8Array): Snapshot | undefined {
  try {
    const { crc, data } = decode(ChecksummedSnapshot, content);
    if (crc === 0 || data.length === 0 || crc32c(0, data) !== crc) return undefined;
    return decode(Snapshot, data);
  } catch {
    return undefined;
  }
}

async function run(input: Uint8Array): Promise<void> {
  const parts = new Parts(input);
  const known = { index: parts.byte(), term: parts.byte() & 3 };
  const files = filesOf(parts);
  const disk = new MemoryDisk();
  await disk.makeFolder(FOLDER);
  for (const { name, content } of files) disk.setContent(`${FOLDER}/${name}`, content);
  const folder = new SnapshotFiles(disk, FOLDER, SILENT_LOGGER);
  await folder.removeOrphans();
  const newest = [...new Map(files.map((file) => [file.name, file])).values()]
    .filter(({ name }) => name.endsWith('.snap'))
    .sort((a, b) => (a.name < b.name ? 1 : -1))
    .map(({ content }) => plainSnapshot(content));
  const expected = newest.find(
    (snapshot) =>
      snapshot?.metadata?.index === known.index && snapshot.metadata.term === known.term,
  );
  expectSame('loaded', await folder.load([known]), expected);
  expectSame('loaded again', await folder.load([known]), expected);
  await folder.indexes();
  await folder.releaseDatabases(known.index);
  checkCodec(files);
  await checkDatabase(folder, disk, files);
}

function checkCodec(files: readonly File[]): void {
  for (const { content } of files) {
    const snapshot = plainSnapshot(content);
    if (snapshot === undefined) continue;
    expectSame('decoded', decodeSnapshotFile(content), snapshot);
    // One without anything is not written.
    if (snapshot.metadata === undefined) continue;
    expectSame('encoded', decodeSnapshotFile(encodeSnapshotFile(snapshot)), snapshot);
  }
}

async function checkDatabase(
  folder: SnapshotFiles,
  disk: MemoryDisk,
  files: readonly File[],
): Promise<void> {
  const pieces = files.map(({ content }) => content);
  const breaks = pieces.length % 2 === 1;
  async function* arriving(): AsyncGenerator<Uint8Array> {
    yield* pieces;
    if (breaks) throw new Error('broken off');
  }
  const saved = await folder.saveDatabase(9, arriving()).catch(() => undefined);
  expectSame('saved', saved !== undefined, !breaks);
  const path = await folder.findDatabase(9);
  expectSame('there', path !== undefined, !breaks);
  if (path !== undefined) expectSame('database', disk.contentOf(path), concatBytes(pieces));
  const left = (await disk.list(FOLDER)).filter((name) => name.startsWith('tmp'));
  expectThat(left.length === 0, 'half of a database is left');
}

const file = (kind: number, term: number, index: number, content: Uint8Array): Uint8Array =>
  concatBytes([Uint8Array.of(kind, term, index), partOf(content)]);

function seeds(): Uint8Array[] {
  const metadata = (index: number): SnapshotMetadata =>
    SnapshotMetadata.create({ index, term: 2, confState: ConfState.create({ voters: [1n, 2n] }) });
  const snapshot = (index: number): Uint8Array =>
    encode(Snapshot, Snapshot.create({ data: Buffer.from('{}'), metadata: metadata(index) }));
  const etcd = new URL(
    '../../../node/src/storage/snapshot/testdata/etcd-3.7.3.snap',
    import.meta.url,
  );
  return [
    concatBytes([Uint8Array.of(5, 2), file(1, 2, 5, snapshot(5)), file(0, 2, 7, snapshot(7))]),
    concatBytes([
      Uint8Array.of(21, 2),
      file(0, 2, 21, new Uint8Array(readFileSync(etcd)).slice(0, 1800)),
    ]),
    concatBytes([Uint8Array.of(5, 2), file(3, 2, 5, snapshot(5)), file(1, 2, 4, snapshot(5))]),
  ];
}

export const target: Target = { name: 'snapshot', run, seeds, maxBytes: 2048 };
