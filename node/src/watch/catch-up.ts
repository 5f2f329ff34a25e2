// The watchers that read the past (etcd: syncWatchers in storage/mvcc/watchable_store.go). Each step reads one batch from
// where the first of them stands and serves all that stand within it; then the first goes to the end of the queue. So every
// watcher moves on whatever the others do, and those that stand together stay together.
import { latin1FromBytes } from '../base/bytes.ts';
import type { Logger } from '../base/logger.ts';
import type { Clock } from '../base/world.ts';
import { SharedEvent } from './shared-event.ts';
import type { EventLimits, WatchableStore } from './store.ts';
import type { Watcher } from './watcher.ts';
import { WatcherIndex } from './watcher-index.ts';

/** As etcd's watchBatchMaxRevs, and well below the 4 MiB that some clients accept in a message. */
const MAX_EVENTS = 1000;
const MAX_BYTES = 1024 * 1024;
const SLICE_MS = 5;

/** The hub, as seen from here. */
export interface WatcherGroups {
  /** Every event up to here has been told to the synced watchers. */
  readonly revision: number;
  /** Puts a watcher that is in no group where its revision says: behind again, or synced. */
  place(watcher: Watcher): void;
}

export interface CatchUpOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly maxEvents?: number;
  readonly maxBytes?: number;
}

export class CatchUp {
  private readonly store: WatchableStore;
  private readonly groups: WatcherGroups;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly limits: EventLimits;
  /** In the order in which they are served; the index finds them by key. */
  private readonly queue = new Set<Watcher>();
  private readonly index = new WatcherIndex();
  private readonly lists: Watcher[][] = [];
  private running = false;

  constructor(store: WatchableStore, groups: WatcherGroups, options: CatchUpOptions) {
    this.store = store;
    this.groups = groups;
    this.clock = options.clock;
    this.logger = options.logger;
    this.limits = {
      maxEvents: options.maxEvents ?? MAX_EVENTS,
      maxBytes: options.maxBytes ?? MAX_BYTES,
      wants: (key) => this.index.has(key),
    };
  }

  add(watcher: Watcher): void {
    watcher.state = 'behind';
    watcher.stream.behindCount++;
    this.queue.add(watcher);
    this.index.add(watcher);
    if (!this.running) {
      this.running = true;
      void this.run();
    }
  }

  remove(watcher: Watcher): void {
    this.queue.delete(watcher);
    this.index.remove(watcher);
    watcher.stream.behindCount--;
  }

  private async run(): Promise<void> {
    await this.clock.yieldNow();
    while (this.queue.size > 0) {
      const endMs = this.clock.monotonicMs() + SLICE_MS;
      do this.step();
      while (this.queue.size > 0 && this.clock.monotonicMs() < endMs);
      if (this.queue.size > 0) await this.clock.yieldNow();
    }
    this.running = false;
  }

  private step(): void {
    const front = this.firstReady();
    if (front === undefined) return;
    const lo = front.minRevision;
    if (lo < this.store.compactRevision) {
      this.endCompacted(front);
      return;
    }
    const { events, nextRevision } = this.store.eventsBetween(
      lo,
      this.groups.revision + 1,
      this.limits,
    );
    for (const raw of events) this.collect(new SharedEvent(raw, this.store), lo);
    for (const watcher of [...this.queue]) {
      const { minRevision } = watcher;
      if (minRevision >= lo && minRevision < nextRevision) this.advance(watcher, nextRevision);
    }
  }

  private firstReady(): Watcher | undefined {
    for (const watcher of this.queue) {
      if (!watcher.stream.blocked) return watcher;
      this.park(watcher);
    }
    return undefined;
  }

  /** Notes an event for the watchers that want it and stand at `lo` or later. */
  private collect(event: SharedEvent, lo: number): void {
    this.index.match(latin1FromBytes(event.kv.key), this.lists);
    for (const list of this.lists) {
      for (const watcher of list) {
        const { minRevision } = watcher;
        if (minRevision < lo || minRevision > event.revision || !watcher.wants(event)) continue;
        (watcher.batch ??= []).push(event);
      }
    }
  }

  private advance(watcher: Watcher, nextRevision: number): void {
    const batch = watcher.batch;
    watcher.batch = undefined;
    if (watcher.state !== 'behind') return;
    const { stream } = watcher;
    if (batch !== undefined && stream.blocked) {
      this.park(watcher);
      return;
    }
    // Out and in again: at the end of the queue, or synced.
    this.remove(watcher);
    watcher.minRevision = nextRevision;
    this.groups.place(watcher);
    if (batch !== undefined) {
      watcher.quiet = false;
      stream.block(stream.sink.sendEvents(watcher, nextRevision - 1, batch));
    }
    stream.settle();
  }

  private park(watcher: Watcher): void {
    this.remove(watcher);
    watcher.state = 'parked';
    watcher.stream.settle();
  }

  private endCompacted(watcher: Watcher): void {
    const { minRevision, stream } = watcher;
    const { compactRevision } = this.store;
    this.logger.debug('watcher ends: its revision is compacted', { minRevision, compactRevision });
    stream.endCompacted(watcher, compactRevision);
  }
}
