// Chance that can be had again: the same seed gives the same run.

export class FuzzRandom {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** mulberry32. */
  uint32(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** In [0, limit); 0 when the limit is. */
  below(limit: number): number {
    return limit === 0 ? 0 : this.uint32() % limit;
  }

  onceIn(times: number): boolean {
    return this.below(times) === 0;
  }

  /** An element of a list that has one. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T; // below() stays under the length
  }

  /** In [1, limit], small values far more often than large ones. */
  smallSize(limit: number): number {
    const bits = 1 + this.below(Math.max(1, Math.ceil(Math.log2(limit + 1))));
    return Math.min(limit, 1 + this.below(2 ** bits));
  }
}
