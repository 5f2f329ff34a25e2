import { expect, test } from 'vitest';
import { compare, median, throughputLimit } from './statistics.ts';

test('a median is the middle value, or the mean of the two in the middle', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(median([])).toBeNaN();
});

test('a ratio is the median of the ratios of each round, not the ratio of medians', () => {
  // The machine was three times slower in the second round, for both.
  const rounds = [
    { ours: { cpuUs: 10 }, etcd: { cpuUs: 20 } },
    { ours: { cpuUs: 33 }, etcd: { cpuUs: 60 } },
    { ours: { cpuUs: 60 }, etcd: { cpuUs: 10 } },
  ];
  expect(compare(rounds, 'cpuUs')).toEqual({ ours: 33, etcd: 20, ratio: 0.55 });
});

test('a figure that nobody has is not compared, and nothing to nothing is 1', () => {
  expect(compare([{ ours: {}, etcd: { p50Ms: 1 } }], 'p50Ms')).toBeUndefined();
  expect(compare([{ ours: { disk: 0 }, etcd: { disk: 0 } }], 'disk')?.ratio).toBe(1);
});

test('without any CPU of the server, that of the generator is left', () => {
  const round = { ours: {}, etcd: { cpuUs: 30, generatorCpuUs: 20 } };
  expect(throughputLimit([round])).toBe(2.5);
  expect(throughputLimit([{ ours: {}, etcd: { cpuUs: 30 } }])).toBeUndefined();
});
