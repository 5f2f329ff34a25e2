// What appending to the log costs.
import { SILENT_LOGGER } from '../../base/index.ts';
import type { Benchmarks } from '../../base/testing/benchmark.ts';
import { SteadyDisk } from '../../base/testing/steady-disk.ts';
import { Entry, type HardState } from '../../wire/gen/raft.ts';
import { Wal } from './wal.ts';

/** No segment is full before the benchmark ends. */
const SEGMENT_BYTES = 1024 * 1024 * 1024;
const DATA = new Uint8Array(320).fill(7);

/** Appends `count` entries a call with the hard state, as one Ready does. */
async function appender(count: number): Promise<() => Promise<void>> {
  const wal = await Wal.create(new SteadyDisk(0), '/wal', new Uint8Array(16), {
    logger: SILENT_LOGGER,
    segmentBytes: SEGMENT_BYTES,
  });
  let index = 0;
  const entries = Array.from({ length: count }, () => Entry.create({ term: 7, data: DATA }));
  const hardState: HardState = { term: 7, vote: 1n, commit: 0 };
  return () => {
    for (const entry of entries) entry.index = ++index;
    hardState.commit = index;
    return wal.save(hardState, entries, true);
  };
}

export const benchmarks: Benchmarks = {
  'wal: save one entry of 320 B': { start: () => appender(1) },
  'wal: save an entry of 320 B, 64 together': {
    operationsPerCall: 64,
    calls: 100,
    start: () => appender(64),
  },
};
