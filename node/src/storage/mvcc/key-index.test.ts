import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyIndex, NO_BOUND } from './key-index.ts';
import { NO_RECORD } from './revision-pool.ts';

const name = (i: number) => `key-${String(i).padStart(5, '0')}`;

function keysAt(index: KeyIndex, from: string, to: string, main: number): string[] {
  const keys: string[] = [];
  index.visit(from, to, main, (key) => {
    keys.push(key);
    return true;
  });
  return keys;
}

function describe(index: KeyIndex, key: string, main: number): string {
  const record = index.at(key, main);
  if (record === NO_RECORD) return 'none';
  const { pool } = index;
  return `${pool.mainOf(record)}.${pool.subOf(record)} created ${pool.createdOf(record)} version ${pool.versionOf(record)}`;
}

test('knows each revision of a key, over its generations', () => {
  const index = new KeyIndex();
  index.put('foo', 2, 0);
  index.put('foo', 4, 1);
  expect(index.tombstone('foo', 6, 0)).toBe(true);
  expect(index.tombstone('foo', 7, 0)).toBe(false);
  index.put('foo', 8, 0);
  const revisions = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((main) => describe(index, 'foo', main));
  expect(revisions).toEqual([
    'none',
    '2.0 created 2 version 1',
    '2.0 created 2 version 1',
    '4.1 created 2 version 2',
    '4.1 created 2 version 2',
    'none',
    'none',
    '8.0 created 8 version 1',
    '8.0 created 8 version 1',
  ]);
});

test('forgets what a compaction removes, and the key when nothing is left', () => {
  const index = new KeyIndex();
  index.put('foo', 2, 0);
  index.put('foo', 3, 0);
  index.tombstone('foo', 4, 0);
  index.put('bar', 5, 0);
  index.compact('foo', 3);
  expect([2, 3].map((main) => index.keeps('foo', 3, main, 0))).toEqual([false, true]);
  expect(describe(index, 'foo', 3)).toBe('3.0 created 2 version 2');
  expect(index.pool.size).toBe(3);
  index.compact('foo', 4);
  expect(index.keeps('foo', 4, 4, 0)).toBe(true);
  expect(index.size).toBe(2);
  index.compact('foo', 5);
  expect([index.size, index.pool.size]).toEqual([1, 1]);
  expect(index.newest('foo')).toBe(NO_RECORD);
});

/** Loads revisions of a key as a restore does: [main, created, version], version −1 for a tombstone. */
function load(index: KeyIndex, key: string, ...revisions: [number, number, number][]): number {
  const records = revisions.map(([main, created, version]) =>
    index.pool.allocate(main, 0, created, version, NO_RECORD),
  );
  return index.load(key, Uint32Array.from(records), 0, records.length);
}

test('a key restored from the middle of its history goes on from there', () => {
  const index = new KeyIndex();
  expect(load(index, 'foo', [7, 3, 4])).toBe(0);
  index.put('foo', 9, 0);
  expect(describe(index, 'foo', 9)).toBe('9.0 created 3 version 5');
  expect(load(index, 'gone', [8, 0, -1], [9, 0, -1])).toBe(1);
  expect([index.liveKeys, index.size, index.pool.size]).toEqual([1, 2, 3]);
  expect(load(index, 'gone', [10, 10, 1])).toBe(0);
  expect(describe(index, 'gone', 10)).toBe('10.0 created 10 version 1');
  expect(describe(index, 'gone', 9)).toBe('none');
  expect([index.liveKeys, index.size]).toEqual([2, 2]);
});

test('leaves split and join without losing order, slots or counts', () => {
  const write = fc.tuple(fc.nat(1500), fc.constantFrom('put', 'put', 'put', 'del'));
  const bounds = fc.tuple(fc.nat(1500), fc.nat(1500));
  const run = fc.property(
    fc.array(write, { minLength: 1500, maxLength: 4000, size: 'max' }),
    fc.array(bounds, { minLength: 5, maxLength: 5 }),
    (writes, ranges) => {
      const index = new KeyIndex();
      const live = new Set<string>();
      let main = 1;
      for (const [i, kind] of writes) {
        const key = name(i);
        main++;
        if (kind === 'put') index.put(key, main, 0);
        else index.tombstone(key, main, 0);
        if (kind === 'put') live.add(key);
        else live.delete(key);
      }
      const before = [...live].sort();
      const halfway = main;
      // Most keys go for good, so that leaves become sparse.
      for (const key of before) if (key.charCodeAt(8) % 8 !== 0) index.tombstone(key, ++main, 0);
      const after = before.filter((key) => key.charCodeAt(8) % 8 === 0);
      check(index, before, halfway, ranges);
      check(index, after, main, ranges);
      for (let i = 0; i <= 1500; i++) index.compact(name(i), main + 1);
      check(index, after, main + 1, ranges);
      expect([index.size, index.pool.size]).toEqual([after.length, after.length]);
    },
  );
  fc.assert(run, { numRuns: 20 });
});

function check(index: KeyIndex, keys: string[], main: number, ranges: [number, number][]): void {
  expect(keysAt(index, '', NO_BOUND, main)).toEqual(keys);
  expect(index.count('', NO_BOUND, main)).toBe(keys.length);
  for (const [lo, hi] of ranges) {
    const expected = keys.filter((key) => key >= name(lo) && key < name(hi));
    expect(keysAt(index, name(lo), name(hi), main)).toEqual(expected);
    expect(index.count(name(lo), name(hi), main)).toBe(expected.length);
  }
}
