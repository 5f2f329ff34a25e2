// What the backend's tests share.
import {
  type Clock,
  EMPTY_BYTES,
  SILENT_LOGGER,
  bytesFromLatin1,
  concatBytes,
  latin1FromBytes,
} from '../../../base/index.ts';
import type { Disk } from '../../../base/index.ts';
import { FakeClock } from '../../../base/testing/fake-clock.ts';
import { MemoryDisk } from '../../../base/testing/memory-disk.ts';
import { Backend, type BackendOptions } from '../backend.ts';
import type { BackendSnapshot } from '../snapshot.ts';

export interface World {
  readonly disk: Disk;
  readonly clock: Clock;
}

/** Bucket → key → value, all latin1. */
export type Content = Map<string, Map<string, string>>;

/** Small pages make deep trees of few keys. */
export const TEST_PAGE_BYTES = 1024;

export function openBackend(world: World, options: Partial<BackendOptions> = {}): Promise<Backend> {
  return Backend.open(world, '/db', {
    logger: SILENT_LOGGER,
    pageBytes: TEST_PAGE_BYTES,
    ...options,
  });
}

export const BUCKETS = ['alarm', 'key', 'lease', 'meta'] as const;

/** What forEach finds in the buckets of `BUCKETS`; empty ones are left out. */
export function contentOf(backend: Backend): Content {
  const content: Content = new Map();
  for (const name of BUCKETS) {
    const pairs = new Map<string, string>();
    backend.bucket(name).forEach(EMPTY_BYTES, undefined, (key, value) => {
      pairs.set(latin1FromBytes(key), latin1FromBytes(value));
    });
    if (pairs.size > 0) content.set(name, pairs);
  }
  return content;
}

/** A key whose order is the number's. */
export function numbered(i: number): Uint8Array {
  return bytesFromLatin1(`k${String(i).padStart(8, '0')}`);
}

/** The snapshot's bytes as a database of its own. */
export async function copyOf(snapshot: BackendSnapshot): Promise<{ world: World; size: number }> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of snapshot.read()) chunks.push(chunk);
  const bytes = concatBytes(chunks);
  const disk = new MemoryDisk();
  disk.setContent('/db', bytes);
  return { world: { disk, clock: new FakeClock() }, size: bytes.length };
}
