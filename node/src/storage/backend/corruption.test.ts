// Flips bytes at every structural place of a file. Each flip must be found and named, or do no harm.
import { expect, test } from 'vitest';
import { SILENT_LOGGER, bytesFromLatin1 as bytes } from '../../base/index.ts';
import { FakeClock } from '../../base/testing/fake-clock.ts';
import { MemoryDisk } from '../../base/testing/memory-disk.ts';
import { Backend } from './backend.ts';
import { checkFile } from './check.ts';
import { BackendCorruptError, BackendUnsupportedError } from './errors.ts';
import {
  ELEMENT_BYTES,
  LEAF_PAGE,
  PAGE_HEADER_BYTES,
  readU16,
  readU64,
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

test('a flipped bit in a header, an element or the free list is named or harmless', async () => {
  const { file, content } = await sample();
  const places = structure(file);
  expect(places.length).toBeGreaterThan(10_000);
  let found = 0;
  for (let i = 0; i < places.length; i += 17) {
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
  expect(found).toBeGreaterThan(200);
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
      expect(String(result)).toMatch(/below the one branch page|belongs behind/);
    else expect(await readAll(file)).toBe(result);
  }
});

test('checkFile names a page that is neither in use nor free, and one that is both', async () => {
  const { file } = await sample();
  const problems = async (content: Uint8Array): Promise<string[]> => {
    const disk = new MemoryDisk();
    disk.setContent('/db', content);
    return checkFile({ disk, clock: new FakeClock() }, '/db');
  };
  expect(await problems(file)).toEqual([]);
  let list = 2;
  while (
    readU16(file, list * TEST_PAGE_BYTES + 8) !== 0x10 ||
    readU64(file, list * TEST_PAGE_BYTES) !== list
  )
    list++;
  // An older list may lie before the current one: damage all of them.
  const shorter = file.slice();
  for (let page = list; page * TEST_PAGE_BYTES < file.length; page++) {
    const start = page * TEST_PAGE_BYTES;
    if (readU16(shorter, start + 8) === 0x10 && readU64(shorter, start) === page)
      shorter[start + 10]!--;
  }
  expect(String(await problems(shorter))).toMatch(/neither in use nor free/);
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

test('a file without a free list (NoFreelistSync) is scanned, and gets one', async () => {
  const { file, content } = await sample();
  const copy = file.slice();
  for (const id of [0, 1]) {
    const body = copy.subarray(id * TEST_PAGE_BYTES + PAGE_HEADER_BYTES);
    const meta = {
      pageBytes: TEST_PAGE_BYTES,
      flags: 0,
      rootId: readU64(body, 16),
      rootSequence: 0,
      freelistId: undefined,
      highWater: readU64(body, 40),
      txid: readU64(body, 48),
    };
    copy.set(encodeMeta(meta, id), id * TEST_PAGE_BYTES);
  }
  const disk = new MemoryDisk();
  disk.setContent('/db', copy);
  const backend = await openBackend({ disk, clock: new FakeClock() });
  expect(asText(backend)).toBe(content);
  expect(backend.sizeInUseBytes).toBeLessThan(backend.sizeBytes);
  await backend.close();
  expect(await checkFile({ disk, clock: new FakeClock() }, '/db')).toEqual([]);
});
