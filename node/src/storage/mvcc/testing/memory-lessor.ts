// A lessor that only remembers which key has which lease.
import { assert, NO_LEASE } from '../../../base/index.ts';
import type { LeaseAttacher } from '../key-value-backend.ts';

export class MemoryLessor implements LeaseAttacher {
  readonly leases = new Map<string, bigint>();

  attach(leaseId: bigint, key: string): void {
    assert(leaseId !== NO_LEASE && !this.leases.has(key), 'a key is attached once');
    this.leases.set(key, leaseId);
  }

  detach(leaseId: bigint, key: string): void {
    assert(this.leases.get(key) === leaseId, 'a key is detached from its lease');
    this.leases.delete(key);
  }

  leaseOf(key: string): bigint {
    return this.leases.get(key) ?? NO_LEASE;
  }
}
