import { expect, test } from 'vitest';
import { LargeMemory } from './large-memory.ts';

const MIB = 1024 * 1024;

test('memory is used again once it was given back, and not before', () => {
  const memory = new LargeMemory();
  const first = memory.take(100_000);
  const second = memory.take(100_000);
  expect(first.length).toBe(100_000);
  expect(second.buffer).not.toBe(first.buffer);
  memory.giveAll();
  const again = [memory.take(99_000), memory.take(101_000)];
  expect(again.map(({ length }) => length)).toEqual([99_000, 101_000]);
  expect(new Set(again.map(({ buffer }) => buffer))).toEqual(
    new Set([first.buffer, second.buffer]),
  );
});

test('what is taken is never all of its buffer', () => {
  const memory = new LargeMemory();
  for (const length of [1, 32_767, 32_768, 65_536, 5 * MIB]) {
    expect(memory.take(length).buffer.byteLength).toBeGreaterThan(length);
  }
});

test('a small value does not hold the memory of a much larger one', () => {
  const memory = new LargeMemory();
  const large = memory.take(MIB);
  memory.giveAll();
  expect(memory.take(20_000).buffer).not.toBe(large.buffer);
});

test('no more than 8 MiB wait to be used again, and less each time that nobody needs them', () => {
  const memory = new LargeMemory();
  const taken = Array.from({ length: 40 }, () => memory.take(MIB - 1).buffer);
  memory.giveAll();
  const again = Array.from({ length: 40 }, () => memory.take(MIB - 1).buffer);
  expect(again.filter((buffer) => taken.includes(buffer))).toHaveLength(8);
  memory.giveAll();
  for (let i = 0; i < 4; i++) memory.giveAll();
  expect(again).not.toContain(memory.take(MIB - 1).buffer);
});
