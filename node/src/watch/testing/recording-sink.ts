// A receiver for tests: notes what it is told, and is slow when told to be.
import type { WatchId } from '../../base/ids.ts';
import type { SharedEvent } from '../shared-event.ts';
import type { WatchSink } from '../stream.ts';
import type { Watcher } from '../watcher.ts';

export type Told =
  | {
      readonly kind: 'events';
      readonly id: WatchId;
      readonly revision: number;
      readonly events: readonly SharedEvent[];
    }
  | { readonly kind: 'progress'; readonly id: WatchId; readonly revision: number }
  | { readonly kind: 'compacted'; readonly id: WatchId; readonly revision: number };

export class RecordingSink implements WatchSink {
  readonly told: Told[] = [];
  /** Messages that fit before the next `drain`. */
  private room: number;
  private readonly roomAfterDrain: number;
  private waiting: (() => void)[] = [];

  constructor(room = Infinity) {
    this.room = room;
    this.roomAfterDrain = room;
  }

  get full(): boolean {
    return this.room <= 0;
  }

  sendEvents(watcher: Watcher, revision: number, events: readonly SharedEvent[]): boolean {
    return this.take({ kind: 'events', id: watcher.id, revision, events });
  }

  sendToAll(
    watchers: readonly Watcher[],
    revision: number,
    events: readonly SharedEvent[],
  ): boolean {
    for (const watcher of watchers) this.sendEvents(watcher, revision, events);
    return !this.full;
  }

  sendProgress(id: WatchId, revision: number): boolean {
    return this.take({ kind: 'progress', id, revision });
  }

  sendCompacted(id: WatchId, revision: number): boolean {
    return this.take({ kind: 'compacted', id, revision });
  }

  drained(): Promise<void> {
    if (!this.full) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** The receiver read everything. */
  drain(): void {
    this.room = this.roomAfterDrain;
    const waiting = this.waiting;
    this.waiting = [];
    for (const resume of waiting) resume();
  }

  private take(message: Told): boolean {
    this.told.push(message);
    this.room--;
    return this.room > 0;
  }
}
