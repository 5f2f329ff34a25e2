import { describe, expect, test } from 'vitest';
import { AssertionError } from '../../base/index.ts';
import { Cluster, type ClusterOptions } from './cluster.ts';

/** Set to run more seeds than the everyday ones; a failure names its seed. */
const SEEDS = Number(process.env['RAFT_SEEDS'] ?? 25);
const STEPS = 4000;

const kinds: Omit<ClusterOptions, 'seed'>[] = [
  { memberCount: 3, preVote: true, checkQuorum: true, changesConfiguration: false },
  { memberCount: 3, preVote: false, checkQuorum: false, changesConfiguration: false },
  { memberCount: 5, preVote: true, checkQuorum: true, changesConfiguration: true },
  { memberCount: 7, preVote: true, checkQuorum: true, changesConfiguration: true },
];

describe.each(kinds)('$memberCount members, pre-vote $preVote', (kind) => {
  test('keep raft’s promises in every storm, and make progress after it', () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const cluster = new Cluster({ ...kind, seed });
      for (let step = 0; step < STEPS; step++) {
        cluster.step();
        if (step % 50 === 0) cluster.checkLogs();
      }
      cluster.heal();
      const ticks = cluster.ticksUntilProgress(400);
      expect(ticks, `seed ${seed} makes progress`).toBeDefined();
    }
  });
});

test('the storms are no calm: entries are committed, leaders and configurations change', () => {
  let committed = 0;
  let leaders = 0;
  let configurations = 0;
  for (let seed = 1; seed <= 8; seed++) {
    const cluster = new Cluster({ ...kinds[2]!, seed });
    for (let step = 0; step < STEPS; step++) cluster.step();
    committed += cluster.checker.committedIndex;
    leaders += cluster.checker.leaderCount;
    configurations += cluster.checker.configurationCount;
  }
  expect(committed).toBeGreaterThan(150);
  expect(leaders).toBeGreaterThan(10);
  expect(configurations).toBeGreaterThan(10);
});

describe('disks that come back older than they were', () => {
  const forgetful: Omit<ClusterOptions, 'seed'>[] = [
    { memberCount: 3, preVote: true, checkQuorum: true, changesConfiguration: false },
    {
      ...{ memberCount: 5, voterCount: 5 },
      ...{ preVote: true, checkQuorum: true, changesConfiguration: false },
    },
    { memberCount: 5, preVote: true, checkQuorum: true, changesConfiguration: true },
  ];

  test.each(forgetful)('break no promise of $memberCount members that ask first: %#', (kind) => {
    let rollbacks = 0;
    let stuck = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const cluster = new Cluster({ ...kind, seed, forgets: true });
      for (let step = 0; step < STEPS; step++) {
        cluster.step();
        if (step % 50 === 0) cluster.checkLogs();
      }
      rollbacks += cluster.rollbacks;
      cluster.heal();
      if (cluster.ticksUntilProgress(400) === undefined) stuck++;
    }
    // The only copy of an entry may be with a member that can't lead any more: then the others wait for an operator.
    expect(stuck).toBeLessThanOrEqual(kind.changesConfiguration ? SEEDS / 25 : 0);
    expect(rollbacks).toBeGreaterThan(SEEDS);
  });

  test('break them where members trust their disks', () => {
    let broken = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const cluster = new Cluster({ ...forgetful[0]!, seed, forgets: true, trusts: true });
      try {
        for (let step = 0; step < STEPS; step++) cluster.step();
      } catch (error) {
        if (!(error instanceof AssertionError)) throw error;
        broken++;
      }
    }
    expect(broken).toBeGreaterThan(SEEDS / 4);
  });
});
