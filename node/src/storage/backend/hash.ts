// etcd's Backend.Hash, and what it leaves out.
import { type Clock, bytesFromLatin1, crc32c, equalBytes, utf8FromText } from '../../base/index.ts';
import type { Meta } from './meta.ts';
import type { PageStore } from './page-store.ts';
import { bucketsOf } from './scan.ts';
import { forEachInSlices } from './slices.ts';

export type Ignores = (bucket: string, key: Uint8Array) => boolean;

const META_IGNORED = ['term', 'consistent_index', 'storageVersion'].map(utf8FromText);

/** etcd's schema.DefaultIgnores: what may differ between members that hold the same. */
export const DEFAULT_IGNORES: Ignores = (bucket, key) =>
  bucket === 'meta' && META_IGNORED.some((ignored) => equalBytes(ignored, key));

/** CRC-32C over bucket names, keys and values in order. */
export async function hashBuckets(
  store: PageStore,
  meta: Meta,
  clock: Clock,
  ignores: Ignores = DEFAULT_IGNORES,
): Promise<number> {
  let hash = 0;
  for (const { name, tree } of bucketsOf(store, meta)) {
    hash = crc32c(hash, bytesFromLatin1(name));
    await forEachInSlices(tree, clock, (key, value) => {
      if (!ignores(name, key)) hash = crc32c(crc32c(hash, key), value);
    });
  }
  return hash;
}
