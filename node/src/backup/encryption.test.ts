// Sealed data opens to what was sealed, or not at all.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { open, readKeyFile, seal, sealingKey } from './encryption.ts';

const KEY = sealingKey(Buffer.alloc(32, 7));
const NAME = '20261121T071825Z-7f3a01';
const HEADER_BYTES = 44;
const SEALED_CHUNK_BYTES = 64 * 1024 + 16;

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function whole(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

const sealed = (bytes: Uint8Array, size = 10_000): Promise<Buffer> =>
  whole(seal(inChunks(bytes, size), KEY, NAME));
const opened = (bytes: Uint8Array, size = 10_000, name = NAME, key = KEY): Promise<Buffer> =>
  whole(open(inChunks(bytes, size), key, name));

test('what was sealed opens, however it is cut on the way', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(0, 1, 65_535, 65_536, 65_537, 131_072, 200_000),
      fc.integer({ min: 1, max: 150_000 }),
      fc.integer({ min: 1_000, max: 150_000 }),
      async (length, sealSize, openSize) => {
        const bytes = randomBytes(length);
        const box = await sealed(bytes, Math.max(sealSize, 500));
        expect((await opened(box, openSize)).equals(bytes)).toBe(true);
      },
    ),
    { numRuns: 40 },
  );
});

test('one changed byte, anywhere, is noticed', async () => {
  const box = await sealed(randomBytes(150_000));
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: box.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      async (position, change) => {
        const changed = Buffer.from(box);
        changed[position] = (changed[position] ?? 0) ^ change;
        await expect(opened(changed)).rejects.toMatchObject({ code: 'Damaged' });
      },
    ),
    { numRuns: 60 },
  );
});

test('an end that was cut off is noticed, also between two chunks', async () => {
  const box = await sealed(randomBytes(200_000));
  const atChunk = HEADER_BYTES + 2 * SEALED_CHUNK_BYTES;
  for (const length of [
    0,
    10,
    HEADER_BYTES,
    HEADER_BYTES + 5,
    atChunk,
    atChunk + 7,
    box.length - 1,
  ]) {
    await expect(opened(box.subarray(0, length)), `${length}`).rejects.toMatchObject({
      code: 'Damaged',
    });
  }
});

test('bytes that were added are noticed', async () => {
  const box = await sealed(randomBytes(1_000));
  await expect(opened(Buffer.concat([box, Buffer.alloc(1)]))).rejects.toThrow('was changed');
  await expect(opened(Buffer.concat([box, box]))).rejects.toThrow('was changed');
});

test('chunks in another order, left out or twice are noticed', async () => {
  const box = await sealed(randomBytes(4 * 65_536));
  const header = box.subarray(0, HEADER_BYTES);
  const chunk = (i: number): Buffer =>
    box.subarray(
      HEADER_BYTES + i * SEALED_CHUNK_BYTES,
      HEADER_BYTES + (i + 1) * SEALED_CHUNK_BYTES,
    );
  for (const order of [
    [1, 0, 2, 3],
    [0, 2, 3],
    [0, 1, 1, 2, 3],
    [0, 1, 3, 2],
  ]) {
    const forged = Buffer.concat([header, ...order.map(chunk)]);
    await expect(opened(forged), order.join()).rejects.toMatchObject({ code: 'Damaged' });
  }
});

test('data of one backup does not open as that of another, nor with another key', async () => {
  const box = await sealed(randomBytes(100));
  await expect(opened(box, 100, '20261121T071825Z-000000')).rejects.toMatchObject({
    code: 'Damaged',
  });
  await expect(opened(box, 100, NAME, sealingKey(Buffer.alloc(32, 8)))).rejects.toMatchObject({
    code: 'Damaged',
  });
});

test('no two seals are alike', async () => {
  const bytes = Buffer.alloc(1_000);
  expect((await sealed(bytes)).equals(await sealed(bytes))).toBe(false);
});

const folder = mkdtempSync(join(tmpdir(), 'binnacle-key-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a key file holds 32 bytes, as they are, in hex or in base64', async () => {
  const bytes = randomBytes(32);
  const file = join(folder, 'key');
  for (const content of [bytes, bytes.toString('hex'), `${bytes.toString('base64')}\n`]) {
    writeFileSync(file, content);
    expect((await readKeyFile(file)).bytes.equals(bytes)).toBe(true);
  }
  for (const content of ['', 'secret', bytes.subarray(1), bytes.toString('hex').slice(2)]) {
    writeFileSync(file, content);
    await expect(readKeyFile(file)).rejects.toThrow('openssl rand -hex 32');
  }
  await expect(readKeyFile(join(folder, 'none'))).rejects.toMatchObject({ code: 'Key' });
});
