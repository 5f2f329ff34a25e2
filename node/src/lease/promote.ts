// What a new primary does to all leases at once.
import type { Lease } from './lease.ts';

/** Expirations a second stay below this share of the revocation rate, so that a pile-up leaves room for others. */
const SHARE = 3 / 4;

/**
 * Spreads expirations that would fall into the same seconds (etcd: lessor.Promote): a member that becomes leader renews
 * all leases in one moment, and without this they would all expire in one moment too.
 * @param leases refreshed, in any order; sorted here by expiry
 * @param refresh renews one lease by its TTL and `extendMs` more
 */
export function spreadExpirations(
  leases: Lease[],
  revokesPerSecond: number,
  nowMs: number,
  refresh: (lease: Lease, extendMs: number) => void,
): void {
  leases.sort((a, b) => a.expiryMs - b.expiryMs);
  const first = leases[0];
  if (first === undefined) return;
  const target = Math.floor(revokesPerSecond * SHARE);
  let baseMs = first.expiryMs - nowMs;
  let nextMs = baseMs + 1000;
  let expires = 0;
  for (const lease of leases) {
    const remainingMs = lease.expiryMs - nowMs;
    if (remainingMs > nextMs) {
      baseMs = remainingMs;
      nextMs = baseMs + 1000;
      expires = 1;
      continue;
    }
    expires++;
    if (expires <= target) continue;
    // A lease that already lies n seconds behind the window's base needs n seconds less.
    const delayMs = (1000 * expires) / target - (remainingMs - baseMs);
    nextMs = baseMs + delayMs;
    refresh(lease, delayMs);
  }
}
