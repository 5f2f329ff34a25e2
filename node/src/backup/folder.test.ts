// A folder as a destination: whole objects, and messages that say what to do.
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDestination } from './destination.ts';
import { FolderDestination } from './folder.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'binnacle-folder-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

async function whole(stream: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const piece of stream) text += Buffer.from(piece).toString();
  return text;
}

test('an object appears when it is whole, and is read from any byte on', async () => {
  const destination = new FolderDestination(join(folder, 'new'));
  await destination.write('a', pieces('hello ', 'world'));
  expect(await whole(destination.read('a', 0))).toBe('hello world');
  expect(await whole(destination.read('a', 6))).toBe('world');
  await destination.put('a', Buffer.from('again'));
  expect(Buffer.from(await destination.get('a')).toString()).toBe('again');
  expect(await destination.list()).toMatchObject([{ name: 'a', bytes: 5 }]);
  await destination.remove('a');
  await destination.remove('a');
  await expect(destination.get('a')).rejects.toMatchObject({ code: 'NotFound' });
  await expect(whole(destination.read('a', 0))).rejects.toMatchObject({ code: 'NotFound' });
});

test('a source that fails leaves nothing, and its error is the one that is seen', async () => {
  const destination = new FolderDestination(folder);
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('half');
    throw new Error('the member died');
  }
  await expect(destination.write('a', failing())).rejects.toThrow('the member died');
  expect(readdirSync(folder)).toEqual([]);
});

test('a full disk is told, with what to do, and leaves nothing behind', async () => {
  const part = join(folder, `a-${process.pid}.part`);
  symlinkSync('/dev/full', part);
  const destination = new FolderDestination(folder);
  await expect(destination.write('a', pieces('x'))).rejects.toThrow(
    'the disk is full. Free some space, keep fewer backups',
  );
  expect(existsSync(part)).toBe(false);
});

test('what an upload that was cut off left is swept once it is old', async () => {
  const destination = new FolderDestination(folder);
  writeFileSync(join(folder, 'old-1.part'), '');
  writeFileSync(join(folder, 'new-2.part'), '');
  utimesSync(join(folder, 'old-1.part'), 1, 1);
  expect(await destination.list()).toEqual([]);
  expect(await destination.sweep(60_000)).toBe(1);
  expect(readdirSync(folder)).toEqual(['new-2.part']);
});

test('a folder that is not there is told apart from an empty one', async () => {
  const destination = await openDestination(`file://${folder}/none`);
  await expect(destination.list()).rejects.toThrow('Is the volume mounted?');
  await expect(openDestination('gs://bucket')).rejects.toThrow('is no place for backups');
  await expect(openDestination('')).rejects.toThrow('is no place for backups');
});
