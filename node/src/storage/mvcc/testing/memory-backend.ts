// A backend in memory for tests: sorted arrays, and a commit that resolves in the next turn.
import { assert, compareBytes, concatBytes, crc32c, utf8FromText } from '../../../base/index.ts';
import { finderOf } from '../key-value-backend.ts';
import type {
  Finder,
  Judge,
  KeyValueBackend,
  KeyValueBucket,
  Pruned,
} from '../key-value-backend.ts';

class MemoryBucket implements KeyValueBucket {
  readonly keys: Uint8Array[] = [];
  readonly values: Uint8Array[] = [];
  /** Views handed out are overwritten at the next write, so that nobody comes to rely on them. */
  private lent: Uint8Array[] = [];
  private iterating = false;
  /** A read would take the memory of the page that is judged. */
  private judging = false;

  put(key: Uint8Array, value: Uint8Array): void {
    this.beforeWrite();
    const at = this.position(key);
    if (this.has(at, key)) this.values[at] = value.slice();
    else {
      this.keys.splice(at, 0, key.slice());
      this.values.splice(at, 0, value.slice());
    }
  }

  append(key: Uint8Array, value: Uint8Array): void {
    const last = this.keys.at(-1);
    assert(last === undefined || compareBytes(last, key) < 0, 'append is above all other keys');
    this.put(key, value);
  }

  delete(key: Uint8Array): void {
    this.beforeWrite();
    const at = this.position(key);
    if (!this.has(at, key)) return;
    this.keys.splice(at, 1);
    this.values.splice(at, 1);
  }

  prune(from: Uint8Array, to: Uint8Array, judge: Judge): Pruned {
    let next: Uint8Array | undefined;
    const gone: Uint8Array[] = [];
    this.forEach(from, to, (key, value) => {
      this.judging = true;
      if (judge.isDone()) {
        next = key.slice();
        return false;
      }
      const pair = concatBytes([Uint8Array.of(0xee), key, value, Uint8Array.of(0xee)]);
      if (!judge.stays(pair, 1, 1 + key.length, pair.length - 1)) gone.push(key.slice());
      this.judging = false;
      return true;
    });
    this.judging = false;
    for (const key of gone) this.delete(key);
    return { next, changedLeaves: gone.length };
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const at = this.position(key);
    return this.has(at, key) ? this.lend(this.values[at]!) : undefined;
  }

  finder(): Finder {
    return finderOf((key) => this.get(key)?.slice());
  }

  forEach(
    from: Uint8Array,
    to: Uint8Array | undefined,
    visit: (key: Uint8Array, value: Uint8Array) => boolean | void,
  ): void {
    assert(!this.judging, 'nothing else is read while a pair is judged');
    this.iterating = true;
    for (let at = this.position(from); at < this.keys.length; at++) {
      if (to !== undefined && compareBytes(this.keys[at]!, to) >= 0) break;
      const key = this.keys[at]!.slice();
      const value = this.values[at]!.slice();
      const more = visit(key, value);
      key.fill(0xee);
      value.fill(0xee);
      if (more === false) break;
    }
    this.iterating = false;
  }

  forEachInPlace(
    from: Uint8Array,
    visit: (bytes: Uint8Array, start: number, valueStart: number, end: number) => boolean,
  ): void {
    this.forEach(from, undefined, (key, value) => {
      const bytes = concatBytes([Uint8Array.of(0xee), key, value, Uint8Array.of(0xee)]);
      return visit(bytes, 1, 1 + key.length, bytes.length - 1);
    });
  }

  private has(at: number, key: Uint8Array): boolean {
    return at < this.keys.length && compareBytes(this.keys[at]!, key) === 0;
  }

  private position(key: Uint8Array): number {
    let lo = 0;
    let hi = this.keys.length;
    while (lo < hi) {
      const middle = (lo + hi) >>> 1;
      if (compareBytes(this.keys[middle]!, key) < 0) lo = middle + 1;
      else hi = middle;
    }
    return lo;
  }

  private lend(value: Uint8Array): Uint8Array {
    const view = value.slice();
    this.lent.push(view);
    return view;
  }

  private beforeWrite(): void {
    assert(!this.iterating, 'nothing is written during forEach');
    for (const view of this.lent) view.fill(0xee);
    this.lent = [];
  }
}

export class MemoryBackend implements KeyValueBackend {
  readonly buckets = new Map<string, MemoryBucket>();
  commits = 0;

  get sizeBytes(): number {
    return 20480;
  }

  get sizeInUseBytes(): number {
    return 16384;
  }

  bucket(name: string): MemoryBucket {
    let bucket = this.buckets.get(name);
    if (bucket === undefined) this.buckets.set(name, (bucket = new MemoryBucket()));
    return bucket;
  }

  async commitNow(): Promise<void> {
    this.commits++;
    await Promise.resolve();
  }

  createBucket(name: string): void {
    this.bucket(name);
  }

  async hash(): Promise<number> {
    await Promise.resolve();
    let crc = 0;
    for (const name of [...this.buckets.keys()].sort()) {
      crc = crc32c(crc, utf8FromText(name));
      this.bucket(name).forEach(new Uint8Array(0), undefined, (key, value) => {
        crc = crc32c(crc32c(crc, key), value);
      });
    }
    return crc;
  }

  /** What a crash would leave when everything was committed. */
  copy(): MemoryBackend {
    const copy = new MemoryBackend();
    for (const [name, bucket] of this.buckets) {
      const target = copy.bucket(name);
      target.keys.push(...bucket.keys);
      target.values.push(...bucket.values);
    }
    return copy;
  }
}
