// What watch needs of the store; storage/mvcc's MvccStore provides it.
import type { Event, KeyValue } from '../wire/gen/kv.ts';

/** Bounds of one read of the history. A revision is always read whole. */
export interface EventLimits {
  readonly maxEvents: number;
  /** Encoded bytes of the events. */
  readonly maxBytes: number;
  /** Whether anybody wants the events of this key (latin1). */
  readonly wants: (key: string) => boolean;
}

export interface WatchableStore {
  /** The newest revision whose changes are complete. */
  readonly revision: number;
  /** Events before this revision may be gone; −1 when nothing was ever compacted. */
  readonly compactRevision: number;
  /** Called at the end of each write transaction with its events; all of them have that revision. */
  onChanges: ((revision: number, events: readonly Event[]) => void) | undefined;
  /** Called when the content was replaced by a later one: a snapshot from the leader. */
  onRestored: (() => void) | undefined;
  /**
   * Wanted events of revisions from `lo` on and before `hi`, in order. Every one below `nextRevision` is returned; that is
   * `hi` when the limits allowed.
   */
  eventsBetween(
    lo: number,
    hi: number,
    limits: EventLimits,
  ): { readonly events: readonly Event[]; readonly nextRevision: number };
  /** The key as it was at `revision`; undefined when there was none or that revision is compacted. */
  keyValueAt(key: Uint8Array, revision: number): KeyValue | undefined;
}
