// The measuring measures, and a budget that is exceeded fails: otherwise all the budgets would say nothing.
import { expect, test } from 'vitest';
import { measureInChild } from './child-process.ts';
import type { Measured } from './measure.ts';
import { budgetOf, judge, withoutBenchmark, withRecorded } from './verdict.ts';

const BOX_BYTES = 32;

const measured = new Map<string, Promise<Measured>>();

/** Measures each only once. */
function known(name: string): Promise<Measured> {
  const present = measured.get(name) ?? inChild(name, false);
  measured.set(name, present);
  return present;
}

const inChild = (name: string, where: boolean): Promise<Measured> =>
  measureInChild({ file: 'test/bench/micro/testing/known.ts', name }, where);

test.each([
  ['nothing', 0, 0],
  ['one box', 1, BOX_BYTES],
  ['sixteen boxes', 16, 16 * BOX_BYTES],
  ['sixteen boxes, each an operation', 1, BOX_BYTES],
])('%s: %d objects of %d bytes are measured as such', async (name, objects, bytes) => {
  const { ns, ...found } = await known(name);
  expect(Math.abs(found.allocations - objects)).toBeLessThan(0.1);
  expect(Math.abs(found.bytes - bytes)).toBeLessThan(0.5);
  expect(ns).toBeGreaterThan(0);
});

test('memory outside of the heap counts, besides the object that holds it', async () => {
  const { bytes, allocations } = await known('memory outside of the heap');
  expect(bytes).toBeGreaterThan(10_000);
  expect(bytes).toBeLessThan(10_250);
  expect(allocations).toBeLessThan(3);
});

test('a promise is awaited, and what that takes is little', async () => {
  const { bytes, allocations } = await known('a promise that is awaited');
  expect(allocations).toBeGreaterThanOrEqual(1);
  expect(bytes).toBeLessThan(150);
});

test('it is told which function allocates', async () => {
  const { sites } = await inChild('sixteen boxes', true);
  const [first] = sites;
  expect(first?.name).toBe('boxes');
  expect(first?.place).toMatch(/known\.ts:\d+$/);
  expect(first?.allocations).toBeCloseTo(16, 1);
});

test('a measurement that a collection fell into fails, instead of being too small', async () => {
  await expect(known('more than fits')).rejects.toThrow('garbage was collected');
});

test('one more object than before fails, and says what to do', async () => {
  const budget = budgetOf(await known('one box'));
  expect(judge('box', await known('one box'), budget)).toEqual({ outcome: 'within' });
  const verdict = judge('box', await known('two boxes'), budget);
  expect(verdict.outcome).toBe('over');
  expect(verdict.reason).toBe(
    "box allocates 64 B in 2.0 objects an operation; its budget is 32 B in 1.0 objects. To accept that: npm run bench:micro -- --record --only 'box'",
  );
});

test.each([
  [{ bytes: 100, allocations: 10 }, 'within'],
  [{ bytes: 110, allocations: 10.7 }, 'within'],
  [{ bytes: 110.1, allocations: 10 }, 'over'],
  [{ bytes: 100, allocations: 10.8 }, 'over'],
  [{ bytes: 75, allocations: 10 }, 'within'],
  [{ bytes: 71, allocations: 10 }, 'better'],
  [{ bytes: 100, allocations: 7.4 }, 'better'],
  [{ bytes: 111, allocations: 2 }, 'over'],
])('%o against 100 bytes in 10 objects is %s', (found, outcome) => {
  expect(judge('x', found, { bytes: 100, allocations: 10 }).outcome).toBe(outcome);
});

test('a benchmark without a budget fails, and a budget without a benchmark is found', () => {
  const none = { bytes: 0, allocations: 0 };
  expect(judge('new', none, undefined)).toEqual({
    outcome: 'unknown',
    reason: 'new has no budget: npm run bench:micro -- --record',
  });
  const budgets = { kept: none, gone: none };
  expect(withoutBenchmark(budgets, ['kept', 'new'])).toEqual(['gone']);
});

test('what is recorded replaces its own, keeps the others, and drops what is gone', () => {
  const budget = (bytes: number) => ({ bytes, allocations: 1 });
  const before = { b: budget(1), c: budget(2), gone: budget(3) };
  const after = withRecorded(before, { c: budget(20), a: budget(10) }, ['a', 'b', 'c']);
  expect(Object.entries(after)).toEqual([
    ['a', budget(10)],
    ['b', budget(1)],
    ['c', budget(20)],
  ]);
});
