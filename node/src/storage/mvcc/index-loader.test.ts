import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesFromLatin1, concatBytes } from '../../base/index.ts';
import { KeyValue } from '../../wire/gen/kv.ts';
import { encode } from '../../wire/index.ts';
import { IndexLoader } from './index-loader.ts';
import { KeyIndex, NO_BOUND } from './key-index.ts';
import { revisionBytes, tombstoneBytes } from './revision.ts';

/** Everything that the index knows: keys, and of each key every revision. */
function content(index: KeyIndex, upTo: number): string[] {
  const { pool } = index;
  const lines: string[] = [];
  for (let main = 2; main <= upTo; main++) {
    index.visit('', NO_BOUND, main, (key, record) => {
      const numbers = [pool.mainOf(record), pool.subOf(record), pool.createdOf(record)];
      lines.push(`${main} ${key} ${[...numbers, pool.versionOf(record)].join(' ')}`);
      return true;
    });
    lines.push(`${main}: ${index.count('', NO_BOUND, main)}`);
  }
  return [...lines, `${index.liveKeys} of ${index.size}, ${pool.size} records`];
}

function add(loader: IndexLoader, revision: Uint8Array, value: Uint8Array): void {
  const bytes = concatBytes([Uint8Array.of(1), revision, value, Uint8Array.of(1)]);
  loader.add(bytes, 1, 1 + revision.length, bytes.length - 1);
}

test('what is loaded in batches equals what was put and deleted one by one', () => {
  const write = fc.record({
    key: fc.constantFrom('a', 'b', 'c', 'dd', 'dd\0', 'e'),
    isPut: fc.boolean(),
    lease: fc.bigInt(0n, 2n),
    endsBatch: fc.nat(4).map((n) => n === 0),
  });
  const run = fc.property(fc.array(write, { maxLength: 40 }), (writes) => {
    const known = new KeyIndex();
    const loaded = new KeyIndex();
    const loader = new IndexLoader(loaded);
    const leases = new Map<string, bigint>();
    let main = 1;
    for (const { key, isPut, lease, endsBatch } of writes) {
      main++;
      if (isPut) {
        known.put(key, main, 0);
        const record = known.newest(key);
        const createRevision = known.pool.createdOf(record);
        const version = known.pool.versionOf(record);
        const kv = { key: bytesFromLatin1(key), modRevision: main, createRevision, version, lease };
        add(loader, revisionBytes(main, 0), encode(KeyValue, KeyValue.create(kv)));
        if (lease === 0n) leases.delete(key);
        else leases.set(key, lease);
      } else if (known.tombstone(key, main, 0)) {
        const kv = { key: bytesFromLatin1(key) };
        add(loader, tombstoneBytes(main, 0), encode(KeyValue, KeyValue.create(kv)));
        leases.delete(key);
      }
      if (endsBatch) loader.flush();
    }
    loader.flush();
    expect(content(loaded, main)).toEqual(content(known, main));
    expect(new Map([...loader.leases].sort())).toEqual(new Map([...leases].sort()));
    expect(loader.strayTombstones).toBe(0);
  });
  fc.assert(run, { numRuns: 150 });
});

test('a batch is full after so many keys, or bytes of keys', () => {
  const index = new KeyIndex();
  const loader = new IndexLoader(index);
  const key = new Uint8Array(1_500_000);
  for (let i = 0; i < 3; i++) {
    expect(loader.isFull).toBe(false);
    key[i] = 1;
    const kv = KeyValue.create({ key, createRevision: i + 2, modRevision: i + 2, version: 1 });
    add(loader, revisionBytes(i + 2, 0), encode(KeyValue, kv));
  }
  expect(loader.isFull).toBe(true);
  loader.flush();
  expect([loader.isFull, index.size]).toEqual([false, 3]);
});
