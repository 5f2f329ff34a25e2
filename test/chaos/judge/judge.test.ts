// The judges of real processes: the tape of a real member passes, and each kind of lie on it is found.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { utf8FromText } from '../../../node/src/base/index.ts';
import { compare, op } from '../../../node/src/client/index.ts';
import {
  KVService,
  LeaseService,
  type LeaseKeepAliveResponse,
  type PutResponse,
  type RangeResponse,
  type TxnResponse,
} from '../../../node/src/wire/gen/rpc.ts';
import { startCluster } from '../../integration/support/cluster.ts';
import { eventually, sleep } from '../../integration/support/waiting.ts';
import { RecordedClient } from '../record/recorded-client.ts';
import { Tape, type TapeEvent, type TapeRecord } from '../record/tape.ts';
import { endsOf } from './ends.ts';
import { play, type MemberEnd } from './play.ts';

let tape: Tape;
let ends: MemberEnd[];

beforeAll(async () => {
  const cluster = await startCluster({ startTimeoutMs: 60_000 });
  tape = new Tape();
  tape.started('m1');
  const options = { endpoints: cluster.endpoints, tape, hostOf: () => 'm1', timeoutMs: 60_000 };
  const client = new RecordedClient({ ...options, name: 'client' });
  try {
    let revision = 0;
    const listener = {
      events: (response: { revision: number }) => void (revision = response.revision),
    };
    client.watches.watch('k', { prefix: true, startRevision: 1 }, listener);
    for (const value of ['1', '2', '3']) {
      await client.put('k', value);
      await client.get('k');
      await client.range('k', { serializable: true });
    }
    const lease = await client.leases.hold(2);
    await client.put('kl', 'leased', { lease: lease.id });
    await sleep(800); // it is kept alive once
    lease.release();
    await client
      .txn()
      .if(compare.value('k', '=', '3'))
      .thenDo(op.put('k', '4'))
      .commit();
    await client.delete('k');
    tape.faultsEnded();
    await eventually('the end of the lease', async () => (await client.leases.list()).length === 0);
    const last = await client.put('k', 'last');
    await eventually('all events', () => revision >= last.revision);
    tape.freeze();
    ends = await endsOf(cluster);
  } finally {
    client.close();
    await cluster.stop();
  }
});
afterAll(() => expect(checksOf(copied())).toEqual([])); // no test has changed the original

/** The tape again, whose records may be changed. */
function copied(): TapeEvent[] {
  return structuredClone(tape.events);
}

function checksOf(events: readonly TapeEvent[], members = ends): string[] {
  const copy = new Tape();
  copy.events.push(...events);
  return play(copy, members).violations.map(({ check }) => check);
}

/** The answered requests of one kind. */
function answers(events: readonly TapeEvent[], path: string): TapeRecord[] {
  return events.flatMap((event) =>
    event.kind === 'returned' && event.record.path === path ? [event.record] : [],
  );
}

test('what a real member did and said passes', () => {
  expect(checksOf(copied())).toEqual([]);
  expect(answers(tape.events, LeaseService.leaseKeepAlive.path).length).toBeGreaterThan(0);
});

test.each<[string, string, (events: TapeEvent[]) => void]>([
  [
    'an acknowledged write that is in no log',
    'log',
    (events) => {
      const [put] = answers(events, KVService.put.path);
      Object.assign(put!.request as object, { value: utf8FromText('lost') });
    },
  ],
  [
    'a read of what was never written',
    'answer',
    (events) => {
      const [read] = answers(events, KVService.range.path);
      Object.assign((read!.response as RangeResponse).kvs[0]!, { value: utf8FromText('x') });
    },
  ],
  [
    'a stale read',
    'realTime',
    (events) => {
      const [first, , second] = answers(events, KVService.range.path);
      Object.assign(second!, { response: first!.response });
    },
  ],
  [
    'a stale read that hides its age',
    'answer',
    (events) => {
      const [first, , second] = answers(events, KVService.range.path);
      const { kvs } = first!.response as RangeResponse;
      Object.assign(second!.response as RangeResponse, { kvs });
    },
  ],
  [
    'a serializable read that goes back on one member',
    'realTime',
    (events) => {
      const [, first, , second] = answers(events, KVService.range.path);
      Object.assign(second!, { response: first!.response });
    },
  ],
  [
    'a wrong revision of a write',
    'log',
    (events) => {
      const [put] = answers(events, KVService.put.path);
      (put!.response as PutResponse).header!.revision++;
    },
  ],
  [
    'a transaction that took the other branch',
    'answer',
    (events) => {
      const [txn] = answers(events, KVService.txn.path);
      (txn!.response as TxnResponse).succeeded = false;
    },
  ],
  [
    'a write that was refused and took effect',
    'log',
    (events) => {
      const [put] = answers(events, KVService.put.path);
      Object.assign(put!, { outcome: 'refused', response: undefined });
    },
  ],
  [
    'a watch that leaves an event out',
    'watch',
    (events) => {
      const index = events.findIndex(
        (event) => event.kind === 'watchResponse' && event.response.events.length > 0,
      );
      events.splice(index, 1);
    },
  ],
  [
    'a watch that is told twice',
    'watch',
    (events) => {
      const index = events.findIndex(
        (event) => event.kind === 'watchResponse' && event.response.events.length > 0,
      );
      events.splice(index, 0, events[index]!);
    },
  ],
  [
    'a lease that ends before its time',
    'lease',
    (events) => {
      const [renewal] = answers(events, LeaseService.leaseKeepAlive.path);
      Object.assign(renewal!.response as LeaseKeepAliveResponse, { ttl: 3_600 });
    },
  ],
])('%s is found', (_, check, change) => {
  const events = copied();
  change(events);
  expect(checksOf(events)).toContain(check);
});

test('a member with other content is found', () => {
  const [end] = ends;
  const other = { ...end!, final: { ...end!.final, keyValues: [] } };
  expect(checksOf(copied(), [other])).toContain('durability');
});

test('a member with another log is found', () => {
  const [end] = ends;
  const log = structuredClone([...end!.log]);
  log.at(-1)!.term++;
  expect(checksOf(copied(), [end!, { ...end!, host: 'm2', log }])).toContain('stateMachine');
});
