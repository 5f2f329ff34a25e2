// A map for what comes and goes by the thousand: streams, calls, requests under way.
//
// V8's Map makes a new table whenever it was changed often enough, or cleared, and the table it leaves keeps its entries and
// points to the new one. Once such a table has grown old, so does everything that the map has held since: young collections copy it,
// and only a full one frees it. In a store under load that was three quarters of what was promoted. Here the arrays stay.

const FIRST_CAPACITY = 16;
const EMPTY = 0;
/** Behind it in the index may be others that met there. */
const LEFT = -1;

/** Keys are integers below 2^53 in magnitude, or bigints. What is iterated over may be deleted meanwhile; nothing may be added. */
export class PassingMap<K extends number | bigint, V> {
  /** In the order of insertion; a slot that was deleted has no key. */
  private readonly keys = new Array<K | undefined>(FIRST_CAPACITY).fill(undefined);
  private readonly slots = new Array<V | undefined>(FIRST_CAPACITY).fill(undefined);
  /** Where a key is: its slot and one, from the place that its hash names on. Twice as long as there may be slots. */
  private index = new Int32Array(2 * FIRST_CAPACITY);
  private hashes = new Int32Array(FIRST_CAPACITY);
  private capacity = FIRST_CAPACITY;
  private first = 0;
  private end = 0;
  private count = 0;

  get size(): number {
    return this.count;
  }

  has(key: K): boolean {
    return this.placeOf(key, hashOf(key)) >= 0;
  }

  get(key: K): V | undefined {
    const place = this.placeOf(key, hashOf(key));
    return place < 0 ? undefined : this.slots[this.index[place]! - 1];
  }

  set(key: K, value: V): void {
    const hash = hashOf(key);
    const place = this.placeOf(key, hash);
    if (place >= 0) {
      this.slots[this.index[place]! - 1] = value;
      return;
    }
    if (this.end === this.capacity) this.makeRoom();
    this.keys[this.end] = key;
    this.slots[this.end] = value;
    this.hashes[this.end] = hash;
    this.point(hash, this.end++);
    this.count++;
  }

  delete(key: K): boolean {
    const { count } = this;
    this.take(key);
    return this.count < count;
  }

  /** Deletes a key, and returns its value. */
  take(key: K): V | undefined {
    const place = this.placeOf(key, hashOf(key));
    if (place < 0) return undefined;
    const slot = this.index[place]! - 1;
    const value = this.slots[slot];
    this.index[place] = LEFT;
    this.keys[slot] = undefined;
    this.slots[slot] = undefined;
    this.count--;
    while (this.first < this.end && this.keys[this.first] === undefined) this.first++;
    return value;
  }

  clear(): void {
    this.keys.fill(undefined);
    this.slots.fill(undefined);
    this.index.fill(EMPTY);
    this.first = this.end = this.count = 0;
  }

  /** In the order of insertion. */
  *values(): Generator<V, void, undefined> {
    for (let slot = this.first; slot < this.end; slot++) {
      if (this.keys[slot] !== undefined) yield this.slots[slot] as V; // a slot with a key has a value
    }
  }

  /** Where the index points to the key's slot, or −1. */
  private placeOf(key: K, hash: number): number {
    const { index, hashes, keys } = this;
    const mask = index.length - 1;
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const pointer = index[place]!;
      if (pointer === EMPTY) return -1;
      if (pointer === LEFT || hashes[pointer - 1] !== hash) continue;
      if (keys[pointer - 1] === key) return place;
    }
  }

  private point(hash: number, slot: number): void {
    const { index } = this;
    const mask = index.length - 1;
    let place = hash & mask;
    while (index[place] !== EMPTY) place = (place + 1) & mask;
    index[place] = slot + 1;
  }

  /** Moves what is left together. Where that is over half of the capacity there will be twice as much, where it is little, half. */
  private makeRoom(): void {
    const { keys, slots, hashes, capacity, count } = this;
    let to = 0;
    for (let from = this.first; from < this.end; from++) {
      if (keys[from] === undefined) continue;
      keys[to] = keys[from];
      hashes[to] = hashes[from]!;
      slots[to++] = slots[from];
    }
    keys.fill(undefined, to);
    slots.fill(undefined, to);
    if (count > capacity / 2) this.resize(2 * capacity);
    else if (count < capacity / 8 && capacity > FIRST_CAPACITY) this.resize(capacity / 2);
    else this.index.fill(EMPTY);
    this.first = 0;
    this.end = to;
    for (let slot = 0; slot < to; slot++) this.point(this.hashes[slot]!, slot);
  }

  private resize(capacity: number): void {
    this.capacity = capacity;
    const { hashes } = this;
    this.index = new Int32Array(2 * capacity);
    this.hashes = new Int32Array(capacity);
    this.hashes.set(hashes.subarray(0, capacity));
    this.keys.length = capacity;
    this.slots.length = capacity;
  }
}

/** Spreads counters, which most ids are, and whose lowest bits may always be the same. 30 bits of a bigint are no number on the heap. */
function hashOf(key: number | bigint): number {
  const low = typeof key === 'number' ? key : Number(BigInt.asUintN(30, key));
  const mixed = Math.imul(low, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}
