// One B+tree: a bucket, or the tree of buckets. Reads go to the pages as they lie in the file; what the open batch
// changes is taken apart into nodes, from the root down, and put together again by the commit.
import { assert, concatBytes } from '../../base/index.ts';
import { BUCKET_ELEMENT, MAX_KEY_BYTES, compareAt, lowerBound } from './format.ts';
import { Node } from './node.ts';
import type { Page } from './page.ts';
import type { Branch, PageStore, PageUse } from './page-store.ts';
import type { Place } from './prune.ts';

export type Visit = (key: Uint8Array, value: Uint8Array) => boolean | void;

/** A pair as it lies in memory: its key is [start, valueStart) of the bytes, its value [valueStart, end). `false` stops. */
export type VisitInPlace = (
  bytes: Uint8Array,
  start: number,
  valueStart: number,
  end: number,
) => boolean;

/** One visit of [from, to). */
interface Walk {
  readonly from: Uint8Array;
  readonly to: Uint8Array | undefined;
  readonly visit: Visit;
  readonly use: PageUse;
}

/** The branch page over a leaf, when there is one, the leaf's place in it, and its steps from the root. */
export interface Above {
  branch: Page | undefined;
  index: number;
  depth: number;
}

/** A share of leaf pages that suits keys in random order; bbolt's default. */
const RANDOM_FILL = 0.5;
/** For keys that arrive in ascending order (etcd: batchTx.unsafePut). */
const SEQUENTIAL_FILL = 0.9;

export class Tree {
  readonly store: PageStore;
  /** True for the tree of buckets. */
  readonly holdsBuckets: boolean;
  /** 0 while the tree has no page of its own: it is new, or inline. */
  rootId: number;
  /** The only page of a bucket that lies in its parent's leaf. */
  inline: Page | undefined;
  /** Set once the batch changed the tree. */
  root: Node | undefined;
  /** How full the commit packs pages that it splits. */
  fill = RANDOM_FILL;
  /** What the batch cut off: it goes with its commit. */
  readonly cut: { readonly id: number; readonly pages: number }[] = [];
  private tail: Node | undefined;
  private visits = 0;
  /** Steps from the root to every leaf; 0 while it is not known. */
  private leafDepth = 0;

  /** bbolt's counter of a bucket: kept, not used. */
  readonly sequence: number;

  constructor(
    store: PageStore,
    rootId: number,
    inline: Page | undefined,
    holdsBuckets: boolean,
    sequence = 0,
  ) {
    this.store = store;
    this.rootId = rootId;
    this.inline = inline;
    this.holdsBuckets = holdsBuckets;
    this.sequence = sequence;
  }

  get leafFlags(): number {
    return this.holdsBuckets ? BUCKET_ELEMENT : 0;
  }

  /** A view that stays good: nothing overwrites it. */
  get(key: Uint8Array): Uint8Array | undefined {
    const leaf = this.leafWith(key);
    if (leaf === undefined) return undefined;
    if (leaf instanceof Node) return leaf.values[leaf.find(key)];
    const index = leaf.floor(key);
    return index >= 0 && leaf.compareKey(index, key) === 0 ? leaf.value(index) : undefined;
  }

  /**
   * The leaf that holds the key if any does; undefined for an empty tree. A page that is not kept ends with the next one.
   * @param above is told how the leaf was come by
   */
  leafWith(key: Uint8Array, use: PageUse = 'keep', above?: Above): Page | Node | undefined {
    let depth = 0;
    let page: Page | undefined;
    for (let node = this.root; node !== undefined; depth++) {
      if (node.isLeaf) return node;
      const index = node.childIndex(key);
      const child: Node | undefined = node.children[index];
      if (child === undefined) page = this.child(node, index, depth + 1, use);
      node = child;
    }
    page ??= this.rootPage();
    if (page === undefined) return undefined;
    while (!page.isLeaf) {
      const index = page.childIndex(key);
      depth++;
      if (above !== undefined) {
        above.branch = page;
        above.index = index;
        above.depth = depth;
      }
      page = this.child(page, index, depth, use);
    }
    return page;
  }

  /** The same for a key that lies near the one for which `above` was told, with no write in between. */
  leafNear(key: Uint8Array, use: PageUse, above: Above): Page | Node | undefined {
    const { branch } = above;
    if (branch === undefined) return this.leafWith(key, use, above);
    const next = above.index + 1;
    const isNext =
      next + 1 < branch.count &&
      branch.compareKey(next, key) <= 0 &&
      branch.compareKey(next + 1, key) > 0;
    if (!isNext && !branch.covers(key)) {
      above.branch = undefined;
      return this.leafWith(key, use, above);
    }
    above.index = isNext ? next : branch.childIndex(key);
    return this.child(branch, above.index, above.depth, use);
  }

  /** Keeps both arrays: the caller must not change them before the next commit. */
  put(key: Uint8Array, value: Uint8Array): void {
    assert(key.length > 0 && key.length <= MAX_KEY_BYTES, 'a key has 1 to 32768 bytes');
    this.leafFor(key).put(key, value);
  }

  /** Like put, without a search when `key` is above all others. */
  append(key: Uint8Array, value: Uint8Array): void {
    this.fill = SEQUENTIAL_FILL;
    const tail = (this.tail ??= this.lastLeaf());
    const last = tail.keys[tail.count - 1];
    const isLast =
      last === undefined ? tail === this.root : compareAt(last, 0, last.length, key) < 0;
    if (!isLast) {
      this.put(key, value);
      return;
    }
    assert(this.visits === 0, 'a visitor must not change the tree');
    assert(key.length > 0 && key.length <= MAX_KEY_BYTES, 'a key has 1 to 32768 bytes');
    tail.keys.push(key);
    tail.values.push(value);
  }

  delete(key: Uint8Array): void {
    if (this.get(key) === undefined) return;
    const leaf = this.leafFor(key);
    leaf.removeAt(leaf.find(key));
  }

  /** Visits [from, to) in ascending order until the visitor returns false. Views of a walk that reads pages `once` end with the visit. */
  forEach(from: Uint8Array, to: Uint8Array | undefined, visit: Visit, use: PageUse = 'keep'): void {
    this.visits++;
    const walk = { from, to, visit, use };
    try {
      if (this.root !== undefined) this.visitNode(this.root, walk, 0);
      else {
        const page = this.rootPage();
        if (page !== undefined) this.visitPage(page, walk, 0);
      }
    } finally {
      this.visits--;
    }
  }

  /** Visits the pairs from `from` on where they lie, in pages that are read `once`: for walks over all of many small pairs. */
  forEachInPlace(from: Uint8Array, visit: VisitInPlace): void {
    this.visits++;
    try {
      let place = this.placeOf(from);
      for (let at: Uint8Array | undefined = from; place !== undefined && at !== undefined;) {
        if (!visitLeaf(place.leaf, at, visit)) return;
        at = place.upper;
        if (at !== undefined) place = this.placeOf(at);
      }
    } finally {
      this.visits--;
    }
  }

  /** Takes the tree's state from a commit: all of it lies in pages again. */
  committed(rootId: number, inline: Page | undefined): void {
    this.rootId = rootId;
    this.inline = inline;
    this.root = undefined;
    this.tail = undefined;
    this.leafDepth = 0;
    this.fill = RANDOM_FILL;
    this.cut.length = 0;
  }

  /** Where a key lies if it is there; undefined for an empty tree. A leaf that is a page is good until the next one is read. */
  placeOf(key: Uint8Array): Place | undefined {
    const path: number[] = [];
    let upper: Uint8Array | undefined;
    let at: Node | Page | undefined = this.root ?? this.rootPage();
    while (at !== undefined && !at.isLeaf) {
      const index: number = at.childIndex(key);
      path.push(index);
      if (index + 1 < at.count) upper = at.key(index + 1);
      const child: Node | undefined = at instanceof Node ? at.children[index] : undefined;
      at = child ?? this.child(at, index, path.length, 'once');
    }
    return at && { leaf: at, path, upper };
  }

  /** The leaf at the end of the path, to be changed. */
  leafNodeAt(path: readonly number[]): Node {
    return this.nodesAt(path).at(-1)!;
  }

  /** Takes a leaf that is a page out of the tree, with the branches that it leaves empty. */
  cutLeaf(path: readonly number[], leaf: Page): void {
    assert(this.visits === 0, 'a visitor must not change the tree');
    if (path.length === 0) {
      this.rootNode().removeAll(Array.from({ length: leaf.count }, (_, index) => index));
      return;
    }
    this.cut.push({ id: leaf.id, pages: leaf.bytes.length / this.store.pageBytes });
    const branches = this.nodesAt(path.slice(0, -1));
    for (let depth = branches.length - 1; depth >= 0; depth--) {
      const branch = branches[depth]!;
      branch.removeAt(path[depth]!);
      if (branch.count > 0) return;
      if (depth === 0) branch.becomeLeaf();
      else if (branch.id !== 0) this.cut.push({ id: branch.id, pages: branch.pages });
    }
  }

  /** The nodes along a path, the root first. */
  private nodesAt(path: readonly number[]): Node[] {
    const nodes = [this.rootNode()];
    for (const [i, index] of path.entries()) nodes.push(this.childNode(nodes[i]!, index, i + 1));
    return nodes;
  }

  /** The node of a root that the batch changes or is about to change. */
  rootNode(): Node {
    return (this.root ??= this.nodeOf(this.rootPage()));
  }

  childNode(parent: Node, index: number, depth: number): Node {
    const present = parent.children[index];
    if (present !== undefined) return present;
    const node = this.nodeOf(this.child(parent, index, depth));
    parent.children[index] = node;
    return node;
  }

  rootPage(): Page | undefined {
    if (this.rootId === 0) return this.inline;
    return this.store.root(this.rootId, this.holdsBuckets);
  }

  private child(parent: Branch, index: number, depth: number, use: PageUse = 'keep'): Page {
    const page = this.store.child(parent, index, this.holdsBuckets, depth, use);
    if (page.isLeaf && depth !== this.leafDepth) {
      if (this.leafDepth !== 0)
        throw this.store.corrupt(page.id, 8, 'the leaves of the tree lie on different levels');
      this.leafDepth = depth;
    }
    return page;
  }

  private nodeOf(page: Page | undefined): Node {
    if (page === undefined) return new Node(true);
    return Node.fromPage(page, page.id === 0 ? 0 : page.bytes.length / this.store.pageBytes);
  }

  private leafFor(key: Uint8Array): Node {
    assert(this.visits === 0, 'a visitor must not change the tree');
    let node = this.rootNode();
    for (let depth = 1; !node.isLeaf; depth++)
      node = this.childNode(node, node.childIndex(key), depth);
    return node;
  }

  private lastLeaf(): Node {
    let node = this.rootNode();
    for (let depth = 1; !node.isLeaf; depth++) node = this.childNode(node, node.count - 1, depth);
    return node;
  }

  private visitNode(node: Node, walk: Walk, depth: number): boolean {
    const { from, to, visit } = walk;
    if (node.isLeaf) {
      const end = to === undefined ? node.count : lowerBound(node.keys, to);
      for (let i = lowerBound(node.keys, from); i < end; i++) {
        if (visit(node.keys[i]!, node.values[i]!) === false) return false;
      }
      return end === node.count;
    }
    for (let i = node.childIndex(from); i < node.count; i++) {
      const child = node.children[i];
      const goOn =
        child === undefined
          ? this.visitPage(this.child(node, i, depth + 1, walk.use), walk, depth + 1)
          : this.visitNode(child, walk, depth + 1);
      if (!goOn) return false;
    }
    return true;
  }

  private visitPage(page: Page, walk: Walk, depth: number): boolean {
    const { from, to, visit } = walk;
    if (page.isLeaf) {
      const end = to === undefined ? page.count : page.lowerBound(to);
      for (let i = page.lowerBound(from); i < end; i++) {
        if (visit(page.key(i), page.value(i)) === false) return false;
      }
      return end === page.count;
    }
    for (let i = page.childIndex(from); i < page.count; i++) {
      const child = this.child(page, i, depth + 1, walk.use);
      if (!this.visitPage(child, walk, depth + 1)) return false;
    }
    return true;
  }
}

function visitLeaf(leaf: Page | Node, from: Uint8Array, visit: VisitInPlace): boolean {
  for (let i = leaf.lowerBound(from); i < leaf.count; i++) {
    if (leaf instanceof Node) {
      const key = leaf.key(i);
      const pair = concatBytes([key, leaf.value(i)]);
      if (!visit(pair, 0, key.length, pair.length)) return false;
    } else {
      const start = leaf.keyStart(i);
      const valueStart = start + leaf.keyBytes(i);
      if (!visit(leaf.bytes, start, valueStart, valueStart + leaf.valueBytes(i))) return false;
    }
  }
  return true;
}
