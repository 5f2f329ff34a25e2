// The server under the client that most Node programs use.
import * as grpc from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import type { CallContext, RequestStream, ResponseStream } from '../base/call.ts';
import { EtcdError } from '../base/errors.ts';
import { decode, encode } from '../wire/codec.ts';
import { PutRequest } from '../wire/gen/rpc.ts';
import { type Fixture, method, startServer } from './testing/fixture.ts';

let fixture: Fixture;
let client: grpc.Client;

const serialize = (message: PutRequest): Buffer => Buffer.from(encode(PutRequest, message));
const deserialize = (bytes: Buffer): PutRequest => decode(PutRequest, bytes);
const bytes = (text: string): Uint8Array => Buffer.from(text);

async function start(...args: Parameters<typeof startServer>): Promise<void> {
  fixture = await startServer(...args);
  client = new grpc.Client(`127.0.0.1:${fixture.port}`, grpc.credentials.createInsecure(), {
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
  });
}

afterEach(async () => {
  client.close();
  await fixture.close();
});

const echo = (path: string): ReturnType<typeof method> =>
  method(path, 'unary', (request: unknown) => request, PutRequest, PutRequest);

function call(
  path: string,
  message: PutRequest,
  options: grpc.CallOptions = {},
): Promise<PutRequest> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, serialize, deserialize, message, options, (error, value) => {
      if (error !== null) reject(error);
      else resolve(value as PutRequest); // without an error there is a value
    });
  });
}

test('a unary call answers', async () => {
  await start([echo('/t.S/Echo')]);
  const answer = await call('/t.S/Echo', PutRequest.create({ key: bytes('k'), value: bytes('v') }));
  expect(Buffer.from(answer.value).toString()).toBe('v');
});

test('an error of etcd travels under its status', async () => {
  await start([
    method('/t.S/Fail', 'unary', () => Promise.reject(new EtcdError('Compacted'))),
    echo('/t.S/Echo'),
  ]);
  await expect(call('/t.S/Fail', PutRequest.create())).rejects.toMatchObject({
    code: grpc.status.OUT_OF_RANGE,
    details: 'etcdserver: mvcc: required revision has been compacted',
  });
  await expect(call('/t.S/Nope', PutRequest.create())).rejects.toMatchObject({
    code: grpc.status.UNIMPLEMENTED,
    details: 'unknown method Nope for service t.S',
  });
  await expect(call('/t.X/Nope', PutRequest.create())).rejects.toMatchObject({
    code: grpc.status.UNIMPLEMENTED,
    details: 'unknown service t.X',
  });
});

test('a megabyte goes both ways, and more than the limit is refused', async () => {
  await start([echo('/t.S/Echo')]);
  const value = Buffer.alloc(1_500_000, 'x');
  const answer = await call('/t.S/Echo', PutRequest.create({ key: bytes('k'), value }));
  expect(Buffer.compare(answer.value, value)).toBe(0);
  const large = PutRequest.create({ key: bytes('k'), value: Buffer.alloc(3_000_000) });
  const size = encode(PutRequest, large).length;
  await expect(call('/t.S/Echo', large)).rejects.toMatchObject({
    code: grpc.status.RESOURCE_EXHAUSTED,
    details: `grpc: received message larger than max (${size} vs. 2097152)`,
  });
});

test('a response of ten megabytes arrives whole', async () => {
  const value = Buffer.alloc(10_000_000, 'y');
  await start([
    method('/t.S/Big', 'unary', () => PutRequest.create({ value }), PutRequest, PutRequest),
  ]);
  const answers = await Promise.all([1, 2, 3].map(() => call('/t.S/Big', PutRequest.create())));
  for (const answer of answers) expect(Buffer.compare(answer.value, value)).toBe(0);
});

test('a deadline ends the call and tells the handler', async () => {
  let canceled = false;
  await start([
    method('/t.S/Slow', 'unary', (_request: unknown, context: CallContext) => {
      context.onCancel(() => {
        canceled = true;
      });
      return new Promise(() => {});
    }),
  ]);
  const deadline = Date.now() + 100;
  await expect(call('/t.S/Slow', PutRequest.create(), { deadline })).rejects.toMatchObject({
    code: grpc.status.DEADLINE_EXCEEDED,
  });
  await expect.poll(() => canceled).toBe(true);
});

test('a stream of responses arrives in order and whole', async () => {
  await start([
    method(
      '/t.S/Count',
      'serverStream',
      async (_request: unknown, _call: CallContext, responses: ResponseStream<unknown>) => {
        for (let i = 0; i < 2000; i++) {
          const more = responses.send(
            PutRequest.create({ lease: BigInt(i), value: Buffer.alloc(1000) }),
          );
          if (!more) await responses.drained();
        }
      },
      PutRequest,
      PutRequest,
    ),
  ]);
  const seen: bigint[] = [];
  const stream = client.makeServerStreamRequest(
    '/t.S/Count',
    serialize,
    deserialize,
    PutRequest.create(),
  );
  for await (const message of stream) seen.push((message as PutRequest).lease);
  expect(seen).toEqual(Array.from({ length: 2000 }, (_, i) => BigInt(i)));
});

test('messages go both ways on one stream, and cancelling ends it', async () => {
  let canceled = false;
  await start([
    method(
      '/t.S/Chat',
      'bidiStream',
      async (
        requests: RequestStream<unknown>,
        context: CallContext,
        responses: ResponseStream<unknown>,
      ) => {
        context.onCancel(() => {
          canceled = true;
        });
        for await (const request of requests) responses.send(request);
      },
      PutRequest,
      PutRequest,
    ),
  ]);
  const stream = client.makeBidiStreamRequest('/t.S/Chat', serialize, deserialize);
  const got: number[] = [];
  const done = new Promise<void>((resolve, reject) => {
    stream.on('data', (message: PutRequest) => got.push(message.value.length));
    stream.on('end', resolve);
    stream.on('error', reject);
  });
  for (let i = 0; i < 50; i++) stream.write(PutRequest.create({ value: Buffer.alloc(i * 5000) }));
  stream.end();
  await done;
  expect(got).toEqual(Array.from({ length: 50 }, (_, i) => i * 5000));
  expect(canceled).toBe(false);

  const second = client.makeBidiStreamRequest('/t.S/Chat', serialize, deserialize);
  second.on('error', () => {});
  second.write(PutRequest.create());
  await new Promise((resolve) => second.once('data', resolve));
  second.cancel();
  await expect.poll(() => canceled).toBe(true);
});

test('a thousand calls run side by side', async () => {
  await start([
    method(
      '/t.S/Later',
      'unary',
      async (request: unknown) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        return request;
      },
      PutRequest,
      PutRequest,
    ),
  ]);
  const calls = Array.from({ length: 1000 }, (_, i) =>
    call('/t.S/Later', PutRequest.create({ lease: BigInt(i) })),
  );
  const leases = (await Promise.all(calls)).map((answer) => answer.lease);
  expect(leases).toEqual(Array.from({ length: 1000 }, (_, i) => BigInt(i)));
  expect(fixture.server.heldBytes).toBe(0);
});

test('an unforeseen error is answered and logged, and the server goes on', async () => {
  await start([
    method('/t.S/Bug', 'unary', () => {
      throw new TypeError('a bug');
    }),
    echo('/t.S/Echo'),
  ]);
  await expect(call('/t.S/Bug', PutRequest.create())).rejects.toMatchObject({
    code: grpc.status.UNKNOWN,
    details: 'a bug',
  });
  expect(fixture.logger.lines.some((line) => line.level === 'error')).toBe(true);
  await call('/t.S/Echo', PutRequest.create());
});
