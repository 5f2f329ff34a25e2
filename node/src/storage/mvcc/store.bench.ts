// What the store does for a change and for a read, on a database file.
import { SILENT_LOGGER } from '../../base/index.ts';
import type { Benchmarks } from '../../base/testing/benchmark.ts';
import { FakeClock } from '../../base/testing/fake-clock.ts';
import { SteadyDisk } from '../../base/testing/steady-disk.ts';
import { Backend } from '../backend/index.ts';
import { MvccStore } from './store.ts';

const KEYS = 10_000;
const STRIDE = 7919;
const RANGE = 1000;
const VALUE = new Uint8Array(256).fill(7);
const KEPT_BYTES = 24 * 1024 * 1024;
const END = new Uint8Array([0]);

interface Filled {
  readonly store: MvccStore;
  readonly keys: readonly Uint8Array[];
}

async function filled(): Promise<Filled> {
  const clock = new FakeClock();
  const world = { disk: new SteadyDisk(KEPT_BYTES), clock };
  const backend = await Backend.open(world, '/db', { logger: SILENT_LOGGER });
  const store = await MvccStore.open(backend, { clock, logger: SILENT_LOGGER });
  const keys = Array.from({ length: KEYS }, (_, i) =>
    new TextEncoder().encode(`/registry/pods/default/web-${String(i).padStart(6, '0')}`),
  );
  for (const key of keys) put(store, key);
  await backend.commitNow();
  return { store, keys };
}

function put(store: MvccStore, key: Uint8Array): number {
  const txn = store.beginWrite();
  const revision = txn.put(key, VALUE, 0n);
  txn.end();
  return revision;
}

const spread = (call: number): number => (call * STRIDE) % KEYS;

export const benchmarks: Benchmarks = {
  // Without a commit: that is the backend's.
  'mvcc: put 256 B on one of 10,000 keys': {
    calls: 500,
    start: async () => {
      const { store, keys } = await filled();
      return (call) => put(store, keys[spread(call)]!);
    },
  },
  'mvcc: read one of 10,000 keys': {
    start: async () => {
      const { store, keys } = await filled();
      return (call) => store.range(keys[spread(call)]!, undefined);
    },
  },
  'mvcc: read a key of a range of 1,000': {
    operationsPerCall: RANGE,
    calls: 10,
    start: async () => {
      const { store, keys } = await filled();
      return (call) => store.range(keys[call]!, END, { limit: RANGE, totalCount: false });
    },
  },
  'mvcc: read a key of a range of 1,000 as it is encoded': {
    operationsPerCall: RANGE,
    calls: 50,
    start: async () => {
      const { store, keys } = await filled();
      let bytes = 0;
      return (call) => {
        const options = { limit: RANGE, totalCount: false };
        store.rangeEncoded(keys[call]!, END, options, (encoded) => {
          bytes += encoded.length;
        });
        return bytes;
      };
    },
  },
};
