import fc from 'fast-check';
import { expect, test } from 'vitest';
import { latin1FromBytes } from '../../base/index.ts';
import { KeyValue } from '../../wire/gen/kv.ts';
import { DecodeError, encode } from '../../wire/index.ts';
import { keyOfEncoded } from './encoded.ts';

test('finds the key of any length in what was encoded', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(), (key, modRevision) => {
      const encoded = encode(KeyValue, KeyValue.create({ key, modRevision }));
      expect(keyOfEncoded(encoded)).toBe(latin1FromBytes(key));
    }),
  );
});

test('refuses a key that runs past the end', () => {
  expect(() => keyOfEncoded(Uint8Array.of(10, 5, 65))).toThrow(DecodeError);
});
