// The lease room: grants that end, and the keys that end with them.
export { FOREVER, Lease } from './lease.ts';
export type { LeaseBackend, LeaseBucket } from './lease-bucket.ts';
export { leaseStoreOf, type KeyDeleter, type LeaseStore } from './lease-store.ts';
export {
  LEASE_POLL_INTERVAL_MS,
  Lessor,
  MAX_LEASE_TTL_SECONDS,
  NotPrimaryError,
  type Checkpointer,
  type LeaseTimeLeft,
  type LessorOptions,
} from './lessor.ts';
