import { describe, expect, test } from 'vitest';
import { latin1FromBytes } from '../base/bytes.ts';
import { SILENT_LOGGER } from '../base/logger.ts';
import { FakeClock } from '../base/testing/fake-clock.ts';
import { decode } from '../wire/codec.ts';
import { WatchResponse } from '../wire/gen/rpc.ts';
import { WatchHub, type WatchHubOptions } from './hub.ts';
import type { WatchStream } from './stream.ts';
import { MemoryStore } from './testing/memory-store.ts';
import { RecordingSink } from './testing/recording-sink.ts';
import { END_OF_KEYS, type WatchOptions } from './watcher.ts';

const settle = async () => {
  for (let i = 0; i < 50; i++) await Promise.resolve();
};

function setUp(more: Partial<WatchHubOptions> = {}) {
  const store = new MemoryStore();
  const hub = new WatchHub(store, { clock: new FakeClock(), logger: SILENT_LOGGER, ...more });
  return { store, hub };
}

const options = (key: string, more: Partial<WatchOptions> = {}): WatchOptions => ({
  key,
  end: undefined,
  startRevision: 0,
  prevKv: false,
  noPut: false,
  noDelete: false,
  progressNotify: false,
  fragment: false,
  ...more,
});
const prefix = (key: string, more: Partial<WatchOptions> = {}) =>
  options(key, { end: `${key}\xff`, ...more });

/** `id:PUT key@revision …` a message, `id:progress revision`, `id:compacted revision`. */
function lines(sink: RecordingSink): string[] {
  return sink.told.map((message) => {
    if (message.kind !== 'events') return `${message.id}:${message.kind} ${message.revision}`;
    const events = message.events.map(
      (event) =>
        `${event.isDelete ? 'DELETE' : 'PUT'} ${latin1FromBytes(event.kv.key)}@${event.revision}`,
    );
    return `${message.id}:${events.join(' ')}`;
  });
}

describe('synced watchers', () => {
  test('get what happens in their range, at once, a transaction in one message', () => {
    const { store, hub } = setUp();
    const sink = new RecordingSink();
    const stream = hub.openStream(sink);
    stream.watch(options('a'));
    stream.watch(prefix('b'));
    stream.watch(options('b', { end: END_OF_KEYS }));
    store.put('a');
    store.put('b1');
    store.write([
      { key: 'a', value: undefined },
      { key: 'b2', value: 'x' },
      { key: 'c', value: 'x' },
    ]);
    expect(lines(sink).sort()).toEqual([
      '0:DELETE a@4',
      '0:PUT a@2',
      '1:PUT b1@3',
      '1:PUT b2@4',
      '2:PUT b1@3',
      '2:PUT b2@4 PUT c@4',
    ]);
  });

  test('filters leave out puts or deletes', () => {
    const { store, hub } = setUp();
    const sink = new RecordingSink();
    const stream = hub.openStream(sink);
    stream.watch(options('a', { noPut: true }));
    stream.watch(options('a', { noDelete: true }));
    store.put('a');
    store.delete('a');
    expect(lines(sink)).toEqual(['1:PUT a@2', '0:DELETE a@3']);
  });

  test('prevKv tells what the key was, and nothing for a creation', () => {
    const { store, hub } = setUp();
    const sink = new RecordingSink();
    hub.openStream(sink).watch(options('a', { prevKv: true }));
    store.put('a', '1');
    store.put('a', '2');
    store.delete('a');
    store.put('a', '3');
    const previous = sink.told.map((message) =>
      message.kind === 'events' ? message.events[0]!.prevKv?.value : undefined,
    );
    expect(previous.map((value) => value && latin1FromBytes(value))).toEqual([
      undefined,
      '1',
      '2',
      undefined,
    ]);
  });

  test('share one encoding of an event, which decodes to the event', () => {
    const { store, hub } = setUp();
    const sinks = [new RecordingSink(), new RecordingSink()];
    for (const sink of sinks) hub.openStream(sink).watch(prefix('a'));
    store.put('a', '1');
    store.put('a', '2');
    const [first, second] = sinks.map((sink) => {
      const message = sink.told[1]!;
      return message.kind === 'events' ? message.events[0]! : expect.unreachable();
    });
    expect(first!.encoded(false)).toBe(second!.encoded(false));
    expect(first!.encoded(true)).toBe(second!.encoded(true));
    expect(decode(WatchResponse, first!.encoded(false)).events).toEqual([first!.toEvent(false)]);
    expect(decode(WatchResponse, first!.encoded(true)).events).toEqual([first!.toEvent(true)]);
    expect(first!.toEvent(true).prevKv).toBeDefined();
  });

  test('a start in the future waits for it', () => {
    const { store, hub } = setUp();
    const sink = new RecordingSink();
    hub.openStream(sink).watch(options('a', { startRevision: 4 }));
    for (let i = 0; i < 4; i++) store.put('a');
    expect(lines(sink)).toEqual(['0:PUT a@4', '0:PUT a@5']);
  });
});

describe('ids', () => {
  test('are chosen by the hub around those that the client chose', () => {
    const stream = setUp().hub.openStream(new RecordingSink());
    expect(stream.watch(options('a'), 1n).id).toBe(1n);
    expect(stream.watch(options('a')).id).toBe(0n);
    expect(stream.watch(options('a')).id).toBe(2n);
    expect(() => stream.watch(options('a'), 2n)).toThrow(
      'mvcc: duplicate watch ID provided on the WatchStream',
    );
    expect(stream.cancel(1n)).toBe(true);
    expect(stream.cancel(1n)).toBe(false);
    expect(stream.watch(options('a'), 1n).id).toBe(1n);
  });

  test.each([
    ['b', 'a'],
    ['a', 'a'],
    ['a', ''],
  ])('an empty range [%s, %s) is refused', (key, end) => {
    const stream = setUp().hub.openStream(new RecordingSink());
    expect(() => stream.watch(options(key, { end }))).toThrow('mvcc: watcher range is empty');
  });
});

test('what watchers hold is limited, for a stream and for all; ending some makes room', () => {
  const { hub } = setUp({ maxStreamHeldBytes: 2000, maxHeldBytes: 3000 });
  const [first, second] = [0, 1].map(() => hub.openStream(new RecordingSink()));
  const fill = (stream: WatchStream | undefined): number => {
    let count = 0;
    try {
      for (;;) {
        stream?.watch(options('a'));
        count++;
      }
    } catch (error) {
      expect(String(error)).toContain('etcdserver: too many requests');
    }
    return count;
  };
  expect([fill(first), fill(second)]).toEqual([3, 1]);
  expect(() => second?.watch(options('k'.repeat(2000)))).toThrow('too many requests');
  first?.close();
  expect(fill(second)).toBe(2);
});

describe('a start in the past', () => {
  test('reads the history in batches of whole revisions and goes on with new events', async () => {
    const { store, hub } = setUp({ maxEvents: 2 });
    store.put('a');
    store.write([
      { key: 'a', value: '1' },
      { key: 'ab', value: '1' },
      { key: 'x', value: '1' },
    ]);
    store.put('ab');
    store.delete('a');
    const sink = new RecordingSink();
    hub.openStream(sink).watch(prefix('a', { startRevision: 2 }));
    expect(sink.told).toEqual([]);
    await settle();
    store.put('a');
    expect(lines(sink)).toEqual([
      '0:PUT a@2 PUT a@3 PUT ab@3',
      '0:PUT ab@4 DELETE a@5',
      '0:PUT a@6',
    ]);
  });

  test('is shared: a thousand watchers from one revision read the history once', async () => {
    const { store, hub } = setUp();
    for (let i = 0; i < 500; i++) store.put(`a${i}`);
    const sinks = Array.from({ length: 1000 }, () => new RecordingSink());
    for (const sink of sinks) hub.openStream(sink).watch(prefix('a', { startRevision: 2 }));
    await settle();
    expect(store.reads).toBe(1);
    for (const sink of sinks) {
      expect(sink.told.length).toBe(1);
      const message = sink.told[0]!;
      expect(message.kind === 'events' && message.events.length).toBe(500);
    }
  });

  test('at the compacted revision works; before it the watcher ends with that revision', async () => {
    const { store, hub } = setUp();
    for (let i = 0; i < 5; i++) store.put('a');
    store.compact(4);
    const sink = new RecordingSink();
    const stream = hub.openStream(sink);
    stream.watch(options('a', { startRevision: 3 }));
    stream.watch(options('a', { startRevision: 4 }));
    await settle();
    expect(lines(sink)).toEqual(['0:compacted 4', '1:PUT a@4 PUT a@5 PUT a@6']);
    expect(stream.watchers.has(0n)).toBe(false);
    expect(() => stream.watch(options('a'), 1n)).toThrow('duplicate watch ID');
    expect([stream.cancel(0n), stream.cancel(0n)]).toEqual([true, false]);
  });
});

describe('slow receivers', () => {
  test('hold nothing, and catch up when there is room', async () => {
    const { store, hub } = setUp();
    const sink = new RecordingSink(1);
    hub.openStream(sink).watch(options('a'));
    store.put('a');
    for (let i = 0; i < 3; i++) store.put('a');
    expect(lines(sink)).toEqual(['0:PUT a@2']);
    expect(hub.slowWatcherCount).toBe(1);
    sink.drain();
    await settle();
    expect(lines(sink)).toEqual(['0:PUT a@2', '0:PUT a@3 PUT a@4 PUT a@5']);
    sink.drain();
    await settle();
    expect(hub.slowWatcherCount).toBe(0);
  });

  test('never skip what was compacted meanwhile: the watcher ends, once there is room (etcd issue 17529)', async () => {
    const { store, hub } = setUp();
    const sink = new RecordingSink(1);
    hub.openStream(sink).watch(options('a'));
    for (let i = 0; i < 4; i++) store.put('a');
    store.compact(4);
    store.put('a');
    await settle();
    expect(lines(sink)).toEqual(['0:PUT a@2']);
    sink.drain();
    await settle();
    expect(lines(sink)).toEqual(['0:PUT a@2', '0:compacted 4']);
  });

  test('no watcher of a stream starves behind the others', async () => {
    const { store, hub } = setUp();
    const sink = new RecordingSink(3);
    const stream = hub.openStream(sink);
    const count = 20;
    for (let i = 0; i < count; i++) stream.watch(prefix('a'));
    const last = new Map<bigint, number>();
    for (let round = 0; round < 60; round++) {
      store.put('a');
      sink.drain();
      await settle();
    }
    for (const message of sink.told) last.set(message.id, message.revision);
    expect(last.size).toBe(count);
    for (const revision of last.values()) expect(revision).toBeGreaterThan(40);
  });
});

test('a parked watcher is told before what happened later, though new events come first each time', async () => {
  let goOn = (): void => {};
  const clock = new FakeClock();
  clock.yieldNow = () => new Promise((resolve) => (goOn = resolve));
  const { store, hub } = setUp({ clock });
  const sink = new RecordingSink(1);
  const stream = hub.openStream(sink);
  stream.watch(options('busy'));
  stream.watch(options('rare'));
  store.put('busy');
  store.put('rare');
  sink.drain();
  await settle();
  store.put('busy');
  goOn();
  await settle();
  expect(lines(sink)).toEqual(['0:PUT busy@2', '1:PUT rare@3']);
});

describe('progress', () => {
  test('of all watchers is told once, with id −1, only when each has seen everything (etcd issue 15220)', async () => {
    const { store, hub } = setUp();
    const sink = new RecordingSink();
    const stream = hub.openStream(sink);
    stream.requestProgress();
    store.put('a');
    stream.watch(options('a'));
    stream.watch(options('a', { startRevision: 2 }));
    stream.requestProgress();
    expect(sink.told).toEqual([]);
    await settle();
    stream.requestProgress();
    expect(lines(sink)).toEqual(['1:PUT a@2', '-1:progress 2']);
  });

  test('is not told for a watcher that begins in the future (etcd issue 15271)', () => {
    const { store, hub } = setUp();
    const sink = new RecordingSink();
    const stream = hub.openStream(sink);
    const watcher = stream.watch(options('a', { startRevision: 3 }));
    store.put('b');
    stream.requestProgress();
    stream.reportProgress(watcher);
    expect(sink.told).toEqual([]);
    store.put('b');
    stream.reportProgress(watcher);
    stream.requestProgress();
    expect(lines(sink)).toEqual(['0:progress 3', '-1:progress 3']);
  });

  test('waits behind a slow receiver', () => {
    const { store, hub } = setUp();
    const sink = new RecordingSink(1);
    const stream = hub.openStream(sink);
    stream.watch(options('a'));
    store.put('a');
    store.put('a');
    stream.requestProgress();
    expect(lines(sink)).toEqual(['0:PUT a@2']);
  });
});

describe('a snapshot from the leader', () => {
  test('brings synced watchers what they missed, and none what it has seen or did not ask for (etcd issue 20221)', async () => {
    const { store, hub } = setUp();
    const sink = new RecordingSink();
    const stream = hub.openStream(sink);
    stream.watch(options('a'));
    stream.watch(options('a', { startRevision: 6 }));
    stream.watch(options('a', { startRevision: 100 }));
    store.put('a');
    for (let i = 0; i < 6; i++) store.write([{ key: 'a', value: `${i}` }], false);
    store.onRestored?.();
    await settle();
    expect(lines(sink)).toEqual([
      '0:PUT a@2',
      '0:PUT a@3 PUT a@4 PUT a@5 PUT a@6 PUT a@7 PUT a@8',
      '1:PUT a@6 PUT a@7 PUT a@8',
    ]);
  });

  test('ends a watcher whose next revision it does not have, but not one that had seen all before it', async () => {
    const { store, hub } = setUp();
    const sink = new RecordingSink();
    hub.openStream(sink).watch(options('a'));
    for (let i = 0; i < 5; i++) store.put('other');
    store.write([{ key: 'a', value: '' }], false);
    store.compact(7);
    store.onRestored?.();
    await settle();
    expect(lines(sink)).toEqual(['0:PUT a@7']);
    for (let i = 0; i < 5; i++) store.write([{ key: 'a', value: '' }], false);
    store.compact(10);
    store.onRestored?.();
    await settle();
    expect(lines(sink)).toEqual(['0:PUT a@7', '0:compacted 10']);
  });
});

test('ten thousand watchers of other keys and prefixes cost an event next to nothing', () => {
  const timeWith = (idleCount: number): number => {
    const { store, hub } = setUp();
    const idle = new RecordingSink();
    for (let i = 0; i < idleCount; i++) {
      hub.openStream(idle).watch(options(`key/${i}`));
      hub.openStream(idle).watch(prefix(`prefix/${i}/`));
    }
    const sink = new RecordingSink();
    hub.openStream(sink).watch(prefix('busy/'));
    const started = performance.now();
    for (let i = 0; i < 5000; i++) store.put(`busy/${i}`);
    expect(sink.told.length).toBe(5000);
    expect(idle.told.length).toBe(0);
    return performance.now() - started;
  };
  timeWith(0);
  // A linear scan would take some thousand times as long.
  expect(timeWith(5000)).toBeLessThan(50 * (timeWith(0) + 1));
});

test('a stream that closes while it is told takes nobody else along', () => {
  const { store, hub } = setUp();
  const sinks = Array.from({ length: 5 }, () => new RecordingSink());
  const streams = sinks.map((sink) => hub.openStream(sink));
  for (const stream of streams) stream.watch(prefix('a'));
  const closing = sinks[2]!;
  closing.sendEvents = () => {
    streams[2]!.close();
    streams[4]!.close();
    streams[0]!.close();
    return true;
  };
  store.put('a');
  store.put('a');
  expect(lines(sinks[1]!)).toEqual(['0:PUT a@2', '0:PUT a@3']);
  expect(lines(sinks[3]!)).toEqual(['0:PUT a@2', '0:PUT a@3']);
  expect(hub.watcherCount).toBe(2);
});
