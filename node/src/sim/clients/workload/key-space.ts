// The few keys that all clients fight over, and the ranges that they ask for.
import { EMPTY_BYTES, bytesFromLatin1 } from '../../../base/index.ts';
import type { SimRandom } from '../../world/random.ts';

/** Prefixes, one behind the other in the order of keys. */
const FOLDERS = ['/a/', '/b/', '/c/'] as const;
const LARGE_VALUE_BYTES = 6 * 1024;

export interface KeyRange {
  readonly key: Uint8Array;
  /** As in a request: empty for the one key, a zero byte for all from the key on. */
  readonly rangeEnd: Uint8Array;
}

export class KeySpace {
  /** Latin1. */
  readonly keys: readonly string[];

  constructor(count: number) {
    this.keys = Array.from({ length: count }, (_, i) => `${FOLDERS[i % FOLDERS.length]}${i}`);
  }

  /** Most often one of the first few: contention. */
  any(random: SimRandom): string {
    const few = Math.max(1, Math.floor(this.keys.length / 4));
    return this.keys[random.chance(0.4) ? random.below(few) : random.below(this.keys.length)]!; // in range
  }

  /** Different keys; at most `count`. */
  several(random: SimRandom, count: number): string[] {
    return random.shuffled(this.keys).slice(0, count);
  }

  /** A folder, two folders, everything, from a key on, or between two keys. */
  range(random: SimRandom): KeyRange {
    const kind = random.below(10);
    if (kind < 4) return prefixRange(random.pick(FOLDERS));
    if (kind < 6) return prefixRange('/');
    if (kind < 7) return rangeOf('\0', '\0');
    if (kind < 8) return rangeOf(this.any(random), '\0');
    const [lo, hi] = [this.any(random), this.any(random)].sort() as [string, string]; // two were sorted
    return rangeOf(lo, lo === hi ? `${hi}\0` : hi);
  }

  /** One key, or a range. */
  keyOrRange(random: SimRandom, rangeProbability: number): KeyRange {
    return random.chance(rangeProbability) ? this.range(random) : oneKey(this.any(random));
  }
}

export function oneKey(key: string): KeyRange {
  return { key: bytesFromLatin1(key), rangeEnd: EMPTY_BYTES };
}

export function rangeOf(key: string, rangeEnd: string): KeyRange {
  return { key: bytesFromLatin1(key), rangeEnd: bytesFromLatin1(rangeEnd) };
}

/** All keys that begin with `prefix`, whose last character is not 0xff. */
export function prefixRange(prefix: string): KeyRange {
  const last = prefix.charCodeAt(prefix.length - 1);
  return rangeOf(prefix, prefix.slice(0, -1) + String.fromCharCode(last + 1));
}

/** Values that no two puts of a run share: who wrote it, and its number. Some are long. */
export class Values {
  private readonly writer: string;
  private written = 0;

  constructor(writer: string) {
    this.writer = writer;
  }

  next(random: SimRandom): Uint8Array {
    const name = `${this.writer}.${++this.written}`;
    const kind = random.below(40);
    if (kind > 1) return bytesFromLatin1(name);
    const length = kind === 0 ? random.between(1024, LARGE_VALUE_BYTES) : random.between(20, 300);
    return bytesFromLatin1(name.padEnd(length, '.'));
  }
}
