// The commit's work on a tree: merge what became too small, split what became too large, write it all to new pages.
import { EMPTY_BYTES, assert } from '../../base/index.ts';
import type { FreePages } from './free-pages.ts';
import type { LargeMemory } from './large-memory.ts';
import { Node } from './node.ts';
import { Page } from './page.ts';
import type { PageStore } from './page-store.ts';
import type { Tree } from './tree.ts';

/** Pages of one allocation: a cached page keeps at most the others of it in memory. */
const SHARED_PAGES = 4;
/** What takes more goes past the cache: of large values few are read soon, and each would take the place of many others. */
const LARGE_PAGES = 8;

/** Pages in which the pieces of a node were written, with their first keys. */
interface Pieces {
  readonly keys: Uint8Array[];
  readonly ids: number[];
}

export class Spill {
  private readonly store: PageStore;
  private readonly pages: FreePages;
  private readonly large: LargeMemory;
  private spare = EMPTY_BYTES;

  /** @param large memory of large pages, which are read by nobody once they are written */
  constructor(store: PageStore, pages: FreePages, large: LargeMemory) {
    this.store = store;
    this.pages = pages;
    this.large = large;
  }

  /** Writes the changed tree to new pages and frees the old ones. */
  tree(tree: Tree): void {
    this.toPages(tree, this.rebalance(tree));
  }

  /** The same for a bucket: a small one becomes a page inside its parent's leaf (bbolt: Bucket.inlineable). */
  bucket(tree: Tree): void {
    const root = this.rebalance(tree);
    const size = root.isLeaf ? root.sizeOf() : Infinity;
    if (size > this.store.pageBytes / 4) {
      this.toPages(tree, root);
      return;
    }
    const bytes = new Uint8Array(size);
    root.write(bytes, 0, 0, root.count, 0, tree.leafFlags);
    this.free(root);
    tree.committed(0, new Page(0, bytes));
  }

  private toPages(tree: Tree, root: Node): void {
    let pieces = this.node(tree, root);
    while (pieces.ids.length > 1) {
      const above = new Node(false);
      above.keys = pieces.keys;
      above.childIds = pieces.ids;
      above.children = pieces.ids.map(() => undefined);
      pieces = this.node(tree, above);
    }
    tree.committed(pieces.ids[0]!, undefined);
  }

  /** Zeroed bytes for pages. Single ones share an allocation: making it costs more than filling a page. */
  private buffer(pages: number): Uint8Array {
    const length = pages * this.store.pageBytes;
    if (pages > 1) return new Uint8Array(length);
    if (this.spare.length < length) this.spare = new Uint8Array(SHARED_PAGES * length);
    const bytes = this.spare.subarray(0, length);
    this.spare = this.spare.subarray(length);
    return bytes;
  }

  private free(node: { readonly id: number; readonly pages: number }): void {
    if (node.id === 0) return;
    this.pages.release(node.id, node.pages);
    this.store.forget(node.id);
  }

  private node(tree: Tree, node: Node): Pieces {
    if (!node.isLeaf) this.children(tree, node);
    this.free(node);
    const pieces: Pieces = { keys: [], ids: [] };
    let from = 0;
    do {
      const to = node.splitAfter(from, this.store.pageBytes, tree.fill);
      const count = Math.ceil(node.sizeOf(from, to) / this.store.pageBytes);
      const id = this.pages.allocate(count);
      if (count > LARGE_PAGES) {
        const bytes = this.large.take(count * this.store.pageBytes).fill(0);
        node.write(bytes, id, from, to, count - 1, tree.leafFlags);
        this.store.putDirtyUncached(new Page(id, bytes));
      } else {
        const bytes = this.buffer(count);
        node.write(bytes, id, from, to, count - 1, tree.leafFlags);
        this.store.putDirty(new Page(id, bytes));
      }
      pieces.keys.push(node.keys[from] ?? EMPTY_BYTES);
      pieces.ids.push(id);
      from = to;
    } while (from < node.count);
    return pieces;
  }

  /** Writes the changed children and points the branch to their pages. */
  private children(tree: Tree, node: Node): void {
    const keys: Uint8Array[] = [];
    const ids: number[] = [];
    for (let i = 0; i < node.count; i++) {
      const child = node.children[i];
      if (child === undefined) {
        keys.push(node.keys[i]!);
        ids.push(node.childIds[i]!);
        continue;
      }
      assert(child.count > 0, 'an empty node is removed before it is written');
      const pieces = this.node(tree, child);
      for (let piece = 0; piece < pieces.ids.length; piece++) {
        keys.push(pieces.keys[piece]!);
        ids.push(pieces.ids[piece]!);
      }
    }
    node.keys = keys;
    node.childIds = ids;
    node.children = ids.map(() => undefined);
  }

  /** Returns the root, another one perhaps: a branch with one child gives way to it. */
  private rebalance(tree: Tree): Node {
    for (const cut of tree.cut) this.free(cut);
    let root = tree.rootNode();
    if (!root.isLeaf) this.rebalanceBelow(tree, root, 1);
    for (let depth = 1; !root.isLeaf && root.count === 1; depth++) {
      const child = tree.childNode(root, 0, depth);
      this.free(root);
      root = tree.root = child;
    }
    if (root.count === 0) root.isLeaf = true;
    return root;
  }

  private rebalanceBelow(tree: Tree, node: Node, depth: number): void {
    for (const child of node.children) {
      if (child !== undefined && !child.isLeaf) this.rebalanceBelow(tree, child, depth + 1);
    }
    for (let i = 0; i < node.count;) {
      const child = node.children[i];
      if (child === undefined || !child.shrunk || !this.isSmall(tree, child)) {
        i++;
      } else if (child.count === 0) {
        this.free(child);
        node.removeAt(i);
      } else if (node.count === 1) {
        // Its parent is too small itself and merges with a neighbour in its turn.
        node.shrunk = true;
        i++;
      } else {
        i = this.mergeAt(tree, node, i, depth);
      }
    }
  }

  /** Merges child `i` with its left neighbour, the first with its right one; returns where to go on. */
  private mergeAt(tree: Tree, node: Node, i: number, depth: number): number {
    const leftIndex = i === 0 ? 0 : i - 1;
    const left = tree.childNode(node, leftIndex, depth);
    const right = tree.childNode(node, leftIndex + 1, depth);
    if (left.isLeaf !== right.isLeaf)
      throw this.store.corrupt(node.id, 0, 'its children lie on different levels');
    left.merge(right);
    left.shrunk = true;
    this.free(right);
    node.removeAt(leftIndex + 1);
    return leftIndex;
  }

  /** bbolt's node.rebalance: under a quarter full at the default fill, or too few keys. */
  private isSmall(tree: Tree, node: Node): boolean {
    const threshold = Math.floor(this.store.pageBytes * tree.fill) / 2;
    return node.count <= (node.isLeaf ? 1 : 2) || node.sizeOf() <= threshold;
  }
}
