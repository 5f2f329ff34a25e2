// Database files to damage: with deep trees of small pages, written by this store, and one that etcd wrote.
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import { bytesFromLatin1 as bytes } from '../../../node/src/base/bytes.ts';
import { SILENT_LOGGER } from '../../../node/src/base/logger.ts';
import { FakeClock } from '../../../node/src/base/testing/fake-clock.ts';
import { MemoryDisk } from '../../../node/src/base/testing/memory-disk.ts';
import { Backend } from '../../../node/src/storage/backend/index.ts';
import { readMeta } from '../../../node/src/storage/backend/read-meta.ts';

export interface DatabaseFile {
  readonly bytes: Uint8Array;
  readonly pageBytes: number;
}

const ETCD_FILE = fileURLToPath(new URL('./etcd-3.7.3.db.gz', import.meta.url));

export async function databaseFiles(): Promise<DatabaseFile[]> {
  const own = [await makeFile(512, 120), await makeFile(1024, 30)];
  if (!existsSync(ETCD_FILE)) return own;
  return [...own, await describe(new Uint8Array(gunzipSync(readFileSync(ETCD_FILE))))];
}

async function makeFile(pageBytes: number, keys: number): Promise<DatabaseFile> {
  const world = { disk: new MemoryDisk(), clock: new FakeClock() };
  const backend = await Backend.open(world, 'db', { logger: SILENT_LOGGER, pageBytes });
  const numbered = (i: number): Uint8Array => bytes(`k${String(i).padStart(8, '0')}`);
  for (let i = 0; i < keys; i++) backend.bucket('key').append(numbered(i), bytes(`value ${i}`));
  for (let i = 0; i < 6; i++) backend.bucket('lease').put(numbered(i), bytes('x'.repeat(40)));
  backend.bucket('meta').put(bytes('term'), bytes('3'));
  await backend.commitNow();
  backend.bucket('key').put(numbered(9), bytes('y'.repeat(3 * pageBytes)));
  for (let i = 0; i < keys; i += 4) backend.bucket('key').delete(numbered(i));
  await backend.commitNow();
  await backend.close();
  return await describe(world.disk.contentOf('db').slice());
}

async function describe(content: Uint8Array): Promise<DatabaseFile> {
  const disk = new MemoryDisk();
  disk.setContent('db', content);
  const { pageBytes } = readMeta(await disk.open('db', 'read'));
  return { bytes: content, pageBytes };
}
