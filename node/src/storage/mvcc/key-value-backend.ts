// What mvcc needs of the backend and of the lessor: no more than this, so that tests can hand in small ones.
import { EMPTY_BYTES, type LeaseId } from '../../base/index.ts';

/** Finds values one after the other. It is good until the next write. */
export interface Finder {
  /** The value that was found last is [start, start + length) of these bytes, until the next one is sought. */
  bytes: Uint8Array;
  start: number;
  length: number;
  /** Whether the key is there. Quick for a key that lies close to the last one. */
  find(key: Uint8Array): boolean;
}

/**
 * Says of each pair, in ascending order, whether it stays: its key is [start, valueStart) of the bytes, its value
 * [valueStart, end), until the call ends, which must not write.
 */
export interface Judge {
  stays(bytes: Uint8Array, start: number, valueStart: number, end: number): boolean;
  /** Asked before each pair; true ends the walk there. */
  isDone(): boolean;
}

export interface Pruned {
  /** The first key that was not looked at; undefined when the walk came to its end. */
  readonly next: Uint8Array | undefined;
  /** Pages that lost a part of what they hold: the next commit puts each together again. */
  readonly changedLeaves: number;
}

export type FinderUse = 'keep' | 'runs' | 'once';

/** A bucket of the backend. Reads see every write at once; everything is synchronous. Writes copy what they are given. */
export interface KeyValueBucket {
  put(key: Uint8Array, value: Uint8Array): void;
  /** A put of a key that is greater than all others. */
  append(key: Uint8Array, value: Uint8Array): void;
  delete(key: Uint8Array): void;
  /** Removes the pairs of [from, to) that the judge does not let stay. Their pages leave the page cache to others. */
  prune(from: Uint8Array, to: Uint8Array, judge: Judge): Pruned;
  /** A view that is valid until the next write. */
  get(key: Uint8Array): Uint8Array | undefined;
  /** @param use `once` when most of the bucket is sought, `runs` for a part: they leave the page cache to others */
  finder(use?: FinderUse): Finder;
  /**
   * [from, to) ascending; `false` stops. The views are valid only during the callback, which may not write.
   * @param use `once` for a walk over most of the bucket: it leaves the page cache to others
   */
  forEach(
    from: Uint8Array,
    to: Uint8Array | undefined,
    visit: (key: Uint8Array, value: Uint8Array) => boolean | void,
    use?: 'keep' | 'once',
  ): void;
  /**
   * The same for all from `from` on, as a walk `once`, without views: the key is [start, valueStart) of the bytes and the
   * value [valueStart, end).
   */
  forEachInPlace(
    from: Uint8Array,
    visit: (bytes: Uint8Array, start: number, valueStart: number, end: number) => boolean,
  ): void;
}

export interface KeyValueBackend {
  bucket(name: string): KeyValueBucket;
  /** Makes an empty bucket when there is none of that name. */
  createBucket(name: string): void;
  /** Resolves when everything written so far is durable. */
  commitNow(): Promise<void>;
  /** CRC-32C over all buckets, without what may differ between members that hold the same. Commits first. */
  hash(): Promise<number>;
  readonly sizeBytes: number;
  readonly sizeInUseBytes: number;
}

/** The lessor as mvcc sees it. Keys are latin1 strings. */
export interface LeaseAttacher {
  /** @throws EtcdError LeaseNotFound */
  attach(leaseId: LeaseId, key: string): void;
  /** @throws EtcdError LeaseNotFound */
  detach(leaseId: LeaseId, key: string): void;
  /** NO_LEASE when the key has none. */
  leaseOf(key: string): LeaseId;
}

/** A finder of nothing but a lookup; what `get` returns has to stay good. */
export function finderOf(get: (key: Uint8Array) => Uint8Array | undefined): Finder {
  return {
    bytes: EMPTY_BYTES,
    start: 0,
    length: 0,
    find(key) {
      const value = get(key);
      this.bytes = value ?? EMPTY_BYTES;
      this.length = this.bytes.length;
      return value !== undefined;
    },
  };
}
