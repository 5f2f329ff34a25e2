// The events that a watcher has to get, one after the other, from a revision on.
import type { KeyStore, Change, KeyRange } from '../model/key-store.ts';
import { isInRange } from '../model/key-store.ts';

export class ExpectedEvents {
  /** Everything before this revision was delivered. */
  revision: number;
  /** How many of its events of `revision` were delivered. */
  private delivered = 0;
  private readonly range: KeyRange;
  private readonly wants: (change: Change) => boolean;

  constructor(range: KeyRange, wants: (change: Change) => boolean, revision: number) {
    this.range = range;
    this.wants = wants;
    this.revision = revision;
  }

  /** True between two events of one revision. */
  get isWithinRevision(): boolean {
    return this.delivered > 0;
  }

  /** The next event at or before `last`, or undefined when there is none. */
  peek(store: KeyStore, last: number = store.revision): Change | undefined {
    while (this.revision <= last) {
      const next = this.eventsOf(store, this.revision)[this.delivered];
      if (next !== undefined) return next;
      this.revision++;
      this.delivered = 0;
    }
    return undefined;
  }

  /** The event that `peek` showed was delivered. */
  deliver(store: KeyStore): void {
    this.delivered++;
    if (this.delivered < this.eventsOf(store, this.revision).length) return;
    this.revision++;
    this.delivered = 0;
  }

  /** There is nothing before `revision` any more. */
  skipTo(revision: number): void {
    if (revision <= this.revision) return;
    this.revision = revision;
    this.delivered = 0;
  }

  private eventsOf(store: KeyStore, revision: number): Change[] {
    return store
      .changes(revision)
      .filter((change) => isInRange(this.range, change.key) && this.wants(change));
  }
}
