import { expect, test } from 'vitest';
import { targetCells, type TargetRow } from './targets.ts';

const row = (over: Partial<TargetRow>, ours: Record<string, number>): TargetRow => ({
  ...{ name: 'put', group: 'put', members: 1, tls: false, clients: 1000 },
  rounds: [{ ours, etcd: { cpuUs: 100, generatorCpuUs: 100, perSecond: 1000, p99Ms: 10 } }],
  ...over,
});

function measured(title: string, members: 1 | 3, rows: readonly TargetRow[]): string | undefined {
  return targetCells(rows).find((line) => line[0] === title)?.[members === 1 ? 2 : 4];
}

test('a target is reached when all of its workloads reach it', () => {
  const good = row({}, { cpuUs: 40 });
  const bad = row({ group: 'txn', clients: 100 }, { cpuUs: 60 });
  const title = 'CPU per put, range, txn';
  expect(measured(title, 1, [good])).toBe('reached: 0.40 (1 of 1)');
  expect(measured(title, 1, [good, bad])).toBe('not reached: 0.40–0.60 (1 of 2)');
  expect(measured(title, 3, [good])).toBe('not measured');
  expect(measured('the same under mTLS', 1, [good])).toBe('not measured');
});

test('throughput is at the generator’s limit when a server without CPU would do no better', () => {
  const title = 'throughput, 1,000 clients';
  expect(measured(title, 1, [row({}, { perSecond: 2100 })])).toBe('reached: 2.10 (1 of 1)');
  const near = row({}, { perSecond: 1850 });
  expect(measured(title, 1, [near])).toBe('reached: 1.85 (0 of 1, 1 at the generator’s limit)');
  expect(measured(title, 1, [row({}, { perSecond: 1700 })])).toBe('not reached: 1.70 (0 of 1)');
});

test('figures of special workloads have targets as well', () => {
  const rounds = [{ ours: { startMs: 80 }, etcd: { startMs: 100 } }];
  const start = { ...row({ name: 'start-1m-keys', group: 'start', members: 3 }, {}), rounds };
  const other = { ...start, name: 'start-1gb' };
  expect(measured('start on them, WAL replay included', 3, [start, other])).toBe(
    'not reached: 0.80 (0 of 1)',
  );
});

test('three members are not asked for what only one is', () => {
  expect(measured('lists of 1,000 to 50,000 keys, CPU per key', 3, [])).toBe('');
});
