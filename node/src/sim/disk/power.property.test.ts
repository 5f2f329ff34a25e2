// The log, the database and a whole member, crashed at every disk operation of a life with everything in it, and again
// while that is mended.
import { expect, test } from 'vitest';
import { SimRandom } from '../world/random.ts';
import { BackendLife } from './testing/backend-life.ts';
import { crashEverywhere, failEverywhere, type Workload } from './testing/crash-everywhere.ts';
import { LogLife } from './testing/log-life.ts';
import { MemberLife } from './testing/member-life.ts';

const MOMENTS = ['before', 'halfway', 'after'] as const;

const LIVES: readonly [string, (seed: number) => Workload, readonly number[]][] = [
  ['the log', (seed) => new LogLife(new SimRandom(seed)), [7]],
  ['the database', (seed) => new BackendLife(new SimRandom(seed)), [1]],
];

test.each(LIVES)(
  '%s opens after a crash at any operation and after a second one, with all that was acknowledged',
  async (_what, life, seeds) => {
    for (const seed of seeds) {
      const plan = { seed, moments: MOMENTS, fates: 1, secondCrashes: 1 };
      const totals = await crashEverywhere(() => life(seed), plan);
      expect(totals.operations).toBeGreaterThan(30);
      expect(totals.recoveries).toBeGreaterThan(8 * totals.operations);
    }
  },
  60_000,
);

test('a member that is a cluster of its own starts after a crash at any operation, its first start included', async () => {
  const plan = { seed: 1, moments: MOMENTS, inTurn: true, fates: 1, secondCrashes: 1 };
  const totals = await crashEverywhere(() => new MemberLife(new SimRandom(1)), plan);
  expect(totals.operations).toBeGreaterThan(60);
}, 60_000);

test.each<(typeof LIVES)[number]>([
  ...LIVES,
  ['a member', (seed) => new MemberLife(new SimRandom(seed)), [8]],
])(
  '%s opens after any write or sync of it failed or the disk was full, and what it makes of that outlasts a power failure',
  async (_what, life, seeds) => {
    for (const seed of seeds) {
      const broken = await failEverywhere(() => life(seed), { seed, fates: 1, kind: 'EIO' });
      expect(broken.crashes).toBeGreaterThan(15);
      const full = await failEverywhere(() => life(seed), { seed, fates: 1, kind: 'ENOSPC' });
      expect(full.crashes).toBeGreaterThan(8);
    }
  },
  60_000,
);
