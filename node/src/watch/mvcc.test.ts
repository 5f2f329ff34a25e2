// The hub over the real store: what a watcher that reads the past is told equals what one was told as it happened.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hexFromBytes } from '../base/bytes.ts';
import { SILENT_LOGGER } from '../base/logger.ts';
import { FakeClock } from '../base/testing/fake-clock.ts';
import { utf8FromText } from '../base/text.ts';
import { MvccStore } from '../storage/mvcc/index.ts';
import { MemoryBackend } from '../storage/mvcc/testing/memory-backend.ts';
import { WatchHub } from './hub.ts';
import { RecordingSink } from './testing/recording-sink.ts';
import { END_OF_KEYS } from './watcher.ts';

const clock = new FakeClock();
const settle = async () => {
  for (let i = 0; i < 300; i++) await Promise.resolve();
};

async function setUp() {
  const backend = new MemoryBackend();
  const store = await MvccStore.open(backend, { clock, logger: SILENT_LOGGER });
  const hub = new WatchHub(store, { clock, logger: SILENT_LOGGER, maxEvents: 4 });
  const watch = (startRevision: number) => {
    const sink = new RecordingSink();
    const stream = hub.openStream(sink);
    const options = { key: '', end: END_OF_KEYS, startRevision, prevKv: true };
    stream.watch({
      ...options,
      noPut: false,
      noDelete: false,
      progressNotify: false,
      fragment: false,
    });
    return sink;
  };
  const write = (changes: readonly (readonly [string, string | undefined])[]) => {
    const txn = store.beginWrite();
    for (const [key, value] of changes) {
      if (value === undefined) txn.deleteRange(utf8FromText(key), undefined);
      else txn.put(utf8FromText(key), utf8FromText(value), 0n);
    }
    txn.end();
  };
  return { store, backend, watch, write };
}

/** Each event as the bytes that go to a client, with the revision before it for good measure. */
const bytesOf = (sink: RecordingSink, from = 0): string[] =>
  sink.told.flatMap((message) =>
    message.kind === 'events'
      ? message.events
          .filter((event) => event.revision >= from)
          .map((event) => `${event.revision} ${hexFromBytes(event.encoded(true))}`)
      : [message.kind],
  );

const change = fc.tuple(
  fc.constantFrom('a', 'b', 'c', 'd'),
  fc.option(fc.constantFrom('1', '22'), { nil: undefined }),
);

test('history and present tell the same bytes, prevKv included', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uniqueArray(change, { selector: ([key]) => key, minLength: 1 }), {
        maxLength: 40,
        size: 'max',
      }),
      fc.integer({ min: 1, max: 45 }),
      async (writes, start) => {
        const { store, watch, write } = await setUp();
        const present = watch(0);
        for (const changes of writes) write(changes);
        const past = watch(Math.min(start, store.revision));
        await settle();
        expect(bytesOf(past)).toEqual(bytesOf(present, Math.min(start, store.revision)));
      },
    ),
    { numRuns: 60 },
  );
});

test('a deletion at the compacted revision is told (etcd issues 18089, 19179)', async () => {
  const { store, watch, write } = await setUp();
  write([['a', '1']]);
  write([['a', undefined]]);
  write([['b', '1']]);
  const compaction = store.compact(3);
  for (let i = 0; i < 20; i++) {
    clock.advance(100);
    await settle();
  }
  await compaction;
  const sinks = [3, 2].map(watch);
  await settle();
  const told = sinks.map((sink) =>
    sink.told.map((m) =>
      m.kind === 'events' ? m.events.map((e) => [e.isDelete, e.revision]) : m.kind,
    ),
  );
  expect(told).toEqual([
    [
      [
        [true, 3],
        [false, 4],
      ],
    ],
    ['compacted'],
  ]);
});

test('a restored store brings its watchers on', async () => {
  const { store, watch, write } = await setUp();
  const other = await setUp();
  write([['a', '1']]);
  other.write([['a', '1']]);
  const synced = watch(0);
  const future = watch(4);
  for (const value of ['2', '3', '4']) other.write([['a', value]]);
  await store.restore(other.backend.copy());
  await settle();
  const revisions = (sink: RecordingSink) =>
    sink.told.flatMap((m): (number | string)[] =>
      m.kind === 'events' ? m.events.map((e) => e.revision) : [m.kind],
    );
  expect(revisions(synced)).toEqual([3, 4, 5]);
  expect(revisions(future)).toEqual([4, 5]);
  write([['a', '5']]);
  expect(revisions(synced)).toEqual([3, 4, 5, 6]);
});
