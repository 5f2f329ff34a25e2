// Watch responses as parts of bytes. An event and a header are encoded once for all the watchers that get them.
import type { WatchId } from '../base/index.ts';
import { WatchResponse, type ResponseHeader } from '../wire/gen/rpc.ts';
import { encode } from '../wire/index.ts';
import type { SharedEvent, Watcher } from '../watch/index.ts';

/** `fragment: true`, field 7 of WatchResponse. */
const FRAGMENT_FIELD = new Uint8Array([56, 1]);

/** The `header` field of responses; remembers the last one, which is most often the next one too. */
export class HeaderField {
  private revision = -1;
  private term = -1;
  private bytes: Uint8Array = new Uint8Array(0);

  of(header: ResponseHeader): Uint8Array {
    if (header.revision !== this.revision || header.raftTerm !== this.term) {
      this.bytes = encode(WatchResponse, WatchResponse.create({ header }));
      this.revision = header.revision;
      this.term = header.raftTerm;
    }
    return this.bytes;
  }
}

/** The parts of one response with all `events`. */
export function eventParts(
  headerField: Uint8Array,
  watcher: Watcher,
  events: readonly SharedEvent[],
): Uint8Array[] {
  const parts = [headerField, watcher.idField];
  for (const event of events) parts.push(event.encoded(watcher.options.prevKv));
  return parts;
}

/**
 * Like `eventParts`, cut into responses below `maxBytes` where events allow it; all but the last are marked as fragments
 * (etcd: sendFragments in api/v3rpc/watch.go).
 */
export function fragmentParts(
  headerField: Uint8Array,
  watcher: Watcher,
  events: readonly SharedEvent[],
  maxBytes: number,
): Uint8Array[][] {
  const whole = eventParts(headerField, watcher, events);
  const headLength = headerField.length + watcher.idField.length;
  if (events.length < 2 || lengthOf(whole) < maxBytes) return [whole];
  const responses: Uint8Array[][] = [];
  let current: Uint8Array[] = [];
  let length = headLength + FRAGMENT_FIELD.length;
  for (const event of whole.slice(2)) {
    if (current.length > 0 && length + event.length >= maxBytes) {
      responses.push([headerField, watcher.idField, FRAGMENT_FIELD, ...current]);
      current = [];
      length = headLength + FRAGMENT_FIELD.length;
    }
    current.push(event);
    length += event.length;
  }
  responses.push([headerField, watcher.idField, ...current]);
  return responses;
}

/** A response without events. */
export function controlResponse(
  header: ResponseHeader,
  watchId: WatchId,
  more: Partial<WatchResponse> = {},
): WatchResponse {
  return WatchResponse.create({ header, watchId, ...more });
}

function lengthOf(parts: readonly Uint8Array[]): number {
  let length = 0;
  for (const part of parts) length += part.length;
  return length;
}
