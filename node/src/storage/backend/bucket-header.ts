// A bucket as the root tree holds it: where its tree begins, or its only page when it is small.
import {
  BUCKET_HEADER_BYTES,
  FIRST_DATA_PAGE,
  PAGE_HEADER_BYTES,
  readU64,
  writeU64,
} from './format.ts';
import { Page, validatePage } from './page.ts';
import type { PageStore } from './page-store.ts';
import { Tree } from './tree.ts';

/**
 * The bucket's tree.
 * @throws BackendCorruptError when the header leads nowhere, or the inline page is damaged
 */
export function openBucket(store: PageStore, name: string, header: Uint8Array): Tree {
  const fail = (what: string): never => {
    throw store.corrupt(FIRST_DATA_PAGE, 0, `bucket ${name}: ${what}`);
  };
  if (header.length < BUCKET_HEADER_BYTES) fail('the header is too short');
  const rootId = readU64(header, 0);
  const sequence = readU64(header, 8);
  if (rootId !== 0) {
    if (rootId < FIRST_DATA_PAGE || rootId >= store.highWater)
      fail(`its root page ${rootId} is beyond the file's pages`);
    return new Tree(store, rootId, undefined, false, sequence);
  }
  if (header.length < BUCKET_HEADER_BYTES + PAGE_HEADER_BYTES) fail('the inline page is cut');
  const bytes = new Uint8Array(header.length - BUCKET_HEADER_BYTES);
  bytes.set(header.subarray(BUCKET_HEADER_BYTES));
  const page = new Page(0, bytes);
  if (!page.isLeaf) fail('the inline page is not a leaf');
  validatePage(page, {
    path: store.file.path,
    fileOffset: 0,
    highWater: store.highWater,
    pageBytes: Infinity,
    holdsBuckets: false,
  });
  return new Tree(store, 0, page, false, sequence);
}

export function encodeBucket(tree: Tree): Uint8Array {
  const inline = tree.inline?.bytes;
  const header = new Uint8Array(BUCKET_HEADER_BYTES + (inline?.length ?? 0));
  writeU64(header, 0, tree.rootId);
  writeU64(header, 8, tree.sequence);
  if (inline !== undefined) header.set(inline, BUCKET_HEADER_BYTES);
  return header;
}
