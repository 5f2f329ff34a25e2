import { expect, test } from 'vitest';
import { EtcdError, SILENT_LOGGER, textFromUtf8, utf8FromText } from '../../base/index.ts';
import { decode } from '../../wire/index.ts';
import { KeyValue } from '../../wire/gen/kv.ts';
import { MvccStore } from './store.ts';
import { MemoryBackend } from './testing/memory-backend.ts';
import { MemoryLessor } from './testing/memory-lessor.ts';
import { QUICK_CLOCK } from './testing/quick-clock.ts';

const A = utf8FromText('a');
const B = utf8FromText('b');
const ALL = [new Uint8Array(0), Uint8Array.of(0)] as const;

function open(lessor = new MemoryLessor(), logger = SILENT_LOGGER): Promise<MvccStore> {
  return MvccStore.open(new MemoryBackend(), { clock: QUICK_CLOCK, logger, lessor });
}

test('events come at the end, in order, when the store is at their revision', async () => {
  const store = await open();
  const seen: string[] = [];
  store.onChanges = (revision, events) => {
    expect(store.revision).toBe(revision);
    for (const { type, kv } of events)
      seen.push(`${revision}: ${type} ${textFromUtf8(kv!.key)} ${kv!.modRevision} ${kv!.version}`);
  };
  const txn = store.beginWrite();
  txn.put(A, A, 0n);
  txn.put(B, B, 0n);
  expect([seen.length, store.revision]).toEqual([0, 1]);
  txn.end();
  const deletion = store.beginWrite();
  deletion.deleteRange(...ALL);
  deletion.end();
  store.beginWrite().end();
  expect(seen).toEqual(['2: 0 a 2 1', '2: 0 b 2 1', '3: 1 a 3 0', '3: 1 b 3 0']);
});

test('one transaction at a time, and none after its end', async () => {
  const store = await open();
  const txn = store.beginWrite();
  expect(() => store.beginWrite()).toThrow('one write transaction');
  txn.end();
  expect(() => txn.put(A, A, 0n)).toThrow('ended');
  expect(() => txn.deleteRange(A, undefined)).toThrow('ended');
  expect(() => txn.end()).toThrow('ends once');
});

test('a lease moves with the puts of its key and goes with a deletion', async () => {
  const lessor = new MemoryLessor();
  const store = await open(lessor);
  const leaseAfter = (lease: bigint) => {
    const txn = store.beginWrite();
    txn.put(A, A, lease);
    txn.end();
    return lessor.leaseOf('a');
  };
  expect([leaseAfter(5n), leaseAfter(5n), leaseAfter(6n), leaseAfter(0n)]).toEqual([
    5n,
    5n,
    6n,
    0n,
  ]);
  expect(leaseAfter(7n)).toBe(7n);
  const txn = store.beginWrite();
  txn.deleteRange(A, undefined);
  txn.end();
  expect(lessor.leases.size).toBe(0);
});

test('a lease that is gone when its key leaves it is logged, no more', async () => {
  class Forgetful extends MemoryLessor {
    override detach(): void {
      throw new EtcdError('LeaseNotFound');
    }
  }
  const errors: string[] = [];
  const store = await open(new Forgetful(), {
    ...SILENT_LOGGER,
    error: (message) => void errors.push(message),
  });
  for (const lease of [5n, 0n]) {
    const txn = store.beginWrite();
    txn.put(A, A, lease);
    txn.end();
  }
  expect(errors).toEqual(['failed to detach old lease from a key']);
  expect(store.range(A, undefined).kvs[0]?.lease).toBe(0n);
});

test('a read transaction stays at its revision', async () => {
  const store = await open();
  const put = (value: string) => {
    const txn = store.beginWrite();
    txn.put(A, utf8FromText(value), 0n);
    txn.end();
  };
  put('1');
  const read = store.beginRead();
  put('2');
  const { kvs, revision } = read.range(A, undefined);
  expect([textFromUtf8(kvs[0]!.value), revision]).toEqual(['1', 2]);
  expect(() => read.range(A, undefined, { revision: 3 })).toThrow('future');
  await store.compact(3);
  expect(read.firstRevision).toBe(3);
  expect(() => read.range(A, undefined)).toThrow('compacted');
});

test('rangeEncoded hands out what range decodes', async () => {
  const store = await open();
  for (const key of [A, B, A]) {
    const txn = store.beginWrite();
    txn.put(key, key, 0n);
    txn.end();
  }
  for (const options of [{}, { limit: 1 }, { revision: 2 }, { limit: 1, totalCount: false }]) {
    const kvs: KeyValue[] = [];
    const result = store.rangeEncoded(...ALL, options, (encoded) => {
      kvs.push(decode(KeyValue, new Uint8Array(encoded)));
    });
    expect({ kvs, ...result }).toEqual(store.range(...ALL, options));
  }
  expect(store.range(...ALL, { limit: 1, totalCount: false }).count).toBe(1);
  expect(store.count(...ALL)).toBe(2);
});

test('events of one revision are never split, and unwanted ones are left out', async () => {
  const store = await open();
  for (let i = 0; i < 3; i++) {
    const txn = store.beginWrite();
    for (const key of [A, B]) txn.put(key, key, 0n);
    txn.end();
  }
  const slice = (from: number, limits: Parameters<MvccStore['eventsBetween']>[2]) => {
    const { events, nextRevision } = store.eventsBetween(from, 5, limits);
    return [events.length, nextRevision];
  };
  expect(slice(2, { maxEvents: 1 })).toEqual([2, 3]);
  expect(slice(2, { maxEvents: 3 })).toEqual([4, 4]);
  expect(slice(2, { maxBytes: 1 })).toEqual([2, 3]);
  expect(slice(2, { maxScanned: 1, wants: (key) => key === 'b' })).toEqual([1, 3]);
  expect(slice(2, { wants: (key) => key === 'b' })).toEqual([3, 5]);
  expect(slice(5, {})).toEqual([0, 5]);
});
