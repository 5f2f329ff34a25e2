// A page of the open batch, taken apart so that it can be changed. It may grow beyond a page: the commit splits it.
import { assert } from '../../base/index.ts';
import {
  BRANCH_PAGE,
  ELEMENT_BYTES,
  LEAF_PAGE,
  PAGE_HEADER_BYTES,
  compareAt,
  lowerBound,
  writePageHeader,
  writeU32,
  writeU64,
} from './format.ts';
import type { Page } from './page.ts';

const MIN_KEYS_PER_PAGE = 2;
/** Below it a loop copies faster than `set`. */
const SHORT_COPY = 24;

export class Node {
  isLeaf: boolean;
  /** The page it was read from; 0 for a new node. */
  readonly id: number;
  /** Pages to free when it is replaced. */
  readonly pages: number;
  keys: Uint8Array[] = [];
  /** Of a leaf. */
  values: Uint8Array[] = [];
  /** Of a branch: where each child lies in the file, and the child itself when the batch changed it. */
  childIds: number[] = [];
  children: (Node | undefined)[] = [];
  /** As Page.upper. */
  upper: Uint8Array | undefined;
  /** Something was removed since the batch began. */
  shrunk = false;

  constructor(isLeaf: boolean, id = 0, pages = 0) {
    this.isLeaf = isLeaf;
    this.id = id;
    this.pages = pages;
  }

  static fromPage(page: Page, pages: number): Node {
    const node = new Node(page.isLeaf, page.id, pages);
    node.upper = page.upper;
    for (let i = 0; i < page.count; i++) {
      node.keys.push(page.key(i));
      if (page.isLeaf) node.values.push(page.value(i));
      else {
        node.childIds.push(page.childId(i));
        node.children.push(undefined);
      }
    }
    return node;
  }

  get count(): number {
    return this.keys.length;
  }

  key(index: number): Uint8Array {
    return this.keys[index]!;
  }

  value(index: number): Uint8Array {
    return this.values[index]!;
  }

  childId(index: number): number {
    return this.childIds[index]!;
  }

  childIndex(key: Uint8Array): number {
    const index = lowerBound(this.keys, key);
    const found = this.keys[index];
    if (found !== undefined && compareAt(found, 0, found.length, key) === 0) return index;
    return index === 0 ? 0 : index - 1;
  }

  /** Index of the first key that is not below `key`. */
  lowerBound(key: Uint8Array): number {
    return lowerBound(this.keys, key);
  }

  /** Index of `key` in a leaf, or −1. */
  find(key: Uint8Array): number {
    const index = lowerBound(this.keys, key);
    const found = this.keys[index];
    return found !== undefined && compareAt(found, 0, found.length, key) === 0 ? index : -1;
  }

  put(key: Uint8Array, value: Uint8Array): void {
    const index = lowerBound(this.keys, key);
    const found = this.keys[index];
    if (found !== undefined && compareAt(found, 0, found.length, key) === 0) {
      this.values[index] = value;
    } else if (index === this.keys.length) {
      this.keys.push(key);
      this.values.push(value);
    } else {
      this.keys.splice(index, 0, key);
      this.values.splice(index, 0, value);
    }
  }

  removeAt(index: number): void {
    this.keys.splice(index, 1);
    if (this.isLeaf) this.values.splice(index, 1);
    else {
      this.childIds.splice(index, 1);
      this.children.splice(index, 1);
    }
    this.shrunk = true;
  }

  /** Removes elements of a leaf; their indexes ascend. */
  removeAll(indexes: readonly number[]): void {
    let kept = 0;
    for (let i = 0, next = 0; i < this.count; i++) {
      if (i === indexes[next]) next++;
      else {
        this.keys[kept] = this.keys[i]!;
        this.values[kept++] = this.values[i]!;
      }
    }
    this.keys.length = this.values.length = kept;
    this.shrunk = true;
  }

  /** A root branch that has lost all of its children is an empty leaf. */
  becomeLeaf(): void {
    assert(this.count === 0, 'it has no child left');
    this.isLeaf = true;
  }

  /** Takes over everything of its right neighbour. */
  merge(right: Node): void {
    assert(this.isLeaf === right.isLeaf, 'only nodes of one level merge');
    for (let i = 0; i < right.count; i++) {
      this.keys.push(right.keys[i]!);
      if (this.isLeaf) this.values.push(right.values[i]!);
      else {
        this.childIds.push(right.childIds[i]!);
        this.children.push(right.children[i]);
      }
    }
  }

  elementBytes(index: number): number {
    return (
      ELEMENT_BYTES + this.keys[index]!.length + (this.isLeaf ? this.values[index]!.length : 0)
    );
  }

  /** Bytes of elements [from, to) as a page. */
  sizeOf(from = 0, to = this.count): number {
    let size = PAGE_HEADER_BYTES;
    for (let i = from; i < to; i++) size += this.elementBytes(i);
    return size;
  }

  /** Where the next page ends when elements from `from` on are written: bbolt's node.splitTwo. */
  splitAfter(from: number, pageBytes: number, fill: number): number {
    const left = this.count - from;
    if (left <= MIN_KEYS_PER_PAGE * 2 || this.fitsOnePage(from, pageBytes)) return this.count;
    const threshold = Math.floor(pageBytes * fill);
    let size = PAGE_HEADER_BYTES;
    let index = from;
    for (; index < this.count - MIN_KEYS_PER_PAGE; index++) {
      const more = this.elementBytes(index);
      if (index - from >= MIN_KEYS_PER_PAGE && size + more > threshold) break;
      size += more;
    }
    return index;
  }

  private fitsOnePage(from: number, pageBytes: number): boolean {
    let size = PAGE_HEADER_BYTES;
    for (let i = from; i < this.count; i++) {
      size += this.elementBytes(i);
      if (size >= pageBytes) return false;
    }
    return true;
  }

  /** Writes elements [from, to) as page `id` into `bytes`, which is zeroed and as long as the page with its overflow. */
  write(
    bytes: Uint8Array,
    id: number,
    from: number,
    to: number,
    overflow: number,
    leafFlags: number,
  ): void {
    assert(to - from < 0xffff, 'more elements than a page counts');
    writePageHeader(bytes, id, this.isLeaf ? LEAF_PAGE : BRANCH_PAGE, to - from, overflow);
    let element = PAGE_HEADER_BYTES;
    let data = PAGE_HEADER_BYTES + (to - from) * ELEMENT_BYTES;
    for (let i = from; i < to; i++, element += ELEMENT_BYTES) {
      const key = this.keys[i]!;
      const pos = data - element;
      copyInto(bytes, data, key);
      data += key.length;
      if (this.isLeaf) {
        const value = this.values[i]!;
        writeU32(bytes, element, leafFlags);
        writeU32(bytes, element + 4, pos);
        writeU32(bytes, element + 8, key.length);
        writeU32(bytes, element + 12, value.length);
        copyInto(bytes, data, value);
        data += value.length;
      } else {
        writeU32(bytes, element, pos);
        writeU32(bytes, element + 4, key.length);
        writeU64(bytes, element + 8, this.childIds[i]!);
      }
    }
  }
}

function copyInto(target: Uint8Array, at: number, source: Uint8Array): void {
  if (source.length > SHORT_COPY) target.set(source, at);
  else for (let i = 0; i < source.length; i++) target[at + i] = source[i]!;
}
