// Chance that can be had again: one root seed, and a stream of its own for each use, so that leaving out one kind of fault
// changes no other choice of the run.
import { assert, type Random } from '../../base/index.ts';

export class SimRandom implements Random {
  private readonly seed: number;
  private state: number;

  constructor(seed: number) {
    this.seed = seed >>> 0;
    this.state = this.seed;
  }

  /** A stream that depends on this one's seed and on `name` only, not on how much was drawn. */
  fork(name: string): SimRandom {
    let hash = this.seed ^ 0x811c9dc5;
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
    return new SimRandom(scramble(hash >>> 0));
  }

  /** mulberry32. */
  uint32(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    return scramble(this.state);
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i++) bytes[i] = this.uint32() & 0xff;
    return bytes;
  }

  /** In [0, 1). */
  fraction(): number {
    return this.uint32() / 2 ** 32;
  }

  /** In [0, limit); 0 when there is nothing to choose from. */
  below(limit: number): number {
    return limit <= 1 ? 0 : this.uint32() % limit;
  }

  /** In [lo, hi). */
  between(lo: number, hi: number): number {
    return lo + this.below(hi - lo);
  }

  /** True with this probability, of 0 to 1. */
  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** True once in `times` on average; never for 0. */
  onceIn(times: number): boolean {
    return times > 0 && this.below(times) === 0;
  }

  pick<T>(items: readonly T[]): T {
    assert(items.length > 0, 'there is something to pick from');
    return items[this.below(items.length)]!; // below() is in range
  }

  /** The items in another order. */
  shuffled<T>(items: readonly T[]): T[] {
    const result = [...items];
    for (let i = result.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [result[i], result[j]] = [result[j]!, result[i]!]; // both are in range
    }
    return result;
  }
}

function scramble(state: number): number {
  let mixed = state;
  mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return (mixed ^ (mixed >>> 14)) >>> 0;
}
