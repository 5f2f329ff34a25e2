// The history as events, read from the backend for watchers that are behind (etcd: rangeEvents in watchable_store.go).
import { EventType, KeyValue } from '../../wire/gen/kv.ts';
import type { Event } from '../../wire/gen/kv.ts';
import { decode } from '../../wire/index.ts';
import { keyOfEncoded } from './encoded.ts';
import { isTombstone, mainOf, revisionBytes } from './revision.ts';
import type { StoreState } from './state.ts';

/** Bounds of one call. All are looked at between revisions: a revision's events are never split. */
export interface EventLimits {
  /** Events returned. Default 1,000. */
  readonly maxEvents?: number | undefined;
  /** Encoded bytes of the events returned. Default 1 MiB. */
  readonly maxBytes?: number | undefined;
  /** Changes looked at, wanted or not: bounds the time. Default 5,000. */
  readonly maxScanned?: number | undefined;
  /** Whether anybody wants the events of this key (latin1). Default: all are wanted. */
  readonly wants?: ((key: string) => boolean) | undefined;
}

export interface EventSlice {
  readonly events: Event[];
  /** Every wanted event below this revision is returned; the next call begins with it. `hi` when all were read. */
  readonly nextRevision: number;
}

/**
 * The events of revisions [lo, hi), in order, as messages that own their bytes. Of revisions below the compacted one
 * only some may be left: the caller keeps `lo` at or above it.
 */
export function eventsBetween(
  state: StoreState,
  lo: number,
  hi: number,
  limits: EventLimits,
): EventSlice {
  const { maxEvents = 1000, maxBytes = 1 << 20, maxScanned = 5000, wants } = limits;
  const events: Event[] = [];
  let nextRevision = hi;
  let bytes = 0;
  let scanned = 0;
  let last = 0;
  state.keys.forEach(revisionBytes(Math.max(lo, 0), 0), revisionBytes(hi, 0), (key, value) => {
    const main = mainOf(key);
    const full = events.length >= maxEvents || bytes >= maxBytes || scanned >= maxScanned;
    if (full && main !== last) {
      nextRevision = main;
      return false;
    }
    last = main;
    scanned++;
    if (wants !== undefined && !wants(keyOfEncoded(value))) return true;
    events.push(eventOf(key, value));
    bytes += value.length;
    return true;
  });
  return { events, nextRevision };
}

/** The event of a stored pair. A tombstone holds only its key; the event tells its revision. */
function eventOf(key: Uint8Array, value: Uint8Array): Event {
  const kv = decode(KeyValue, new Uint8Array(value));
  if (!isTombstone(key)) return { type: EventType.PUT, kv, prevKv: undefined };
  kv.modRevision = mainOf(key);
  return { type: EventType.DELETE, kv, prevKv: undefined };
}
