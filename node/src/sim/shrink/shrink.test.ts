import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RunReport } from '../report.ts';
import type { PlannedFault, Scenario } from '../scenario.ts';
import { FakeRunner, reportOf, scenarioWith } from '../testing/fake-runner.ts';
import { minimizeList } from './ddmin.ts';
import { shrink, type ShrinkResult } from './shrink.ts';

const NO_LIMITS = { maxRuns: 5000, isOver: () => false };

describe('minimizeList', () => {
  const failing =
    (fails: (items: readonly number[]) => boolean) =>
    (candidates: readonly (readonly number[])[]): Promise<readonly number[] | undefined> =>
      Promise.resolve(candidates.find(fails));

  test('finds exactly the items that are needed, wherever they are', () =>
    fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.nat(200), { minLength: 1, maxLength: 60 }),
        fc.infiniteStream(fc.boolean()),
        async (items, chosen) => {
          const needed = items.filter(() => chosen.next().value);
          const found = await minimizeList(
            items,
            failing((list) => needed.every((item) => list.includes(item))),
          );
          expect(found).toEqual(needed);
        },
      ),
    ));

  test('leaves nothing out that one of several causes needs', async () => {
    const fails = (list: readonly number[]): boolean =>
      (list.includes(3) && list.includes(11)) || list.includes(17);
    expect(await minimizeList([...Array(20).keys()], failing(fails))).toSatisfy(
      (list: number[]) =>
        fails(list) && list.every((item) => !fails(list.filter((x) => x !== item))),
    );
  });
});

const fault = (atMs: number, kind: PlannedFault['kind']): PlannedFault => ({
  kind,
  atMs,
  target: 'any',
});

const large = scenarioWith({
  members: 5,
  spareHosts: 2,
  faultMs: 20_000,
  faults: Array.from({ length: 40 }, (_, i) => fault(500 * i, i % 2 === 0 ? 'kill' : 'cut')),
});

function shrinkWhere(fails: (scenario: Scenario) => boolean, jobs = 1): Promise<ShrinkResult> {
  const report = (scenario: Scenario): RunReport =>
    reportOf(scenario, {
      violations: fails(scenario)
        ? [{ check: 'lost-write', atMs: 9000, text: 'x' }]
        : [{ check: 'another check', atMs: 1, text: 'x' }],
    });
  const runner = new FakeRunner(({ scenario }) => report(scenario), jobs);
  return shrink(report(large), runner, NO_LIMITS, () => {});
}

describe('shrink', () => {
  test('leaves nothing where everything fails', async () => {
    const { scenario, report } = await shrinkWhere(() => true);
    expect(scenario.faults).toEqual([]);
    expect(scenario).toMatchObject({
      ...{ members: 1, spareHosts: 0, clockDriftPpm: 0, flags: [], versions: [] },
      clients: { kv: 0, txn: 0, watch: 0, lease: 0, serial: 0, compact: 0, keys: 1 },
      network: { lossOneIn: 0, jitterMs: 0 },
    });
    expect(scenario.faultMs).toBeLessThanOrEqual(1000);
    expect(report.scenario).toBe(scenario);
  });

  test('keeps just what the failure needs', async () => {
    const { scenario } = await shrinkWhere(
      ({ faults, clients, members, network }) =>
        faults.filter(({ kind }) => kind === 'kill').length >= 2 &&
        faults.some(({ kind }) => kind === 'cut') &&
        clients.kv >= 2 &&
        members >= 3 &&
        network.lossOneIn > 0,
    );
    expect(scenario.faults.map(({ kind }) => kind).sort()).toEqual(['cut', 'kill', 'kill']);
    expect(scenario).toMatchObject({ members: 3, network: { lossOneIn: 20, reorderOneIn: 0 } });
    expect(scenario.clients).toMatchObject({ kv: 2, txn: 0, watch: 0 });
  });

  test('does not take another failure for the same', async () => {
    const { scenario, report } = await shrinkWhere((one) => one === large);
    expect(scenario).toEqual(large);
    expect(report.violations[0]!.check).toBe('lost-write');
  });

  test('tries other seeds where its own cannot make it smaller', async () => {
    const { scenario } = await shrinkWhere(
      ({ faults, seed }) => faults.length >= 30 || (seed === 3 && faults.length >= 2),
    );
    expect(scenario.faults).toHaveLength(2);
    expect(scenario.seed).toBe(3);
  });

  test('goes the same way however many runs go on at a time', async () => {
    const fails = ({ faults, clients }: Scenario): boolean =>
      faults.some(({ atMs }) => atMs % 7 === 3) || (clients.watch > 0 && faults.length % 3 === 1);
    const [alone, together] = [await shrinkWhere(fails, 1), await shrinkWhere(fails, 4)];
    expect(together.scenario).toEqual(alone.scenario);
  });

  test('ends when the runs or the time are used up, with the smallest so far', async () => {
    const report = reportOf(large, { violations: [{ check: 'x', atMs: 0, text: '' }] });
    const runner = new FakeRunner(({ scenario }) => ({ ...report, scenario }));
    const limited = await shrink(report, runner, { ...NO_LIMITS, maxRuns: 3 }, () => {});
    expect(limited.runs).toBe(3);
    const late = await shrink(report, runner, { ...NO_LIMITS, isOver: () => true }, () => {});
    expect(late).toMatchObject({ runs: 0, scenario: large });
  });
});
