import { expect, test } from 'vitest';
import { EMPTY_BYTES, bytesFromLatin1 as bytes, latin1FromBytes } from '../../base/index.ts';
import { FakeClock } from '../../base/testing/fake-clock.ts';
import { MemoryDisk } from '../../base/testing/memory-disk.ts';
import type { DiskFile } from '../../base/index.ts';
import type { Backend } from './backend.ts';
import { ReadAhead } from './read-ahead.ts';
import { numbered, openBackend } from './testing/backend-world.ts';

const PAGE_BYTES = 1024;

/** A file whose byte at each place is the number of its page; it notes what is read. */
function numberedFile(pages: number): { file: DiskFile; reads: [number, number][] } {
  const reads: [number, number][] = [];
  const readAt = (target: Uint8Array, position: number): number => {
    const length = Math.max(0, Math.min(target.length, pages * PAGE_BYTES - position));
    reads.push([position / PAGE_BYTES, target.length / PAGE_BYTES]);
    for (let i = 0; i < length; i++) target[i] = Math.floor((position + i) / PAGE_BYTES);
    return length;
  };
  // The only call that the reader makes.
  return { file: { readAt } as unknown as DiskFile, reads };
}

test('runs grow in the order of the file, and begin small elsewhere', () => {
  const { file, reads } = numberedFile(200);
  const ahead = new ReadAhead(file, PAGE_BYTES);
  expect(ahead.read(2, 1, 200)[0]).toBe(2);
  expect(ahead.isRunning).toBe(false);
  for (let id = 5; id < 130; id += 3) expect(ahead.read(id, 1, 200)[0]).toBe(id);
  expect(ahead.isRunning).toBe(true);
  expect(reads).toEqual([
    [2, 1],
    [5, 4],
    [11, 16],
    [29, 64],
    [95, 105],
  ]);
  expect(ahead.read(7, 1, 200)[0]).toBe(7);
  expect(ahead.isRunning).toBe(false);
  expect(ahead.read(190, 1, 200)[0]).toBe(190);
  expect(ahead.read(191, 1, 194)[0]).toBe(191);
  expect(reads.slice(5)).toEqual([
    [7, 1],
    [190, 1],
    [191, 3],
  ]);
});

test('a run that was written to is read again, and the end of the file shows', () => {
  const { file, reads } = numberedFile(10);
  const ahead = new ReadAhead(file, PAGE_BYTES);
  expect([...new Set(ahead.read(3, 4, 10))]).toEqual([3, 4, 5, 6]);
  ahead.forget();
  expect(ahead.read(4, 1, 10)[0]).toBe(4);
  expect(reads.length).toBe(2);
  expect(ahead.read(9, 4, 13).length).toBe(PAGE_BYTES);
});

function walk(backend: Backend, use: 'keep' | 'once'): string[] {
  const found: string[] = [];
  const visit = (key: Uint8Array, value: Uint8Array): void => {
    found.push(`${latin1FromBytes(key)}=${value.length}:${value[0]},${value.at(-1)}`);
  };
  backend.bucket('key').forEach(EMPTY_BYTES, undefined, visit, use);
  return found;
}

test('a walk that reads pages once finds what other reads find, also after commits', async () => {
  const world = { disk: new MemoryDisk(), clock: new FakeClock() };
  const backend = await openBackend(world, { cacheBytes: 1 });
  const bucket = backend.bucket('key');
  for (let round = 0; round < 6; round++) {
    for (let i = round; i < 400; i += 7)
      bucket.put(numbered(i), new Uint8Array(i % 20 === 0 ? 5000 : 30).fill(round + 1));
    for (let i = 3 * round; i < 100; i += 13) bucket.delete(numbered(i));
    expect(walk(backend, 'once')).toEqual(walk(backend, 'keep'));
    const written = backend.commitNow();
    expect(walk(backend, 'once')).toEqual(walk(backend, 'keep'));
    await written;
    expect(walk(backend, 'once')).toEqual(walk(backend, 'keep'));
  }
  bucket.put(bytes('last'), bytes('value'));
  expect(walk(backend, 'once').at(-1)).toBe('last=5:118,101');
});
