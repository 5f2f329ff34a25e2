import { expect, it } from 'vitest';
import { quantityBytes } from './quantity.ts';

it.each([
  ['8Gi', 8 * 2 ** 30],
  ['500M', 5e8],
  ['1.5Ti', 1.5 * 2 ** 40],
  ['1e9', 1e9],
  ['12E', 12e18],
  ['1073741824', 2 ** 30],
  ['100m', 0.1],
  ['8GiB', undefined],
  ['8 Gi', undefined],
  ['-1', undefined],
  ['8gi', undefined],
  ['', undefined],
])('reads the quantity %s', (text, bytes) => {
  expect(quantityBytes(text)).toBe(bytes);
});
