import { expect, test } from 'vitest';
import { merged, rowOf } from './results.ts';

const stored = (name: string, measured: string) => ({
  ...{ name, group: 'put', members: 1, tls: false, measured, rounds: [] },
});

test('new results take the place of old ones, and others stay', () => {
  const old = [stored('a', 'then'), stored('b', 'then')];
  expect(merged(old, [stored('c', 'now'), stored('a', 'now')])).toEqual([
    stored('a', 'now'),
    stored('b', 'then'),
    stored('c', 'now'),
  ]);
});

test('a stored row has six digits of each figure and none of the code', () => {
  const run = (): Promise<never> => Promise.reject(new Error('not run'));
  const workload = { name: 'a', group: 'put', members: 3, tls: true, short: true, run } as const;
  const rounds = [{ ours: { cpuUs: 1.23456789 }, etcd: { cpuUs: 2 } }];
  const { measured, ...row } = rowOf({ workload, rounds });
  expect(measured).toMatch(/^\d{4}-\d\d-\d\d$/);
  expect(row).toEqual({
    ...{ name: 'a', group: 'put', members: 3, tls: true },
    rounds: [{ ours: { cpuUs: 1.23457 }, etcd: { cpuUs: 2 } }],
  });
});
