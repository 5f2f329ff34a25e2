// A log that etcd 3.7.3 wrote (testdata/etcd-3.7.3.wal: one member, 30 puts, a snapshot at index 21, a restart).
import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MemoryDisk } from '../../base/testing/memory-disk.ts';
import { SILENT_LOGGER } from '../../base/logger.ts';
import { textFromUtf8 } from '../../base/text.ts';
import { decode, encode } from '../../wire/codec.ts';
import { Entry, HardState } from '../../wire/gen/raft.ts';
import { InternalRaftRequest } from '../../wire/gen/raft-internal.ts';
import { Snapshot } from '../../wire/gen/record.ts';
import { RecordType } from './format.ts';
import { RecordEncoder } from './record-encoder.ts';
import { SegmentReader } from './segment-reader.ts';
import { Wal } from './wal.ts';

const FOLDER = 'member/wal';
const PATH = `${FOLDER}/0000000000000000-0000000000000000.wal`;
const content = fs.readFileSync(join(import.meta.dirname, 'testdata/etcd-3.7.3.wal'));

function diskOf(sizeBytes: number): MemoryDisk {
  const disk = new MemoryDisk();
  const padded = new Uint8Array(sizeBytes);
  padded.set(content);
  disk.setContent(PATH, padded);
  return disk;
}

test('its entries, hard state and snapshots are read', async () => {
  const disk = diskOf(64_000);
  const valid = await Wal.validSnapshots(disk, FOLDER, SILENT_LOGGER);
  expect(valid.map(({ index, term }) => [index, term])).toEqual([
    [0, 0],
    [21, 2],
  ]);
  const all = await Wal.read(disk, FOLDER, { index: 0, term: 0 }, SILENT_LOGGER);
  expect(all.metadata.length).toBeGreaterThan(0);
  const puts = all.entries.flatMap((entry) => {
    if (entry.type !== 0 || entry.data.length === 0) return [];
    const put = decode(InternalRaftRequest, entry.data).put;
    return put === undefined ? [] : [`${textFromUtf8(put.key)}=${textFromUtf8(put.value)}`];
  });
  expect(puts).toEqual(Array.from({ length: 30 }, (_, i) => `k${i + 1}=value-${i + 1}`));
  const rest = await Wal.read(disk, FOLDER, { index: 21, term: 2 }, SILENT_LOGGER);
  expect(rest.entries[0]?.index).toBe(22);
  expect(rest.hardState.commit).toBe(all.hardState.commit);
});

test('what is written is the same byte for byte', async () => {
  const file = await diskOf(content.length).open(PATH, 'read');
  const reader = new SegmentReader(PATH, file, undefined, true);
  const encoder = new RecordEncoder(0);
  let compared = 0;
  for (let step = reader.next(); step !== 'end'; step = reader.next()) {
    if (step === 'fill') {
      await reader.fill();
      continue;
    }
    if (reader.type === RecordType.Crc) encoder.addCrc();
    else encoder.addBytes(reader.type as RecordType, reader.data); // the reader lets no other type through
    const again = encodeAgain(reader.type, reader.data);
    if (again === undefined) continue;
    expect(again).toEqual(new Uint8Array(reader.data));
    compared++;
  }
  expect(Buffer.from(encoder.bytes).equals(content)).toBe(true);
  expect(compared).toBeGreaterThan(30);
});

function encodeAgain(type: number, data: Uint8Array): Uint8Array | undefined {
  if (type === RecordType.State) return encode(HardState, decode(HardState, data));
  if (type === RecordType.Snapshot) return encode(Snapshot, decode(Snapshot, data));
  // A new leader's empty entry has no type field at all; it means the same as type 0.
  const hasType = type === RecordType.Entry && data[0] === 0x08;
  return hasType ? encode(Entry, decode(Entry, data)) : undefined;
}
