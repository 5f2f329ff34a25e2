// What renewals, grants and revocations cost.
import { SILENT_LOGGER } from '../base/logger.ts';
import type { Benchmarks } from '../base/testing/benchmark.ts';
import { FakeClock } from '../base/testing/fake-clock.ts';
import type { LeaseBackend, LeaseBucket } from './lease-bucket.ts';
import { Lessor } from './lessor.ts';

const LEASES = 5000;
const STRIDE = 1013n;
const TTL_SECONDS = 40;

/** Keeps nothing: what the database does is measured there. */
const BUCKET: LeaseBucket = { put: () => {}, delete: () => {}, forEach: () => {} };
const BACKEND: LeaseBackend = { bucket: () => BUCKET };
const NO_KEYS = (): void => {};

interface Filled {
  readonly lessor: Lessor;
  readonly clock: FakeClock;
}

function filled(): Filled {
  const clock = new FakeClock();
  const lessor = new Lessor(BACKEND, { clock, logger: SILENT_LOGGER, minTtlSeconds: 1 });
  lessor.promote(0);
  for (let i = 1; i <= LEASES; i++) lessor.grant(BigInt(i), TTL_SECONDS);
  return { lessor, clock };
}

export const benchmarks: Benchmarks = {
  'lease: renew one of 5,000': {
    start: () => {
      const { lessor, clock } = filled();
      const ids = Array.from({ length: LEASES }, (_, i) => ((BigInt(i) * STRIDE) % 5000n) + 1n);
      return (call) => {
        clock.advance(1);
        return lessor.renew(ids[call % LEASES]!);
      };
    },
  },
  'lease: grant and revoke among 5,000': {
    start: () => {
      const { lessor } = filled();
      const id = BigInt(LEASES) + 1n;
      return () => {
        lessor.grant(id, TTL_SECONDS);
        lessor.revoke(id, NO_KEYS);
      };
    },
  },
};
