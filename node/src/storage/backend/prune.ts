// Removes most of a stretch of a tree in one walk. A leaf of which nothing stays is cut off its branch as it is; only one
// that keeps a part is taken apart.
import { concatBytes } from '../../base/index.ts';
import { Node } from './node.ts';
import type { Page } from './page.ts';
import type { Tree } from './tree.ts';

/**
 * Says of each pair, in ascending order, whether it stays: its key is [start, valueStart) of the bytes, its value
 * [valueStart, end), until the call ends, which must not change the tree.
 */
export interface Judge {
  stays(bytes: Uint8Array, start: number, valueStart: number, end: number): boolean;
  /** Asked before each pair; true ends the walk there. */
  isDone(): boolean;
}

export interface Pruned {
  /** The first key that was not looked at; undefined when the walk came to its end. */
  readonly next: Uint8Array | undefined;
  /** Leaves that keep a part: the commit writes each of them. */
  readonly changedLeaves: number;
}

/** A leaf, and the child taken in each branch above it, from the root down. */
export interface Place {
  readonly leaf: Page | Node;
  readonly path: readonly number[];
  /** The first key that belongs behind the leaf; undefined at the end of the tree. */
  readonly upper: Uint8Array | undefined;
}

/** Looks at [from, to) of the tree and removes what does not stay. `removed` is told of each pair before it goes. */
export function pruneTree(
  tree: Tree,
  from: Uint8Array,
  to: Uint8Array,
  judge: Judge,
  removed: (leaf: Page | Node, index: number) => void,
): Pruned {
  let changedLeaves = 0;
  for (let at: Uint8Array | undefined = from; at !== undefined;) {
    const place = tree.placeOf(at);
    if (place === undefined) break;
    const { leaf, path } = place;
    const end = leaf.lowerBound(to);
    const gone: number[] = [];
    let index = leaf.lowerBound(at);
    for (; index < end && !judge.isDone(); index++) {
      if (staysInPlace(judge, leaf, index)) continue;
      removed(leaf, index);
      gone.push(index);
    }
    const next = index < end ? Uint8Array.from(leaf.key(index)) : undefined;
    const isLast = end < leaf.count;
    if (gone.length === leaf.count && !(leaf instanceof Node)) tree.cutLeaf(path, leaf);
    else if (gone.length > 0) {
      tree.leafNodeAt(path).removeAll(gone);
      changedLeaves++;
    }
    if (next !== undefined) return { next, changedLeaves };
    at = isLast ? undefined : place.upper;
  }
  return { next: undefined, changedLeaves };
}

/** Most leaves are pages, and most pairs go: no view is made of one. */
function staysInPlace(judge: Judge, leaf: Page | Node, index: number): boolean {
  if (leaf instanceof Node) {
    const key = leaf.key(index);
    const pair = concatBytes([key, leaf.value(index)]);
    return judge.stays(pair, 0, key.length, pair.length);
  }
  const start = leaf.keyStart(index);
  const valueStart = start + leaf.keyBytes(index);
  return judge.stays(leaf.bytes, start, valueStart, valueStart + leaf.valueBytes(index));
}
