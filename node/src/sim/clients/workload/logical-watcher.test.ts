import { expect, test } from 'vitest';
import { Event, KeyValue } from '../../../wire/gen/kv.ts';
import { ResponseHeader, WatchResponse } from '../../../wire/gen/rpc.ts';
import { fakeActor } from '../testing/fake-actor.ts';
import { LogicalWatcher } from './logical-watcher.ts';

const header = (revision: number): ResponseHeader => ResponseHeader.create({ revision });
const eventsAt = (...revisions: number[]): Event[] =>
  revisions.map((modRevision) => Event.create({ kv: KeyValue.create({ modRevision }) }));

test('a watcher goes on behind the last whole revision that it has seen', async () => {
  const { actor } = await fakeActor();
  const watcher = new LogicalWatcher(actor);
  const saw = (response: Partial<WatchResponse>): number => {
    watcher.saw(WatchResponse.create(response));
    return watcher.request(0n).startRevision;
  };
  watcher.nextRevision = 0;
  expect(saw({ created: true, header: header(10) })).toBe(11);
  expect(saw({ events: eventsAt(12, 14), header: header(20) })).toBe(15);
  // The rest of revision 16 is still to come.
  expect(saw({ events: eventsAt(16), fragment: true, header: header(20) })).toBe(15);
  expect(saw({ events: eventsAt(16, 17), header: header(20) })).toBe(18);
  // Progress: nothing happened up to there. It never goes back.
  expect(saw({ header: header(30) })).toBe(31);
  expect(saw({ header: header(25) })).toBe(31);
  expect(saw({ canceled: true, compactRevision: 40, header: header(0) })).toBe(40);
});

test('one that begins in the past or the future is not moved by its creation', async () => {
  const { actor } = await fakeActor();
  for (const startRevision of [3, 99]) {
    const watcher = new LogicalWatcher(actor);
    watcher.nextRevision = startRevision;
    watcher.saw(WatchResponse.create({ created: true, header: header(10) }));
    expect(watcher.request(0n).startRevision).toBe(startRevision);
  }
});
