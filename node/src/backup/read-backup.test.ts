// A download goes on where it broke off, and ends with an error when it is not what was saved.
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { seal, sealingKey } from './encryption.ts';
import type { Manifest } from './manifest.ts';
import { readSnapshot } from './read-backup.ts';
import { MemoryDestination } from './testing/memory-destination.ts';
import { manifestAt, sha256Of } from './testing/manifests.ts';

const BYTES = randomBytes(100_000);
const KEY = sealingKey(Buffer.alloc(32, 1));

async function whole(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function saved(encrypted = false): Promise<{
  destination: MemoryDestination;
  manifest: Manifest;
}> {
  const destination = new MemoryDestination();
  const { name, data } = manifestAt('2026-11-21T00:00:00Z');
  async function* content(): AsyncGenerator<Uint8Array> {
    yield BYTES;
  }
  const stored = encrypted ? await whole(seal(content(), KEY, name)) : BYTES;
  await destination.put(data.object, stored);
  const manifest = manifestAt('2026-11-21T00:00:00Z', {
    data: { object: data.object, bytes: stored.length, sha256: sha256Of(stored) },
    snapshot: { bytes: BYTES.length, sha256: sha256Of(BYTES) },
    encryption: encrypted ? { kind: 'AES-256-GCM-chunked', keyId: KEY.id } : null,
  });
  return { destination, manifest };
}

test.each([false, true])(
  'a connection that breaks is taken up again (encrypted: %s)',
  async (on) => {
    const { destination, manifest } = await saved(on);
    destination.breaks.push(10, 0, 50_000);
    const read = await whole(readSnapshot(destination, manifest, on ? KEY : undefined));
    expect(read.equals(BYTES)).toBe(true);
    expect(destination.reads).toBe(4);
  },
);

test('one that breaks each time is given up', async () => {
  const { destination, manifest } = await saved();
  destination.breaks.push(...Array.from({ length: 100 }, () => 0));
  await expect(whole(readSnapshot(destination, manifest, undefined, 1))).rejects.toThrow('was cut');
  expect(destination.reads).toBe(7);
});

test('a changed byte, a shorter and a longer object are noticed', async () => {
  const { destination, manifest } = await saved();
  const object = destination.objects.get(manifest.data.object);
  const change = (bytes: Buffer): void => {
    if (object !== undefined) object.bytes = bytes;
  };
  const flipped = Buffer.from(BYTES);
  flipped[5] = (flipped[5] ?? 0) ^ 1;
  for (const bytes of [flipped, BYTES.subarray(0, -1), Buffer.concat([BYTES, Buffer.alloc(3)])]) {
    change(bytes);
    await expect(whole(readSnapshot(destination, manifest, undefined))).rejects.toMatchObject({
      code: 'Damaged',
    });
  }
});

test('without the key, or with another, it says which one is wanted', async () => {
  const { destination, manifest } = await saved(true);
  await expect(whole(readSnapshot(destination, manifest, undefined))).rejects.toThrow(KEY.id);
  const other = sealingKey(Buffer.alloc(32, 2));
  await expect(whole(readSnapshot(destination, manifest, other))).rejects.toThrow(other.id);
});
