import * as fs from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { SILENT_LOGGER } from '../../base/logger.ts';
import { DiskError, MemoryDisk } from '../../base/testing/memory-disk.ts';
import type { Clock } from '../../base/world.ts';
import { ConfState, Snapshot, SnapshotMetadata } from '../../wire/gen/raft.ts';
import { Purger, purgeFiles } from './purge.ts';
import { decodeSnapshotFile, encodeSnapshotFile } from './snapshot-file.ts';
import { SnapshotFiles } from './snapshot-files.ts';

const FOLDER = 'member/snap';
let disk = new MemoryDisk();
let files = new SnapshotFiles(disk, FOLDER, SILENT_LOGGER);

beforeEach(async () => {
  disk = new MemoryDisk();
  await disk.makeFolder(FOLDER);
  await disk.syncFolder('');
  await disk.syncFolder('member');
  files = new SnapshotFiles(disk, FOLDER, SILENT_LOGGER);
});

function snapshot(term: number, index: number): Snapshot {
  const confState = ConfState.create({ voters: [1n, 2n, 3n] });
  return Snapshot.create({
    data: new Uint8Array([1, 2, 3, index]),
    metadata: SnapshotMetadata.create({ term, index, confState }),
  });
}

async function* chunks(...parts: number[][]): AsyncIterable<Uint8Array> {
  for (const part of parts) yield await Promise.resolve(new Uint8Array(part));
}

test('the newest snapshot that the log knows is loaded', async () => {
  await files.save(snapshot(1, 10));
  await files.save(snapshot(2, 0x20));
  await files.save(snapshot(2, 0x30));
  await files.save(snapshot(3, 0));
  expect(await disk.list(FOLDER)).toEqual([
    '0000000000000001-000000000000000a.snap',
    '0000000000000002-0000000000000020.snap',
    '0000000000000002-0000000000000030.snap',
  ]);
  const known = [
    { index: 10, term: 1 },
    { index: 0x20, term: 2 },
    { index: 0x30, term: 1 },
  ];
  expect(await files.load(known)).toEqual(snapshot(2, 0x20));
  expect(await files.load([])).toBeUndefined();
});

test('a file of etcd 3.7.3 is read, and written again byte for byte', () => {
  const content = fs.readFileSync(join(import.meta.dirname, 'testdata/etcd-3.7.3.snap'));
  const decoded = decodeSnapshotFile(content);
  expect(decoded.metadata).toMatchObject({ index: 21, term: 2 });
  expect(decoded.metadata?.confState?.voters).toHaveLength(1);
  expect(Buffer.from(encodeSnapshotFile(decoded)).equals(content)).toBe(true);
});

test('a damaged file is renamed and an older one is used', async () => {
  await files.save(snapshot(1, 10));
  await files.save(snapshot(1, 20));
  const name = '0000000000000001-0000000000000014.snap';
  const content = disk.contentOf(`${FOLDER}/${name}`).slice();
  const known = [
    { index: 10, term: 1 },
    { index: 20, term: 1 },
  ];
  let refused = 0;
  for (let position = 0; position < content.length; position++) {
    const damaged = disk.clone();
    damaged.contentOf(`${FOLDER}/${name}`)[position]! ^= 1 << (position % 8);
    const loaded = await new SnapshotFiles(damaged, FOLDER, SILENT_LOGGER).load(known);
    // Bits beyond the 32 of the checksum mean nothing.
    if (loaded?.metadata?.index === 20) expect(loaded).toEqual(snapshot(1, 20));
    else {
      expect(loaded?.metadata?.index, `byte ${position}`).toBe(10);
      expect(await damaged.list(FOLDER)).toContain(`${name}.broken`);
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(content.length - 2);
  for (let length = 0; length < content.length; length++) {
    const cut = disk.clone();
    cut.setContent(`${FOLDER}/${name}`, content.slice(0, length));
    expect((await new SnapshotFiles(cut, FOLDER, SILENT_LOGGER).load(known))?.metadata?.index).toBe(
      10,
    );
  }
});

test('a snapshot is there after a power failure once it was saved, and never in part', async () => {
  for (let failAt = 1; ; failAt++) {
    const fresh = disk.clone();
    let count = 0;
    fresh.options = {
      before: () => {
        if (++count >= failAt) throw new DiskError('EIO', 'power');
      },
    };
    const writer = new SnapshotFiles(fresh, FOLDER, SILENT_LOGGER);
    const saved = await writer.save(snapshot(1, 10)).then(
      () => true,
      () => false,
    );
    for (const chance of [0, 0.4, 0.7, 0.99]) {
      fresh.options = {};
      const after = fresh.clone().crash(() => chance);
      const crashed = saved ? fresh.crash(() => 0) : after;
      const reader = new SnapshotFiles(crashed, FOLDER, SILENT_LOGGER);
      const loaded = await reader.load([{ index: 10, term: 1 }]);
      if (saved || loaded !== undefined) expect(loaded).toEqual(snapshot(1, 10));
      expect((await crashed.list(FOLDER)).filter((name) => name.endsWith('.broken'))).toEqual([]);
    }
    if (saved) return;
  }
});

test('a received database appears whole; one that breaks off leaves nothing', async () => {
  expect(await files.findDatabase(0x1f)).toBeUndefined();
  expect(await files.saveDatabase(0x1f, chunks([1, 2], [3]))).toBe(3);
  expect(await files.findDatabase(0x1f)).toBe(`${FOLDER}/000000000000001f.snap.db`);
  expect([...disk.contentOf(files.databasePath(0x1f))]).toEqual([1, 2, 3]);
  expect(await files.saveDatabase(0x1f, chunks([9]))).toBe(1);
  expect([...disk.contentOf(files.databasePath(0x1f))]).toEqual([1, 2, 3]);
  async function* breaking(): AsyncIterable<Uint8Array> {
    yield await Promise.resolve(new Uint8Array([1]));
    throw new Error('connection reset');
  }
  await expect(files.saveDatabase(0x20, breaking())).rejects.toThrow('connection reset');
  disk.options = { capacityBytes: disk.usedBytes() };
  await expect(files.saveDatabase(0x21, chunks([1]))).rejects.toMatchObject({ code: 'ENOSPC' });
  expect(await disk.list(FOLDER)).toEqual(['000000000000001f.snap.db']);
  const after = disk.crash(() => 0);
  expect([...after.contentOf(files.databasePath(0x1f))]).toEqual([1, 2, 3]);
});

test('databases of old snapshots and unfinished files are deleted, others stay', async () => {
  for (const index of [5, 9, 12]) await files.saveDatabase(index, chunks([index]));
  await files.releaseDatabases(9);
  expect(await disk.list(FOLDER)).toEqual(['0000000000000009.snap.db', '000000000000000c.snap.db']);
  for (const name of ['db', 'db.tmp.123', 'tmp123', '0000000000000001-000000000000000a.snap.tmp'])
    disk.setContent(`${FOLDER}/${name}`, new Uint8Array(1));
  await files.removeOrphans();
  expect(await disk.list(FOLDER)).toEqual([
    '0000000000000009.snap.db',
    '000000000000000c.snap.db',
    'db',
  ]);
});

test('the purge deletes the oldest files beyond the limit, up to the first that is held', async () => {
  for (let index = 1; index <= 9; index++) await files.save(snapshot(1, index));
  await files.saveDatabase(1, chunks([1]));
  const task = { folder: FOLDER, suffix: '.snap', keep: 5 };
  const isHeld = (name: string): boolean => name.endsWith('3.snap');
  expect(await purgeFiles(disk, { ...task, isHeld }, SILENT_LOGGER)).toHaveLength(2);
  expect(await purgeFiles(disk, task, SILENT_LOGGER)).toEqual([
    '0000000000000001-0000000000000003.snap',
    '0000000000000001-0000000000000004.snap',
  ]);
  expect(await purgeFiles(disk, task, SILENT_LOGGER)).toEqual([]);
  expect(await purgeFiles(disk, { ...task, keep: 0 }, SILENT_LOGGER)).toEqual([]);
  expect(await disk.list(FOLDER)).toHaveLength(6);
});

test('the purger runs each half minute until it is stopped', async () => {
  const timers: { delayMs: number; callback: () => void; canceled: boolean }[] = [];
  const clock: Clock = {
    wallMs: () => 0,
    monotonicMs: () => 0,
    yieldNow: () => Promise.resolve(),
    soon: (callback) => void Promise.resolve().then(callback),
    after(delayMs, callback) {
      const timer = { delayMs, callback, canceled: false };
      timers.push(timer);
      return { cancel: () => void (timer.canceled = true) };
    },
  };
  for (let index = 1; index <= 3; index++) await files.save(snapshot(1, index));
  const purger = new Purger(
    { disk, clock },
    [
      { folder: 'none', suffix: '.wal', keep: 1 },
      { folder: FOLDER, suffix: '.snap', keep: 1 },
    ],
    SILENT_LOGGER,
  );
  expect(timers.map((timer) => timer.delayMs)).toEqual([30_000]);
  timers[0]?.callback();
  while (timers.length < 2) await new Promise((resolve) => setImmediate(resolve));
  expect(await disk.list(FOLDER)).toEqual(['0000000000000001-0000000000000003.snap']);
  purger.stop();
  expect(timers[1]?.canceled).toBe(true);
});
