import { expect, test } from 'vitest';
import { endedChildrenCpuUs, used } from './measure.ts';

const usage = (cpuUs: number, writtenBytes: number, peakBytes: number) => ({
  ...{ cpuUs, writtenBytes, peakBytes },
});

test('CPU and disk are what was used in between, memory is the peak of all processes', () => {
  const before = new Map([
    [1, usage(100, 10, 7)],
    [2, usage(50, 0, 5)],
  ]);
  const after = new Map([
    [1, usage(130, 30, 9)],
    [2, usage(60, 0, 5)],
  ]);
  expect(used(before, after)).toEqual(usage(40, 20, 14));
});

test('a process that started meanwhile counts from nothing, one that ended does not count', () => {
  const before = new Map([[1, usage(100, 10, 7)]]);
  expect(used(before, new Map([[2, usage(20, 5, 3)]]))).toEqual(usage(20, 5, 3));
});

test('CPU of ended children is known', () => {
  expect(endedChildrenCpuUs()).toBeGreaterThanOrEqual(0);
});
