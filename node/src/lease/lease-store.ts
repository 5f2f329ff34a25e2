// The lessor together with the store, as the applier drives them.
import { bytesFromLatin1 } from '../base/bytes.ts';
import type { LeaseId } from '../base/ids.ts';
import type { Lease } from './lease.ts';
import type { Lessor } from './lessor.ts';

/** What a revocation needs of mvcc. */
export interface KeyDeleter {
  beginWrite(): {
    /** Without an end: the one key. */
    deleteRange(key: Uint8Array, rangeEnd: Uint8Array | undefined): unknown;
    end(): void;
  };
}

export interface LeaseStore {
  lookup(id: LeaseId): Lease | undefined;
  grant(id: LeaseId, ttlSeconds: number): { readonly id: LeaseId; readonly ttl: number };
  revoke(id: LeaseId): void;
  checkpoint(id: LeaseId, remainingTtlSeconds: number): void;
}

/** A revocation deletes all attached keys in one transaction: one revision, seen at once by watchers. */
export function leaseStoreOf(lessor: Lessor, store: KeyDeleter): LeaseStore {
  const deleteKeys = (keys: readonly string[]): void => {
    const txn = store.beginWrite();
    for (const key of keys) txn.deleteRange(bytesFromLatin1(key), undefined);
    txn.end();
  };
  return {
    lookup: (id) => lessor.lookup(id),
    grant: (id, ttlSeconds) => ({ id, ttl: lessor.grant(id, ttlSeconds).ttlSeconds }),
    revoke: (id) => lessor.revoke(id, deleteKeys),
    checkpoint: (id, remainingTtlSeconds) => lessor.checkpoint(id, remainingTtlSeconds),
  };
}
