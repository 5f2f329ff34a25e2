import { expect, test } from 'vitest';
import { allWorkloads } from '../workloads/all.ts';
import { stagesOf } from './session.ts';
import type { Workload } from './workload.ts';

const workload = (name: string, over: Partial<Workload> = {}): Workload => ({
  ...{ name, group: 'put', members: 1, tls: false, short: false },
  run: () => Promise.resolve({ operations: 1, seconds: 1 }),
  ...over,
});

const namesOf = (workloads: readonly Workload[]): string[][] =>
  stagesOf(workloads).map((stage) => stage.workloads.map(({ name }) => name));

test('workloads of the same members and TLS share a cluster, after the cost of a connection', () => {
  const some = [workload('a'), workload('b', { members: 3, tls: true }), workload('c')];
  expect(namesOf(some)).toEqual([
    ['connect-1m-plain', 'a', 'c'],
    ['connect-3m-mtls', 'b'],
  ]);
});

test('one that wants a cluster of its own gets it, with its flags', () => {
  const flags = ['--quota-backend-bytes', '1'];
  const stages = stagesOf([workload('a', { ownCluster: { flags } })]);
  expect(stages.map((stage) => [stage.flags, stage.workloads.length])).toEqual([[flags, 1]]);
});

test('workloads have names of their own, in kebab-case', () => {
  const names = allWorkloads().map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name))).toEqual([]);
});

test('the short form has what CI is to see, and little more', () => {
  const short = allWorkloads().filter((each) => each.short);
  const groups = new Set(short.map(({ group }) => group));
  expect([...groups]).toEqual(expect.arrayContaining(['put', 'range', 'txn', 'list', 'watch']));
  expect(short.some(({ tls, members }) => tls && members === 3)).toBe(true);
  expect(short.length).toBeLessThan(15);
});
