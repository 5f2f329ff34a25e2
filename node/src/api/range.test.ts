// Ranges answered from what the store holds, against those that are put together message by message.
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { concatBytes, utf8FromText, type Clock } from '../base/index.ts';
import { executeRange } from '../apply/index.ts';
import { CompactionRequest, RangeRequest, RangeResponse, SortOrder } from '../wire/gen/rpc.ts';
import { decode, type EncodedMessage } from '../wire/index.ts';
import { kvService } from './kv.ts';
import { headerOf, type MemberApi } from './member-api.ts';
import { FakeCall, callUnary, statusOf } from './testing/fake-call.ts';
import { FakeMember } from './testing/fake-member.ts';

const text = utf8FromText;
let fake: FakeMember;
/** Runs while a long range lets others run. */
let meanwhile: () => Promise<void> = async () => {};

beforeEach(async () => {
  fake = await FakeMember.start();
  meanwhile = async () => {};
});

function range(request: RangeRequest, call = new FakeCall()): Promise<RangeResponse> {
  const api: MemberApi = withPauses();
  return callUnary<RangeRequest, RangeResponse>(kvService(api), 'Range', request, call);
}

/** The member, on whose clock `meanwhile` runs in each pause. */
function withPauses(): MemberApi {
  const clock: Clock = Object.create(fake.clock, { yieldNow: { value: () => meanwhile() } });
  return { ...fake.api, world: { clock } };
}

/** The same range by the way of messages. */
function expected(request: RangeRequest): RangeResponse {
  const response = executeRange(fake.api.store, request);
  return { ...response, header: headerOf(fake.api, response.header?.revision) };
}

const all = (fields: Partial<RangeRequest> = {}): RangeRequest =>
  RangeRequest.create({ key: text('k'), rangeEnd: text('l'), ...fields });

const keyOf = (i: number): string => `k${String(i).padStart(5, '0')}`;

/** `count` keys in an order of revisions that is not theirs. */
async function fill(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await fake.put(keyOf((i * 7919) % count), `value ${i}`);
}

test('a range is what the store holds, whatever part of it is asked for', async () => {
  await fill(60);
  await fake.put(keyOf(3), 'x'.repeat(100_000));
  await fake.put(keyOf(4), '');
  await fake.delete(keyOf(5));
  const number = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max });
  const requests = fc.record({
    key: number(61).map((i) => text(keyOf(i))),
    rangeEnd: fc.oneof(
      number(61).map((i) => text(keyOf(i))),
      fc.constantFrom(new Uint8Array(0), text('\0'), text('l')),
    ),
    limit: number(70),
    revision: number(fake.store.revision),
    sortOrder: fc.constantFrom(SortOrder.NONE, SortOrder.ASCEND),
    serializable: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(requests, async (fields) => {
      const request = RangeRequest.create(fields);
      expect(await range(request)).toEqual(expected(request));
    }),
  );
});

test('a long range lets others run, and is of one moment', async () => {
  await fill(9000);
  let pauses = 0;
  const before = expected(all());
  meanwhile = async () => {
    await fake.put(keyOf(8999), `changed ${pauses++}`);
    await fake.put('k1', 'new');
    await fake.delete(keyOf(17));
  };
  expect(await range(all())).toEqual(before);
  expect(pauses).toBeGreaterThan(1);
  meanwhile = async () => {};
  const past = all({ revision: 9000, limit: 8000 });
  expect(await range(past)).toEqual(expected(past));
});

test('a long range is begun anew when a compaction takes what it was to read', async () => {
  await fill(6000);
  let compactions = 0;
  meanwhile = async () => {
    for (let i = 0; i < 6000; i += 100) await fake.put(keyOf(i), `again ${compactions}`);
    const revision = fake.store.revision;
    await fake.api.propose({ compaction: CompactionRequest.create({ revision }) });
    for (let i = 0; i < 100; i++) await fake.clock.advance(10);
    compactions++;
  };
  const response = await range(all());
  expect(compactions).toBeGreaterThan(1);
  expect(response).toEqual(expected(all()));
  expect(response.kvs).toHaveLength(6000);
});

test('of two long ranges the second begins when the first is done', async () => {
  await fill(9000);
  const order: string[] = [];
  meanwhile = () => {
    order.push('pause');
    return new Promise((resolve) => setImmediate(resolve));
  };
  const api: MemberApi = withPauses();
  const service = kvService(api);
  const ask = async (name: string): Promise<void> => {
    await callUnary<RangeRequest, RangeResponse>(service, 'Range', all());
    order.push(name);
  };
  await Promise.all([ask('first'), ask('second')]);
  const pauses = (order.length - 2) / 2;
  expect(pauses).toBeGreaterThan(2);
  // The second has made its first step when the first is answered.
  expect(order.indexOf('first')).toBe(pauses + 1);
  expect(order.indexOf('second')).toBe(order.length - 1);
});

test('a long range ends with its call', async () => {
  await fill(6000);
  const call = new FakeCall();
  meanwhile = async () => call.cancel();
  expect(await range(all(), call).catch(statusOf)).toMatch(/^Canceled/);
  meanwhile = async () => {};
  expect((await range(all())).kvs).toHaveLength(6000);
});

test('lists wait while much of others is on its way to clients; few keys do not', async () => {
  const value = 'x'.repeat(500_000);
  for (let i = 0; i < 20; i++) await fake.put(keyOf(i), value);
  const list = kvService(withPauses()).find(({ path }) => path.endsWith('/Range'))!;
  const answers: EncodedMessage[] = [];
  const ask = async (request: RangeRequest, call = new FakeCall()): Promise<void> => {
    // Unary handlers of ranges answer encoded.
    answers.push((await (list.handler as UnaryHandler)(request, call)) as EncodedMessage);
  };
  const calls = Array.from({ length: 6 }, () => new FakeCall());
  const asked = calls.map((call) => ask(all({ serializable: true }), call).catch(statusOf));
  await fake.clock.advance(0);
  // Four are more than 32 MiB.
  expect(answers).toHaveLength(4);
  await ask(all({ limit: 16, serializable: true }));
  expect(answers).toHaveLength(5);
  calls[4]!.cancel();
  expect(await asked[4]).toMatch(/^Canceled/);
  answers[0]!.release?.();
  answers[4]!.release?.();
  await Promise.all(asked);
  expect(answers).toHaveLength(6);
  expect(decode(RangeResponse, concatBytes(answers[5]!.parts)).kvs).toHaveLength(20);
});

type UnaryHandler = (request: RangeRequest, call: FakeCall) => Promise<unknown>;
