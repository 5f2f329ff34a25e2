import { describe, expect, test } from 'vitest';
import { Event, EventType, KeyValue } from '../../../wire/gen/kv.ts';
import {
  CompactionRequest,
  FilterType,
  WatchCancelRequest,
  WatchCreateRequest,
  WatchProgressRequest,
  WatchRequest,
  WatchResponse,
} from '../../../wire/gen/rpc.ts';
import { Floors } from '../answers/floors.ts';
import type { WatchStreamRecord } from '../observer.ts';
import { bytes, header, kv, putOp, remove, Script, txn } from '../testing/script.ts';
import { WatchCheck } from './watch.ts';

/** Keys a and b: 2 puts a, 3 puts b and a at once, 4 deletes a, 5 puts b. */
class Told {
  readonly script = new Script();
  readonly floors = new Floors(this.script);
  readonly check = new WatchCheck(this.script, this.floors);
  readonly stream: WatchStreamRecord = { id: 1, client: 'client-0', host: 'm0', openedMs: 0 };

  constructor() {
    this.script.commitPut('a', '1');
    this.script.commit({ txn: txn({ success: [putOp('b', '1'), putOp('a', '2')] }) });
    this.script.commit({ deleteRange: remove('a') });
    this.script.commitPut('b', '2');
    this.check.opened(this.stream);
  }

  ask(init: Partial<WatchCreateRequest>): void {
    const createRequest = WatchCreateRequest.create({
      ...{ key: bytes('a'), rangeEnd: bytes('z') },
      ...init,
    });
    this.check.requested(this.stream, WatchRequest.create({ createRequest }));
  }

  /** Watcher 0 from `startRevision`, created at the latest revision. */
  create(init: Partial<WatchCreateRequest>, created = this.script.model.revision): void {
    this.ask(init);
    this.respond(created, { created: true, watchId: init.watchId ?? 0n });
  }

  respond(revision: number, init: Partial<WatchResponse>): void {
    const response = WatchResponse.create({ header: header(revision), ...init });
    this.check.response(this.stream, response);
  }

  events(revision: number, ...events: Event[]): void {
    this.respond(revision, { events });
  }

  askProgress(): void {
    const progressRequest = WatchProgressRequest.create();
    this.check.requested(this.stream, WatchRequest.create({ progressRequest }));
  }

  found(): string[] {
    this.check.finish();
    return this.script.reported.map((text) => text.replace(/^watch: stream 1 [^:]*: /, ''));
  }
}

const putEvent = (written: KeyValue, prevKv?: KeyValue): Event =>
  Event.create({ type: EventType.PUT, kv: written, prevKv });
const deleteEvent = (key: string, modRevision: number, prevKv?: KeyValue): Event =>
  Event.create({
    type: EventType.DELETE,
    kv: KeyValue.create({ key: bytes(key), modRevision }),
    prevKv,
  });

const A2 = kv('a', '1', [2, 2]);
const B3 = kv('b', '1', [3, 3]);
const A3 = kv('a', '2', [2, 3]);
const B5 = kv('b', '2', [3, 5]);
const ALL = [putEvent(A2), putEvent(B3), putEvent(A3), deleteEvent('a', 4), putEvent(B5)];
const told = (): Told => new Told();

describe('what is right passes', () => {
  test('everything from the beginning, in one response or in several', () => {
    const run = told();
    run.create({ startRevision: 1 });
    run.events(5, ...ALL);
    run.create({ startRevision: 2, watchId: 9n });
    for (const events of [ALL.slice(0, 1), ALL.slice(1, 3), ALL.slice(3)]) {
      run.respond(5, { watchId: 9n, events });
    }
    expect(run.found()).toEqual([]);
  });

  test('one key, filters, the previous value', () => {
    const run = told();
    run.create({ startRevision: 1, rangeEnd: bytes(''), prevKv: true });
    run.events(5, putEvent(A2), putEvent(A3, A2), deleteEvent('a', 4, A3));
    run.create({ startRevision: 1, filters: [FilterType.NOPUT], watchId: 1n });
    run.respond(5, { watchId: 1n, events: [deleteEvent('a', 4)] });
    run.create({ startRevision: 3, filters: [FilterType.NODELETE], watchId: 2n });
    run.respond(5, { watchId: 2n, events: [putEvent(B3), putEvent(A3), putEvent(B5)] });
    expect(run.found()).toEqual([]);
  });

  test('from now on, also where the member was behind when it was asked', () => {
    const run = told();
    run.create({}, 4);
    run.events(5, putEvent(B5));
    run.create({ watchId: 1n }, 5);
    run.respond(5, { watchId: 1n, events: [deleteEvent('a', 4), putEvent(B5)] });
    expect(run.found()).toEqual([]);
  });

  test('fragments split a revision', () => {
    const run = told();
    run.create({ startRevision: 3, fragment: true });
    run.respond(5, { events: [putEvent(B3)], fragment: true });
    run.respond(5, { events: [putEvent(A3), deleteEvent('a', 4)], fragment: true });
    run.respond(5, { events: [putEvent(B5)] });
    expect(run.found()).toEqual([]);
  });

  test('progress, for one and for all', () => {
    const run = told();
    run.create({ startRevision: 5, progressNotify: true });
    run.respond(4, {});
    run.events(5, putEvent(B5));
    run.respond(5, {});
    run.askProgress();
    run.respond(5, { watchId: -1n });
    expect(run.found()).toEqual([]);
  });

  test('a start that was compacted, and a previous value that was', () => {
    const run = told();
    run.script.commit({ compaction: CompactionRequest.create({ revision: 4 }) });
    run.create({ startRevision: 3 });
    run.respond(0, { canceled: true, compactRevision: 4 });
    run.create({ startRevision: 4, prevKv: true });
    run.events(5, deleteEvent('a', 4), putEvent(B5, B3));
    expect(run.found()).toEqual([]);
  });

  test('a watcher that was canceled, and a stream that broke, miss what comes', () => {
    const run = told();
    run.create({ startRevision: 1 });
    const cancelRequest = WatchCancelRequest.create({ watchId: 0n });
    run.check.requested(run.stream, WatchRequest.create({ cancelRequest }));
    run.respond(5, { canceled: true });
    run.create({ startRevision: 1 });
    run.check.closed(run.stream);
    expect(run.found()).toEqual([]);
  });

  test('a cancellation of what a compaction has ended is answered once more', () => {
    const run = told();
    run.script.commit({ compaction: CompactionRequest.create({ revision: 4 }) });
    run.create({ startRevision: 3 });
    const cancelRequest = WatchCancelRequest.create({ watchId: 0n });
    run.check.requested(run.stream, WatchRequest.create({ cancelRequest }));
    run.respond(0, { canceled: true, compactRevision: 4 });
    run.respond(5, { canceled: true });
    expect(run.found()).toEqual([]);
    run.respond(5, { canceled: true });
    expect(run.found()).toHaveLength(1);
  });

  test('a creation that is refused', () => {
    const run = told();
    run.ask({ startRevision: -1 });
    run.respond(5, { created: true, canceled: true, watchId: -1n, cancelReason: 'compacted' });
    run.create({ startRevision: 6 });
    expect(run.found()).toEqual([]);
  });
});

describe('what is wrong is found', () => {
  const [first, second, third, fourth, fifth] = ALL as [Event, Event, Event, Event, Event];

  test.each([
    ['a gap', [first, fourth, fifth], /but put "b"="1" .* was next/],
    ['a missing event within a revision', [first, second, fourth], /but put "a"="2"/],
    ['an event twice', [first, second, third, third], /but deletion of "a" at 4 was next/],
    ['a wrong order of revisions', [second, third, first], /but put "a"="1"/],
    ['a wrong order within a revision', [first, third, second], /but put "b"="1"/],
    ['half a revision', [first, second], /got only a part of revision 3/],
    ['a wrong value', [putEvent({ ...A2, value: bytes('x') })], /but put "a"="1"/],
    ['a wrong version', [putEvent({ ...A2, version: 7 })], /but put/],
    ['a wrong creation', [putEvent({ ...A2, createRevision: 1 })], /but put/],
    ['a wrong lease', [putEvent({ ...A2, lease: 5n })], /but put/],
    ['a deletion that was a put', [deleteEvent('a', 2)], /but put/],
    ['an unwanted previous value', [first, second, putEvent(A3, A2)], /with prevKv/],
    ['an event that is not there yet', [putEvent(kv('a', '9', [9, 9]))], /revision 9; the latest/],
    ['nothing', [], /never got put "a"="1"/],
  ])('%s', (_, events, text) => {
    const run = told();
    run.create({ startRevision: 1 });
    if (events.length > 0) run.events(5, ...events);
    expect(run.found()).toEqual([expect.stringMatching(text)]);
  });

  test('a missing and a wrong previous value', () => {
    for (const prevKv of [undefined, B3]) {
      const run = told();
      run.create({ startRevision: 3, rangeEnd: bytes(''), prevKv: true });
      run.events(5, putEvent(A3, prevKv));
      expect(run.found()).toEqual([expect.stringMatching(/instead of "a"="1"/)]);
    }
  });

  test('an event of another key, one before the start, one that is filtered out', () => {
    const other = told();
    other.create({ startRevision: 5, rangeEnd: bytes('') });
    other.events(5, fifth);
    expect(other.found()).toHaveLength(1);
    const early = told();
    early.create({ startRevision: 5 });
    early.events(5, fourth, fifth);
    expect(early.found()).toHaveLength(1);
    const filtered = told();
    filtered.create({ startRevision: 4, filters: [FilterType.NODELETE] });
    filtered.events(5, fourth, fifth);
    expect(filtered.found()).toHaveLength(1);
  });

  test('from now on, with a gap behind the creation', () => {
    const run = told();
    run.create({}, 3);
    run.events(5, putEvent(B5));
    expect(run.found()).toEqual([expect.stringMatching(/deletion of "a" at 4 was next/)]);
  });

  test('from now on, with what the member had shown before', () => {
    const run = told();
    run.floors.started('m0', 1);
    run.floors.saw('m0', 4);
    run.create({}, 5);
    run.events(5, deleteEvent('a', 4), putEvent(B5));
    expect(run.found()).toHaveLength(1);
  });

  test('a revision in two responses, and an unwanted fragment', () => {
    const run = told();
    run.create({ startRevision: 3 });
    run.respond(5, { events: [second], fragment: true });
    expect(run.found()).toEqual(['watcher 0 got a fragment unasked']);
  });

  test('a progress mark before its events, one that goes back, and unwanted ones', () => {
    const run = told();
    run.create({ startRevision: 1, progressNotify: true });
    run.respond(3, {});
    const back = told();
    back.create({ startRevision: 6, progressNotify: true });
    back.respond(5, {});
    back.respond(4, {});
    const unwanted = told();
    unwanted.create({ startRevision: 6 });
    unwanted.respond(5, {});
    unwanted.respond(5, { watchId: -1n });
    expect([...run.found(), ...back.found(), ...unwanted.found()]).toEqual([
      expect.stringMatching(/a progress mark at 3 without put "a"="1"/),
      expect.stringMatching(/a progress mark at 4 after 5/),
      expect.stringMatching(/progress for 0, which did not ask/),
      expect.stringMatching(/progress that nobody asked for/),
    ]);
  });

  test('an event behind the mark that told of it', () => {
    const run = told();
    run.create({ startRevision: 6, progressNotify: true });
    run.respond(5, {});
    run.events(5, putEvent(B5));
    expect(run.found()).toHaveLength(1);
  });

  test('events before Created and after Canceled, and a second Created', () => {
    const run = told();
    run.ask({ startRevision: 5 });
    run.events(5, putEvent(B5));
    run.respond(5, { created: true });
    run.respond(5, { canceled: true });
    run.events(5, putEvent(B5));
    run.respond(5, { created: true });
    expect(run.found()).toHaveLength(3);
  });

  test('a compaction that was not, and one that does not concern it', () => {
    const run = told();
    run.create({ startRevision: 2 });
    run.respond(0, { canceled: true, compactRevision: 4 });
    run.script.commit({ compaction: CompactionRequest.create({ revision: 4 }) });
    run.create({ startRevision: 4 });
    run.respond(0, { canceled: true, compactRevision: 4 });
    expect(run.found()).toHaveLength(2);
  });

  test('a header behind its events, and one ahead of the cluster', () => {
    const run = told();
    run.create({ startRevision: 5 });
    run.events(4, putEvent(B5));
    run.create({ startRevision: 6, watchId: 1n });
    run.respond(9, { watchId: 1n });
    expect(run.found()).toHaveLength(2);
  });
});
