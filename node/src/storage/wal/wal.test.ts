import { expect, test } from 'vitest';
import { DiskError, MemoryDisk } from '../../base/testing/memory-disk.ts';
import { SILENT_LOGGER } from '../../base/logger.ts';
import { ConfState, Entry, HardState } from '../../wire/gen/raft.ts';
import { WalCorruptError, WalMismatchError } from './errors.ts';
import { Wal } from './wal.ts';

const START = { index: 0, term: 0 };
const METADATA = new Uint8Array([8, 1, 16, 2]);
const FOLDER = 'data/member/wal';
const options = { logger: SILENT_LOGGER, segmentBytes: 4096 };

const entry = (index: number, size = 20, term = 1): Entry =>
  Entry.create({ index, term, data: new Uint8Array(size).fill(index) });
const state = (commit: number, term = 1): HardState => ({
  term,
  vote: 0xfedcba9876543210n,
  commit,
});
const indexes = (entries: readonly Entry[]): number[] => entries.map((e) => e.index);

async function create(disk: MemoryDisk): Promise<Wal> {
  await disk.makeFolder('data/member');
  await disk.syncFolder('');
  await disk.syncFolder('data');
  return Wal.create(disk, FOLDER, METADATA, options);
}

test('what was saved is there after opening, with metadata and the last hard state', async () => {
  const disk = new MemoryDisk();
  expect(await Wal.exists(disk, FOLDER)).toBe(false);
  const wal = await create(disk);
  await wal.save(state(0), [entry(1), entry(2, 0)], true);
  await wal.save(state(2), [entry(3, 700)], true);
  await wal.save(undefined, [], true);
  await wal.close();
  expect(await Wal.exists(disk, FOLDER)).toBe(true);
  const opened = await Wal.open(disk, FOLDER, START, options);
  expect(opened.state.metadata).toEqual(METADATA);
  expect(await Wal.metadata(disk, FOLDER, SILENT_LOGGER)).toEqual(METADATA);
  expect(opened.state.hardState).toEqual(state(2));
  expect(opened.state.entries).toEqual([entry(1), entry(2, 0), entry(3, 700)]);
  await opened.wal.save(state(3), [entry(4)], true);
  await opened.wal.close();
  const again = await Wal.read(disk, FOLDER, START, SILENT_LOGGER);
  expect(indexes(again.entries)).toEqual([1, 2, 3, 4]);
  expect(await disk.list('data/member')).toEqual(['wal']);
});

test('an entry at an old index replaces it and what was behind it', async () => {
  const disk = new MemoryDisk();
  const wal = await create(disk);
  await wal.save(state(1), [entry(1), entry(2), entry(3), entry(4)], true);
  await wal.save(state(1, 2), [entry(3, 5, 2)], true);
  await wal.close();
  const { entries } = await Wal.read(disk, FOLDER, START, SILENT_LOGGER);
  expect(entries).toEqual([entry(1), entry(2), entry(3, 5, 2)]);
});

test('an entry at the index of a snapshot or below it takes away what was behind it, too', async () => {
  for (const [overwritten, snapshotIndex] of [
    [3, 3],
    [2, 3],
  ] as const) {
    const disk = new MemoryDisk();
    const wal = await create(disk);
    const stale = [1, 2, 3, 4, 5].map((index) => entry(index));
    await wal.save(state(1), stale, true);
    // A new leader's entries replace what was not committed; those up to the snapshot are committed, and no more came.
    for (let index: number = overwritten; index <= snapshotIndex; index++)
      await wal.save(state(index, 2), [entry(index, 5, 2)], true);
    const snapshot = { index: snapshotIndex, term: 2 };
    await wal.saveSnapshot({ ...snapshot, confState: ConfState.create({ voters: [1n] }) });
    await wal.close();
    // Entries of term 1 behind it would let this member vote for a candidate that lacks what term 2 has committed.
    expect(indexes((await Wal.read(disk, FOLDER, snapshot, SILENT_LOGGER)).entries)).toEqual([]);
  }
});

test('a snapshot that was received takes the place of the log: nothing older stays behind it', async () => {
  const disk = new MemoryDisk();
  const wal = await create(disk);
  await wal.save(
    state(1),
    [1, 2, 3, 4, 5].map((index) => entry(index)),
    true,
  );
  const snapshot = { index: 3, term: 2 };
  await wal.saveSnapshot({ ...snapshot, confState: ConfState.create({ voters: [1n] }) });
  await wal.save(state(3, 2), [], true);
  const read = async () => indexes((await Wal.read(disk, FOLDER, snapshot, SILENT_LOGGER)).entries);
  expect(await read()).toEqual([]);
  await wal.save(undefined, [entry(4, 5, 2)], true);
  expect(await read()).toEqual([4]);
});

test('calls that overlap share syncs, keep their order, and resolve when durable', async () => {
  const disk = new MemoryDisk();
  const wal = await create(disk);
  let syncs = 0;
  disk.options = { before: (operation) => void (operation === 'datasync' && syncs++) };
  const done: number[] = [];
  const saves = Array.from({ length: 100 }, (_, i) =>
    wal.save(undefined, [entry(i + 1, 1)], true).then(() => done.push(i + 1)),
  );
  await Promise.all(saves);
  expect(syncs).toBe(2);
  expect(done).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
  const after = disk.crash(() => 0);
  expect(indexes((await Wal.read(after, FOLDER, START, SILENT_LOGGER)).entries)).toEqual(done);
});

test('without mustSync nothing is synced', async () => {
  const disk = new MemoryDisk();
  const wal = await create(disk);
  let syncs = 0;
  disk.options = { before: (operation) => void (operation === 'datasync' && syncs++) };
  await wal.save(state(1), [], false);
  expect(syncs).toBe(0);
});

test('full segments are closed at their length and named by the next index; the chain goes on', async () => {
  const disk = new MemoryDisk();
  const wal = await create(disk);
  for (let index = 1; index <= 30; index++) await wal.save(state(index), [entry(index, 500)], true);
  await wal.close();
  const names = await disk.list(FOLDER);
  expect(names.length).toBeGreaterThan(3);
  expect(names[0]).toBe('0000000000000000-0000000000000000.wal');
  expect(names[1]).toMatch(/^0000000000000001-000000000000000[89]\.wal$/);
  for (const name of names.slice(0, -1))
    expect(disk.contentOf(`${FOLDER}/${name}`).length).toBeLessThan(4096 + 600);
  const { entries, hardState } = await Wal.read(disk, FOLDER, START, SILENT_LOGGER);
  expect(indexes(entries)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  expect(hardState.commit).toBe(30);
});

test('opening at a snapshot reads only what follows it, and knows which snapshots are committed', async () => {
  const disk = new MemoryDisk();
  const wal = await create(disk);
  const confState = {
    voters: [1n],
    learners: [],
    votersOutgoing: [],
    learnersNext: [],
    autoLeave: false,
  };
  for (let index = 1; index <= 30; index++) {
    await wal.save(state(index), [entry(index, 500)], true);
    if (index === 12 || index === 20) await wal.saveSnapshot({ index, term: 1, confState });
  }
  await wal.saveSnapshot({ index: 99, term: 1, confState });
  await wal.releaseTo(20);
  const names = (await disk.list(FOLDER)).filter((name) => name.endsWith('.wal'));
  const held = names.filter((name) => wal.holds(name));
  const startOf = (name: string | undefined): number => Number(`0x${name?.slice(17, 33)}`);
  expect(startOf(held[0])).toBeLessThan(20);
  expect(startOf(held[1])).toBeGreaterThanOrEqual(20);
  await wal.close();
  for (const name of names) if (!held.includes(name)) await disk.remove(`${FOLDER}/${name}`);
  const opened = await Wal.open(disk, FOLDER, { index: 20, term: 1 }, options);
  expect(indexes(opened.state.entries)).toEqual([21, 22, 23, 24, 25, 26, 27, 28, 29, 30]);
  await opened.wal.close();
  const valid = await Wal.validSnapshots(disk, FOLDER, SILENT_LOGGER);
  expect(valid.map((snapshot) => snapshot.index).filter((index) => index > 12)).toEqual([20]);
  await expect(Wal.open(disk, FOLDER, { index: 20, term: 2 }, options)).rejects.toThrow(
    'has term 1, not 2',
  );
  await expect(Wal.open(disk, FOLDER, { index: 21, term: 1 }, options)).rejects.toThrow(
    WalMismatchError,
  );
  await expect(Wal.open(disk, FOLDER, START, options)).rejects.toThrow(
    'begins after the snapshot index 0',
  );
});

test('a missing segment in the middle is refused', async () => {
  const disk = new MemoryDisk();
  const wal = await create(disk);
  for (let index = 1; index <= 30; index++) await wal.save(state(index), [entry(index, 500)], true);
  await wal.close();
  const names = await disk.list(FOLDER);
  await disk.remove(`${FOLDER}/${names[1]}`);
  await expect(Wal.open(disk, FOLDER, START, options)).rejects.toThrow(
    `segments between ${names[0]} and ${names[2]} are missing`,
  );
});

test('an interrupted creation leaves nothing that counts as a log', async () => {
  for (let failAt = 1; failAt < 40; failAt++) {
    const disk = new MemoryDisk();
    await disk.makeFolder('data/member');
    await disk.syncFolder('');
    await disk.syncFolder('data');
    let count = 0;
    disk.options = {
      before: () => {
        if (++count === failAt) throw new DiskError('EIO', 'power');
      },
    };
    const failed = await Wal.create(disk, FOLDER, METADATA, options).then(
      () => false,
      () => true,
    );
    const after = disk.crash(() => 0.99);
    if (await Wal.exists(after, FOLDER)) {
      // The rename survived: then all of it must have.
      const { metadata } = await Wal.read(after, FOLDER, START, SILENT_LOGGER);
      expect(metadata).toEqual(METADATA);
    } else expect(failed).toBe(true);
    if (!failed) return;
    if (!(await Wal.exists(after, FOLDER))) await create(after);
  }
  expect.fail('creation never finished');
});

test('a failed sync is fatal: all calls are rejected, then and later, and nothing is retried', async () => {
  const disk = new MemoryDisk();
  await disk.makeFolder('data/member');
  const fatal: unknown[] = [];
  const wal = await Wal.create(disk, FOLDER, METADATA, {
    ...options,
    onFatal: (error) => fatal.push(error),
  });
  let attempts = 0;
  disk.options = {
    before: (operation) => {
      if (operation === 'datasync' && ++attempts > 0) throw new DiskError('EIO', 'disk');
    },
  };
  const results = await Promise.allSettled([
    wal.save(undefined, [entry(1)], true),
    wal.save(undefined, [entry(2)], true),
    wal.save(undefined, [entry(3)], true),
  ]);
  expect(results.map((r) => r.status)).toEqual(['rejected', 'rejected', 'rejected']);
  disk.options = {};
  await expect(wal.save(undefined, [entry(4)], true)).rejects.toThrow('failed to write the log');
  expect(attempts).toBe(1);
  expect(fatal).toHaveLength(1);
  await wal.close();
});

test('a full disk ends in a clear error; what was acknowledged is intact, and saving goes on after space returns', async () => {
  const disk = new MemoryDisk({ capacityBytes: 9000 });
  const wal = await create(disk);
  let acknowledged = 0;
  const failure = await (async () => {
    for (let index = 1; index < 100; index++) {
      await wal.save(state(index), [entry(index, 300)], true);
      acknowledged = index;
    }
    return undefined;
  })().catch((error: unknown) => error);
  expect(String(failure)).toContain('ENOSPC');
  expect(acknowledged).toBeGreaterThan(5);
  disk.options = {};
  const opened = await Wal.open(disk, FOLDER, START, options);
  expect(opened.state.entries.length).toBeGreaterThanOrEqual(acknowledged);
  const next = opened.state.entries.length + 1;
  await opened.wal.save(state(next), [entry(next)], true);
  await opened.wal.close();
  expect((await Wal.read(disk, FOLDER, START, SILENT_LOGGER)).entries).toHaveLength(next);
});

test('leftovers and foreign files do not disturb; a log is not created over another', async () => {
  const disk = new MemoryDisk();
  const wal = await create(disk);
  await wal.save(state(1), [entry(1)], true);
  await wal.close();
  disk.setContent(`${FOLDER}/0.tmp`, new Uint8Array(9).fill(7));
  disk.setContent(`${FOLDER}/notes.txt`, new Uint8Array(9).fill(7));
  const warnings: string[] = [];
  const logger = { ...SILENT_LOGGER, warn: (message: string) => void warnings.push(message) };
  const opened = await Wal.open(disk, FOLDER, START, { ...options, logger });
  await opened.wal.close();
  expect(await disk.list(FOLDER)).toEqual(['0000000000000000-0000000000000000.wal', 'notes.txt']);
  expect(warnings).toEqual(['ignored file in WAL directory']);
  await expect(Wal.create(disk, FOLDER, METADATA, options)).rejects.toThrow('exists already');
  await expect(opened.wal.save(state(2), [], true)).rejects.toThrow('is closed');
});

test('an entry that leaves a gap is refused', async () => {
  const disk = new MemoryDisk();
  const wal = await create(disk);
  await wal.save(undefined, [entry(1), entry(3)], true);
  await wal.close();
  const failure = await Wal.read(disk, FOLDER, START, SILENT_LOGGER).catch((e: unknown) => e);
  expect(failure).toBeInstanceOf(WalCorruptError);
  expect(String(failure)).toContain('entry 3 follows entry 1');
});

test('records of a killed process that were not synced yet are durable once the log is opened', async () => {
  const disk = new MemoryDisk();
  const wal = await create(disk);
  await wal.save(undefined, [entry(1)], true);
  await wal.save(state(1), [entry(2)], false);
  const opened = await Wal.open(disk, FOLDER, START, options);
  expect(indexes(opened.state.entries)).toEqual([1, 2]);
  const after = disk.crash(() => 0);
  const { entries, hardState } = await Wal.read(after, FOLDER, START, SILENT_LOGGER);
  expect(indexes(entries)).toEqual([1, 2]);
  expect(hardState).toEqual(state(1));
});

test('records that a failed sync has taken off the disk, but not out of the page cache, are on the disk once the log is opened', async () => {
  const disk = new MemoryDisk();
  const wal = await create(disk);
  await wal.save(state(1), [entry(1)], true);
  let broken = true;
  disk.options = {
    failedSync: 'dropped', // ext4 and XFS: the pages count as clean from then on
    before: (operation) => {
      if (broken && operation === 'datasync') throw new DiskError('EIO', FOLDER);
    },
  };
  await expect(wal.save(state(1), [entry(2, 3000)], true)).rejects.toThrow('EIO');
  broken = false;
  const opened = await Wal.open(disk, FOLDER, START, options);
  expect(indexes(opened.state.entries)).toEqual([1, 2]); // and so this member may tell others that it has 2
  const after = disk.crash(() => 0);
  const { entries } = await Wal.read(after, FOLDER, START, SILENT_LOGGER);
  expect(indexes(entries)).toEqual([1, 2]);
});

test('the name of a segment that a killed process had not synced is durable once the log is opened', async () => {
  const disk = new MemoryDisk();
  const wal = await create(disk);
  let renamed = false;
  disk.options = {
    before: (operation) => {
      // The process is killed between giving the segment its name and syncing the folder.
      if (renamed && operation === 'syncFolder') return new Promise(() => {});
      if (operation === 'rename') renamed = true;
      return undefined;
    },
  };
  for (let index = 1; index <= 9; index++) void wal.save(state(index), [entry(index, 500)], true);
  while (!renamed) await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  disk.options = {};
  const opened = await Wal.open(disk, FOLDER, START, options);
  const next = opened.state.entries.length + 1;
  await opened.wal.save(undefined, [entry(next)], true);
  const after = disk.crash(() => 0);
  const { entries } = await Wal.read(after, FOLDER, START, SILENT_LOGGER);
  expect(entries).toHaveLength(next);
});

test('the next segment is begun from an eighth on, but not because of what a start finds', async () => {
  const disk = new MemoryDisk();
  const isPrepared = async (): Promise<boolean> => {
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
    return (await disk.list(FOLDER)).some((name) => name.endsWith('.tmp'));
  };
  const wal = await create(disk);
  await wal.save(state(1), [entry(1, 100)], true);
  expect(await isPrepared()).toBe(false);
  await wal.save(state(1), [entry(2, 1200)], true);
  expect(await isPrepared()).toBe(true);
  await wal.close();
  const opened = await Wal.open(disk, FOLDER, START, options);
  await opened.wal.save(state(2), [entry(3, 20)], true);
  expect(await isPrepared()).toBe(false);
  await opened.wal.save(state(2), [entry(4, 200)], true);
  expect(await isPrepared()).toBe(true);
  await opened.wal.close();
});

test('the next segment grows with the one that is written to, and is there before that is full', async () => {
  const disk = new MemoryDisk();
  const segmentBytes = 8 * 1024 * 1024;
  await disk.makeFolder('data/member');
  const wal = await Wal.create(disk, FOLDER, METADATA, { ...options, segmentBytes });
  const preparedShare = (): number => disk.usedBytes() / segmentBytes - 1;
  const logged = async (share: number): Promise<void> => {
    for (; written < share * segmentBytes; written += 65_536)
      await wal.save(undefined, [entry(++index, 65_536)], true);
  };
  let written = 0;
  let index = 0;
  await logged(0.1);
  expect(preparedShare()).toBe(0);
  await logged(0.5);
  await expect.poll(preparedShare).toBeGreaterThan(0.4);
  expect(preparedShare()).toBeLessThan(0.7);
  await logged(0.95);
  await expect.poll(preparedShare).toBe(1);
  await wal.close();
});
