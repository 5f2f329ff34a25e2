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
const SLICE_HEADERS = 1024;

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
 * The pages that nothing reaches. Of the leaves, which are nearly all of a file, only the headers of those are read that
 * another page does not follow: they may be longer than a page.
 * @throws BackendCorruptError when two pointers lead to one page, or a branch is damaged
 */
export async function scanFreePages(
  store: PageStore,
  meta: Meta,
  yieldNow: () => Promise<void>,
): Promise<PageSet> {
  const reached = new PageSet();
  const leaves = new PageSet();
  let seen = 0;
  const rootIds = bucketsOf(store, meta).map(({ tree }) => tree.rootId);
  for (const page of treePages(store, store.root(meta.rootId, true), true))
    claim(store, reached, page);
  for (const rootId of rootIds) {
    if (rootId === 0) continue;
    const root = store.root(rootId, false);
    const depth = leafDepth(store, root);
    if (depth === 0) claim(store, reached, root);
    for (const branch of branchesOf(store, root, depth)) {
      claim(store, reached, branch.page);
      if (branch.isLowest) claimLeaves(store, branch.page, reached, leaves);
      if (++seen % SLICE_PAGES === 0) await yieldNow();
    }
  }
  await claimOverflow(store, reached, leaves, yieldNow);
  const free = new PageSet();
  for (let id = FIRST_DATA_PAGE; id < meta.highWater; id++) if (!reached.has(id)) free.add(id);
  return free;
}

/** Steps from the root to the leaves, as the leftmost of them has it. */
function leafDepth(store: PageStore, root: Page): number {
  let depth = 0;
  for (let page = root; !page.isLeaf; depth++) page = store.child(page, 0, false, depth + 1);
  return depth;
}

/** The branches of a tree whose leaves lie `depth` steps below the root. */
function* branchesOf(
  store: PageStore,
  page: Page,
  depth: number,
  at = 0,
): Generator<{ page: Page; isLowest: boolean }> {
  if (at >= depth) return;
  if (page.isLeaf)
    throw store.corrupt(page.id, 8, 'the leaves of the tree lie on different levels');
  yield { page, isLowest: at + 1 === depth };
  for (let i = 0; at + 1 < depth && i < page.count; i++)
    yield* branchesOf(store, store.child(page, i, false, at + 1), depth, at + 1);
}

function claimLeaves(store: PageStore, branch: Page, reached: PageSet, leaves: PageSet): void {
  for (let i = 0; i < branch.count; i++) {
    const id = branch.childId(i);
    claimOne(store, reached, id);
    leaves.add(id);
  }
}

async function claimOverflow(
  store: PageStore,
  reached: PageSet,
  leaves: PageSet,
  yieldNow: () => Promise<void>,
): Promise<void> {
  let seen = 0;
  for (let id = FIRST_DATA_PAGE; id + 1 < store.highWater; id++) {
    if (!leaves.has(id) || reached.has(id + 1)) continue;
    const overflow = store.overflowOf(id);
    for (let i = 1; i <= overflow; i++) claimOne(store, reached, id + i);
    if (++seen % SLICE_HEADERS === 0) await yieldNow();
  }
}

function claimOne(store: PageStore, reached: PageSet, id: number): void {
  if (reached.has(id)) throw store.corrupt(id, 0, `page ${id} is reached twice`);
  reached.add(id);
}

/** Adds a page and its overflow pages to those that are reached. */
export function claim(store: PageStore, reached: PageSet, page: Page): void {
  const pages = page.bytes.length / store.pageBytes;
  for (let id = page.id; id < page.id + pages; id++) claimOne(store, reached, id);
}
