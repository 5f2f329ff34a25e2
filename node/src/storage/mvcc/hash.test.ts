import { expect, test } from 'vitest';
import { isEtcdError, SILENT_LOGGER, utf8FromText } from '../../base/index.ts';
import { MvccStore } from './store.ts';
import { MemoryBackend } from './testing/memory-backend.ts';
import { QUICK_CLOCK } from './testing/quick-clock.ts';

// The histories and hashes of etcd's own tests (server/storage/mvcc/hash_test.go and testutil/hash.go).
const CYCLE = 71;
const NAMES = ['alice', 'bob', 'celine', 'dominik', 'eve', 'frederica', 'gorge'];

function pickKey(i: number): string {
  if (i % (CYCLE * 2) === 30) return 'zenek';
  return i % CYCLE === 30 ? 'xavery' : NAMES[i % 7]!;
}

function put(store: MvccStore, key: string, value: string): void {
  const txn = store.beginWrite();
  txn.put(utf8FromText(key), utf8FromText(value), 0n);
  txn.end();
}

function del(store: MvccStore, key: string): void {
  const txn = store.beginWrite();
  txn.deleteRange(utf8FromText(key), undefined);
  txn.end();
}

function open(backend = new MemoryBackend(), compactionBatchLimit = 1000): Promise<MvccStore> {
  return MvccStore.open(backend, {
    clock: QUICK_CLOCK,
    logger: SILENT_LOGGER,
    compactionBatchLimit,
  });
}

/** etcd's putKVs writes one more than its count. */
function putAll(store: MvccStore, from: number, count: number): void {
  for (let i = from; i <= from + count; i++) put(store, pickKey(i), String(i));
}

async function hashThenCompact(store: MvccStore, revision: number): Promise<number[]> {
  const { hash, compactRevision, revision: hashed } = await store.hashKv(revision);
  await store.compact(revision);
  return [hash, compactRevision, hashed];
}

async function hashesOf(
  revisionAt: (store: MvccStore, from: number, count: number) => number,
): Promise<number[][]> {
  const store = await open();
  const got: number[][] = [];
  for (let from = 0, count = CYCLE; count === CYCLE; from += CYCLE) {
    if (from >= 1210) count = 1210;
    putAll(store, from, count);
    got.push(await hashThenCompact(store, revisionAt(store, from, count)));
  }
  return got;
}

test('hashes in the middle of a history are those of etcd (TestHashByRevValue)', async () => {
  const got = await hashesOf((_store, from, count) => from + Math.floor(count / 2));
  expect(got).toEqual([
    [4082599214, -1, 35],
    [2279933401, 35, 106],
    [3284231217, 106, 177],
    [126286495, 177, 248],
    [900108730, 248, 319],
    [2475485232, 319, 390],
    [1226296507, 390, 461],
    [2503661030, 461, 532],
    [4155130747, 532, 603],
    [106915399, 603, 674],
    [406914006, 674, 745],
    [1882211381, 745, 816],
    [806177088, 816, 887],
    [664311366, 887, 958],
    [1496914449, 958, 1029],
    [2434525091, 1029, 1100],
    [3988652253, 1100, 1171],
    [1122462288, 1171, 1242],
    [724436716, 1242, 1883],
  ]);
});

test('hashes at the last revision are those of etcd (TestHashByRevValueLastRevision)', async () => {
  const got = await hashesOf((store) => store.revision);
  expect(got).toEqual([
    [1913897190, -1, 73],
    [224860069, 73, 145],
    [1565167519, 145, 217],
    [1566261620, 217, 289],
    [2037173024, 289, 361],
    [691659396, 361, 433],
    [2713730748, 433, 505],
    [3919322507, 505, 577],
    [769967540, 577, 649],
    [2909194793, 649, 721],
    [1576921157, 721, 793],
    [4067701532, 793, 865],
    [2226384237, 865, 937],
    [2923408134, 937, 1009],
    [2680329256, 1009, 1081],
    [1546717673, 1081, 1153],
    [2713657846, 1153, 1225],
    [1046575299, 1225, 1297],
    [2017735779, 1297, 2508],
  ]);
});

test('a compaction keeps its hash, which is the one HashKV gave before it', async () => {
  const store = await open(new MemoryBackend(), 7);
  putAll(store, 0, 40);
  del(store, 'alice');
  del(store, 'gorge');
  putAll(store, 41, 20);
  let previous = -1;
  for (const revision of [30, 43, 44, 60]) {
    const before = await store.hashKv(revision);
    await store.compact(revision);
    expect(store.hashes().at(-1)).toEqual({
      hash: before.hash,
      compactRevision: previous,
      revision,
    });
    expect(await store.hashKv(revision)).toEqual(before);
    previous = revision;
  }
});

test('the ten newest hashes are kept', async () => {
  const store = await open();
  putAll(store, 0, 20);
  for (let revision = 2; revision <= 13; revision++) await store.compact(revision);
  expect(store.hashes().map((hash) => hash.revision)).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
});

test('refuses compacted and future revisions', async () => {
  const store = await open();
  putAll(store, 0, 20);
  await store.compact(5);
  await store.compact(10);
  const codeAt = (revision: number) =>
    store.hashKv(revision).then(
      () => 'fine',
      (error: unknown) => (isEtcdError(error) ? error.code : 'other'),
    );
  expect(await codeAt(9)).toBe('Compacted');
  expect(await codeAt(5)).toBe('fine'); // remembered
  expect(await codeAt(10)).toBe('fine');
  expect(await codeAt(23)).toBe('FutureRev');
});

test('close ends a hash that is under way', async () => {
  const store = await open();
  putAll(store, 0, 5000);
  const hashing = store.hashKv(0).catch((error: unknown) => error);
  await Promise.resolve();
  await store.close();
  expect(isEtcdError(await hashing, 'Stopped')).toBe(true);
});
