import { expect, test } from 'vitest';
import { bytesFromLatin1, EtcdError, SILENT_LOGGER } from '../../base/index.ts';
import type { Logger } from '../../base/index.ts';
import { tombstoneBytes } from './revision.ts';
import { MvccStore } from './store.ts';
import { MemoryBackend } from './testing/memory-backend.ts';
import { MemoryLessor } from './testing/memory-lessor.ts';
import { QUICK_CLOCK } from './testing/quick-clock.ts';

function open(
  backend: MemoryBackend,
  lessor = new MemoryLessor(),
  options: { logger?: Logger; clock?: typeof QUICK_CLOCK } = {},
): Promise<MvccStore> {
  return MvccStore.open(backend, { clock: QUICK_CLOCK, logger: SILENT_LOGGER, lessor, ...options });
}

function put(store: MvccStore, key: string, lease = 0n): void {
  const txn = store.beginWrite();
  txn.put(bytesFromLatin1(key), bytesFromLatin1('value'), lease);
  txn.end();
}

test('an empty store gets its buckets and is at revision 1', async () => {
  const backend = new MemoryBackend();
  const store = await open(backend);
  expect([...backend.buckets.keys()].sort()).toEqual(['key', 'meta']);
  expect([store.revision, store.compactRevision, store.keysTotal]).toEqual([1, -1, 0]);
});

test('a large store is read in slices', async () => {
  const backend = new MemoryBackend();
  const store = await open(backend);
  for (let i = 0; i < 5000; i++) put(store, `key-${i}`);
  let yields = 0;
  const clock = {
    ...QUICK_CLOCK,
    yieldNow: () => {
      yields++;
      return Promise.resolve();
    },
  };
  const again = await open(backend.copy(), new MemoryLessor(), { clock });
  expect([yields, again.keysTotal, again.revision]).toEqual([2, 5000, 5001]);
});

test('keys are attached to the lease of their last put', async () => {
  const backend = new MemoryBackend();
  const store = await open(backend);
  put(store, 'moved', 1n);
  put(store, 'moved', 2n);
  put(store, 'freed', 1n);
  put(store, 'freed');
  put(store, 'gone', 1n);
  const txn = store.beginWrite();
  txn.deleteRange(bytesFromLatin1('gone'), undefined);
  txn.end();
  const lessor = new MemoryLessor();
  await open(backend.copy(), lessor);
  expect([...lessor.leases]).toEqual([['moved', 2n]]);
});

test('a key whose lease is gone stays, and the error is logged', async () => {
  const backend = new MemoryBackend();
  put(await open(backend), 'orphan', 255n);
  class Empty extends MemoryLessor {
    override attach(): void {
      throw new EtcdError('LeaseNotFound');
    }
  }
  const errors: unknown[] = [];
  const logger = { ...SILENT_LOGGER, error: (...line: unknown[]) => void errors.push(line) };
  const store = await open(backend.copy(), new Empty(), { logger });
  expect(store.keysTotal).toBe(1);
  const error = 'EtcdError: etcdserver: requested lease not found';
  const fields = { 'lease-id': '00000000000000ff', error };
  expect(errors).toEqual([['failed to attach a lease', fields]]);
});

test('a tombstone upon a tombstone is skipped with a warning', async () => {
  const backend = new MemoryBackend();
  const store = await open(backend);
  put(store, 'key');
  const txn = store.beginWrite();
  txn.deleteRange(bytesFromLatin1('key'), undefined);
  txn.end();
  const bucket = backend.bucket('key');
  bucket.append(tombstoneBytes(4, 0), bucket.values[1]!);
  const warnings: string[] = [];
  const logger = { ...SILENT_LOGGER, warn: (message: string) => void warnings.push(message) };
  const again = await open(backend.copy(), new MemoryLessor(), { logger });
  expect(warnings).toEqual(['tombstone encountered error']);
  expect([again.revision, again.keysTotal]).toEqual([4, 0]);
});
