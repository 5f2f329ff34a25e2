import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Entry } from '../wire/gen/raft.ts';
import { MemoryStorage } from './memory-storage.ts';
import { entriesOf, entry, snapshotAt } from './testing.ts';

function storageWith(terms: readonly number[]): MemoryStorage {
  return MemoryStorage.from({ entries: entriesOf(terms) });
}

describe('memory storage', () => {
  test('starts empty, with a term for index 0', () => {
    const storage = new MemoryStorage();
    expect([storage.firstIndex(), storage.lastIndex(), storage.term(0)]).toEqual([1, 0, 0]);
    expect(storage.term(1)).toBeUndefined();
  });

  test('knows terms from the compacted index to the last', () => {
    const storage = storageWith([1, 1, 2, 3, 3]);
    expect(storage.compact(3)).toBe(true);
    expect([2, 3, 4, 5, 6].map((index) => storage.term(index))).toEqual([
      undefined,
      2,
      3,
      3,
      undefined,
    ]);
    expect(storage.entries(3, 5)).toBeUndefined();
    expect(storage.entries(4, 6)).toHaveLength(2);
    expect(storage.compact(3)).toBe(false);
  });

  test('limits by bytes, but returns one entry at least', () => {
    const storage = MemoryStorage.from({ entries: [1, 2, 3].map((index) => entry(1, index, 10)) });
    const size = Entry.sizeOf(entry(1, 1, 10));
    expect(storage.entries(1, 4, 0)).toHaveLength(1);
    expect(storage.entries(1, 4, 2 * size)).toHaveLength(2);
    expect(storage.entries(1, 4, 3 * size - 1)).toHaveLength(2);
    expect(storage.entries(1, 4, 3 * size)).toHaveLength(3);
  });

  test('append replaces from the first index on, and skips what is compacted', () => {
    const storage = storageWith([1, 1, 1, 1]);
    const handedOut = storage.entries(1, 5)!;
    storage.append([entry(2, 3)]);
    expect([storage.lastIndex(), storage.term(3)]).toEqual([3, 2]);
    expect(handedOut.map(({ term }) => term)).toEqual([1, 1, 1, 1]);
    storage.compact(2);
    storage.append([entry(9, 1), entry(9, 2), entry(3, 3), entry(3, 4)]);
    expect([storage.term(2), storage.term(3), storage.lastIndex()]).toEqual([1, 3, 4]);
    storage.append([entry(9, 1)]);
    expect(storage.lastIndex()).toBe(4);
    expect(() => storage.append([entry(9, 7)])).toThrow('without a gap');
  });

  test('a snapshot replaces the log, an older one is refused', () => {
    const storage = storageWith([1, 1, 1]);
    expect(storage.applySnapshot(snapshotAt(7, 4, [1n, 2n]))).toBe(true);
    expect([storage.firstIndex(), storage.lastIndex(), storage.term(7)]).toEqual([8, 7, 4]);
    expect(storage.applySnapshot(snapshotAt(7, 4))).toBe(false);
    expect(storage.initialState().confState.voters).toEqual([1n, 2n]);
  });

  test('makes a snapshot and keeps the log', () => {
    const storage = storageWith([1, 2, 3]);
    const snapshot = storage.createSnapshot(2, undefined, new Uint8Array([7]));
    expect(snapshot?.metadata).toMatchObject({ index: 2, term: 2 });
    expect(storage.snapshot()).toBe(snapshot);
    expect(storage.firstIndex()).toBe(1);
    expect(storage.createSnapshot(2, undefined, new Uint8Array(0))).toBeUndefined();
  });

  test('says behind which index the newest entries are within a size', () => {
    const storage = new MemoryStorage();
    storage.append(
      [5, 0, 3, 4].map((bytes, i) => ({ ...entry(1, i + 1), data: new Uint8Array(bytes) })),
    );
    expect([12, 11, 7, 6, 4, 3, 0].map((bytes) => storage.indexBefore(bytes))).toEqual([
      0, 1, 1, 3, 3, 4, 4,
    ]);
    storage.compact(2);
    expect([12, 6].map((bytes) => storage.indexBefore(bytes))).toEqual([2, 3]);
  });

  test('behaves like a plain map of indexes', () => {
    const someCommand = fc.oneof(
      fc.record({
        kind: fc.constant('append'),
        at: fc.nat(12),
        count: fc.integer({ min: 1, max: 4 }),
      }),
      fc.record({ kind: fc.constant('compact'), at: fc.nat(12), count: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.array(someCommand, { maxLength: 30 }), (commands) => {
        const storage = new MemoryStorage();
        const model = new Map<number, number>();
        let term = 0;
        for (const { kind, at, count } of commands) {
          term++;
          const first = storage.firstIndex();
          if (kind === 'compact') {
            if (at <= storage.lastIndex()) storage.compact(at);
            continue;
          }
          const from = Math.min(Math.max(at, 1), storage.lastIndex() + 1);
          const batch = Array.from({ length: count }, (_, i) => ({
            ...entry(term, from + i),
            data: new Uint8Array((term * (i + 1)) % 7),
          }));
          storage.append(batch);
          if (from + count <= first) continue;
          for (const index of model.keys()) if (index >= Math.max(from, first)) model.delete(index);
          for (const { index } of batch) if (index >= first) model.set(index, term);
        }
        for (let index = storage.firstIndex(); index <= storage.lastIndex(); index++) {
          expect(storage.term(index)).toBe(model.get(index));
        }
        expect(storage.lastIndex()).toBe(Math.max(storage.firstIndex() - 1, ...model.keys()));
        const present = storage.entries(storage.firstIndex(), storage.lastIndex() + 1) ?? [];
        expect(storage.storedBytes).toBe(present.reduce((sum, { data }) => sum + data.length, 0));
      }),
    );
  });
});
