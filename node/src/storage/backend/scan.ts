// Walks all pages that a commit reaches: to find the free ones of a file that has no free list, and to check a file.
import { EMPTY_BYTES, latin1FromBytes } from '../../base/index.ts';
import { openBucket } from './bucket-header.ts';
import { FIRST_DATA_PAGE, MAX_DEPTH } from './format.ts';
import { PageSet } from './free-pages.ts';
import type { Meta } from './meta.ts';
import type { Page } from './page.ts';
import type { PageStore } from './page-store.ts';
import { Tree } from './tree.ts';

/** Pages looked at between two pauses. */
const SLICE_PAGES = 256;

/** All pages of a tree, parents first. Each is good until the next one is asked for. */
export function* treePages(
  store: PageStore,
  root: Page,
  holdsBuckets: boolean,
  depth = 0,
): Generator<Page> {
  yield root;
  if (root.isLeaf || depth > MAX_DEPTH) return;
  for (let i = 0; i < root.count; i++) {
    const child = store.child(root, i, holdsBuckets, depth + 1, 'once');
    yield* treePages(store, child, holdsBuckets, depth + 1);
  }
}

/** All pages that the commit of `meta` reaches through its trees. */
export function* allPages(store: PageStore, meta: Meta): Generator<Page> {
  yield* treePages(store, store.root(meta.rootId, true), true);
  for (const { tree } of bucketsOf(store, meta)) {
    if (tree.rootId !== 0) yield* treePages(store, store.root(tree.rootId, false), false);
  }
}

/** The buckets of a commit, in the order of their names. */
export function bucketsOf(store: PageStore, meta: Meta): { name: string; tree: Tree }[] {
  const buckets: { name: string; tree: Tree }[] = [];
  new Tree(store, meta.rootId, undefined, true).forEach(EMPTY_BYTES, undefined, (key, header) => {
    const name = latin1FromBytes(key);
    buckets.push({ name, tree: openBucket(store, name, header) });
  });
  return buckets;
}

/**
 * The pages that nothing reaches.
 * @throws BackendCorruptError when two pointers lead to one page, or a page is damaged
 */
export async function scanFreePages(
  store: PageStore,
  meta: Meta,
  yieldNow: () => Promise<void>,
): Promise<PageSet> {
  const reached = new PageSet();
  let seen = 0;
  for (const page of allPages(store, meta)) {
    claim(store, reached, page);
    if (++seen % SLICE_PAGES === 0) await yieldNow();
  }
  const free = new PageSet();
  for (let id = FIRST_DATA_PAGE; id < meta.highWater; id++) if (!reached.has(id)) free.add(id);
  return free;
}

/** Adds a page and its overflow pages to those that are reached. */
export function claim(store: PageStore, reached: PageSet, page: Page): void {
  const pages = page.bytes.length / store.pageBytes;
  for (let id = page.id; id < page.id + pages; id++) {
    if (reached.has(id)) throw store.corrupt(page.id, 0, `page ${id} is reached twice`);
    reached.add(id);
  }
}
