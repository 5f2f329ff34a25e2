import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MessageReader } from './message-reader.ts';

/** Messages of these sizes, one behind the other: each of another byte. */
function bodyOf(sizes: readonly number[]): Buffer {
  return Buffer.concat(
    sizes.map((size, i) => {
      const message = Buffer.alloc(5 + size, i + 1);
      message[0] = 0;
      message.writeUInt32BE(size, 1);
      return message;
    }),
  );
}

const size = fc.oneof(
  { weight: 3, arbitrary: fc.nat(40) },
  fc.integer({ min: 1000, max: 400_000 }),
);

test('messages come whole, however the body is cut, and what is not kept of a piece may be written over', () => {
  fc.assert(
    fc.property(
      fc.array(size, { minLength: 1, maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 20 }),
      (sizes, cuts) => {
        const messages: Uint8Array[] = [];
        const reader = new MessageReader({
          begin: () => true,
          grow: () => true,
          message: (_compressed, bytes) => void messages.push(bytes),
        });
        const body = bodyOf(sizes);
        for (let from = 0, i = 0; from < body.length; i++) {
          const to = Math.min(body.length, from + cuts[i % cuts.length]!);
          const piece = Buffer.from(body.subarray(from, to));
          if (!reader.push(piece, 0, piece.length)) piece.fill(0xff);
          from = to;
        }
        expect(messages.map(({ length }) => length)).toEqual(sizes);
        const isRight = messages.map((bytes, i) => bytes.every((byte) => byte === i + 1));
        expect(isRight).toEqual(sizes.map(() => true));
      },
    ),
  );
});

test('memory for a message of up to 128 KiB is taken once', () => {
  const grown: number[] = [];
  const reader = new MessageReader({
    begin: () => true,
    grow: (extra) => grown.push(extra) > 0,
    message: () => undefined,
  });
  const body = bodyOf([100_000]);
  for (let at = 0; at < body.length; at += 16_384) {
    reader.push(body, at, Math.min(at + 16_384, body.length));
  }
  expect(grown).toEqual([100_000]);
});
