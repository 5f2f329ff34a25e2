// Lookups of many keys that mostly lie close to the one before: the place behind the last one is tried first, then its leaf.
import { EMPTY_BYTES } from '../../base/index.ts';
import { Node } from './node.ts';
import type { Page } from './page.ts';
import type { PageUse } from './page-store.ts';
import type { Above, Tree } from './tree.ts';

export class Finder {
  /**
   * The value of the key that was found last is [start, start + length) of these, until the next one is sought. The finder
   * doesn't outlive a write.
   */
  bytes: Uint8Array = EMPTY_BYTES;
  start = 0;
  length = 0;
  private readonly tree: Tree | undefined;
  private readonly use: PageUse;
  private leaf: Page | undefined = undefined;
  private readonly above: Above = { branch: undefined, index: 0, depth: 0 };
  /** Where in the leaf the last key was found. */
  private index = 0;

  constructor(tree: Tree | undefined, use: PageUse = 'keep') {
    this.tree = tree;
    this.use = use;
  }

  /** Whether the key is there. */
  find(key: Uint8Array): boolean {
    const { leaf } = this;
    if (leaf !== undefined) {
      const next = this.index + 1;
      const order = leaf.compareKey(next < leaf.count ? next : this.index, key);
      if (order === 0 && next < leaf.count) {
        this.found(leaf, next);
        return true;
      }
      const isBehind = order < 0 && next >= leaf.count;
      if (!isBehind && this.findIn(leaf, key)) return true;
    }
    return this.findFromRoot(key);
  }

  private findFromRoot(key: Uint8Array): boolean {
    // The page may be gone as soon as another one is read.
    this.leaf = undefined;
    const leaf = this.tree?.leafNear(key, this.use, this.above);
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
    this.found(leaf, index);
    return true;
  }

  private found(leaf: Page, index: number): void {
    this.index = index;
    this.bytes = leaf.bytes;
    this.start = leaf.keyStart(index) + leaf.keyBytes(index);
    this.length = leaf.valueBytes(index);
  }
}
