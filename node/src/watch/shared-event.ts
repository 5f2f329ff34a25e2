// One event on its way to any number of watchers: encoded once, in up to two forms.
import { present } from '../base/assert.ts';
import { Event, EventType, KeyValue } from '../wire/gen/kv.ts';
import { Writer, delimitedSize, varintSize } from '../wire/writer.ts';
import type { WatchableStore } from './store.ts';

/** Field 11 of WatchResponse, length-delimited. */
const EVENTS_TAG = 90;
/** Of a WatchResponse of one event, besides key and value. */
const RESPONSE_BYTES = 64;

export class SharedEvent {
  readonly type: number;
  readonly kv: KeyValue;
  private readonly store: WatchableStore;
  /** null: looked for and not found. */
  private previous: KeyValue | null | undefined;
  private plain: Uint8Array | undefined = undefined;
  private withPrevious: Uint8Array | undefined = undefined;

  constructor(event: Event, store: WatchableStore) {
    this.type = event.type;
    this.kv = present(event.kv, 'an event has a key-value');
    this.previous = event.prevKv;
    this.store = store;
  }

  get revision(): number {
    return this.kv.modRevision;
  }

  get isDelete(): boolean {
    return this.type === EventType.DELETE;
  }

  /** What the key was before: undefined for a creation, and when that revision is compacted. */
  get prevKv(): KeyValue | undefined {
    if (this.previous === undefined) {
      const created = !this.isDelete && this.kv.createRevision === this.kv.modRevision;
      this.previous = created
        ? null
        : (this.store.keyValueAt(this.kv.key, this.kv.modRevision - 1) ?? null);
    }
    return this.previous ?? undefined;
  }

  toEvent(prevKv: boolean): Event {
    return { type: this.type, kv: this.kv, prevKv: prevKv ? this.prevKv : undefined };
  }

  /** What it takes to tell one watcher, about; what the key was before not counted. */
  get size(): number {
    return RESPONSE_BYTES + this.kv.key.length + this.kv.value.length;
  }

  /** The event as an `events` field of a WatchResponse. Every caller gets the same bytes. */
  encoded(prevKv: boolean): Uint8Array {
    if (prevKv && this.prevKv !== undefined) {
      return (this.withPrevious ??= encodeField(this.toEvent(true)));
    }
    return (this.plain ??= encodeField(this.toEvent(false)));
  }
}

function encodeField(event: Event): Uint8Array {
  const size = Event.sizeOf(event);
  const writer = new Writer(new Uint8Array(varintSize(EVENTS_TAG) + delimitedSize(size)));
  writer.varint(EVENTS_TAG);
  writer.varint(size);
  Event.write(event, writer);
  return writer.bytes;
}
