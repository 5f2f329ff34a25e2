import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareBytes } from '../../base/index.ts';
import { KeySorter } from './key-sorter.ts';

function sorted(sorter: KeySorter, keys: readonly Uint8Array[]): number[] {
  const starts = new Uint32Array(keys.length + 1);
  keys.forEach((key, i) => (starts[i + 1] = starts[i]! + key.length));
  const bytes = new Uint8Array(starts[keys.length]! + 7).fill(0xff);
  keys.forEach((key, i) => bytes.set(key, starts[i]!));
  const order = new Uint32Array(keys.length);
  sorter.sort({ bytes, starts, count: keys.length }, order);
  return [...order];
}

function expected(keys: readonly Uint8Array[]): number[] {
  return keys.map((_, i) => i).sort((a, b) => compareBytes(keys[a]!, keys[b]!) || a - b);
}

test('sorts by bytes, and equal keys by number', () => {
  const sorter = new KeySorter();
  // Few letters, zeros among them, make long common beginnings, and ends that differ in zeros only.
  const letters = fc.constantFrom(0, 0, 1, 255);
  const key = fc.array(letters, { maxLength: 14 }).map((bytes) => Uint8Array.from(bytes));
  const lists = fc.array(key, { minLength: 0, maxLength: 300, size: 'max' });
  fc.assert(
    fc.property(lists, (keys) => {
      expect(sorted(sorter, keys)).toEqual(expected(keys));
    }),
    { numRuns: 60 },
  );
});

test('keys of thousands of zeros and of one beginning cost no depth of the stack', () => {
  const keys = Array.from({ length: 40 }, (_, i) => {
    const key = new Uint8Array(100_000 + (i % 7));
    if (i % 3 === 0) key[99_999] = i;
    return key;
  });
  keys.push(new Uint8Array(0), new Uint8Array(1));
  expect(sorted(new KeySorter(), keys)).toEqual(expected(keys));
});
