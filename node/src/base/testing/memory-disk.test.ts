import { expect, test } from 'vitest';
import { DiskError, MemoryDisk } from './memory-disk.ts';

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

test('content survives a crash after datasync, names after syncFolder', async () => {
  const disk = new MemoryDisk();
  await disk.makeFolder('a');
  await disk.syncFolder('');
  const file = await disk.open('a/f', 'create');
  await file.writeAt(bytes(1, 2), 0);
  await file.datasync();
  expect(await disk.clone().exists('a/f')).toBe(true);
  await disk.syncFolder('a');
  await file.writeAt(bytes(9), 0);
  await disk.rename('a/f', 'a/g');
  const lost = disk.crash(() => 0);
  expect([...lost.contentOf('a/f')]).toEqual([1, 2]);
  await expect(disk.list('a')).rejects.toMatchObject({ code: 'EIO' });
});

test('what was not synced can survive whole, not at all, or by sectors', async () => {
  const outcomes = new Set<string>();
  for (let seed = 1; seed < 200; seed++) {
    const disk = new MemoryDisk();
    const file = await disk.open('f', 'create');
    await file.truncate(1024);
    await file.datasync();
    await disk.syncFolder('');
    await file.writeAt(new Uint8Array(1024).fill(7), 0);
    let x = seed;
    const after = disk.crash(() => (x = (x * 16807) % 2147483647) / 2147483647);
    const content = after.contentOf('f');
    const sectors = [content.subarray(0, 512), content.subarray(512)];
    for (const sector of sectors) expect(new Set(sector).size).toBe(1);
    outcomes.add(sectors.map((sector) => sector[0]).join());
  }
  expect([...outcomes].sort()).toEqual(['0,0', '0,7', '7,0', '7,7']);
});

test('a rename is whole or not at all, and an unsynced file may be lost', async () => {
  const disk = new MemoryDisk();
  disk.setContent('d/old', bytes(1));
  const file = await disk.open('d/new', 'create');
  await file.writeAt(bytes(2), 0);
  await file.datasync();
  await disk.rename('d/new', 'd/old');
  for (const [chance, names, content] of [
    [0, ['old'], 1],
    [0.5, ['new', 'old'], 1],
    [0.99, ['old'], 2],
  ] as const) {
    const copy = Object.assign(new MemoryDisk(), disk) as MemoryDisk; // shares the folders: a crash only reads them
    const after = copy.crash(() => chance);
    expect(await after.list('d')).toEqual(names);
    expect(after.contentOf('d/old')[0]).toBe(content);
  }
});

test('a full disk, a missing file and an injected failure have POSIX codes', async () => {
  const disk = new MemoryDisk({ capacityBytes: 4 });
  const file = await disk.open('f', 'create');
  await file.writeAt(bytes(1, 2, 3, 4), 0);
  await file.writeAt(bytes(5), 3);
  await expect(file.writeAt(bytes(6), 4)).rejects.toMatchObject({ code: 'ENOSPC' });
  await expect(disk.open('g', 'read')).rejects.toMatchObject({ code: 'ENOENT' });
  disk.options = {
    before: (operation) => {
      if (operation === 'datasync') throw new DiskError('EIO', 'f');
    },
  };
  await expect(file.datasync()).rejects.toMatchObject({ code: 'EIO' });
  await expect((await disk.open('f', 'read')).writeAt(bytes(1), 0)).rejects.toMatchObject({
    code: 'EBADF',
  });
});
