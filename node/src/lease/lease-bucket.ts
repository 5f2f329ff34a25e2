// Leases on disk: bucket `lease`, from the id as 8 bytes big-endian to a leasepb.Lease (etcd: storage/schema/lease.go).
// Attached keys are not stored here: each key-value carries its lease, and mvcc attaches them again when it opens.
import { EMPTY_BYTES } from '../base/text.ts';
import type { LeaseId } from '../base/ids.ts';
import { decode, encode } from '../wire/codec.ts';
import { Lease as StoredLease } from '../wire/gen/lease.ts';
import type { Lease } from './lease.ts';

/** What the lessor needs of storage/backend. */
export interface LeaseBackend {
  bucket(name: string): LeaseBucket;
}

/** Copies what it is given. */
export interface LeaseBucket {
  put(key: Uint8Array, value: Uint8Array): void;
  delete(key: Uint8Array): void;
  forEach(
    from: Uint8Array,
    to: Uint8Array | undefined,
    visit: (key: Uint8Array, value: Uint8Array) => boolean | void,
  ): void;
}

const BUCKET = 'lease';

export function storeLease(backend: LeaseBackend, lease: Lease): void {
  const stored: StoredLease = {
    id: lease.id,
    ttl: lease.ttlSeconds,
    remainingTtl: lease.remainingTtlSeconds,
  };
  backend.bucket(BUCKET).put(leaseKey(lease.id), encode(StoredLease, stored));
}

export function removeLease(backend: LeaseBackend, id: LeaseId): void {
  backend.bucket(BUCKET).delete(leaseKey(id));
}

/** Every stored lease, ordered by the unsigned id. */
export function loadLeases(backend: LeaseBackend, visit: (stored: StoredLease) => void): void {
  backend.bucket(BUCKET).forEach(EMPTY_BYTES, undefined, (_key, value) => {
    visit(decode(StoredLease, value));
  });
}

const key = new Uint8Array(8);
const keyView = new DataView(key.buffer);

/** Valid until the next call. */
function leaseKey(id: LeaseId): Uint8Array {
  keyView.setBigInt64(0, id);
  return key;
}
