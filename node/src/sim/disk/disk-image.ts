// The whole of a disk at a moment, to be put back later as often as one likes.
import type { MemoryTree } from '../../base/testing/memory-tree.ts';

export class DiskImage {
  /** For the disk only; it copies before it writes. */
  readonly tree: MemoryTree;

  constructor(tree: MemoryTree) {
    this.tree = tree;
  }
}
