import { expect, test } from 'vitest';
import { growthCells, growths, type GrowthRow } from './check.ts';

function row(group: string, value: number | undefined, ours: number, etcd: number): GrowthRow {
  const rounds = [{ ours: { cpuUs: ours }, etcd: { cpuUs: etcd } }];
  return { group, rounds, ...(value === undefined ? {} : { point: { axis: 'keys', value } }) };
}

test('a growth goes from the smallest point to the largest, whatever their order', () => {
  const rows = [row('k', 100, 30, 80), row('k', 1, 10, 40), row('k', 10, 1, 1)];
  expect(growths(rows)).toEqual([{ axis: 'keys', from: 1, to: 100, ours: 3, etcd: 2, ratio: 1.5 }]);
});

test('each group has its own growth; what is on no axis, or alone on it, has none', () => {
  const rows = [
    row('put', undefined, 1, 1),
    row('a', 1, 1, 1),
    row('b', 1, 2, 2),
    row('b', 2, 2, 4),
  ];
  expect(growths(rows).map(({ ratio }) => ratio)).toEqual([0.5]);
});

test('no points make no table', () => {
  expect(growthCells([row('put', undefined, 1, 1)])).toEqual([]);
  expect(growthCells([row('k', 1, 1, 1), row('k', 1000, 2, 1)])[1]).toEqual([
    ...['keys', '1 → 1,000', '2.00', '1.00', '2.00'],
  ]);
});
