import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareBytes, hexFromBytes } from '../../base/index.ts';
import { isTombstone, mainOf, revisionBytes, subOf, tombstoneBytes } from './revision.ts';

test('writes the bytes that etcd writes', () => {
  expect(hexFromBytes(revisionBytes(258, 3))).toBe('0000000000000102' + '5f' + '0000000000000003');
  expect(hexFromBytes(tombstoneBytes(1, 0))).toBe('0000000000000001' + '5f' + '000000000000000074');
});

test('reads back what it wrote, and bytes are ordered as revisions are', () => {
  const number = fc.oneof(fc.nat(3), fc.maxSafeNat());
  fc.assert(
    fc.property(number, number, number, number, (main, sub, otherMain, otherSub) => {
      const bytes = revisionBytes(main, sub);
      expect([mainOf(bytes), subOf(bytes), isTombstone(bytes)]).toEqual([main, sub, false]);
      expect(isTombstone(tombstoneBytes(main, sub))).toBe(true);
      const order = Math.sign(main - otherMain) || Math.sign(sub - otherSub);
      expect(compareBytes(bytes, revisionBytes(otherMain, otherSub))).toBe(order);
      expect(compareBytes(bytes, tombstoneBytes(otherMain, otherSub))).toBe(order || -1);
    }),
  );
});

test('refuses bytes that are no revision', () => {
  expect(() => mainOf(new Uint8Array(16))).toThrow('17 or 18');
  expect(() => mainOf(new Uint8Array(17))).toThrow('underscore');
  expect(() => mainOf(revisionBytes(1, 0).fill(0xff, 0, 8))).toThrow('2^53');
});
