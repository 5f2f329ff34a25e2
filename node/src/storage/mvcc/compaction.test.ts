import { expect, test } from 'vitest';
import { isEtcdError, SILENT_LOGGER, utf8FromText } from '../../base/index.ts';
import type { Logger } from '../../base/index.ts';
import { FakeClock } from '../../base/testing/fake-clock.ts';
import { MvccStore } from './store.ts';
import type { MvccOptions } from './store.ts';
import { MemoryBackend } from './testing/memory-backend.ts';
import { QUICK_CLOCK } from './testing/quick-clock.ts';

const KEY = utf8FromText('key');
const ALL = [new Uint8Array(0), Uint8Array.of(0)] as const;

function open(backend: MemoryBackend, options: Partial<MvccOptions> = {}): Promise<MvccStore> {
  return MvccStore.open(backend, {
    clock: QUICK_CLOCK,
    logger: SILENT_LOGGER,
    compactionBatchLimit: 4,
    ...options,
  });
}

function put(store: MvccStore, key: Uint8Array = KEY): number {
  const txn = store.beginWrite();
  txn.put(key, KEY, 0n);
  txn.end();
  return store.revision;
}

function del(store: MvccStore): number {
  const txn = store.beginWrite();
  txn.deleteRange(...ALL);
  txn.end();
  return store.revision;
}

async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

function recordingLogger(): Logger & { lines: [string, unknown][] } {
  const lines: [string, unknown][] = [];
  const info = (message: string, fields: unknown) => void lines.push([message, fields]);
  return { ...SILENT_LOGGER, info, lines };
}

const pairs = (backend: MemoryBackend) => backend.bucket('key').keys.length;

test('removes in slices with pauses, while reads and writes go on', async () => {
  const backend = new MemoryBackend();
  const clock = new FakeClock();
  const store = await open(backend, { clock });
  for (let i = 0; i < 10; i++) put(store);
  let done = false;
  void store.compact(11).then(() => (done = true));
  expect(store.compactRevision).toBe(11);
  await settle();
  expect([pairs(backend), done]).toEqual([6, false]);
  expect(put(store)).toBe(12);
  expect(store.range(KEY, undefined, { revision: 11 }).kvs[0]?.version).toBe(10);
  await clock.run(10);
  expect([pairs(backend), done]).toEqual([3, false]);
  await clock.run(10);
  expect([pairs(backend), done]).toEqual([2, true]);
  expect(clock.pendingTimers).toBe(0);
});

test('reports its end as etcd does', async () => {
  const logger = recordingLogger();
  const store = await open(new MemoryBackend(), { logger });
  for (let i = 0; i < 5; i++) put(store);
  await store.compact(4);
  const hash = store.hashes()[0]?.hash;
  expect(logger.lines.slice(1)).toEqual([
    ['compact tree index', { revision: 4 }],
    [
      'finished scheduled compaction',
      {
        'compact-revision': 4,
        took: '0s',
        'number-of-keys-compacted': 2,
        hash,
        'current-db-size-bytes': 20480,
        'current-db-size': '20 kB',
        'current-db-size-in-use-bytes': 16384,
        'current-db-size-in-use': '16 kB',
      },
    ],
    ['storing new hash', { hash, revision: 4, 'compact-revision': -1 }],
  ]);
});

test('a compaction that comes while one runs waits for its turn', async () => {
  const backend = new MemoryBackend();
  const store = await open(backend);
  for (let i = 0; i < 20; i++) put(store);
  const ends: number[] = [];
  const first = store.compact(10).then(() => ends.push(10));
  const second = store.compact(20).then(() => ends.push(20));
  expect(store.compactRevision).toBe(20);
  expect(() => store.range(KEY, undefined, { revision: 15 })).toThrow('compacted');
  await Promise.all([first, second]);
  expect(ends).toEqual([10, 20]);
  expect(pairs(backend)).toBe(2);
  // The second began before the first had ended, so its hash may not be compared: etcd stores none either.
  expect(store.hashes().map((hash) => hash.revision)).toEqual([10]);
});

test('a crash in the middle is made good on open', async () => {
  const backend = new MemoryBackend();
  const store = await open(backend, { clock: new FakeClock() });
  for (let i = 0; i < 10; i++) put(store);
  void store.compact(11);
  await settle();
  const crashed = backend.copy();
  expect(pairs(crashed)).toBe(6);
  const logger = recordingLogger();
  const again = await open(crashed, { logger });
  expect([again.revision, again.compactRevision]).toEqual([11, 11]);
  await settle();
  expect(pairs(crashed)).toBe(1);
  expect(logger.lines).toContainEqual([
    'resume scheduled compaction',
    { 'scheduled-compact-revision': 11 },
  ]);
  expect(again.hashes()).toEqual([]);
});

test('the revision survives a compaction of everything (etcd-io/etcd#17780)', async () => {
  const backend = new MemoryBackend();
  const store = await open(backend);
  put(store);
  const deleted = del(store);
  await store.compact(deleted);
  // Versions before 3.5.16 removed the tombstone too.
  const old = backend.copy();
  old.bucket('key').delete(old.bucket('key').keys[0]!);
  for (const left of [backend.copy(), old]) {
    const again = await open(left);
    expect([again.revision, again.compactRevision]).toEqual([deleted, deleted]);
    expect(put(again)).toBe(deleted + 1);
  }
});

test('the revision survives a crash before the end of the compaction was noted (etcd-io/etcd#17780)', async () => {
  const backend = new MemoryBackend();
  const store = await open(backend, { clock: new FakeClock(), compactionBatchLimit: 2 });
  put(store);
  const deleted = del(store);
  void store.compact(deleted);
  await settle();
  const crashed = backend.copy();
  const bucket = crashed.bucket('key');
  for (const key of [...bucket.keys]) bucket.delete(key);
  expect((await open(crashed)).revision).toBe(deleted);
});

test('a read at a compacted revision inside a transaction fails alone (etcd-io/etcd#18667)', async () => {
  const store = await open(new MemoryBackend());
  for (let i = 0; i < 5; i++) put(store);
  await store.compact(4);
  const txn = store.beginWrite();
  txn.put(KEY, KEY, 0n);
  expect(() => txn.range(KEY, undefined, { revision: 3 })).toThrow('compacted');
  expect(() => txn.range(KEY, undefined, { revision: 8 })).toThrow('future');
  expect(txn.range(KEY, undefined, { revision: 7 }).kvs[0]?.version).toBe(6);
  txn.end();
  expect(store.revision).toBe(7);
});

test('a hash that is under way is not disturbed by a compaction', async () => {
  const backend = new MemoryBackend();
  const store = await open(backend);
  for (let i = 0; i < 5000; i++) put(store, utf8FromText(`key-${i % 10}`));
  const alone = await store.hashKv(3000);
  const hashing = store.hashKv(3000);
  const compacting = store.compact(4000);
  expect(await hashing).toEqual(alone);
  await compacting;
  expect(pairs(backend)).toBe(1000 + 10 + 1);
});

test('a snapshot replaces everything and ends the compaction of what was', async () => {
  const clock = new FakeClock();
  const other = new MemoryBackend();
  const leader = await open(other);
  for (let i = 0; i < 30; i++) put(leader, utf8FromText('theirs'));
  await leader.compact(20);
  const backend = new MemoryBackend();
  const store = await open(backend, { clock });
  for (let i = 0; i < 10; i++) put(store);
  const compacting = store.compact(11);
  await settle();
  let told = 0;
  store.onRestored = () => told++;
  await store.restore(other.copy());
  expect([store.revision, store.compactRevision, store.keysTotal, told]).toEqual([31, 20, 1, 1]);
  expect(store.range(...ALL).kvs.map((kv) => kv.version)).toEqual([30]);
  await clock.run(10);
  await compacting;
  expect(pairs(backend)).toBe(6);
  expect(put(store)).toBe(32);
});

test('close ends a compaction before its next slice', async () => {
  const clock = new FakeClock();
  const backend = new MemoryBackend();
  const store = await open(backend, { clock });
  for (let i = 0; i < 10; i++) put(store);
  const compacting = store.compact(11).catch((error: unknown) => error);
  await settle();
  const closing = store.close();
  await clock.run(10);
  await closing;
  expect(isEtcdError(await compacting, 'Stopped')).toBe(true);
  expect(pairs(backend)).toBe(6);
});

test('ends before its next slice when another state is to take its place', async () => {
  const backend = new MemoryBackend();
  const clock = new FakeClock();
  const store = await open(backend, { clock });
  for (let i = 0; i < 10; i++) put(store);
  const done = store.compact(11);
  await settle();
  const left = pairs(backend);
  const stopped = store.stopCompaction();
  await clock.run(1_000);
  await Promise.all([done, stopped]);
  expect([left, pairs(backend)]).toEqual([6, 6]);
});
