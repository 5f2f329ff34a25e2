// Keys in byte order with their slots: a list of leaves of up to 212 keys each, and the first key of every leaf for the
// search. Two levels are enough: ten million keys make some seventy thousand leaves, and a leaf is added once in 106
// inserts. A search takes 1 µs among a million keys; a Map from key to slot, which would take 40 MB more, 0.9 µs.
//
// A leaf also knows how many of its keys exist now and the revision of its newest change, so that counting a prefix
// costs a step a leaf, not a step a key.
import { assert } from '../../base/index.ts';

/** A capacity to which V8's arrays grow step by step (17, 41, 77, 131, 212): a full leaf wastes nothing. */
const MAX_KEYS = 212;
const HALF = MAX_KEYS >>> 1;
/** A leaf below this looks for a neighbour to join. */
const SPARSE = 40;

export interface Leaf {
  readonly keys: string[];
  /** The slot of each key, in the order of `keys`. */
  readonly slots: Uint32Array;
  /** Keys whose newest revision is not a tombstone. */
  live: number;
  /** The largest main revision at which a key of the leaf changed. */
  newest: number;
}

/** Whether the key at the slot exists now. */
export type IsLive = (slot: number) => boolean;

export class OrderedKeys {
  /** Ascending. Only the first may be empty, and only when it is alone. */
  readonly leaves: Leaf[] = [newLeaf()];
  /** Where the last `seek` ended: the leaf in which the key lies or would lie, */
  leaf: Leaf = this.leaves[0]!;
  /** the position of that leaf, */
  position = 0;
  /** and the first key in it that is not below the key that was sought. */
  at = 0;
  private readonly firsts: string[] = [''];
  private readonly isLive: IsLive;
  private count = 0;

  constructor(isLive: IsLive) {
    this.isLive = isLive;
  }

  get size(): number {
    return this.count;
  }

  /** Moves to `key`; returns whether it is there. */
  seek(key: string): boolean {
    this.position = this.leafFor(key);
    this.leaf = this.leaves[this.position]!;
    this.at = lowerBound(this.leaf.keys, key);
    return this.leaf.keys[this.at] === key;
  }

  /** The same for keys in about ascending order: the leaf of the last one is tried first, and there the end. */
  seekNear(key: string): boolean {
    const { leaf, position, firsts } = this;
    const isHere =
      position < firsts.length &&
      this.leaves[position] === leaf &&
      firsts[position]! <= key &&
      (position + 1 === firsts.length || key < firsts[position + 1]!);
    if (!isHere) return this.seek(key);
    const { keys } = leaf;
    const last = keys[keys.length - 1];
    this.at = last === undefined || last < key ? keys.length : lowerBound(keys, key);
    return keys[this.at] === key;
  }

  /** Position of the leaf in which `key` lies or would lie. */
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

  /** Adds the key that was sought and is not there. It is in `leaf` at `at` afterwards; the leaf's counts are not changed. */
  insert(key: string, slot: number): void {
    this.count++;
    if (this.leaf.keys.length === MAX_KEYS) this.makeRoom();
    const { keys, slots } = this.leaf;
    if (this.at === keys.length) keys.push(key);
    else {
      slots.copyWithin(this.at + 1, this.at, keys.length);
      keys.splice(this.at, 0, key);
    }
    slots[this.at] = slot;
    if (this.at === 0) this.firsts[this.position] = key;
  }

  /** Removes the key that was sought, which is there and does not exist now. */
  remove(): void {
    const { keys, slots } = this.leaf;
    slots.copyWithin(this.at, this.at + 1, keys.length);
    keys.splice(this.at, 1);
    this.count--;
    if (keys.length === 0) {
      assert(this.leaf.live === 0, 'a leaf without keys has none that exist');
      if (this.leaves.length > 1) this.dropLeaf(this.position);
      return;
    }
    if (this.at === 0) this.firsts[this.position] = keys[0]!;
    if (keys.length < SPARSE) this.join();
  }

  /** Splits the full leaf and moves to the half in which the key belongs. */
  private makeRoom(): void {
    // Keys that arrive in ascending order fill their leaves to the brim.
    const atEnd = this.at === MAX_KEYS && this.position === this.leaves.length - 1;
    const keep = atEnd ? MAX_KEYS : HALF;
    const upper = this.split(keep);
    if (this.at <= HALF && !atEnd) return;
    this.leaf = upper;
    this.position++;
    this.at -= keep;
  }

  /** Moves what is behind the first `keep` keys of the leaf into a new one. */
  private split(keep: number): Leaf {
    const lower = this.leaf;
    const upper = newLeaf();
    upper.newest = lower.newest;
    upper.slots.set(lower.slots.subarray(keep));
    upper.keys.push(...lower.keys.splice(keep));
    for (let i = 0; i < upper.keys.length; i++) if (this.isLive(upper.slots[i]!)) upper.live++;
    lower.live -= upper.live;
    this.leaves.splice(this.position + 1, 0, upper);
    this.firsts.splice(this.position + 1, 0, upper.keys[0] ?? '');
    return upper;
  }

  /** Merges the sparse leaf into the one before it, or the one behind into it, when both fit in half a leaf. */
  private join(): void {
    const left = this.position > 0 ? this.position - 1 : 0;
    const lower = this.leaves[left]!;
    const upper = this.leaves[left + 1];
    if (upper === undefined || lower.keys.length + upper.keys.length > HALF) return;
    lower.slots.set(upper.slots.subarray(0, upper.keys.length), lower.keys.length);
    lower.keys.push(...upper.keys);
    lower.live += upper.live;
    lower.newest = Math.max(lower.newest, upper.newest);
    this.dropLeaf(left + 1);
  }

  private dropLeaf(position: number): void {
    this.leaves.splice(position, 1);
    this.firsts.splice(position, 1);
  }
}

function newLeaf(): Leaf {
  return { keys: [], slots: new Uint32Array(MAX_KEYS), live: 0, newest: 0 };
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
