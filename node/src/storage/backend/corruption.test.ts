// Flips bytes at every structural place of a file. Each flip must be found and named, or do no harm.
import { expect, test } from 'vitest';
import { SILENT_LOGGER, bytesFromLatin1 as bytes } from '../../base/index.ts';
import { FakeClock } from '../../base/testing/fake-clock.ts';
import { MemoryDisk } from '../../base/testing/memory-disk.ts';
import { Backend } from './backend.ts';
import { checkFile } from './check.ts';
import { Database } from './database.ts';
import { BackendCorruptError, BackendUnsupportedError } from './errors.ts';
import {
  ELEMENT_BYTES,
  FREELIST_PAGE,
  LEAF_PAGE,
  PAGE_HEADER_BYTES,
  readU16,
  readU64,
  writePageHeader,
  writeU64,
} from './format.ts';
import { encodeMeta } from './meta.ts';
import {
  BUCKETS,
  TEST_PAGE_BYTES,
  contentOf,
  numbered,
  openBackend,
} from './testing/backend-world.ts';

interface Sample {
  readonly file: Uint8Array;
  readonly content: string;
  /** The commit before. */
  readonly olderContent: string;
}

const asText = (backend: Backend): string =>
  JSON.stringify([...contentOf(backend)].map(([name, pairs]) => [name, [...pairs]]));

async function sample(): Promise<Sample> {
  const disk = new MemoryDisk();
  const backend = await openBackend({ disk, clock: new FakeClock() });
  for (let i = 0; i < 1500; i++) backend.bucket('key').append(numbered(i), bytes(`value ${i}`));
  for (let i = 0; i < 60; i++) backend.bucket('lease').put(numbered(i), bytes('x'.repeat(40)));
  backend.bucket('meta').put(bytes('term'), bytes('3'));
  backend.bucket('key').put(numbered(700), bytes('y'.repeat(3000)));
  await backend.commitNow();
  for (let i = 0; i < 1500; i += 4) backend.bucket('key').delete(numbered(i));
  await backend.commitNow();
  const olderContent = asText(backend);
  backend.bucket('meta').put(bytes('term'), bytes('4'));
  await backend.close();
  const again = await openBackend({ disk, clock: new FakeClock() });
  return { file: disk.contentOf('/db').slice(), content: asText(again), olderContent };
}

/** What a member with this file would see, or the error. */
async function readAll(file: Uint8Array): Promise<string | Error> {
  const disk = new MemoryDisk();
  disk.setContent('/db', file);
  try {
    const backend = await openBackend({ disk, clock: new FakeClock() });
    for (const name of BUCKETS) backend.bucket(name).get(numbered(701));
    return asText(backend);
  } catch (error) {
    if (error instanceof BackendCorruptError || error instanceof BackendUnsupportedError)
      return error;
    throw error;
  }
}

function flipped(file: Uint8Array, offset: number, mask: number): Uint8Array {
  const copy = file.slice();
  copy[offset]! ^= mask;
  return copy;
}

/** Offsets of the structure of each page that is in use: headers, elements; not keys and values. */
function structure(file: Uint8Array): { page: number; offset: number; kind: string }[] {
  const places: { page: number; offset: number; kind: string }[] = [];
  for (let page = 2; page * TEST_PAGE_BYTES < file.length; page++) {
    const start = page * TEST_PAGE_BYTES;
    if (readU64(file, start) !== page) continue;
    for (let i = 0; i < PAGE_HEADER_BYTES; i++)
      places.push({ page, offset: start + i, kind: 'header' });
    const flags = readU16(file, start + 8);
    const count = Math.min(readU16(file, start + 10), 60);
    const elements = flags === 0x10 ? count * 8 : count * ELEMENT_BYTES;
    for (let i = 0; i < elements; i++) {
      // The lengths of the last pair can shrink or grow inside the page unseen: bbolt keeps no checksum of a page.
      const isLastLength = flags === LEAF_PAGE && i >= elements - 8;
      if (!isLastLength)
        places.push({ page, offset: start + PAGE_HEADER_BYTES + i, kind: 'element' });
    }
  }
  return places;
}

test.each([
  ['as etcd and this store write it', async (file: Uint8Array) => Promise.resolve({ file })],
  ['with a free list', withFreelist],
])('a flipped bit in a header or an element is named or harmless: a file %s', async (_, as) => {
  const { file: plain, content } = await sample();
  const { file } = await as(plain);
  const places = structure(file);
  expect(places.length).toBeGreaterThan(10_000);
  let found = 0;
  for (let i = 0; i < places.length; i += 31) {
    const { page, offset } = places[i]!;
    const result = await readAll(flipped(file, offset, 1 << (i % 8)));
    if (typeof result === 'string') {
      // A comparison of the texts themselves would print them.
      expect(result === content, `a flip at ${offset} of page ${page} changes what is read`).toBe(
        true,
      );
      continue;
    }
    found++;
    expect(result.message).toContain('/db');
    if (result instanceof BackendCorruptError)
      expect(result.message).toMatch(/page \d+, offset \d+: .*restore/);
  }
  expect(found).toBeGreaterThan(100);
});

test('a flipped byte in a meta falls back to the other one, with a warning', async () => {
  const { file, content, olderContent } = await sample();
  for (let offset = 0; offset < 2 * TEST_PAGE_BYTES; offset++) {
    const inPage = offset % TEST_PAGE_BYTES;
    if (inPage < PAGE_HEADER_BYTES || inPage >= PAGE_HEADER_BYTES + 64) continue;
    const result = await readAll(flipped(file, offset, 0x10));
    expect([content, olderContent]).toContain(result);
  }
  const warnings: string[] = [];
  const disk = new MemoryDisk();
  disk.setContent('/db', flipped(file, PAGE_HEADER_BYTES + 20, 1));
  const logger = { ...SILENT_LOGGER, warn: (message: string) => warnings.push(message) };
  await Backend.open({ disk, clock: new FakeClock() }, '/db', { logger });
  expect(warnings).toEqual(['a meta page of the database is damaged; using the other one']);
});

test('with both metas damaged the file is refused', async () => {
  const { file } = await sample();
  const result = await readAll(
    flipped(flipped(file, PAGE_HEADER_BYTES, 1), TEST_PAGE_BYTES + 20, 1),
  );
  expect(result).toBeInstanceOf(BackendCorruptError);
  expect(String(result)).toMatch(/both meta pages are damaged/);
});

test('a file that was cut is refused on opening', async () => {
  const { file } = await sample();
  const result = await readAll(file.slice(0, 30 * TEST_PAGE_BYTES + 5));
  expect(result).toMatchObject({ pageId: 30, offset: 30 * TEST_PAGE_BYTES + 5 });
  expect(await readAll(file.slice(0, 50))).toBeInstanceOf(BackendCorruptError);
});

test('branch pages that lead round in a circle are found', async () => {
  const { file } = await sample();
  let circles = 0;
  for (let page = 2; page * TEST_PAGE_BYTES < file.length; page++) {
    const start = page * TEST_PAGE_BYTES;
    if (readU64(file, start) !== page || readU16(file, start + 8) !== 1) continue;
    for (let target = 2; target < 60; target++) {
      const copy = file.slice();
      writeU64(copy, start + PAGE_HEADER_BYTES + 8, target);
      const result = await readAll(copy);
      if (typeof result !== 'string') circles++;
    }
  }
  expect(circles).toBeGreaterThan(50);
});

test('a branch with two pointers to one child is found', async () => {
  const { file } = await sample();
  for (let page = 2; page * TEST_PAGE_BYTES < file.length; page++) {
    const start = page * TEST_PAGE_BYTES;
    if (readU64(file, start) !== page || readU16(file, start + 8) !== 1) continue;
    const copy = file.slice();
    const first = start + PAGE_HEADER_BYTES + 8;
    writeU64(copy, first + ELEMENT_BYTES, readU64(copy, first));
    const result = await readAll(copy);
    // An old copy of a branch that is on the free list may be damaged without harm.
    if (typeof result !== 'string')
      expect(String(result)).toMatch(/below the one branch page|belongs behind|reached twice/);
    else expect(await readAll(file)).toBe(result);
  }
});

/** The file as bbolt writes it, which keeps a list of the free pages; `list` is its page. */
async function withFreelist(file: Uint8Array): Promise<{ file: Uint8Array; list: number }> {
  const disk = new MemoryDisk();
  disk.setContent('/db', file);
  const database = await Database.open(disk, '/db', 'read', {
    cacheBytes: 1 << 20,
    yieldNow: () => Promise.resolve(),
  });
  const { meta, pages } = database;
  const list = meta.highWater;
  const free: number[] = [];
  for (let id = 2; id < list; id++) if (pages.free.has(id)) free.push(id);
  const copy = new Uint8Array(Math.max(file.length, (list + 1) * TEST_PAGE_BYTES));
  copy.set(file);
  const page = copy.subarray(list * TEST_PAGE_BYTES);
  writePageHeader(page, list, FREELIST_PAGE, free.length, 0);
  for (const [i, id] of free.entries()) writeU64(page, PAGE_HEADER_BYTES + 8 * i, id);
  expect(PAGE_HEADER_BYTES + 8 * free.length).toBeLessThanOrEqual(TEST_PAGE_BYTES);
  expect(free.length).toBeGreaterThan(2);
  for (const id of [0, 1]) {
    const txid = meta.txid - ((meta.txid + id) % 2);
    const changed = { ...meta, freelistId: list, highWater: list + 1, txid };
    copy.set(encodeMeta(changed, id), id * TEST_PAGE_BYTES);
  }
  return { file: copy, list };
}

test('checkFile names a page that is neither in use nor free, and one that is both', async () => {
  const { file, list } = await withFreelist((await sample()).file);
  const problems = async (content: Uint8Array): Promise<string[]> => {
    const disk = new MemoryDisk();
    disk.setContent('/db', content);
    return checkFile({ disk, clock: new FakeClock() }, '/db');
  };
  expect(await problems(file)).toEqual([]);
  const shorter = file.slice();
  shorter[list * TEST_PAGE_BYTES + 10]!--;
  expect(String(await problems(shorter))).toMatch(/neither in use nor free/);
});

test('a file with a list of free pages is read by it, and goes on without one', async () => {
  const { file: plain, content } = await sample();
  const { file, list } = await withFreelist(plain);
  const disk = new MemoryDisk();
  disk.setContent('/db', file);
  const backend = await openBackend({ disk, clock: new FakeClock() });
  expect(asText(backend)).toBe(content);
  backend.bucket('meta').put(bytes('term'), bytes('5'));
  const changed = asText(backend);
  await backend.close();
  expect(list).toBeGreaterThan(0);
  expect(await checkFile({ disk, clock: new FakeClock() }, '/db')).toEqual([]);
  const again = await openBackend({ disk, clock: new FakeClock() });
  expect(asText(again)).toBe(changed);
  expect(again.sizeInUseBytes).toBeLessThan(again.sizeBytes);
});

test('a bucket inside a bucket is refused with a clear error', async () => {
  const { file } = await sample();
  const copy = file.slice();
  for (let page = 2; page * TEST_PAGE_BYTES < file.length; page++) {
    const start = page * TEST_PAGE_BYTES;
    const isKeyLeaf = readU64(file, start) === page && readU16(file, start + 8) === LEAF_PAGE;
    if (isKeyLeaf && readU16(file, start + 10) > 10) copy[start + PAGE_HEADER_BYTES] = 1;
  }
  expect(String(await readAll(copy))).toMatch(/bucket lies inside a bucket/);
});
