import { expect, test } from 'vitest';
import { bytesFromLatin1 as bytes } from '../../base/index.ts';
import { FakeClock } from '../../base/testing/fake-clock.ts';
import { DiskError, MemoryDisk } from '../../base/testing/memory-disk.ts';
import { checkFile } from './check.ts';
import { type World, contentOf, copyOf, numbered, openBackend } from './testing/backend-world.ts';

function newWorld(): World {
  return { disk: new MemoryDisk(), clock: new FakeClock() };
}

test('reads see the open batch: puts, overwrites and deletes', async () => {
  const backend = await openBackend(newWorld());
  const bucket = backend.bucket('lease');
  expect(bucket.get(bytes('a'))).toBeUndefined();
  bucket.put(bytes('a'), bytes('1'));
  bucket.put(bytes('b'), bytes('2'));
  bucket.put(bytes('a'), bytes('3'));
  bucket.delete(bytes('b'));
  bucket.delete(bytes('never there'));
  expect(contentOf(backend).get('lease')).toEqual(new Map([['a', '3']]));
});

test('the caller may reuse its arrays after a put', async () => {
  const backend = await openBackend(newWorld());
  const key = bytes('key');
  const value = bytes('value');
  backend.bucket('meta').put(key, value);
  key.fill(0);
  value.fill(0);
  expect(contentOf(backend).get('meta')).toEqual(new Map([['key', 'value']]));
});

test('append takes keys out of order, too', async () => {
  const backend = await openBackend(newWorld());
  const bucket = backend.bucket('key');
  for (const i of [5, 7, 6, 7, 1, 9]) bucket.append(numbered(i), bytes(String(i)));
  const keys: number[] = [];
  bucket.forEach(numbered(0), undefined, (_key, value) => {
    keys.push(value[0]! - 48);
  });
  expect(keys).toEqual([1, 5, 6, 7, 9]);
});

test('forEach visits [from, to) and stops when the visitor says so, across pages', async () => {
  const backend = await openBackend(newWorld());
  const bucket = backend.bucket('key');
  for (let i = 0; i < 1000; i++) bucket.append(numbered(i), bytes(String(i)));
  await backend.commitNow();
  for (let i = 1000; i < 1100; i++) bucket.append(numbered(i), bytes(String(i)));
  let visited = 0;
  bucket.forEach(numbered(990), numbered(1010), () => {
    visited++;
  });
  expect(visited).toBe(20);
  bucket.forEach(numbered(3), undefined, () => ++visited < 25);
  expect(visited).toBe(25);
});

test('a visitor that writes to the bucket is refused', async () => {
  const backend = await openBackend(newWorld());
  const bucket = backend.bucket('key');
  bucket.put(bytes('a'), bytes('1'));
  expect(() => bucket.forEach(bytes(''), undefined, (key) => bucket.delete(key))).toThrow(
    /visitor/,
  );
});

test('everything survives closing: large values, small buckets, empty buckets', async () => {
  const world = newWorld();
  const backend = await openBackend(world);
  for (let i = 0; i < 3000; i++) backend.bucket('key').append(numbered(i), bytes('x'.repeat(i)));
  backend.bucket('meta').put(bytes('term'), bytes('7'));
  backend.createBucket('alarm');
  const before = contentOf(backend);
  await backend.close();
  const again = await openBackend(world);
  expect(contentOf(again)).toEqual(before);
  expect(again.sizeBytes).toBeGreaterThan(3000 * 1500);
  expect(await checkFile(world, '/db')).toEqual([]);
});

test('large values are what was put: in the open batch, while a commit writes them, and from the file', async () => {
  const world = newWorld();
  const backend = await openBackend(world, { cacheBytes: 256 * 1024 });
  const bucket = backend.bucket('key');
  const model = new Map<number, { readonly fill: number; readonly length: number }>();
  let last = 0;
  const put = (): void => {
    last++;
    const written = { fill: last % 251, length: 9000 + ((last * 7919) % 60_000) };
    const key = (last * 31) % 12;
    bucket.put(numbered(key), new Uint8Array(written.length).fill(written.fill));
    model.set(key, written);
  };
  const check = (): void => {
    const finder = bucket.finder('once');
    for (const [key, { fill, length }] of model) {
      const value = bucket.get(numbered(key))!;
      expect(value.length === length && value.every((byte) => byte === fill)).toBe(true);
      expect(finder.find(numbered(key))).toBe(true);
      const found = finder.bytes.subarray(finder.start, finder.start + finder.length);
      expect(found.length === length && found.every((byte) => byte === fill)).toBe(true);
    }
  };
  for (let round = 0; round < 40; round++) {
    for (let i = 0; i < round % 4; i++) put();
    const committed = backend.commitNow();
    if (round % 2 === 0) check();
    if (round % 3 === 0) put();
    await committed;
    if (round % 5 !== 0) check();
  }
  await backend.close();
  expect(await checkFile(world, '/db')).toEqual([]);
});

test('the interval and the limit of a batch start a commit; without writes there is no timer', async () => {
  const clock = new FakeClock();
  let commits = 0;
  const backend = await openBackend(
    { disk: new MemoryDisk(), clock },
    { batchIntervalMs: 100, batchLimit: 10, beforeCommit: () => void commits++ },
  );
  expect(clock.pendingTimers).toBe(0);
  backend.bucket('key').put(bytes('a'), bytes('1'));
  await clock.run(99);
  expect(commits).toBe(0);
  await clock.run(1);
  expect(commits).toBe(1);
  for (let i = 0; i < 10; i++) backend.bucket('key').put(numbered(i), bytes('1'));
  await clock.run(1);
  expect(commits).toBe(2);
  expect(clock.pendingTimers).toBe(0);
});

test('who writes much without a pause is told when the open batch is full, and that there is room again', async () => {
  const backend = await openBackend(newWorld());
  const bucket = backend.bucket('key');
  const fill = (from: number): void => {
    for (let i = from; i < from + 5; i++) bucket.append(numbered(i), new Uint8Array(1 << 20));
  };
  expect(backend.room()).toBeUndefined();
  fill(0);
  await backend.room();
  await Promise.resolve(); // its commit has begun
  expect(backend.room()).toBeUndefined();
  fill(5);
  let isFirstDurable = false;
  const first = backend.commitNow().then(() => (isFirstDurable = true));
  await backend.room();
  expect(isFirstDurable).toBe(false);
  expect(await first).toBe(true);
  await backend.close();
});

test('what beforeCommit writes is in the same commit', async () => {
  const world = newWorld();
  const backend = await openBackend(world, {
    beforeCommit: () => backend.bucket('meta').put(bytes('consistent_index'), bytes('12')),
  });
  backend.bucket('key').put(bytes('a'), bytes('1'));
  await backend.commitNow();
  const after = await openBackend({ ...world, disk: (world.disk as MemoryDisk).crash(() => 0) });
  expect(contentOf(after)).toEqual(
    new Map([
      ['key', new Map([['a', '1']])],
      ['meta', new Map([['consistent_index', '12']])],
    ]),
  );
});

test('pages of deleted keys are used again', async () => {
  const backend = await openBackend(newWorld());
  const bucket = backend.bucket('key');
  for (let round = 0; round < 30; round++) {
    for (let i = 0; i < 400; i++) bucket.append(numbered(round * 400 + i), bytes('v'.repeat(100)));
    await backend.commitNow();
    for (let i = 0; i < 400; i++) bucket.delete(numbered(round * 400 + i));
    await backend.commitNow();
  }
  expect(backend.sizeBytes).toBeLessThan(400_000);
  expect(backend.sizeInUseBytes).toBeLessThan(50_000);
});

test('a snapshot stays as it was while commits go on, and its pages are free again after it', async () => {
  const world = newWorld();
  const backend = await openBackend(world);
  const bucket = backend.bucket('key');
  for (let i = 0; i < 2000; i++) bucket.append(numbered(i), bytes(`value ${i}`));
  const expected = contentOf(backend);
  const snapshot = await backend.snapshot();
  expect(backend.openReads).toBe(1);
  for (let round = 0; round < 10; round++) {
    for (let i = 0; i < 2000; i += 3) bucket.put(numbered(i), bytes(`round ${round}`));
    for (let i = 1; i < 2000; i += 30) bucket.delete(numbered(i));
    await backend.commitNow();
  }
  const copy = await copyOf(snapshot);
  expect(copy.size).toBe(snapshot.sizeBytes);
  expect(await checkFile(copy.world, '/db')).toEqual([]);
  expect(contentOf(await openBackend(copy.world))).toEqual(expected);
  const inUse = backend.sizeInUseBytes;
  snapshot.close();
  await backend.commitNow();
  expect(backend.openReads).toBe(0);
  expect(backend.sizeInUseBytes).toBeLessThan(inUse);
  await backend.close();
  expect(await checkFile(world, '/db')).toEqual([]);
});

test('a failed write is fatal, reported once, and never retried', async () => {
  const disk = new MemoryDisk();
  const failures: unknown[] = [];
  const backend = await openBackend(
    { disk, clock: new FakeClock() },
    { onFatal: (error) => failures.push(error) },
  );
  backend.bucket('key').put(bytes('a'), bytes('1'));
  await backend.commitNow();
  let syncs = 0;
  disk.options = {
    before: (operation) => {
      if (operation === 'datasync' && ++syncs === 1) throw new DiskError('EIO', '/db');
    },
  };
  backend.bucket('key').put(bytes('b'), bytes('2'));
  await expect(backend.commitNow()).rejects.toThrow('EIO');
  await expect(backend.commitNow()).rejects.toThrow('EIO');
  await expect(backend.snapshot()).rejects.toThrow('EIO');
  expect(failures).toHaveLength(1);
  expect(syncs).toBe(1);
});

test('a full disk is fatal', async () => {
  const disk = new MemoryDisk();
  const failures: unknown[] = [];
  const backend = await openBackend(
    { disk, clock: new FakeClock() },
    { onFatal: (error) => failures.push(error) },
  );
  disk.options = {
    before: (operation) => {
      if (operation === 'write') throw new DiskError('ENOSPC', '/db');
    },
  };
  backend.bucket('key').put(bytes('a'), bytes('1'));
  await expect(backend.commitNow()).rejects.toThrow('ENOSPC');
  expect(failures).toHaveLength(1);
});

test('what a killed process left in the page cache is durable once the file is opened: its name, and the commit', async () => {
  const disk = new MemoryDisk();
  const world = { disk, clock: new FakeClock() };
  // The process dies where it waits: each of these never ends.
  const killAt = (operation: string, count: number): void => {
    let left = count;
    const before = (started: string) =>
      started === operation && --left === 0 ? new Promise<void>(() => {}) : undefined;
    disk.options = { before };
  };
  const turns = async (): Promise<void> => {
    for (let i = 0; i < 200; i++) await Promise.resolve();
  };
  killAt('syncFolder', 1);
  void openBackend(world);
  await turns();
  disk.options = {};
  const backend = await openBackend(world);
  expect(await copyAfterPowerFailure(disk).exists('/db')).toBe(true);

  backend.bucket('key').put(bytes('a'), bytes('1'));
  await backend.commitNow();
  backend.bucket('key').put(bytes('a'), bytes('2'));
  killAt('datasync', 2); // the meta is written by then
  void backend.commitNow();
  await turns();
  disk.options = {};
  const again = await openBackend(world);
  expect(contentOf(again).get('key')).toEqual(new Map([['a', '2']]));
  // Pages of the commit before are free now; the disk must not need them any more.
  const after = { disk: copyAfterPowerFailure(disk), clock: world.clock };
  expect(contentOf(await openBackend(after)).get('key')).toEqual(new Map([['a', '2']]));
});

/** What a power failure leaves when nothing that was not synced survives. The disk itself goes on. */
function copyAfterPowerFailure(disk: MemoryDisk): MemoryDisk {
  const copy = Object.assign(new MemoryDisk(), disk) as MemoryDisk; // shares the files: a crash only reads them
  return copy.crash(() => 0);
}
