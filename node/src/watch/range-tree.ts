// Watched ranges, asked by key: a treap ordered by (start, end) in which every node knows the largest end below it
// (Cormen et al., "Introduction to Algorithms", interval trees). Watchers of the same range share a node.
import type { Watcher } from './watcher.ts';

interface RangeNode {
  readonly start: string;
  readonly end: string;
  maxEnd: string;
  readonly priority: number;
  left: RangeNode | undefined;
  right: RangeNode | undefined;
  readonly watchers: Watcher[];
}

export class RangeTree {
  private root: RangeNode | undefined = undefined;
  private seed = 0x9e3779b9;

  /** The watchers of exactly [start, end); made empty when there are none yet. */
  listFor(start: string, end: string): Watcher[] {
    const found = this.find(start, end);
    if (found !== undefined) return found.watchers;
    const priority = this.nextPriority();
    const node: RangeNode = {
      start,
      end,
      maxEnd: end,
      priority,
      left: undefined,
      right: undefined,
      watchers: [],
    };
    this.root = insert(this.root, node);
    return node.watchers;
  }

  remove(start: string, end: string): void {
    this.root = remove(this.root, start, end);
  }

  /** Adds to `lists` the watchers of each range that holds `key`. */
  match(key: string, lists: Watcher[][]): void {
    collect(this.root, key, lists);
  }

  /** Whether any range holds `key`. */
  holds(key: string): boolean {
    return holds(this.root, key);
  }

  private find(start: string, end: string): RangeNode | undefined {
    let node = this.root;
    while (node !== undefined) {
      const order = compare(start, end, node);
      if (order === 0) return node;
      node = order < 0 ? node.left : node.right;
    }
    return undefined;
  }

  /** xorshift32: priorities only have to be unrelated to the order of the keys. */
  private nextPriority(): number {
    let x = this.seed;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.seed = x;
    return x >>> 0;
  }
}

function compare(start: string, end: string, node: RangeNode): number {
  if (start !== node.start) return start < node.start ? -1 : 1;
  if (end !== node.end) return end < node.end ? -1 : 1;
  return 0;
}

function collect(node: RangeNode | undefined, key: string, lists: Watcher[][]): void {
  if (node === undefined || node.maxEnd <= key) return;
  collect(node.left, key, lists);
  if (node.start > key) return;
  if (key < node.end) lists.push(node.watchers);
  collect(node.right, key, lists);
}

function holds(node: RangeNode | undefined, key: string): boolean {
  if (node === undefined || node.maxEnd <= key) return false;
  if (node.start <= key && (key < node.end || holds(node.right, key))) return true;
  return holds(node.left, key);
}

function update(node: RangeNode): void {
  let max = node.end;
  if (node.left !== undefined && node.left.maxEnd > max) max = node.left.maxEnd;
  if (node.right !== undefined && node.right.maxEnd > max) max = node.right.maxEnd;
  node.maxEnd = max;
}

function insert(root: RangeNode | undefined, node: RangeNode): RangeNode {
  if (root === undefined) return node;
  if (compare(node.start, node.end, root) < 0) {
    const child = insert(root.left, node);
    root.left = child;
    if (child.priority > root.priority) {
      root.left = child.right;
      child.right = root;
      update(root);
      update(child);
      return child;
    }
  } else {
    const child = insert(root.right, node);
    root.right = child;
    if (child.priority > root.priority) {
      root.right = child.left;
      child.left = root;
      update(root);
      update(child);
      return child;
    }
  }
  update(root);
  return root;
}

function remove(root: RangeNode | undefined, start: string, end: string): RangeNode | undefined {
  if (root === undefined) return undefined;
  const order = compare(start, end, root);
  if (order === 0) return merge(root.left, root.right);
  if (order < 0) root.left = remove(root.left, start, end);
  else root.right = remove(root.right, start, end);
  update(root);
  return root;
}

/** Everything in `left` sorts before everything in `right`. */
function merge(left: RangeNode | undefined, right: RangeNode | undefined): RangeNode | undefined {
  if (left === undefined) return right;
  if (right === undefined) return left;
  if (left.priority > right.priority) {
    left.right = merge(left.right, right);
    update(left);
    return left;
  }
  right.left = merge(left, right.left);
  update(right);
  return right;
}
