// What a hostile client can do: it ends with the right error, holds a bounded amount, and others go on.
import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import type { CallContext, RequestStream, ResponseStream } from '../base/call.ts';
import { encode } from '../wire/codec.ts';
import { PutRequest } from '../wire/gen/rpc.ts';
import { settingsFrame } from './h2/frames.ts';
import { CLIENT_PREFACE, ErrorCode, FrameType } from './h2/protocol.ts';
import type { HeaderPair } from './hpack/encoder.ts';
import type { RpcServerOptions } from './options.ts';
import { type Fixture, method, readAheadBytes, startServer } from './testing/fixture.ts';
import {
  RawClient,
  REQUEST,
  frame,
  grpcMessage,
  headersFrame,
  messageFrame,
  uint32,
} from './testing/raw-client.ts';

const MIB = 1024 * 1024;
let fixture: Fixture;
let running = 0;
const message = encode(PutRequest, PutRequest.create({ key: Buffer.from('k') }));
const big = PutRequest.create({ value: Buffer.alloc(MIB) });

afterEach(async () => {
  await fixture.close();
});

async function start(options: Partial<RpcServerOptions> = {}): Promise<void> {
  running = 0;
  fixture = await startServer(
    [
      method('/t.S/Echo', 'unary', (request: unknown) => request, PutRequest, PutRequest),
      method('/t.S/Big', 'unary', () => big, PutRequest, PutRequest),
      method('/t.S/Wait', 'unary', () => {
        running++;
        return new Promise(() => {});
      }),
      method('/t.S/Deaf', 'bidiStream', async () => new Promise(() => {})),
      method(
        '/t.S/Flood',
        'serverStream',
        async (_request: unknown, call: CallContext, responses: ResponseStream<unknown>) => {
          while (!call.canceled) if (!responses.send(big)) await responses.drained();
        },
        PutRequest,
        PutRequest,
      ),
      method(
        '/t.S/Count',
        'bidiStream',
        async (
          requests: RequestStream<unknown>,
          _call: CallContext,
          responses: ResponseStream<unknown>,
        ) => {
          let count = 0n;
          for await (const _request of requests) count++;
          responses.send(PutRequest.create({ lease: count }));
        },
        PutRequest,
        PutRequest,
      ),
    ],
    options,
  );
}

const to = (name: string, ...more: HeaderPair[]): HeaderPair[] => [
  ...REQUEST.map(([key, value]): HeaderPair => [key, key === ':path' ? `/t.S/${name}` : value]),
  ...more,
];

async function expectServes(): Promise<void> {
  const client = await RawClient.open(fixture.port);
  client.send(headersFrame(1, REQUEST), messageFrame(1, message));
  expect((await client.status(1))?.['grpc-status']).toBe('0');
  client.close();
}

test('rapid reset ends with ENHANCE_YOUR_CALM, and few handlers were started', async () => {
  await start({ maxConcurrentStreams: 100 });
  const client = await RawClient.open(fixture.port);
  for (let i = 0; i < 5000; i++) {
    const id = 2 * i + 1;
    client.send(
      headersFrame(id, to('Wait')),
      messageFrame(id, message),
      frame(FrameType.RstStream, 0, id, uint32(8)),
    );
  }
  expect((await client.goAway())?.code).toBe(ErrorCode.EnhanceYourCalm);
  expect(running).toBeLessThanOrEqual(100);
  await expectServes();
});

test.each<[string, () => Buffer, number]>([
  ['pings', () => frame(FrameType.Ping, 0, 0, Buffer.alloc(8)), 10],
  ['ping acks', () => frame(FrameType.Ping, 1, 0, Buffer.alloc(8)), 20_000],
  ['settings', () => settingsFrame([[4, 1000]]), 3000],
  ['priorities', () => frame(FrameType.Priority, 0, 1, Buffer.alloc(5)), 20_000],
  ['unknown frames', () => frame(0x77, 0, 0), 20_000],
  ['window updates', () => frame(FrameType.WindowUpdate, 0, 0, uint32(1)), 20_000],
  ['refused requests', () => headersFrame(1, [['X', 'y']]), 0],
])('a flood of %s ends with ENHANCE_YOUR_CALM', async (name, make, count) => {
  await start();
  const client = await RawClient.open(fixture.port);
  if (count > 0) client.send(...Array.from({ length: count }, make));
  else {
    const ids = Array.from({ length: 2000 }, (_, i) => 2 * i + 1);
    client.send(...ids.map((id) => headersFrame(id, [['X', 'y']])));
  }
  const end = await client.goAway();
  expect(end?.code).toBe(ErrorCode.EnhanceYourCalm);
  if (name === 'pings') expect(end?.text).toBe('too_many_pings');
  await expectServes();
});

test('empty DATA frames end with ENHANCE_YOUR_CALM', async () => {
  await start();
  const client = await RawClient.open(fixture.port);
  client.send(
    headersFrame(1, to('Deaf')),
    ...Array.from({ length: 20_000 }, () => frame(FrameType.Data, 0, 1)),
  );
  expect((await client.goAway())?.code).toBe(ErrorCode.EnhanceYourCalm);
});

test('CONTINUATION without an end is cut off, in crumbs and in loaves', async () => {
  await start();
  for (const size of [1, 16_384]) {
    const client = await RawClient.open(fixture.port);
    client.send(frame(FrameType.Headers, 0, 1, Buffer.of(0x82)));
    const crumb = frame(FrameType.Continuation, 0, 1, Buffer.alloc(size));
    for (let i = 0; i < 100; i++) client.send(crumb);
    expect((await client.goAway())?.code).toBe(ErrorCode.EnhanceYourCalm);
  }
  await expectServes();
  await expect.poll(() => fixture.server.heldBytes).toBe(0);
});

test('a header list that unfolds over the limit is refused, and the connection goes on', async () => {
  await start();
  const client = await RawClient.open(fixture.port);
  const entry = Buffer.concat([
    Buffer.from([0x40, 1, 0x61, 0x7f, 0x81, 0x1e]),
    Buffer.alloc(4000, 'a'),
  ]);
  client.send(frame(FrameType.Headers, 5, 1, Buffer.concat([entry, Buffer.alloc(10_000, 0xbe)])));
  expect(await client.reset(1)).toBe(ErrorCode.FrameSizeError);
  client.send(headersFrame(3, REQUEST), messageFrame(3, message));
  expect((await client.status(3))?.['grpc-status']).toBe('0');
  client.close();
});

test('streams over the limit are refused', async () => {
  await start({ maxConcurrentStreams: 3 });
  const client = await RawClient.open(fixture.port);
  for (const id of [1, 3, 5, 7]) client.send(headersFrame(id, to('Wait')));
  expect(await client.reset(7)).toBe(ErrorCode.RefusedStream);
  client.send(
    frame(FrameType.RstStream, 0, 1, uint32(8)),
    headersFrame(9, REQUEST),
    messageFrame(9, message),
  );
  expect((await client.status(9))?.['grpc-status']).toBe('0');
  client.close();
});

test('bodies that never end hold a bounded amount', async () => {
  await start({ connectionHeldBytes: 4 * MIB });
  const client = await RawClient.open(fixture.port);
  for (let i = 0; i < 300; i++) {
    const id = 2 * i + 1;
    client.send(
      headersFrame(id, to('Echo')),
      frame(FrameType.Data, 0, id, grpcMessage(Buffer.alloc(MIB)).subarray(0, 16_384)),
    );
  }
  const refused = await client.until((got) => got.headers['grpc-status'] === '8');
  expect(refused?.headers['grpc-message']).toBe('etcdserver: too many requests');
  expect(fixture.server.heldBytes).toBeLessThanOrEqual(4 * MIB);
  await expectServes();
  client.close();
  await expect.poll(() => fixture.server.heldBytes).toBe(0);
});

test('the window of a stream opens only as the handler reads', async () => {
  await start();
  const client = await RawClient.open(fixture.port);
  const chunk = grpcMessage(Buffer.alloc(16_000));
  client.send(
    headersFrame(1, to('Deaf')),
    ...Array.from({ length: 4 }, () => frame(FrameType.Data, 0, 1, chunk)),
  );
  await expect.poll(() => fixture.server.heldBytes).toBeGreaterThan(64_000);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const opened = client.frames
    .filter((got) => got.type === FrameType.WindowUpdate && got.streamId === 1)
    .reduce((sum, { payload }) => sum + payload.readUInt32BE(), 0);
  expect(opened).toBeLessThanOrEqual(readAheadBytes);
  const tooMany = 1 + Math.ceil(readAheadBytes / chunk.length);
  client.send(...Array.from({ length: tooMany }, () => frame(FrameType.Data, 0, 1, chunk)));
  expect(await client.reset(1)).toBe(ErrorCode.FlowControlError);
  client.close();
});

test.each(['Big', 'Flood'])(
  'a client that reads nothing holds a bounded amount: %s',
  async (name) => {
    await start({ connectionHeldBytes: 8 * MIB, heldBytes: 32 * MIB });
    const client = await RawClient.open(fixture.port, [[4, 0x7fff_ffff]]);
    client.send(frame(FrameType.WindowUpdate, 0, 0, uint32(0x7000_0000)));
    client.socket.pause();
    for (let i = 0; i < 500; i++)
      client.send(headersFrame(2 * i + 1, to(name)), messageFrame(2 * i + 1, message));
    await expect.poll(() => fixture.server.heldBytes).toBeGreaterThan(4 * MIB);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(fixture.server.heldBytes).toBeLessThan(12 * MIB);
    await expectServes();
    client.close();
    await expect.poll(() => fixture.server.heldBytes).toBe(0);
  },
);

test('when the process is full, the connection that is stuck on the most goes', async () => {
  await start({ connectionHeldBytes: 4 * MIB, heldBytes: 6 * MIB });
  const stuck: RawClient[] = [];
  for (let i = 0; i < 3; i++) {
    const client = await RawClient.open(fixture.port, [[4, 0]]);
    stuck.push(client);
    for (let j = 0; j < 3 - i; j++)
      client.send(headersFrame(2 * j + 1, to('Big')), messageFrame(2 * j + 1, message));
  }
  await expect.poll(() => fixture.server.heldBytes).toBeGreaterThan(5 * MIB);
  await new Promise((resolve) => setTimeout(resolve, 2200));
  const honest = await RawClient.open(fixture.port, [[4, 0x7fff_ffff]]);
  honest.send(frame(FrameType.WindowUpdate, 0, 0, uint32(0x7000_0000)));
  honest.send(headersFrame(1, to('Big')), messageFrame(1, message));
  expect((await honest.status(1))?.['grpc-status']).toBe('0');
  await expect.poll(() => stuck.map((client) => client.closed)).toEqual([true, false, false]);
  for (const client of [honest, ...stuck]) client.close();
});

test('gzip requests are inflated up to the limit', async () => {
  await start({ maxRequestBytes: MIB });
  const client = await RawClient.open(fixture.port);
  const zip: HeaderPair = ['grpc-encoding', 'gzip'];
  const body = (id: number, bytes: Uint8Array): Buffer =>
    frame(FrameType.Data, 1, id, grpcMessage(gzipSync(bytes), 1));
  client.send(headersFrame(1, to('Echo', zip)), body(1, message));
  expect((await client.status(1))?.['grpc-status']).toBe('0');
  client.send(headersFrame(3, to('Echo', zip)), body(3, Buffer.alloc(10 * MIB)));
  expect(await client.status(3)).toMatchObject({ 'grpc-status': '8' });
  client.send(
    headersFrame(5, to('Echo', zip)),
    frame(FrameType.Data, 1, 5, grpcMessage(Buffer.from('junk'), 1)),
  );
  expect(await client.status(5)).toMatchObject({ 'grpc-status': '13' });
  client.send(headersFrame(7, to('Echo', ['grpc-encoding', 'zstd'])));
  expect(await client.status(7)).toMatchObject({
    'grpc-status': '12',
    'grpc-message': 'grpc: Decompressor is not installed for grpc-encoding "zstd"',
  });
  client.send(headersFrame(9, to('Echo')), frame(FrameType.Data, 1, 9, grpcMessage(message, 1)));
  expect(await client.status(9)).toMatchObject({
    'grpc-message': 'grpc: compressed flag set with identity or empty encoding',
  });
  client.close();
});

test.each<[string, HeaderPair[], Record<string, string>]>([
  [
    'a malformed timeout',
    to('Echo', ['grpc-timeout', '1x']),
    { ':status': '400', 'grpc-status': '13' },
  ],
  [
    'a timeout of zero',
    to('Echo', ['grpc-timeout', '0S']),
    { ':status': '200', 'grpc-status': '4' },
  ],
  [
    'GET',
    to('Echo').map(([key, value]) => [key, key === ':method' ? 'GET' : value]),
    { ':status': '405', 'grpc-status': '13' },
  ],
  [
    'no authority',
    to('Echo').filter(([key]) => key !== ':authority'),
    { ':status': '400', 'grpc-status': '13' },
  ],
  [
    'a path without a method',
    to('Echo').map(([key, value]) => [key, key === ':path' ? '/x' : value]),
    { 'grpc-status': '12', 'grpc-message': 'malformed method name: "/x"' },
  ],
])('%s is answered as grpc-go does', async (_name, head, expected) => {
  await start();
  const client = await RawClient.open(fixture.port);
  client.send(headersFrame(1, head, true));
  expect(await client.status(1)).toMatchObject(expected);
  client.close();
});

test('bytes that are no message are Internal', async () => {
  await start();
  const client = await RawClient.open(fixture.port);
  client.send(headersFrame(1, REQUEST), messageFrame(1, Buffer.from([0x0a, 0xff])));
  const status = await client.status(1);
  expect(status?.['grpc-status']).toBe('13');
  expect(status?.['grpc-message']).toMatch(/^grpc: error unmarshalling request: /);
  client.close();
});

test('random and mutated bytes never end the process, and others go on', async () => {
  await start();
  const witness = await RawClient.open(fixture.port);
  const good = Buffer.concat([
    CLIENT_PREFACE,
    settingsFrame([[4, 70_000]]),
    headersFrame(1, REQUEST),
    messageFrame(1, message),
    headersFrame(3, to('Count')),
    messageFrame(3, message, false),
    frame(FrameType.WindowUpdate, 0, 0, uint32(100)),
    messageFrame(3, message),
    headersFrame(5, to('Flood')),
    messageFrame(5, message),
  ]);
  const mutation = fc.tuple(fc.nat(good.length - 1), fc.nat(255));
  const mutated = fc.array(mutation, { maxLength: 8 }).map((changes) => {
    const bytes = Buffer.from(good);
    for (const [at, value] of changes) bytes[at] = value;
    return bytes;
  });
  const noise = fc
    .uint8Array({ maxLength: 400 })
    .map((bytes) => Buffer.concat([CLIENT_PREFACE, settingsFrame([]), bytes]));
  await fc.assert(
    fc.asyncProperty(fc.oneof(mutated, noise), async (bytes) => {
      const client = await RawClient.openSilent(fixture.port);
      client.send(bytes);
      client.socket.end();
      await new Promise((resolve) => setTimeout(resolve, 2));
      client.close();
    }),
    { numRuns: 400 },
  );
  witness.send(headersFrame(1, REQUEST), messageFrame(1, message));
  expect((await witness.status(1))?.['grpc-status']).toBe('0');
  witness.close();
  await expect.poll(() => fixture.server.heldBytes).toBe(0);
  expect(fixture.logger.lines.filter(({ level }) => level === 'error')).toEqual([]);
});
