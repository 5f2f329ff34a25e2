import { expect, test } from 'vitest';
import { planRecovery } from './plan.ts';
import type { DiskSurvey } from './survey.ts';

const member = (i: number, isLearner = false) => ({
  id: BigInt(i),
  name: `m${i}`,
  peerUrls: [`http://10.0.0.${i}:2380`],
  clientUrls: [],
  isLearner,
});

function disk(i: number, changes: Partial<DiskSurvey> = {}): DiskSurvey {
  return {
    dataDir: `/data/m${i}`,
    memberId: BigInt(i),
    clusterId: 7n,
    name: `m${i}`,
    lastTerm: 3,
    lastIndex: 100,
    commitIndex: 100,
    appliedIndex: 100,
    revision: 50,
    sizeBytes: 4096,
    members: [1, 2, 3, 4, 5].map((each) => member(each)),
    ...changes,
  };
}

test('the higher term wins over the longer log, and then the longer log', () => {
  const longer = disk(1, { lastTerm: 2, lastIndex: 500 });
  expect(planRecovery([longer, disk(2)], false).survivor.name).toBe('m2');
  const shorter = disk(2, { lastIndex: 99 });
  expect(planRecovery([shorter, disk(1)], false).survivor.name).toBe('m1');
});

test('a quorum of disks is not recovered from, unless forced', () => {
  const three = [disk(1), disk(2), disk(3)];
  expect(() => planRecovery(three, false)).toThrow(/3 of 5 voters, which is a quorum: start/);
  const { others, losses } = planRecovery(three, true);
  expect(others.map(({ name }) => name)).toEqual(['m2', 'm3']);
  expect(losses).toEqual([]);
});

test('what the missing majority may have had is told', () => {
  const { losses, unsureEntries } = planRecovery([disk(1, { commitIndex: 97 })], false);
  expect(losses).toEqual([
    expect.stringMatching(/writes behind index 100 that only the 4 missing/),
  ]);
  expect(unsureEntries).toBe(3);
});

test('a learner is not what a cluster goes on from, even when it has more', () => {
  const members = [member(1), member(2), member(3), member(9, true)];
  const learner = disk(9, { members, lastIndex: 105 });
  expect(() => planRecovery([learner], false)).toThrow(/none of these disks .* vote.*m1, m2, m3/);
  const { survivor, losses } = planRecovery([disk(1, { members }), learner], false);
  expect(survivor.name).toBe('m1');
  expect(losses.join()).toMatch(/entries 101 to 105, which only the learner m9 has/);
});

test('disks of several clusters, and copies of one disk, are refused', () => {
  expect(() => planRecovery([disk(1), disk(2, { clusterId: 8n })], false)).toThrow(
    /different clusters: 7: \/data\/m1; 8: \/data\/m2/,
  );
  const copy = disk(1, { dataDir: '/copy' });
  expect(() => planRecovery([disk(1), copy], false)).toThrow(/\/data\/m1, \/copy are copies/);
});
