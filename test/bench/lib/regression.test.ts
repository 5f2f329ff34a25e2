import { expect, test } from 'vitest';
import { describeSuspicion, recordOf, suspicious } from './regression.ts';

const row = (name: string, ours: number, etcd: number) => ({
  name,
  group: 'put',
  rounds: [{ ours: { cpuUs: ours }, etcd: { cpuUs: etcd } }],
});

test('a record has the ratios of CPU, not the times', () => {
  expect(recordOf([row('put', 20, 60), row('range', 10, 0)])).toEqual({ put: 0.333 });
});

test('a workload is suspicious over 1.5 times its record', () => {
  const recorded = { put: 0.4, range: 0.4 };
  const found = suspicious([row('put', 60, 100), row('range', 61, 100)], recorded);
  expect(found).toEqual([{ name: 'range', ratio: 0.61, recorded: 0.4 }]);
  expect(found.map(describeSuspicion)).toEqual([
    'range: CPU per request is 0.61 × etcd’s; recorded 0.40, so up to 0.60',
  ]);
});

test('a slow machine is not suspicious, and neither is what was never recorded', () => {
  expect(suspicious([row('put', 4000, 10_000), row('new', 9, 1)], { put: 0.4 })).toEqual([]);
});
