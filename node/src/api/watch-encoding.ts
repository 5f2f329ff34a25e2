// Watch responses as parts of bytes. An event and a header are encoded once for all the watchers that get them.
import {
  EMPTY_BYTES,
  MESSAGE_PREFIX_BYTES,
  present,
  writeMessagePrefix,
  type EncodedMessages,
  type WatchId,
} from '../base/index.ts';
import { WatchResponse, type ResponseHeader } from '../wire/gen/rpc.ts';
import { Writer, bigVarintSize, encode, varintSize } from '../wire/index.ts';
import type { SharedEvent, Watcher } from '../watch/index.ts';
import { headerOf, type MemberApi } from './member-api.ts';

/** `fragment: true`, field 7 of WatchResponse. */
const FRAGMENT_FIELD = new Uint8Array([56, 1]);

/** The `header` field of responses; remembers the last one, which is most often the next one too. */
export class HeaderField {
  private revision = -1;
  private term = -1;
  private bytes: Uint8Array = new Uint8Array(0);

  of(member: MemberApi, revision: number): Uint8Array {
    const { term } = member.raft();
    if (revision !== this.revision || term !== this.term) {
      const header = headerOf(member, revision);
      this.bytes = encode(WatchResponse, WatchResponse.create({ header }));
      this.revision = revision;
      this.term = term;
    }
    return this.bytes;
  }
}

/**
 * The responses with the same events to watchers of one call, encoded side by side. Every call can use the same object: what
 * `fill` took is written before the next one is filled.
 */
export class ResponseBlock implements EncodedMessages {
  size = 0;
  private headerField: Uint8Array = EMPTY_BYTES;
  private watchers: readonly Watcher[] = [];
  private events: readonly SharedEvent[] = [];

  fill(
    headerField: Uint8Array,
    watchers: readonly Watcher[],
    events: readonly SharedEvent[],
  ): this {
    this.headerField = headerField;
    this.watchers = watchers;
    this.events = events;
    const plainBytes = eventBytes(events, false);
    const fullBytes = watchers.some(wantsPrevious) ? eventBytes(events, true) : 0;
    const fixedBytes = MESSAGE_PREFIX_BYTES + headerField.length;
    let size = 0;
    for (const watcher of watchers) {
      size += fixedBytes + idFieldSize(watcher) + (wantsPrevious(watcher) ? fullBytes : plainBytes);
    }
    this.size = size;
    return this;
  }

  write(target: Uint8Array, at: number): void {
    const { watchers } = this;
    const writer = new Writer(target, at);
    let first = 0;
    while (first < watchers.length) first = this.writeAlike(first, writer);
  }

  /**
   * Writes the response to the watcher at `first` and to those behind it for whom only the id differs: these are copied from
   * it, twice as many each time. Returns the first one that is left.
   */
  private writeAlike(first: number, writer: Writer): number {
    const { watchers, headerField } = this;
    const { bytes: target, position: start } = writer;
    this.writeOne(present(watchers[first], 'a block is written up to its last watcher'), writer);
    const size = writer.position - start;
    const hi = this.endOfAlike(first);
    const end = start + size * (hi - first);
    for (let done = size; start + done < end; done *= 2) {
      target.copyWithin(start + done, start, Math.min(start + done, end - done));
    }
    const toId = MESSAGE_PREFIX_BYTES + headerField.length;
    for (let i = first + 1, at = start + size; i < hi; i++, at += size) {
      writer.position = at + toId;
      writeIdField(present(watchers[i], 'those alike are watchers'), writer);
    }
    writer.position = end;
    return hi;
  }

  private writeOne(watcher: Watcher, writer: Writer): void {
    const { headerField, events } = this;
    const target = writer.bytes;
    const start = writer.position;
    writer.position = start + MESSAGE_PREFIX_BYTES;
    copyTo(writer, headerField);
    writeIdField(watcher, writer);
    for (const event of events) copyTo(writer, event.encoded(watcher.options.prevKv));
    writeMessagePrefix(target, start, writer.position - start - MESSAGE_PREFIX_BYTES);
  }

  private endOfAlike(first: number): number {
    const { watchers } = this;
    const like = present(watchers[first], 'a block is written up to its last watcher');
    const idSize = idFieldSize(like);
    let hi = first + 1;
    for (; hi < watchers.length; hi++) {
      const watcher = present(watchers[hi], 'hi < watchers.length');
      if (wantsPrevious(watcher) !== wantsPrevious(like) || idFieldSize(watcher) !== idSize) break;
    }
    return hi;
  }
}

function wantsPrevious(watcher: Watcher): boolean {
  return watcher.options.prevKv;
}

function eventBytes(events: readonly SharedEvent[], prevKv: boolean): number {
  let bytes = 0;
  for (const event of events) bytes += event.encoded(prevKv).length;
  return bytes;
}

function copyTo(writer: Writer, part: Uint8Array): void {
  writer.bytes.set(part, writer.position);
  writer.position += part.length;
}

const WATCH_ID_TAG = 16;

function idFieldSize({ smallId, id }: Watcher): number {
  if (smallId === 0) return 0;
  return 1 + (smallId > 0 ? varintSize(smallId) : bigVarintSize(id));
}

function writeIdField({ smallId, id }: Watcher, writer: Writer): void {
  if (smallId === 0) return;
  writer.varint(WATCH_ID_TAG);
  if (smallId > 0) writer.varint(smallId);
  else writer.bigVarint(id);
}

/** The parts of one response with all `events`; these are not copied. */
export function eventParts(
  headerField: Uint8Array,
  watcher: Watcher,
  events: readonly SharedEvent[],
): Uint8Array[] {
  const parts = [headerField, idField(watcher)];
  for (const event of events) parts.push(event.encoded(watcher.options.prevKv));
  return parts;
}

function idField(watcher: Watcher): Uint8Array {
  const writer = new Writer(new Uint8Array(idFieldSize(watcher)));
  writeIdField(watcher, writer);
  return writer.bytes;
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
  if (events.length < 2 || lengthOf(whole) < maxBytes) return [whole];
  const responses: Uint8Array[][] = [];
  const head = whole.slice(0, 2);
  const headLength = lengthOf(head);
  let current: Uint8Array[] = [];
  let length = headLength + FRAGMENT_FIELD.length;
  for (const event of whole.slice(2)) {
    if (current.length > 0 && length + event.length >= maxBytes) {
      responses.push([...head, FRAGMENT_FIELD, ...current]);
      current = [];
      length = headLength + FRAGMENT_FIELD.length;
    }
    current.push(event);
    length += event.length;
  }
  responses.push([...head, ...current]);
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
