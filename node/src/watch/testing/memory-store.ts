// A store for tests of watch: the whole history in an array. What is compacted is really gone, so that nobody reads it.
import { bytesFromLatin1, latin1FromBytes } from '../../base/bytes.ts';
import { Event, EventType, KeyValue } from '../../wire/gen/kv.ts';
import type { EventLimits, WatchableStore } from '../store.ts';

export type Change = { readonly key: string; readonly value: string | undefined };

export class MemoryStore implements WatchableStore {
  revision = 1;
  compactRevision = -1;
  onChanges: WatchableStore['onChanges'] = undefined;
  onRestored: WatchableStore['onRestored'] = undefined;
  /** How often the history was read. */
  reads = 0;
  private history: Event[] = [];
  private readonly live = new Map<string, KeyValue>();
  private readonly versions = new Map<string, KeyValue[]>();

  /** One write transaction; deletions of keys that do not exist do nothing. Returns its events. */
  write(changes: readonly Change[], notify = true): Event[] {
    const revision = this.revision + 1;
    const events: Event[] = [];
    for (const { key, value } of changes) {
      const before = this.live.get(key);
      if (value === undefined) {
        if (before === undefined) continue;
        const kv = KeyValue.create({ key: bytes(key), modRevision: revision });
        events.push(Event.create({ type: EventType.DELETE, kv }));
        this.live.delete(key);
        this.versionsOf(key).push(kv);
        continue;
      }
      const kv = KeyValue.create({
        key: bytes(key),
        value: bytes(value),
        createRevision: before?.createRevision ?? revision,
        modRevision: revision,
        version: (before?.version ?? 0) + 1,
      });
      events.push(Event.create({ type: EventType.PUT, kv }));
      this.live.set(key, kv);
      this.versionsOf(key).push(kv);
    }
    if (events.length === 0) return events;
    this.history.push(...events);
    this.revision = revision;
    if (notify) this.onChanges?.(revision, events);
    return events;
  }

  put(key: string, value = 'v'): Event[] {
    return this.write([{ key, value }]);
  }

  delete(key: string): Event[] {
    return this.write([{ key, value: undefined }]);
  }

  compact(revision: number): void {
    this.compactRevision = revision;
    this.history = this.history.filter((event) => event.kv!.modRevision >= revision);
  }

  eventsBetween(lo: number, hi: number, limits: EventLimits) {
    this.reads++;
    const events: Event[] = [];
    let bytes = 0;
    let last = 0;
    for (const event of this.history) {
      const { modRevision, key } = event.kv!;
      if (modRevision < lo || modRevision >= hi) continue;
      const full = events.length >= limits.maxEvents || bytes >= limits.maxBytes;
      if (full && modRevision !== last) return { events, nextRevision: modRevision };
      last = modRevision;
      if (!limits.wants(latin1FromBytes(key))) continue;
      bytes += KeyValue.sizeOf(event.kv!);
      // Every read decodes anew, as a backend does.
      events.push({ ...event, kv: { ...event.kv! } });
    }
    return { events, nextRevision: hi };
  }

  keyValueAt(key: Uint8Array, revision: number): KeyValue | undefined {
    if (revision < this.compactRevision) return undefined;
    const versions = this.versions.get(latin1FromBytes(key)) ?? [];
    const found = versions.findLast((kv) => kv.modRevision <= revision);
    return found === undefined || found.version === 0 ? undefined : found;
  }

  private versionsOf(key: string): KeyValue[] {
    let versions = this.versions.get(key);
    if (versions === undefined) {
      versions = [];
      this.versions.set(key, versions);
    }
    return versions;
  }
}

/** A plain array, as a decoded message holds. */
function bytes(text: string): Uint8Array {
  return new Uint8Array(bytesFromLatin1(text));
}
