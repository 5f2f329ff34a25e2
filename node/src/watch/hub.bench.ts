// What an event costs on its way to watchers: matching, encoding once, and a delivery to each.
import type { Benchmarks } from '../base/testing/benchmark.ts';
import { bytesFromLatin1 } from '../base/bytes.ts';
import { SILENT_LOGGER } from '../base/logger.ts';
import { FakeClock } from '../base/testing/fake-clock.ts';
import { Event, EventType, KeyValue } from '../wire/gen/kv.ts';
import { WatchHub } from './hub.ts';
import type { WatchableStore } from './store.ts';
import type { WatchSink } from './stream.ts';

const VALUE = new Uint8Array(256).fill(7);
const NO_ROOM_NEEDED: Promise<void> = Promise.resolve();

/** Takes what is encoded, as a call does, and forgets it. */
class EncodingSink implements WatchSink {
  bytes = 0;

  sendEvents: WatchSink['sendEvents'] = (watcher, _revision, events) => {
    for (const event of events) this.bytes += event.encoded(watcher.options.prevKv).length;
    return true;
  };
  sendToAll: WatchSink['sendToAll'] = (watchers, revision, events) => {
    for (const watcher of watchers) this.sendEvents(watcher, revision, events);
    return true;
  };
  sendProgress = (): boolean => true;
  sendCompacted = (): boolean => true;
  drained = (): Promise<void> => NO_ROOM_NEEDED;
}

interface Watched {
  /** One change of one key. */
  change(key: Uint8Array): number;
}

/** `watchers` on each of `prefixes` prefixes, each with a stream of its own. */
function watched(prefixes: number, watchers: number): Watched {
  const store: WatchableStore = {
    revision: 1,
    compactRevision: -1,
    onChanges: undefined,
    onRestored: undefined,
    eventsBetween: (_lo, hi) => ({ events: [], nextRevision: hi }),
    keyValueAt: () => undefined,
  };
  const hub = new WatchHub(store, { clock: new FakeClock(), logger: SILENT_LOGGER });
  const sink = new EncodingSink();
  for (let prefix = 0; prefix < prefixes; prefix++) {
    for (let i = 0; i < watchers; i++) {
      hub.openStream(sink).watch({
        key: `p${prefix}/`,
        end: `p${prefix}0`,
        startRevision: 0,
        prevKv: false,
        noPut: false,
        noDelete: false,
        progressNotify: false,
        fragment: false,
      });
    }
  }
  let revision = 1;
  return {
    change: (key) => {
      revision++;
      const kv = KeyValue.create({ key, value: VALUE, modRevision: revision, version: 2 });
      store.onChanges?.(revision, [Event.create({ type: EventType.PUT, kv })]);
      return sink.bytes;
    },
  };
}

const KEY = bytesFromLatin1('p7/web-0001');

export const benchmarks: Benchmarks = {
  'watch: an event that nobody watches, 1,000 watchers': {
    start: () => {
      const { change } = watched(100, 10);
      const other = bytesFromLatin1('other');
      return () => change(other);
    },
  },
  'watch: an event for one watcher of 100': {
    start: () => {
      const { change } = watched(100, 1);
      return () => change(KEY);
    },
  },
  'watch: a delivery, 1,000 watchers of a prefix': {
    operationsPerCall: 1000,
    calls: 50,
    start: () => {
      const { change } = watched(10, 1000);
      return () => change(KEY);
    },
  },
};
