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

test('pieces are used again, and what nobody needs for a while is given back', async () => {
  const clock = new FakeClock();
  const memory = new AnswerMemory(clock);
  const pieces = Array.from({ length: 100 }, () => memory.take());
  expect(new Set(pieces).size).toBe(100);
  expect(pieces[0]!.length).toBe(PIECE_BYTES);
  memory.give(pieces);
  expect(pieces).toContain(memory.take());
  expect(memory.freePieces).toBe(99);
  const others = Array.from({ length: 59 }, () => memory.take());
  memory.give(others);
  await clock.advance(2000);
  // Of 100, sixty were used since: they stay for the time being.
  expect(memory.freePieces).toBe(59);
  await clock.advance(2000);
  expect(memory.freePieces).toBe(32);
  await clock.advance(60_000);
  expect(memory.freePieces).toBe(32);
  const given = pieces.filter((piece) => piece.length === 0);
  expect(given.length).toBe(67);
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
  expect(memory.freePieces).toBe(0);
  one.release?.();
  expect(memory.freePieces).toBeGreaterThan(4);
});

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
