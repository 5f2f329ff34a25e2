// What reading and writing the database file costs.
import { SILENT_LOGGER } from '../../base/index.ts';
import type { Benchmarks } from '../../base/testing/benchmark.ts';
import { FakeClock } from '../../base/testing/fake-clock.ts';
import { SteadyDisk } from '../../base/testing/steady-disk.ts';
import { Backend } from './backend.ts';
import { numbered } from './testing/backend-world.ts';

const RECORDS = 20_000;
const STRIDE = 7919;
const VALUE = new Uint8Array(300).fill(7);
const KEPT_BYTES = 24 * 1024 * 1024;

interface Filled {
  readonly backend: Backend;
  readonly keys: readonly Uint8Array[];
}

async function filled(): Promise<Filled> {
  const world = { disk: new SteadyDisk(KEPT_BYTES), clock: new FakeClock() };
  const backend = await Backend.open(world, '/db', { logger: SILENT_LOGGER });
  const keys = Array.from({ length: RECORDS }, (_, i) => numbered(i));
  const bucket = backend.bucket('key');
  for (const key of keys) bucket.append(key, VALUE);
  await backend.commitNow();
  return { backend, keys };
}

const spread = (call: number): number => (call * STRIDE) % RECORDS;

/** Appends at the end as much as it takes away at the beginning, and commits. */
async function appender(count: number): Promise<() => Promise<void>> {
  const { backend } = await filled();
  const bucket = backend.bucket('revisions');
  const key = new Uint8Array(17);
  const view = new DataView(key.buffer);
  let next = 0;
  const append = (): void => {
    view.setUint32(4, next);
    bucket.append(key, VALUE);
    if (next >= RECORDS) {
      view.setUint32(4, next - RECORDS);
      bucket.delete(key);
    }
    next++;
  };
  while (next < RECORDS) append();
  return () => {
    for (let i = 0; i < count; i++) append();
    return backend.commitNow();
  };
}

export const benchmarks: Benchmarks = {
  'backend: get one of 20,000 records': {
    start: async () => {
      const { backend, keys } = await filled();
      const bucket = backend.bucket('key');
      return (call) => bucket.get(keys[spread(call)]!);
    },
  },
  'backend: visit a record of a range of 1,000': {
    operationsPerCall: 1000,
    calls: 100,
    start: async () => {
      const { backend, keys } = await filled();
      const bucket = backend.bucket('key');
      let bytes = 0;
      return (call) => {
        const first = call % (RECORDS - 1000);
        bucket.forEach(keys[first]!, keys[first + 1000], (_key, value) => {
          bytes += value.length;
        });
        return bytes;
      };
    },
  },
  'backend: append a record of 300 B and delete one, 500 a commit': {
    operationsPerCall: 500,
    calls: 3,
    start: () => appender(500),
  },
  'backend: put one of 1,000 small records, 100 a commit': {
    operationsPerCall: 100,
    calls: 20,
    start: async () => {
      const { backend, keys } = await filled();
      const bucket = backend.bucket('lease');
      const value = new Uint8Array(24);
      let next = 0;
      return () => {
        for (let i = 0; i < 100; i++) bucket.put(keys[next++ % 1000]!, value);
        return backend.commitNow();
      };
    },
  },
};
