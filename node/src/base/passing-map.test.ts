import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PassingMap } from './passing-map.ts';

test('what a Map would answer, it answers', () => {
  const key = fc.integer({ min: -3, max: 40 });
  const operation = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('set' as const), key }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete' as const), key }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('take' as const), key }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const), key }) },
  );
  fc.assert(
    fc.property(
      fc.array(operation, { maxLength: 400, size: 'max' }),
      fc.constantFrom(1, 2 ** 32, 2 ** 16),
      fc.boolean(),
      (operations, stride, isBig) => {
        const model = new Map<number | bigint, number>();
        const map = new PassingMap<number | bigint, number>();
        operations.forEach(({ kind, key: number }, i) => {
          const id = isBig ? BigInt(number * stride) : number * stride;
          if (kind === 'set') {
            model.set(id, i);
            map.set(id, i);
          } else if (kind === 'delete') {
            expect(map.delete(id)).toBe(model.delete(id));
          } else if (kind === 'take') {
            expect(map.take(id)).toBe(model.get(id));
            model.delete(id);
          } else {
            model.clear();
            map.clear();
          }
          expect(map.has(id)).toBe(model.has(id));
          expect(map.get(id)).toBe(model.get(id));
          expect(map.size).toBe(model.size);
        });
        expect([...map.values()]).toEqual([...model.values()]);
      },
    ),
  );
});

test('thousands come and go, a few at a time and all at once', () => {
  const map = new PassingMap<number, string>();
  for (let id = 1; id < 20_000; id += 2) {
    map.set(id, `${id}`);
    if (id > 60) expect(map.delete(id - 60)).toBe(true);
  }
  expect(map.size).toBe(30);
  for (let id = 30_001; id < 50_000; id += 2) map.set(id, `${id}`);
  expect(map.get(49_999)).toBe('49999');
  for (const value of map.values()) map.delete(Number(value));
  expect(map.size).toBe(0);
  expect([...map.values()]).toEqual([]);
});

test('what has left is not kept until a full collection, as a Map keeps it', () => {
  const collectYoung = youngCollection();
  const keptBytes = (map: PassingMap<number, object> | Map<number, object>): number => {
    const pass = (from: number, to: number): void => {
      for (let id = from; id < to; id++) {
        map.set(id, new Array(128).fill(id));
        map.delete(id - 10);
      }
    };
    pass(0, 1000);
    for (let i = 0; i < 4; i++) collectYoung(); // what the map is made of grows old
    const before = process.memoryUsage().heapUsed;
    pass(1000, 6000);
    for (let i = 0; i < 4; i++) collectYoung();
    return process.memoryUsage().heapUsed - before;
  };
  expect(keptBytes(new PassingMap())).toBeLessThan(300_000);
  expect(keptBytes(new Map())).toBeGreaterThan(1_000_000);
});

function youngCollection(): () => void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as (options: { type: 'minor' }) => void; // what the flag adds
  return () => gc({ type: 'minor' });
}
