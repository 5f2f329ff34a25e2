// Who goes when the process is full, and that whoever holds little is served all the while.
import { afterEach, expect, test } from 'vitest';
import { encode } from '../wire/codec.ts';
import { PutRequest } from '../wire/gen/rpc.ts';
import { type Hold, ProcessBudget } from './budget.ts';
import { FrameType } from './h2/protocol.ts';
import type { HeaderPair } from './hpack/encoder.ts';
import type { RpcServerOptions } from './options.ts';
import { type Fixture, method, startServer, testClock } from './testing/fixture.ts';
import {
  RawClient,
  REQUEST,
  frame,
  grpcMessage,
  headersFrame,
  messageFrame,
} from './testing/raw-client.ts';

const MIB = 1024 * 1024;
const message = encode(PutRequest, PutRequest.create({ key: Buffer.from('k') }));
const big = PutRequest.create({ value: Buffer.alloc(MIB) });

let fixture: Fixture | undefined;
afterEach(async () => {
  await fixture?.close();
  fixture = undefined;
});

async function start(options: Partial<RpcServerOptions>): Promise<Fixture> {
  const methods = [
    method('/t.S/Echo', 'unary', (request: unknown) => request, PutRequest, PutRequest),
    method('/t.S/Big', 'unary', () => big, PutRequest, PutRequest),
  ];
  fixture = await startServer(methods, options);
  return fixture;
}

const to = (name: string): HeaderPair[] =>
  REQUEST.map(([key, value]) => [key, key === ':path' ? `/t.S/${name}` : value]);

/** Leaves answers of 1 MiB unread. */
const unread = (id: number): Buffer[] => [headersFrame(id, to('Big')), messageFrame(id, message)];
const beginning = grpcMessage(Buffer.alloc(MIB)).subarray(0, 16_384);
/** Opens streams and begins the bodies of most, but ends none. */
const unfinished = (id: number): Buffer[] => [
  headersFrame(id, to('Echo')),
  ...(id < 200 ? [frame(FrameType.Data, 0, id, beginning)] : []),
];

test.each([
  ['leave answers unread', unread, 8],
  ['never end their bodies', unfinished, 200],
])(
  'a client that holds little is served beside 20 connections that %s',
  async (_what, greed, requests) => {
    const heldBytes = 16 * MIB;
    const { port, server } = await start({ connectionHeldBytes: 4 * MIB, heldBytes });
    const normal = await RawClient.open(port);
    let most = 0;
    let id = 1;
    for (let round = 0; round < 3; round++) {
      const clients = await Promise.all(
        Array.from({ length: 20 }, () => RawClient.open(port, [[4, 0]])),
      );
      for (const client of clients) {
        for (let i = 0; i < requests; i++) client.send(...greed(2 * i + 1));
      }
      for (let i = 0; i < 50; i++, id += 2) {
        normal.send(headersFrame(id, REQUEST), messageFrame(id, Buffer.alloc(0)));
        expect((await normal.status(id))?.['grpc-status']).toBe('0');
        most = Math.max(most, server.heldBytes);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      for (const client of clients) client.close();
    }
    expect(normal.frames.some(({ type }) => type === FrameType.RstStream)).toBe(false);
    expect(most).toBeGreaterThan(heldBytes / 2);
    expect(most).toBeLessThanOrEqual(heldBytes * 1.125);
    normal.close();
  },
);

class Members {
  nowMs = 0;
  readonly gone: string[] = [];
  readonly budget = new ProcessBudget(1000, { ...testClock, monotonicMs: () => this.nowMs });

  open(name: string, limitBytes = 400): Hold {
    return this.budget.open(limitBytes, () => this.gone.push(name));
  }
}

test('a small holder is let in at once at the cost of the biggest', () => {
  const members = new Members();
  members.open('idle').add(50);
  for (const [name, bytes] of [
    ['a', 300],
    ['b', 350],
    ['c', 300],
  ] as const) {
    members.open(name).add(bytes);
  }
  expect(members.open('small').tryAdd(10)).toBe(true);
  expect(members.gone).toEqual(['b']);
});

test('a big holder is refused, and evicts nobody who is busy', () => {
  const members = new Members();
  const greedy = members.open('greedy');
  for (const name of ['a', 'b']) members.open(name).add(400);
  greedy.add(200);
  expect(greedy.tryAdd(1)).toBe(false);
  expect(members.gone).toEqual([]);
});

test('of comparable holders the stuck one goes before the busy one, and an idle small one never', () => {
  const members = new Members();
  members.open('idle').add(20);
  const busy = members.open('busy');
  busy.add(400);
  members.open('stuck').add(300);
  members.nowMs = 1_000_000;
  busy.release(400);
  busy.add(400);
  members.open('other').add(280);
  members.nowMs += 100;
  busy.release(400);
  busy.add(400);
  expect(members.open('small').tryAdd(10)).toBe(true);
  expect(members.gone).toEqual(['stuck']);
});

test('what cannot be refused passes the limit by an eighth at most', () => {
  const members = new Members();
  for (let i = 0; i < 100; i++) {
    members.open(`${i}`).add(30);
    expect(members.budget.heldBytes).toBeLessThanOrEqual(1125);
  }
  expect(members.gone.length).toBeGreaterThan(50);
});

test('one answer longer than all may hold goes out, and others are served beside it', () => {
  const members = new Members();
  members.open('other').add(100);
  members.open('oversized').add(3000);
  const small = members.open('small');
  expect(small.tryAdd(10)).toBe(true);
  expect(members.gone).toEqual([]);
  members.nowMs += 60_000;
  expect(small.tryAdd(10)).toBe(true);
  expect(members.gone).toEqual(['oversized']);
});
