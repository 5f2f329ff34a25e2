// Brings the store's events to watchers (etcd: storage/mvcc/watchable_store.go). Each watcher gets every event of its range
// from its start revision on: in order, once, and those of one revision together.
//
// A watcher that has seen everything is synced and gets new events at the end of the write transaction. One that starts in
// the past is behind and reads from the backend, in slices (catch-up.ts). When a receiver has no room, its watchers are
// parked: nothing is kept for them but the revision they have to see next, so a slow client costs no memory; once there is
// room they are behind.
import { present } from '../base/assert.ts';
import { latin1FromBytes } from '../base/bytes.ts';
import { empty } from '../base/lists.ts';
import type { Event } from '../wire/gen/kv.ts';
import { CatchUp, type CatchUpOptions, type WatcherGroups } from './catch-up.ts';
import { SharedEvent } from './shared-event.ts';
import type { WatchableStore } from './store.ts';
import { WatchStream, type WatchSink } from './stream.ts';
import { heldBytesOf, type WatchOptions, type Watcher } from './watcher.ts';
import { WatcherIndex } from './watcher-index.ts';

export interface WatchHubOptions extends CatchUpOptions {
  /** What the watchers of all streams may hold together. Default 256 MiB: some 400,000. */
  readonly maxHeldBytes?: number;
  /** What those of one stream may hold. Default 64 MiB: some 100,000. */
  readonly maxStreamHeldBytes?: number;
}

const MAX_HELD_BYTES = 256 * 1024 * 1024;
const MAX_STREAM_HELD_BYTES = 64 * 1024 * 1024;
/** Of one event for many watchers of a stream, about so much is encoded before the receiver is asked for room. */
const MAX_TOGETHER_BYTES = 64 * 1024;

export class WatchHub implements WatcherGroups {
  private readonly store: WatchableStore;
  private readonly streams = new Set<WatchStream>();
  private readonly synced = new WatcherIndex();
  private readonly behind: CatchUp;
  private readonly lists: Watcher[][] = [];
  private readonly touched: WatchStream[] = [];
  private readonly maxHeldBytes: number;
  private readonly maxStreamHeldBytes: number;
  private heldBytes = 0;
  private seenRevision: number;

  /** Takes over the store's `onChanges` and `onRestored`. */
  constructor(store: WatchableStore, options: WatchHubOptions) {
    this.store = store;
    this.behind = new CatchUp(store, this, options);
    this.maxHeldBytes = options.maxHeldBytes ?? MAX_HELD_BYTES;
    this.maxStreamHeldBytes = options.maxStreamHeldBytes ?? MAX_STREAM_HELD_BYTES;
    this.seenRevision = store.revision;
    store.onChanges = (revision, events) => this.notify(revision, events);
    store.onRestored = () => this.restored();
  }

  /** The newest revision that the synced watchers have seen: the store's. */
  get revision(): number {
    return this.seenRevision;
  }

  get streamCount(): number {
    return this.streams.size;
  }

  get watcherCount(): number {
    let count = 0;
    for (const stream of this.streams) count += stream.watchers.size;
    return count;
  }

  /** Watchers that have not seen everything. */
  get slowWatcherCount(): number {
    return this.watcherCount - this.synced.size;
  }

  openStream(sink: WatchSink): WatchStream {
    const stream = new WatchStream(this, sink);
    this.streams.add(stream);
    return stream;
  }

  /** Whether the limits allow one more watcher. For WatchStream. */
  hasRoomFor(stream: WatchStream, options: WatchOptions): boolean {
    const bytes = heldBytesOf(options);
    if (stream.heldBytes + bytes > this.maxStreamHeldBytes) return false;
    return this.heldBytes + bytes <= this.maxHeldBytes;
  }

  /** Takes a new watcher in. For WatchStream. */
  enter(watcher: Watcher): void {
    this.heldBytes += watcher.heldBytes;
    watcher.stream.heldBytes += watcher.heldBytes;
    const { startRevision } = watcher.options;
    watcher.minRevision = startRevision > 0 ? startRevision : this.seenRevision + 1;
    this.place(watcher);
  }

  /** Puts a watcher that is in no group where its revision says. */
  place(watcher: Watcher): void {
    if (watcher.minRevision <= this.seenRevision) {
      this.behind.add(watcher);
      return;
    }
    watcher.state = 'synced';
    this.synced.add(watcher);
  }

  /** Lets a watcher go, whatever its state. For WatchStream. */
  leave(watcher: Watcher): void {
    this.takeOut(watcher);
    this.heldBytes -= watcher.heldBytes;
    watcher.stream.heldBytes -= watcher.heldBytes;
    watcher.state = 'ended';
    watcher.batch = undefined;
    watcher.stream.watchers.delete(watcher.id);
    watcher.stream.settle();
  }

  /** The stream is closed. For WatchStream. */
  forget(stream: WatchStream): void {
    this.streams.delete(stream);
  }

  private takeOut(watcher: Watcher): void {
    if (watcher.state === 'synced') this.synced.remove(watcher);
    else if (watcher.state === 'behind') this.behind.remove(watcher);
  }

  /** The store jumped ahead: what was synced has seen the old revisions and goes on behind them. */
  private restored(): void {
    const next = this.seenRevision + 1;
    this.seenRevision = this.store.revision;
    for (const stream of this.streams) {
      for (const watcher of stream.watchers.values()) {
        if (watcher.state !== 'synced') continue;
        if (watcher.minRevision < next) watcher.minRevision = next;
        this.takeOut(watcher);
        this.place(watcher);
      }
    }
  }

  private notify(revision: number, events: readonly Event[]): void {
    this.seenRevision = revision;
    if (this.synced.size === 0) return;
    const only = events.length === 1 ? events[0] : undefined;
    if (only !== undefined) this.notifyOne(revision, new SharedEvent(only, this.store));
    else this.notifyMany(revision, events);
  }

  /** Nearly every transaction changes one key; then all watchers share one batch, and those of a stream one send. */
  private notifyOne(revision: number, event: SharedEvent): void {
    const { lists, touched } = this;
    this.synced.match(latin1FromBytes(event.kv.key), lists);
    for (const list of lists) {
      for (const watcher of list) {
        if (watcher.minRevision > revision || !watcher.wants(event)) continue;
        const { stream } = watcher;
        if (stream.wanting.push(watcher) === 1) touched.push(stream);
      }
    }
    const batch = [event];
    for (const stream of touched) {
      this.deliverToAll(stream.wanting, revision, batch, event);
      empty(stream.wanting);
    }
    empty(touched);
  }

  private deliverToAll(
    watchers: readonly Watcher[],
    revision: number,
    batch: readonly SharedEvent[],
    event: SharedEvent,
  ): void {
    const most = Math.max(1, Math.floor(MAX_TOGETHER_BYTES / event.size));
    let next = 0;
    while (next < watchers.length) {
      const watcher = present(watchers[next], 'next < watchers.length');
      const { stream } = watcher;
      // A receiver that is told may end other streams, or its own.
      if (watcher.state !== 'synced') return;
      if (stream.blocked || stream.recovering || next === watchers.length - 1) {
        this.deliver(watcher, revision, batch);
        next++;
        continue;
      }
      const end = Math.min(next + most, watchers.length);
      const together = next === 0 && end === watchers.length ? watchers : watchers.slice(next, end);
      for (let i = next; i < end; i++) {
        const each = present(watchers[i], 'end <= watchers.length');
        each.minRevision = revision + 1;
        each.quiet = false;
      }
      stream.block(stream.sink.sendToAll(together, revision, batch));
      next = end;
    }
  }

  private notifyMany(revision: number, events: readonly Event[]): void {
    const touched: Watcher[] = [];
    for (const raw of events) {
      const event = new SharedEvent(raw, this.store);
      this.synced.match(latin1FromBytes(event.kv.key), this.lists);
      for (const list of this.lists) {
        for (const watcher of list) {
          if (watcher.minRevision > revision || !watcher.wants(event)) continue;
          if (watcher.batch === undefined) touched.push(watcher);
          (watcher.batch ??= []).push(event);
        }
      }
    }
    for (const watcher of touched) {
      const batch = watcher.batch;
      watcher.batch = undefined;
      if (batch !== undefined) this.deliver(watcher, revision, batch);
    }
  }

  private deliver(watcher: Watcher, revision: number, batch: readonly SharedEvent[]): void {
    const { stream } = watcher;
    if (!stream.blocked && !stream.recovering) {
      watcher.minRevision = revision + 1;
      watcher.quiet = false;
      stream.block(stream.sink.sendEvents(watcher, revision, batch));
      return;
    }
    watcher.minRevision = revision;
    this.takeOut(watcher);
    if (stream.blocked) watcher.state = 'parked';
    else this.place(watcher);
  }
}
