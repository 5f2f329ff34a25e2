import { expect, test } from 'vitest';
import { crc32c } from './crc.ts';
import { utf8FromText } from './text.ts';

test('matches the check value of the Castagnoli polynomial and the vectors of RFC 3720 B.4', () => {
  expect(crc32c(0, utf8FromText('123456789'))).toBe(0xe3069283);
  expect(crc32c(0, new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(0, new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(
    crc32c(
      0,
      Uint8Array.from({ length: 32 }, (_, i) => i),
    ),
  ).toBe(0x46dd794e);
});

test('continues over pieces of any size', () => {
  const bytes = Uint8Array.from({ length: 100 }, (_, i) => (i * 37) & 0xff);
  for (let cut = 0; cut <= 100; cut++) {
    expect(crc32c(crc32c(0, bytes, 0, cut), bytes, cut)).toBe(crc32c(0, bytes));
  }
});

test('is the same wherever the bytes lie and however long they are', () => {
  const bitwise = (bytes: Uint8Array): number => {
    let crc = 0xffffffff;
    for (const byte of bytes) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    }
    return ~crc >>> 0;
  };
  const all = Uint8Array.from({ length: 1800 }, (_, i) => (i * 167 + (i >>> 3)) & 0xff);
  for (let offset = 0; offset < 9; offset++) {
    for (const length of [0, 1, 7, 129, 600, 1023, 1024, 1025, 1026, 1031, 1032, 1151, 1700]) {
      const bytes = all.subarray(offset, offset + length);
      expect(crc32c(0, bytes)).toBe(bitwise(bytes));
      expect(crc32c(0, all, offset, offset + length)).toBe(bitwise(bytes));
    }
  }
});
