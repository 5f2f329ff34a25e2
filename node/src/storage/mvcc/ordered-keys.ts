// Keys in byte order: a list of leaves of up to 256 keys each, and the first key of every leaf for the search.
// Two levels are enough: ten million keys make some fifty thousand leaves, and a leaf is added once in 128 inserts.
//
// A leaf also knows how many of its keys exist now and the revision of its newest change, so that counting a prefix
// costs a step a leaf, not a step a key.
import { assert } from '../../base/index.ts';

const MAX_KEYS = 256;
const HALF = MAX_KEYS >>> 1;
/** A leaf below this looks for a neighbour to join. */
const SPARSE = 48;

export interface Leaf {
  /** Position in the table of leaves; a key's slot refers to its leaf by it. */
  readonly id: number;
  readonly keys: string[];
  /** The slot of each key, in the order of `keys`. */
  readonly slots: number[];
  /** Keys whose newest revision is not a tombstone. */
  live: number;
  /** The largest main revision at which a key of the leaf changed. */
  newest: number;
}

/** Told when a key comes to lie in another leaf. */
export type LeafMoved = (slot: number, leaf: Leaf) => void;
/** Whether the key at the slot exists now. */
export type IsLive = (slot: number) => boolean;

export class OrderedKeys {
  /** Ascending; never an empty leaf. */
  readonly leaves: Leaf[] = [];
  private readonly firsts: string[] = [];
  private readonly table: (Leaf | undefined)[] = [];
  private readonly freeIds: number[] = [];
  private readonly moved: LeafMoved;
  private readonly isLive: IsLive;
  private count = 0;

  constructor(moved: LeafMoved, isLive: IsLive) {
    this.moved = moved;
    this.isLive = isLive;
  }

  get size(): number {
    return this.count;
  }

  leafById(id: number): Leaf {
    const leaf = this.table[id];
    assert(leaf !== undefined, 'a slot refers to a leaf that exists');
    return leaf;
  }

  /** Position in `leaves` of the leaf in which `key` lies or would lie; 0 when there is none. */
  leafFor(key: string): number {
    let lo = 0;
    let hi = this.firsts.length;
    while (lo < hi) {
      const middle = (lo + hi) >>> 1;
      if (this.firsts[middle]! <= key) lo = middle + 1;
      else hi = middle;
    }
    return lo === 0 ? 0 : lo - 1;
  }

  /** Adds a key that is not there yet. `newest` is its revision. */
  insert(key: string, slot: number, newest: number): void {
    this.count++;
    if (this.leaves.length === 0) this.addLeaf(0, [], [], newest);
    let position = this.leafFor(key);
    let leaf = this.leaves[position]!;
    let at = lowerBound(leaf.keys, key);
    if (leaf.keys.length === MAX_KEYS) {
      // Keys that arrive in ascending order fill their leaves to the brim.
      if (at === MAX_KEYS && position === this.leaves.length - 1) {
        leaf = this.addLeaf(++position, [], [], newest);
        at = 0;
      } else {
        const upper = this.split(position);
        if (at > HALF) {
          leaf = upper;
          position++;
          at -= HALF;
        }
      }
    }
    leaf.keys.splice(at, 0, key);
    leaf.slots.splice(at, 0, slot);
    leaf.newest = Math.max(leaf.newest, newest);
    if (this.isLive(slot)) leaf.live++;
    if (at === 0) this.firsts[position] = key;
    this.moved(slot, leaf);
  }

  /** Removes a key that is there and does not exist now. */
  remove(key: string): void {
    const position = this.leafFor(key);
    const leaf = this.leaves[position]!;
    const at = lowerBound(leaf.keys, key);
    assert(leaf.keys[at] === key, 'a key that is removed is in its leaf');
    this.count--;
    leaf.keys.splice(at, 1);
    leaf.slots.splice(at, 1);
    if (leaf.keys.length === 0) {
      this.dropLeaf(position);
      return;
    }
    if (at === 0) this.firsts[position] = leaf.keys[0]!;
    if (leaf.keys.length < SPARSE) this.join(position);
  }

  private split(position: number): Leaf {
    const lower = this.leaves[position]!;
    const upper = this.addLeaf(
      position + 1,
      lower.keys.splice(HALF),
      lower.slots.splice(HALF),
      lower.newest,
    );
    lower.live -= upper.live;
    return upper;
  }

  /** Merges a sparse leaf into the one before it, or the one behind into it. */
  private join(position: number): void {
    const left = position > 0 ? position - 1 : position;
    const lower = this.leaves[left]!;
    const upper = this.leaves[left + 1];
    if (upper === undefined || lower.keys.length + upper.keys.length > HALF) return;
    for (const slot of upper.slots) this.moved(slot, lower);
    lower.keys.push(...upper.keys);
    lower.slots.push(...upper.slots);
    lower.live += upper.live;
    lower.newest = Math.max(lower.newest, upper.newest);
    this.dropLeaf(left + 1);
  }

  private addLeaf(position: number, keys: string[], slots: number[], newest: number): Leaf {
    const id = this.freeIds.pop() ?? this.table.length;
    const leaf: Leaf = { id, keys, slots, live: 0, newest };
    this.table[id] = leaf;
    this.leaves.splice(position, 0, leaf);
    this.firsts.splice(position, 0, keys[0] ?? '');
    for (const slot of slots) {
      this.moved(slot, leaf);
      if (this.isLive(slot)) leaf.live++;
    }
    return leaf;
  }

  private dropLeaf(position: number): void {
    const leaf = this.leaves[position]!;
    this.table[leaf.id] = undefined;
    this.freeIds.push(leaf.id);
    this.leaves.splice(position, 1);
    this.firsts.splice(position, 1);
  }
}

/** Position of the first key that is not below `key`. */
export function lowerBound(keys: readonly string[], key: string): number {
  let lo = 0;
  let hi = keys.length;
  while (lo < hi) {
    const middle = (lo + hi) >>> 1;
    if (keys[middle]! < key) lo = middle + 1;
    else hi = middle;
  }
  return lo;
}
