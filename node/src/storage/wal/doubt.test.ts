import { expect, test } from 'vitest';
import { Doubt } from './doubt.ts';
import { RecordType } from './format.ts';
import { BATCH_BYTES } from './group-commit.ts';

const MB = 1_000_000;
const { Crc, Entry, Metadata, Snapshot, State } = RecordType;

/** Where the doubt begins after records of these types and lengths. */
function doubtAfter(records: readonly (readonly [number, number])[]): number {
  const doubt = new Doubt();
  let at = 0;
  for (const [type, length] of records) doubt.add(type, at, (at += length));
  return doubt.from;
}

const head = [
  [Crc, 100],
  [Metadata, 100],
] as const;

test('a segment with one run of entries is in doubt as a whole', () => {
  expect(doubtAfter(head)).toBe(0);
  expect(doubtAfter([...head, [Entry, 20 * MB], [Entry, 20 * MB], [State, 50]])).toBe(0);
});

test('of a long run of entries all is in doubt: it may be one batch', () => {
  const before = [...head, [Entry, 10 * MB], [State, 50]] as const;
  const long = [...before, [Entry, 9 * MB], [Entry, 9 * MB], [State, 50]] as const;
  expect(doubtAfter(long)).toBeLessThanOrEqual(200 + 10 * MB);
  expect(doubtAfter(long)).toBe(200 + 10 * MB + 50 - 2 * BATCH_BYTES);
});

test('runs close before the last one may share its batch, and so may hard states and snapshots', () => {
  const first = [...head, [Entry, 10 * MB]] as const;
  const many = Array.from({ length: 200_000 }, () => [State, 50] as const);
  expect(doubtAfter([...first, ...many, [Entry, 10], [State, 50]])).toBe(200 + 10 * MB);
  const short = [...first, [State, 50], [Entry, 10], [Snapshot, 90], [Entry, 10]] as const;
  expect(doubtAfter(short)).toBe(200 + 10 * MB + 50 + 10 + 90 - 2 * BATCH_BYTES);
});
