// Lookups of many keys that mostly lie close to the one before: the leaf of the last one is tried first.
import { EMPTY_BYTES } from '../../base/index.ts';
import { Node } from './node.ts';
import type { Page } from './page.ts';
import type { Tree } from './tree.ts';

export class Finder {
  /** The value of the key that was found last is [start, start + length) of these. They stay good; the finder doesn't outlive a write. */
  bytes: Uint8Array = EMPTY_BYTES;
  start = 0;
  length = 0;
  private readonly tree: Tree | undefined;
  private leaf: Page | undefined = undefined;

  constructor(tree: Tree | undefined) {
    this.tree = tree;
  }

  /** Whether the key is there. */
  find(key: Uint8Array): boolean {
    if (this.leaf !== undefined && this.findIn(this.leaf, key)) return true;
    const leaf = this.tree?.leafWith(key);
    if (leaf instanceof Node) {
      const value = leaf.values[leaf.find(key)];
      if (value === undefined) return false;
      this.bytes = value;
      this.start = 0;
      this.length = value.length;
      return true;
    }
    this.leaf = leaf;
    return leaf !== undefined && this.findIn(leaf, key);
  }

  private findIn(leaf: Page, key: Uint8Array): boolean {
    const index = leaf.floor(key);
    if (index < 0 || leaf.compareKey(index, key) !== 0) return false;
    this.bytes = leaf.bytes;
    this.start = leaf.keyStart(index) + leaf.keyBytes(index);
    this.length = leaf.valueBytes(index);
    return true;
  }
}
