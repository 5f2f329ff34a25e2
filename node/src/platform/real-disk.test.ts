import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LockedError } from './file-lock.ts';
import { realClock, realRandom } from './real-clock.ts';
import { RealDisk } from './real-disk.ts';

const disk = new RealDisk();
let folder = '';

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'binnacle-disk-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

test('a file reads back what was written, in both ways, and short at its end', async () => {
  const file = await disk.open(join(folder, 'f'), 'create');
  await file.writeAt(Buffer.from('hello'), 2);
  const parts = Array.from({ length: 2500 }, (_, i) => Buffer.from(String(i % 10)));
  await file.writevAt(parts, 7);
  await file.datasync();
  expect(file.size()).toBe(2507);
  const whole = new Uint8Array(3000);
  expect(file.readAt(whole, 0)).toBe(2507);
  expect(Buffer.from(whole.subarray(0, 10)).toString('latin1')).toBe('\0\0hello012');
  expect(whole[2506]).toBe('9'.charCodeAt(0));
  const again = new Uint8Array(3000);
  expect(await file.readAtAsync(again, 0)).toBe(2507);
  expect(again).toEqual(whole);
  await file.truncate(3);
  expect(file.size()).toBe(3);
  await file.close();
  await file.close();
  expect(fs.statSync(join(folder, 'f')).mode & 0o777).toBe(0o600);
});

test('a sync that is alone is waited for in place once the disk is known to be quick, and fails like any other', async () => {
  const file = await disk.open(join(folder, 'f'), 'create');
  const isInPlace = async (): Promise<boolean> => {
    await file.writeAt(Buffer.from('x'), 0);
    let isOver = false;
    const synced = file.datasync(true).then(() => (isOver = true));
    await Promise.resolve();
    const wasOver = isOver;
    await synced;
    return wasOver;
  };
  expect(await isInPlace()).toBe(false);
  // A busy disk may need some more to be quick several times in a row.
  await vi.waitUntil(isInPlace, { timeout: 20_000, interval: 1 });
  await file.close();
  await expect(file.datasync(true)).rejects.toMatchObject({ code: 'EBADF' });
  await expect(file.datasync()).rejects.toMatchObject({ code: 'EBADF' });
});

test('writes shorter and longer than a page follow each other, and a full device is an error for both', async () => {
  const file = await disk.open(join(folder, 'f'), 'create');
  const lengths = [1, 4095, 4096, 10_000, 0, 700];
  let position = 0;
  for (const [number, length] of lengths.entries()) {
    await file.writeAt(Buffer.alloc(length, number + 1), position);
    position += length;
  }
  const expected = Buffer.concat(lengths.map((length, number) => Buffer.alloc(length, number + 1)));
  const content = new Uint8Array(position);
  expect(file.readAt(content, 0)).toBe(position);
  expect(expected.equals(content)).toBe(true);
  await file.close();

  const full = await disk.open('/dev/full', 'readWrite');
  for (const length of [10, 10_000]) {
    await expect(full.writeAt(new Uint8Array(length), 0)).rejects.toMatchObject({ code: 'ENOSPC' });
  }
  await full.close();
});

test('folders are made with their parents, listed in order, and missing things have POSIX codes', async () => {
  const deep = join(folder, 'a/b/c');
  await disk.makeFolder(deep);
  await disk.makeFolder(deep);
  expect(fs.statSync(join(folder, 'a')).mode & 0o777).toBe(0o700);
  for (const name of ['2', '10', '1']) await (await disk.open(join(deep, name), 'create')).close();
  await disk.rename(join(deep, '2'), join(deep, '3'));
  await disk.remove(join(deep, '1'));
  await disk.syncFolder(deep);
  expect(await disk.list(deep)).toEqual(['10', '3']);
  expect(await disk.exists(join(deep, '3'))).toBe(true);
  expect(await disk.exists(join(deep, '3/x'))).toBe(false);
  await expect(disk.open(join(deep, 'none'), 'readWrite')).rejects.toMatchObject({
    code: 'ENOENT',
  });
  await expect(disk.remove(join(deep, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
  await disk.removeFolder(join(folder, 'a'));
  await disk.removeFolder(join(folder, 'a'));
  expect(await disk.exists(join(folder, 'a'))).toBe(false);
});

test('a folder that is there already is synced into those above: its maker may have been killed before', async () => {
  const deep = join(folder, 'a/b');
  fs.mkdirSync(deep, { recursive: true });
  const synced: string[] = [];
  const sync = vi.spyOn(RealDisk.prototype, 'syncFolder').mockImplementation((path) => {
    synced.push(path);
    return path === tmpdir()
      ? Promise.reject(Object.assign(new Error('no'), { code: 'EACCES' }))
      : Promise.resolve();
  });
  try {
    await disk.makeFolder(deep);
    expect(synced).toEqual([join(folder, 'a'), folder, tmpdir()]);
    sync.mockRejectedValue(Object.assign(new Error('broken'), { code: 'EIO' }));
    await expect(disk.makeFolder(deep)).rejects.toMatchObject({ code: 'EIO' });
  } finally {
    sync.mockRestore();
  }
});

test('a lock holds against a second taker until it is released', async () => {
  const path = join(folder, 'lock');
  const lock = await disk.lock(path);
  await expect(disk.lock(path)).rejects.toThrow(LockedError);
  await lock.release();
  await lock.release();
  await (await disk.lock(path)).release();
});

test('a lock ends with its process, kill -9 included, and the refusal names the process', async () => {
  const path = join(folder, 'lock');
  const module = join(import.meta.dirname, 'file-lock.ts');
  const child = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `const { lockFile } = await import(${JSON.stringify(module)}); await lockFile(${JSON.stringify(path)}); console.log('locked'); setInterval(() => {}, 1000);`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  try {
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const refusal = await disk.lock(path).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(LockedError);
    if (process.platform === 'linux')
      expect(refusal).toMatchObject({ processId: child.pid, code: 'EAGAIN' });
  } finally {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }
  await (await disk.lock(path)).release();
});

test('the clock calls back, cancels, and takes delays beyond 2^31 ms', async () => {
  const order: string[] = [];
  realClock.after(5, () => order.push('late'));
  realClock.after(0, () => order.push('canceled')).cancel();
  const far = realClock.after(2 ** 40, () => order.push('never'));
  await new Promise<void>((resolve) => {
    realClock.after(30, resolve);
  });
  far.cancel();
  expect(order).toEqual(['late']);
  expect(Math.abs(realClock.wallMs() - Date.now())).toBeLessThan(1000);
  const before = realClock.monotonicMs();
  await realClock.yieldNow();
  expect(realClock.monotonicMs()).toBeGreaterThanOrEqual(before);
});

test('random numbers are 32 bits wide and differ', () => {
  const seen = new Set(Array.from({ length: 5000 }, () => realRandom.uint32()));
  expect(seen.size).toBeGreaterThan(4990);
  expect(Math.max(...seen)).toBeGreaterThan(2 ** 31);
  expect(realRandom.bytes(16)).toHaveLength(16);
  expect(realRandom.bytes(16)).not.toEqual(realRandom.bytes(16));
});
