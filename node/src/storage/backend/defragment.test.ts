import { expect, test } from 'vitest';
import { bytesFromLatin1 as bytes } from '../../base/index.ts';
import { FakeClock } from '../../base/testing/fake-clock.ts';
import { DiskError, MemoryDisk } from '../../base/testing/memory-disk.ts';
import type { Backend } from './backend.ts';
import { checkFile } from './check.ts';
import { contentOf, numbered, openBackend } from './testing/backend-world.ts';

function fill(backend: Backend): void {
  const bucket = backend.bucket('key');
  for (let i = 0; i < 4000; i++) bucket.append(numbered(i), bytes(`value ${i}`));
  backend.createBucket('alarm');
}

function thin(backend: Backend): void {
  for (let i = 0; i < 4000; i++) if (i % 10 !== 0) backend.bucket('key').delete(numbered(i));
}

test('what was deleted leaves the file, what is there stays', async () => {
  const world = { disk: new MemoryDisk(), clock: new FakeClock() };
  const backend = await openBackend(world);
  fill(backend);
  await backend.commitNow();
  const fullBytes = backend.sizeBytes;
  thin(backend);
  const expected = contentOf(backend);
  const hash = await backend.hash();
  await backend.defragment();
  expect(backend.sizeBytes).toBeLessThan(fullBytes / 5);
  expect(contentOf(backend)).toEqual(expected);
  expect(await backend.hash()).toBe(hash);
  expect(await world.disk.list('/')).toEqual(['db']);
  await backend.close();
  expect(await checkFile(world, '/db')).toEqual([]);
});

test('writes that arrive meanwhile are in the new file, be they committed during the copy or not', async () => {
  const world = { disk: new MemoryDisk(), clock: new FakeClock() };
  const backend = await openBackend(world);
  fill(backend);
  const done = backend.defragment();
  let rounds = 0;
  const writing = (async () => {
    for (; rounds < 500; rounds++) {
      backend.bucket('key').put(numbered(rounds * 3), bytes(`late ${rounds}`));
      backend.bucket('key').delete(numbered(rounds * 3 + 1));
      backend.bucket('lease').put(numbered(rounds), bytes('lease'));
      if (rounds % 7 === 0) backend.commitNow().catch(() => undefined);
      await Promise.resolve();
    }
  })();
  await done;
  await writing;
  const expected = contentOf(backend);
  expect(expected.get('lease')?.size).toBe(500);
  await backend.close();
  expect(await checkFile(world, '/db')).toEqual([]);
  expect(contentOf(await openBackend(world))).toEqual(expected);
});

test('the new file holds a whole commit, with the index that beforeCommit writes', async () => {
  const disk = new MemoryDisk();
  const clock = new FakeClock();
  let applied = 0;
  const backend = await openBackend(
    { disk, clock },
    {
      beforeCommit: () =>
        backend.bucket('meta').put(bytes('consistent_index'), bytes(String(applied))),
    },
  );
  fill(backend);
  let isDone = false;
  const done = backend.defragment().then(() => {
    isDone = true;
  });
  while (!isDone) {
    backend.bucket('lease').put(numbered(applied++), bytes('lease'));
    await Promise.resolve();
  }
  await done;
  const content = contentOf(await openBackend({ disk: disk.crash(() => 0), clock }));
  const index = Number(content.get('meta')?.get('consistent_index'));
  expect(index).toBeGreaterThan(10);
  expect(content.get('lease')?.size).toBe(index);
});

test('a snapshot taken before it is still readable after it', async () => {
  const world = { disk: new MemoryDisk(), clock: new FakeClock() };
  const backend = await openBackend(world);
  fill(backend);
  const snapshot = await backend.snapshot();
  await backend.defragment();
  let size = 0;
  for await (const chunk of snapshot.read()) size += chunk.length;
  expect(size).toBe(snapshot.sizeBytes);
  snapshot.close();
  expect(backend.openReads).toBe(0);
});

test('a failure before the swap leaves the old file in use', async () => {
  const disk = new MemoryDisk();
  const failures: unknown[] = [];
  const backend = await openBackend(
    { disk, clock: new FakeClock() },
    { onFatal: (error) => failures.push(error) },
  );
  fill(backend);
  await backend.commitNow();
  disk.options = {
    before: (operation, path) => {
      if (operation === 'write' && path !== '/db') throw new DiskError('ENOSPC', path);
    },
  };
  await expect(backend.defragment()).rejects.toThrow('ENOSPC');
  expect(await disk.list('/')).toEqual(['db']);
  thin(backend);
  await backend.close();
  expect(failures).toEqual([]);
  expect(await checkFile({ disk, clock: new FakeClock() }, '/db')).toEqual([]);
});

test('deleting most keys shrinks the tree, not only its pages', async () => {
  const backend = await openBackend({ disk: new MemoryDisk(), clock: new FakeClock() });
  fill(backend);
  await backend.commitNow();
  for (let i = 0; i < 4000; i++) if (i % 100 !== 0) backend.bucket('key').delete(numbered(i));
  await backend.commitNow();
  await backend.commitNow();
  // Forty pairs fit on a few pages; with the root, the free list and the metas these are all.
  expect(backend.sizeInUseBytes).toBeLessThan(16 * 1024);
});
