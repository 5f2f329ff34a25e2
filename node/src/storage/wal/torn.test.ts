import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isZero } from './torn.ts';

test('a byte that is not zero is seen wherever it lies, and none outside of the range', () => {
  const place = fc.nat(70);
  fc.assert(
    fc.property(place, place, place, fc.nat(7), fc.nat(60), (start, end, set, offset, length) => {
      const bytes = new Uint8Array(80).subarray(offset, offset + length);
      if (set < length) bytes[set] = 1;
      const isSeen = set < length && set >= start && set < end;
      expect(isZero(bytes, start, end)).toBe(!isSeen);
    }),
  );
});
