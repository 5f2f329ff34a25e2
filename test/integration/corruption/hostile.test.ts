// Broken and greedy clients of a running member: each gets its error, the process stays small, and others go on.
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, afterEach, expect, test } from 'vitest';
import { utf8FromText } from '../../../node/src/base/index.ts';
import { encode } from '../../../node/src/wire/index.ts';
import {
  KVService,
  RangeRequest,
  WatchCreateRequest,
  WatchRequest,
  WatchService,
} from '../../../node/src/wire/gen/rpc.ts';
import { settingsFrame } from '../../../node/src/rpc/h2/frames.ts';
import { CLIENT_PREFACE, ErrorCode, FrameType } from '../../../node/src/rpc/h2/protocol.ts';
import type { HeaderPair } from '../../../node/src/rpc/hpack/encoder.ts';
import {
  RawClient,
  REQUEST,
  frame,
  grpcMessage,
  headersFrame,
  messageFrame,
  uint32,
} from '../../../node/src/rpc/testing/raw-client.ts';
import { Caller } from '../support/caller.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { eventually, sleep } from '../support/waiting.ts';

const MIB = 1024 * 1024;
/** Responses that wait count against 256 MiB; what the collector has not freed yet comes on top of it. */
const GREEDY_LIMIT_BYTES = 640 * MIB;

let cluster: TestCluster;
let port: number;
let pid: number;
/** A well-behaved client with one connection for all tests. */
let caller: Caller;

beforeAll(async () => {
  cluster = await startCluster();
  port = Number(new URL(cluster.member(0).clientUrl).port);
  pid = cluster.member(0).pid;
  caller = new Caller(cluster.member(0).clientUrl);
}, 20_000);
afterAll(async () => {
  caller.close();
  await cluster.stop();
});

const put = (key: string, bytes = 1) =>
  caller.unary(KVService.put, { key: utf8FromText(key), value: new Uint8Array(bytes) });
beforeEach(() => put('before'));
afterEach(async () => {
  await put('after');
  expect(cluster.member(0).pid).toBe(pid);
  expect(cluster.member(0).isRunning).toBe(true);
});

const callOf = (path: string): HeaderPair[] =>
  REQUEST.map(([name, value]) => [name, name === ':path' ? path : value]);
const RANGE = callOf(KVService.range.path);

function residentBytes(): number {
  const [, kib] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1024;
}

test.each<[string, Uint8Array]>([
  ['a field number of zero', Uint8Array.of(0x02, 0x01, 0x61)],
  ['a length that runs past the end', Uint8Array.of(0x0a, 0x7f, 0x61)],
  ['a varint without an end', new Uint8Array(16).fill(0xff)],
  ['a wire type that does not exist', Uint8Array.of(0x0f, 0x00)],
])('protobuf with %s is answered with Internal', async (_what, bytes) => {
  const client = await RawClient.open(port);
  client.send(headersFrame(1, RANGE), messageFrame(1, bytes));
  const status = await client.status(1);
  expect(status?.['grpc-status']).toBe('13');
  expect(status?.['grpc-message']).toMatch(/unmarshal/);
  client.send(
    headersFrame(3, RANGE),
    messageFrame(3, encode(RangeRequest, RangeRequest.create({ key: Uint8Array.of(1) }))),
  );
  expect((await client.status(3))?.['grpc-status']).toBe('0');
  client.close();
});

test.each<[string, Buffer, number]>([
  [
    'an oversized frame',
    frame(FrameType.Data, 0, 1, Buffer.alloc(20_000)),
    ErrorCode.FrameSizeError,
  ],
  ['DATA on a stream that is not open', frame(FrameType.Data, 0, 1, 'x'), ErrorCode.ProtocolError],
  [
    'a broken header block',
    frame(FrameType.Headers, 4, 1, Buffer.of(0xff, 0xff)),
    ErrorCode.CompressionError,
  ],
  [
    'a window update of zero',
    frame(FrameType.WindowUpdate, 0, 0, uint32(0)),
    ErrorCode.ProtocolError,
  ],
])('%s ends the connection with its code', async (_what, bytes, code) => {
  const client = await RawClient.open(port);
  client.send(bytes);
  expect((await client.goAway())?.code).toBe(code);
});

test('noise and half requests are closed or ignored', async () => {
  const sockets = await Promise.all(
    [
      Buffer.from('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'),
      Buffer.alloc(100_000, 0xa5),
      CLIENT_PREFACE.subarray(0, 10),
      Buffer.from('GET /version HTTP/1.1\r\nHost: x\r\nX: '),
    ].map(
      (bytes) =>
        new Promise<Socket>((resolve) => {
          const socket = connect(port, '127.0.0.1', () => {
            socket.write(bytes);
            resolve(socket);
          });
          socket.on('error', () => undefined);
        }),
    ),
  );
  await sleep(100);
  for (const socket of sockets) socket.destroy();
});

test('2000 streams of 20 connections that leave answers of 1 MiB unread hold a bounded amount, again and again', async () => {
  await put('big', MIB);
  const before = residentBytes();
  const growths: number[] = [];
  for (let round = 0; round < 2; round++) {
    growths.push((await leaveUnread()) - before);
  }
  console.log(`2000 unread answers of 1 MiB hold ${growths.map(inMib).join(', then ')} MiB`);
  expect(Math.max(...growths)).toBeLessThan(GREEDY_LIMIT_BYTES);
}, 20_000);

const inMib = (bytes: number): number => Math.round(bytes / MIB);

/**
 * Asks for 2000 MiB on 20 connections whose windows are closed, while a client that holds little writes and reads without
 * a failure. Returns the most that the process grew to.
 */
async function leaveUnread(): Promise<number> {
  const request = encode(RangeRequest, RangeRequest.create({ key: utf8FromText('big') }));
  const clients = await Promise.all(
    Array.from({ length: 20 }, () => RawClient.open(port, [[4, 0]])),
  );
  for (const client of clients) client.socket.pause();
  let most = 0;
  for (let wave = 0; wave < 20; wave++) {
    for (const client of clients) {
      for (let i = 0; i < 5; i++) {
        const id = 2 * (5 * wave + i) + 1;
        client.send(headersFrame(id, RANGE), messageFrame(id, request));
      }
    }
    await sleep(50);
    await put('meanwhile');
    await caller.unary(KVService.range, { key: utf8FromText('meanwhile') });
    most = Math.max(most, residentBytes());
  }
  for (const client of clients) client.close();
  return most;
}

test('header bombs end with ENHANCE_YOUR_CALM and hold nothing', async () => {
  const before = residentBytes();
  for (let round = 0; round < 10; round++) {
    const client = await RawClient.openSilent(port);
    client.send(CLIENT_PREFACE, settingsFrame([]));
    client.send(frame(FrameType.Headers, 0, 1, Buffer.of(0x82)));
    const more = frame(FrameType.Continuation, 0, 1, Buffer.alloc(16_000, 0x82));
    for (let i = 0; i < 200 && !client.closed; i++) client.send(more);
    expect((await client.goAway())?.code).toBe(ErrorCode.EnhanceYourCalm);
  }
  expect(residentBytes() - before).toBeLessThan(GREEDY_LIMIT_BYTES);
});

test('watch streams that nobody reads hold a bounded amount under heavy writes', async () => {
  // A new process: what the tests before it made the old one hold would hide what the watchers add.
  await cluster.member(0).restart();
  await cluster.untilHealthy();
  pid = cluster.member(0).pid;
  const createRequest = WatchCreateRequest.create({ key: utf8FromText('hot') });
  const create = encode(WatchRequest, WatchRequest.create({ createRequest }));
  const clients = await Promise.all(
    Array.from({ length: 20 }, () => RawClient.open(port, [[4, 0]])),
  );
  for (const client of clients) {
    client.socket.pause();
    for (let i = 0; i < 10; i++) {
      const id = 2 * i + 1;
      client.send(
        headersFrame(id, callOf(WatchService.watch.path)),
        frame(FrameType.Data, 0, id, grpcMessage(create)),
      );
    }
  }
  await eventually('all watchers', async () => {
    const metrics = await cluster.get(cluster.member(0), '/metrics');
    return /^etcd_debugging_mvcc_watcher_total 200$/m.test(metrics);
  });
  const before = residentBytes();
  for (let i = 0; i < 100; i++) await put('hot', 300_000);
  await sleep(200);
  const growth = residentBytes() - before;
  console.log(`200 unread watchers of 30 MB hold ${Math.round(growth / MIB)} MiB`);
  for (const client of clients) client.close();
  expect(growth).toBeLessThan(GREEDY_LIMIT_BYTES);
}, 20_000);
