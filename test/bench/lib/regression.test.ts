import { expect, test } from 'vitest';
import { describeSuspicion, recordOf, suspicious, unrecorded } from './regression.ts';

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

test('a slow machine is not suspicious', () => {
  expect(suspicious([row('put', 4000, 10_000)], { put: 0.4 })).toEqual([]);
});

test('what was never recorded is told, so that nothing is passed over', () => {
  expect(suspicious([row('new', 9, 1)], { put: 0.4 })).toEqual([]);
  expect(unrecorded([row('new', 9, 1), row('put', 1, 1)], { put: 0.4 })).toEqual([
    'new has no record: npm run bench -- --short --record makes one',
  ]);
});

test('connections are too few to be judged', () => {
  const connect = { ...row('connect-1m', 90, 10), group: 'connect' };
  expect(suspicious([connect], { 'connect-1m': 0.4 })).toEqual([]);
  expect([recordOf([connect]), unrecorded([connect], {})]).toEqual([{}, []]);
});
