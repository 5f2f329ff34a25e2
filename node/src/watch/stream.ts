// The watchers that share one receiver, as those of one Watch call do.
import { EtcdError } from '../base/errors.ts';
import type { WatchId } from '../base/ids.ts';
import type { WatchHub } from './hub.ts';
import type { SharedEvent } from './shared-event.ts';
import { Watcher, type WatchOptions } from './watcher.ts';

/** Ends by compaction that are remembered until the client acknowledges them with a cancel. */
const MAX_COMPACTED = 1000;

/** In place of a watch id: nobody's in particular. */
export const INVALID_WATCH_ID: WatchId = -1n;

/** The receiver of a stream. Each method takes the message in any case, and returns false when there is no room for more. */
export interface WatchSink {
  /** All events for `watcher` of one or more whole revisions; it has now seen everything up to `revision`. */
  sendEvents(watcher: Watcher, revision: number, events: readonly SharedEvent[]): boolean;
  /** Like `sendEvents` for each of `watchers`, which are watchers of one stream. */
  sendToAll(
    watchers: readonly Watcher[],
    revision: number,
    events: readonly SharedEvent[],
  ): boolean;
  /** The watcher, or with INVALID_WATCH_ID every watcher of the stream, has seen everything up to `revision`. */
  sendProgress(watchId: WatchId, revision: number): boolean;
  /** The watcher ended: what it has to see next is compacted. */
  sendCompacted(watchId: WatchId, compactRevision: number): boolean;
  /** Resolves when there is room again, or never will be. */
  drained(): Promise<void>;
}

/** Why a watch was refused; `message` is etcd's text (storage/mvcc/watcher.go). */
export class WatchRefusedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'WatchRefusedError';
  }
}

export class WatchStream {
  readonly sink: WatchSink;
  readonly watchers = new Map<WatchId, Watcher>();
  /** The sink has no room: nothing is sent until it drained. */
  blocked = false;
  /** Parked watchers are catching up: until they have, new events wait their turn behind the old ones. */
  recovering = false;
  /** Watchers in state `behind`. */
  behindCount = 0;
  /** Watchers that want the event which is being told. */
  readonly wanting: Watcher[] = [];
  /** What the hub counts for the watchers. */
  heldBytes = 0;

  private readonly hub: WatchHub;
  private readonly compacted = new Set<WatchId>();
  private nextId: WatchId = 0n;
  private closed = false;

  constructor(hub: WatchHub, sink: WatchSink) {
    this.hub = hub;
    this.sink = sink;
  }

  /**
   * Begins to watch. `watchId` 0 picks a free one. Nothing is sent before the caller's turn ends.
   * @throws WatchRefusedError when the range is empty, the id is taken, or too much is watched already
   */
  watch(options: WatchOptions, watchId: WatchId = 0n): Watcher {
    const empty = options.end !== undefined && options.key >= options.end;
    if (this.closed || empty) throw new WatchRefusedError('mvcc: watcher range is empty');
    if (!this.hub.hasRoomFor(this, options)) {
      throw new WatchRefusedError(new EtcdError('RequestTooManyRequests').message);
    }
    const watcher = new Watcher(this.claimId(watchId), this, options);
    this.watchers.set(watcher.id, watcher);
    this.hub.enter(watcher);
    return watcher;
  }

  /** Ends a watcher; false when there is none of that id. One that a compaction ended can be canceled once more. */
  cancel(watchId: WatchId): boolean {
    const watcher = this.watchers.get(watchId);
    if (watcher === undefined) return this.compacted.delete(watchId);
    this.hub.leave(watcher);
    return true;
  }

  /** Ends a watcher whose next revision is gone. */
  endCompacted(watcher: Watcher, compactRevision: number): void {
    this.hub.leave(watcher);
    this.compacted.add(watcher.id);
    if (this.compacted.size > MAX_COMPACTED) {
      for (const oldest of this.compacted) {
        this.compacted.delete(oldest);
        break;
      }
    }
    this.block(this.sink.sendCompacted(watcher.id, compactRevision));
  }

  /** Sends the watcher's progress if it has seen everything; otherwise nothing happens. */
  reportProgress(watcher: Watcher): void {
    const { revision } = this.hub;
    if (this.blocked || !isCurrent(watcher, revision)) return;
    this.block(this.sink.sendProgress(watcher.id, revision));
  }

  /** Sends the progress of all watchers in one message if all of them have seen everything; otherwise nothing happens. */
  requestProgress(): void {
    const { revision } = this.hub;
    if (this.blocked || this.watchers.size === 0) return;
    for (const watcher of this.watchers.values()) if (!isCurrent(watcher, revision)) return;
    this.block(this.sink.sendProgress(INVALID_WATCH_ID, revision));
  }

  /** Ends all watchers. Nothing is sent any more. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const watcher of this.watchers.values()) this.hub.leave(watcher);
    this.hub.forget(this);
  }

  /** Takes what a send returned: without room, the stream waits for its receiver. */
  block(hasRoom: boolean): void {
    if (hasRoom || this.blocked || this.closed) return;
    this.blocked = true;
    void this.sink.drained().then(() => {
      this.blocked = false;
      if (!this.closed) this.unpark();
    });
  }

  /** The stream has recovered when none of its watchers is behind. */
  settle(): void {
    if (this.behindCount === 0) this.recovering = false;
  }

  /** There is room again: parked watchers catch up, the one that waits for the oldest revision first. */
  private unpark(): void {
    const parked = [...this.watchers.values()].filter((watcher) => watcher.state === 'parked');
    parked.sort((a, b) => a.minRevision - b.minRevision);
    for (const watcher of parked) this.hub.place(watcher);
    this.recovering = parked.length > 0;
  }

  private isTaken(watchId: WatchId): boolean {
    return this.watchers.has(watchId) || this.compacted.has(watchId);
  }

  private claimId(watchId: WatchId): WatchId {
    if (watchId !== 0n) {
      if (!this.isTaken(watchId)) return watchId;
      throw new WatchRefusedError('mvcc: duplicate watch ID provided on the WatchStream');
    }
    while (this.isTaken(this.nextId)) this.nextId++;
    return this.nextId++;
  }
}

/** A watcher that begins in the future has no progress to tell before that (etcd issue 15271). */
function isCurrent(watcher: Watcher, revision: number): boolean {
  return watcher.state === 'synced' && revision >= watcher.options.startRevision;
}
