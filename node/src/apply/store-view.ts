// What apply needs of the store, the backend and the lessor. mvcc, backend and lease provide it.
import type { LeaseId } from '../base/index.ts';
import type { KeyValue } from '../wire/gen/kv.ts';

export interface RangeOptions {
  /** 0 or absent reads the current revision. */
  readonly revision?: number | undefined;
  /** 0 or absent is no limit. */
  readonly limit?: number | undefined;
  readonly countOnly?: boolean | undefined;
  /** Answers from the index: value and lease stay empty. */
  readonly keysOnly?: boolean | undefined;
}

export interface RangeResult {
  kvs: KeyValue[];
  /** Keys in the range, whatever the limit. */
  readonly count: number;
  /** The store's current revision. */
  readonly revision: number;
}

/** A view of the store. `rangeEnd` empty or absent is the key alone, a zero byte is "from the key on". */
export interface ReadView {
  readonly revision: number;
  /** The oldest revision that can be read. */
  readonly firstRevision: number;
  range(key: Uint8Array, rangeEnd: Uint8Array | undefined, options?: RangeOptions): RangeResult;
}

/** A write transaction: all of its changes share one revision. */
export interface WriteView extends ReadView {
  /** What was changed so far. */
  readonly changes: readonly unknown[];
  /** Returns the revision of the change. */
  put(key: Uint8Array, value: Uint8Array, lease: LeaseId): number;
  deleteRange(
    key: Uint8Array,
    rangeEnd: Uint8Array | undefined,
  ): { deleted: number; revision: number };
  end(): void;
}

export interface Store extends ReadView {
  beginWrite(): WriteView;
  /**
   * Compacts logically before it returns; the promise ends with the physical compaction.
   * @throws EtcdError Compacted, FutureRev, before it returns
   */
  compact(revision: number): Promise<void>;
}

export interface LeaseView {
  lookup(id: LeaseId): unknown;
}

export interface LeaseStore extends LeaseView {
  grant(id: LeaseId, ttlSeconds: number): { readonly id: LeaseId; readonly ttl: number };
  revoke(id: LeaseId): void;
  checkpoint(id: LeaseId, remainingTtlSeconds: number): void;
}

/** One bucket of the backend. */
export interface BucketView {
  get(key: Uint8Array): Uint8Array | undefined;
  put(key: Uint8Array, value: Uint8Array): void;
  delete(key: Uint8Array): void;
  forEach(
    from: Uint8Array,
    to: Uint8Array | undefined,
    visit: (key: Uint8Array, value: Uint8Array) => boolean | void,
  ): void;
}

export interface BackendView {
  readonly sizeBytes: number;
  bucket(name: string): BucketView;
}
