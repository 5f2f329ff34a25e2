// What mvcc needs of the backend and of the lessor: no more than this, so that tests can hand in small ones.
import type { LeaseId } from '../../base/index.ts';

/** A bucket of the backend. Reads see every write at once; everything is synchronous. Writes copy what they are given. */
export interface KeyValueBucket {
  put(key: Uint8Array, value: Uint8Array): void;
  /** A put of a key that is greater than all others. */
  append(key: Uint8Array, value: Uint8Array): void;
  delete(key: Uint8Array): void;
  /** A view that is valid until the next write. */
  get(key: Uint8Array): Uint8Array | undefined;
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
