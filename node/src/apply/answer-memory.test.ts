import { expect, test } from 'vitest';
import { FakeClock } from '../base/testing/fake-clock.ts';
import { RangeResponse } from '../wire/gen/rpc.ts';
import { Writer, decode } from '../wire/index.ts';
import { KeyValue } from '../wire/gen/kv.ts';
import { concatBytes } from '../base/index.ts';
import { AnswerMemory, PIECE_BYTES } from './answer-memory.ts';
import { RangeAnswer } from './range-answer.ts';

const HEADER = RangeResponse.create({
  header: { clusterId: 1n, memberId: 2n, revision: 3, raftTerm: 4 },
}).header!;

test('pieces are used again, and slabs of which nobody needs any for a while are given back', async () => {
  const clock = new FakeClock();
  const memory = new AnswerMemory(clock);
  const kept = memory.reservedBytes;
  const some = Array.from({ length: 32 }, () => memory.take());
  expect(memory.reservedBytes).toBe(kept);
  const more = Array.from({ length: 600 }, () => memory.take());
  const pieces = [...some, ...more];
  expect(new Set(pieces).size).toBe(632);
  expect(pieces.every((piece) => piece.length === PIECE_BYTES)).toBe(true);
  expect(
    new Set(pieces.map(({ byteOffset, buffer }) => `${byteOffset} ${buffer.byteLength}`)).size,
  ).toBe(545);
  const two = memory.reservedBytes;
  expect(two).toBeGreaterThan(64 * 1024 * 1024);
  memory.give(pieces);
  expect(pieces).toContain(memory.take());
  await clock.advance(2000);
  const used = Array.from({ length: 60 }, () => memory.take());
  memory.give(used);
  // Of two slabs one was used since.
  await clock.advance(2000);
  const one = memory.reservedBytes;
  expect(one).toBe(kept + (two - kept) / 2);
  await clock.advance(4000);
  expect(memory.reservedBytes).toBe(kept);
  expect(some.every((piece) => piece.length === PIECE_BYTES)).toBe(true);
  expect(more.every((piece) => piece.length === 0)).toBe(true);
});

test('what is in use stays, however long', async () => {
  const clock = new FakeClock();
  const memory = new AnswerMemory(clock);
  const pieces = Array.from({ length: 33 }, () => memory.take());
  await clock.advance(60_000);
  expect(pieces.every((piece) => piece.length === PIECE_BYTES)).toBe(true);
  memory.give(pieces);
  await clock.advance(60_000);
  expect(pieces.at(-1)!.length).toBe(0);
});

/** An encoded KeyValue between other bytes. */
function stored(size: number, fill: number): { bytes: Uint8Array; length: number } {
  const keyValue = KeyValue.create({
    key: Uint8Array.of(1, fill),
    modRevision: fill + 1,
    value: new Uint8Array(size).fill(fill),
  });
  const length = KeyValue.sizeOf(keyValue);
  const bytes = new Uint8Array(length + 20).fill(0xee);
  KeyValue.write(keyValue, new Writer(bytes, 10));
  return { bytes, length };
}

/** Sizes around the ends of pieces, and values over several of them. */
const SIZES = [0, 1, 500, 16_000, 20_000, 94_900, 5, 1, 0, 70_000, 300_000, 130_000, 131_000, 7];

test('values of any size lie across pieces, added one by one or to places that were kept for them', () => {
  const memory = new AnswerMemory(new FakeClock());
  const values = SIZES.map(stored);
  const added = new RangeAnswer(HEADER, memory);
  values.forEach(({ bytes, length }, at) => added.add(bytes, 10, length, SIZES.length - 1 - at));
  const reserved = new RangeAnswer(HEADER, memory);
  const lengths = Int32Array.from(values, ({ length }) => length);
  const first = reserved.reserve(lengths);
  const second = reserved.reserve(lengths);
  for (let at = SIZES.length - 1; at >= 0; at--) {
    const { bytes, length } = values[at]!;
    first.set(at, bytes, 10, length);
    second.set(SIZES.length - 1 - at, ...mirrored(values, at));
  }
  const one = added.finish(true, 14);
  const two = reserved.finish(false, 28);
  const sizesOf = (message: typeof one): number[] =>
    decode(RangeResponse, concatBytes(message.parts)).kvs.map(({ value }) => value.length);
  expect(sizesOf(one)).toEqual(SIZES);
  expect(sizesOf(two)).toEqual([...SIZES, ...SIZES]);
  expect(concatBytes(one.parts).length).toBe(one.sizeBytes);
  const decoded = decode(RangeResponse, concatBytes(two.parts));
  decoded.kvs.forEach(({ value }, at) => {
    expect(value.every((byte) => byte === at % SIZES.length)).toBe(true);
  });
  one.release?.();
  const taken = memory.take();
  expect(one.parts.some(({ buffer, byteOffset }) => isAt(taken, buffer, byteOffset))).toBe(true);
});

function isAt(piece: Uint8Array, buffer: ArrayBufferLike, byteOffset: number): boolean {
  return piece.buffer === buffer && piece.byteOffset === byteOffset;
}

function mirrored(values: ReturnType<typeof stored>[], at: number): [Uint8Array, number, number] {
  const { bytes, length } = values[values.length - 1 - at]!;
  return [bytes, 10, length];
}

test('a small answer takes no piece', () => {
  const memory = new AnswerMemory(new FakeClock());
  const answer = new RangeAnswer(HEADER, memory);
  const { bytes, length } = stored(300, 7);
  for (let following = 9; following >= 0; following--) answer.add(bytes, 10, length, following);
  const message = answer.finish(false, 10);
  expect(message.release).toBeUndefined();
  expect(decode(RangeResponse, concatBytes(message.parts)).kvs.length).toBe(10);
});
