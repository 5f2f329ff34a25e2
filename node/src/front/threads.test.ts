// Front threads as they are: workers that listen, and handlers here.
import { connect } from 'node:net';
import { Client, credentials } from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import { GrpcStatus } from '../base/errors.ts';
import type { CallContext, RequestStream, ResponseStream } from '../base/call.ts';
import { decode, encode } from '../wire/codec.ts';
import { PutRequest } from '../wire/gen/rpc.ts';
import { parseTlsSettings } from '../platform/tls-settings.ts';
import type { MethodEntry } from '../rpc/index.ts';
import { makeCertificates, type Pair } from '../rpc/testing/certificates.ts';
import { method, recordingLogger, testClock } from '../rpc/testing/fixture.ts';
import type { FrontAcceptance } from './messages.ts';
import { FrontThreads, type FrontOptions } from './threads.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const PLAIN: FrontAcceptance = { plain: true, tls: undefined };

let front: FrontThreads;
let port = 0;
let acceptance = PLAIN;
let clients: Client[] = [];
let failures: unknown[] = [];
const logger = recordingLogger();

const METHODS: MethodEntry[] = [
  method('/t.S/Echo', 'unary', (request: unknown) => request, PutRequest, PutRequest),
  method(
    '/t.S/Who',
    'unary',
    (_request: unknown, call: CallContext) => {
      const { remoteAddress, certificateCommonName, timeoutMs } = call;
      const found = {
        remoteAddress,
        certificateCommonName,
        timeoutMs,
        leader: call.header('hasleader'),
      };
      return PutRequest.create({ key: bytes(JSON.stringify(found)) });
    },
    PutRequest,
    PutRequest,
  ),
  method(
    '/t.S/Wait',
    'unary',
    (_request: unknown, call: CallContext) =>
      new Promise((resolve) => {
        waiting.push(() => resolve(PutRequest.create({ key: bytes('done') })));
        call.onCancel(() => canceled++);
      }),
    PutRequest,
    PutRequest,
  ),
  method(
    '/t.S/Each',
    'bidiStream',
    async (
      requests: RequestStream<unknown>,
      _call: CallContext,
      responses: ResponseStream<unknown>,
    ) => {
      for await (const request of requests) if (!responses.send(request)) await responses.drained();
    },
    PutRequest,
    PutRequest,
  ),
];
let waiting: (() => void)[] = [];
let canceled = 0;

async function start(options: Partial<FrontOptions> = {}): Promise<void> {
  waiting = [];
  canceled = 0;
  failures = [];
  front = new FrontThreads({
    threads: 2,
    clock: testClock,
    logger,
    methods: METHODS,
    limits: {
      maxRequestBytes: 1536 * 1024,
      maxConcurrentStreams: 0xffff_ffff,
      keepaliveMinTimeMs: 5000,
      keepaliveIntervalMs: 0,
      keepaliveTimeoutMs: 20_000,
    },
    http: ({ url, method: verb }, responder) =>
      responder.respond(200, { 'content-type': 'text/plain' }, `${verb} ${url}`),
    onFatal: (error) => failures.push(error),
    ...options,
  });
  port = await front.listen({ host: '127.0.0.1', port: 0, acceptance: () => acceptance });
}

afterEach(async () => {
  for (const client of clients) client.close();
  clients = [];
  acceptance = PLAIN;
  await front.close({ graceMs: 0 });
});

/** A connection of its own. */
function newClient(secure = credentials.createInsecure()): Client {
  const client = new Client(`127.0.0.1:${port}`, secure, {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.ssl_target_name_override': 'localhost',
  });
  clients.push(client);
  return client;
}

const serialize = (message: PutRequest): Buffer => Buffer.from(encode(PutRequest, message));
const deserialize = (encoded: Buffer): PutRequest => decode(PutRequest, encoded);

function call(
  client: Client,
  name: string,
  request: Partial<PutRequest> = {},
): Promise<PutRequest> {
  return new Promise((resolve, reject) => {
    const message = PutRequest.create(request);
    client.makeUnaryRequest(`/t.S/${name}`, serialize, deserialize, message, (error, answer) => {
      if (error === null)
        resolve(answer as PutRequest); // without an error there is one
      else reject(error);
    });
  });
}

const text = (answer: PutRequest): string => Buffer.from(answer.key).toString();

test('connections spread over the threads, and each answers small and big calls', async () => {
  await start();
  const big = Buffer.alloc(1_000_000, 'b');
  for (let i = 0; i < 24; i++) {
    const client = newClient();
    expect(text(await call(client, 'Echo', { key: bytes(`${i}`) }))).toBe(`${i}`);
    const answer = await call(client, 'Echo', { value: big });
    expect(big.equals(answer.value)).toBe(true);
  }
  const ended = [...front.endedCalls()].filter(({ path }) => path === '/t.S/Echo');
  const each = ended.map(({ byStatus }) => byStatus[GrpcStatus.OK] ?? 0);
  expect(each[0]! + each[1]!).toBe(48);
  // All on one thread happens once in 2^23 runs.
  expect(Math.min(...each)).toBeGreaterThan(0);
});

test('a handler learns who calls', async () => {
  await start();
  const found = JSON.parse(text(await call(newClient(), 'Who'))) as Record<string, unknown>;
  expect(found).toEqual({ remoteAddress: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string });
});

test('plain HTTP is answered on the same port', async () => {
  await start();
  const answer = await fetch(`http://127.0.0.1:${port}/health?a=b`);
  expect([answer.status, await answer.text()]).toEqual([200, 'GET /health?a=b']);
});

test('a stream passes more than any buffer holds, in order, and ends', async () => {
  await start();
  const stream = newClient().makeBidiStreamRequest('/t.S/Each', serialize, deserialize);
  const seen: number[] = [];
  const done = new Promise<number>((resolve, reject) => {
    stream.on('data', (message: PutRequest) => seen.push(Number(message.lease)));
    stream.on('status', ({ code }) => resolve(code));
    stream.on('error', reject);
  });
  const value = Buffer.alloc(20_000);
  for (let i = 0; i < 300; i++) stream.write(PutRequest.create({ lease: BigInt(i), value }));
  stream.end();
  expect(await done).toBe(GrpcStatus.OK);
  expect(seen).toEqual(Array.from({ length: 300 }, (_, i) => i));
});

test('a client that cancels its call cancels the handler, and the connection goes on', async () => {
  await start();
  const client = newClient();
  const request = PutRequest.create({});
  const lost = new Promise<number | undefined>((resolve) => {
    const running = client.makeUnaryRequest(
      ...(['/t.S/Wait', serialize, deserialize, request] as const),
      (error) => resolve(error?.code),
    );
    void expect
      .poll(() => waiting.length)
      .toBe(1)
      .then(() => running.cancel());
  });
  expect(await lost).toBe(GrpcStatus.Canceled);
  await expect.poll(() => canceled).toBe(1);
  waiting[0]?.();
  expect(text(await call(client, 'Echo', { key: bytes('on') }))).toBe('on');
});

test('closing lets a running call finish, and refuses new connections', async () => {
  await start();
  const running = call(newClient(), 'Wait');
  await expect.poll(() => waiting.length).toBe(1);
  const closed = front.close({ graceMs: 10_000 });
  await expect.poll(() => refused()).toBe(true);
  waiting[0]?.();
  expect(text(await running)).toBe('done');
  await closed;
  expect(failures).toEqual([]);
});

function refused(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(false)).on('error', () => resolve(true));
    socket.on('connect', () => socket.destroy());
  });
}

test('an address that cannot be listened on is refused with the reason', async () => {
  await start();
  const host = '192.0.2.1';
  await expect(front.listen({ host, port: 0, acceptance: () => PLAIN })).rejects.toMatchObject({
    code: 'EADDRNOTAVAIL',
  });
});

test('new certificates reach every thread, and what is not accepted any more is told to go', async () => {
  const { ca, server, secondServer, client } = makeCertificates();
  const secured = (pair: Pair): FrontAcceptance => ({
    plain: false,
    tls: {
      clientCertificate: 'required',
      material: {
        paths: { certFile: 'c', keyFile: 'k', trustedCaFile: 'a' },
        contents: new Map(
          Object.entries({ c: pair.cert, k: pair.key, a: ca }).map(([k, v]) => [k, Buffer.from(v)]),
        ),
        settings: parseTlsSettings('', '', []),
      },
    },
  });
  await start();
  const plain = newClient();
  await call(plain, 'Echo');
  acceptance = secured(server);
  front.reconsider(50);
  const certificates = new Set<string>();
  const shake = (): Client =>
    newClient(
      credentials.createSsl(Buffer.from(ca), Buffer.from(client.key), Buffer.from(client.cert), {
        checkServerIdentity(_host, { fingerprint256 }) {
          certificates.add(fingerprint256);
          return undefined;
        },
      }),
    );
  const names = async (): Promise<string[]> => {
    const found: string[] = [];
    for (let i = 0; i < 8; i++)
      found.push(
        (JSON.parse(text(await call(shake(), 'Who'))) as { certificateCommonName: string })
          .certificateCommonName,
      );
    return found;
  };
  expect(await names()).toEqual(Array.from({ length: 8 }, () => 'alice'));
  expect(certificates.size).toBe(1);
  acceptance = secured(secondServer);
  front.refresh();
  certificates.clear();
  await names();
  expect(certificates.size).toBe(1);
  await expect(call(plain, 'Echo')).rejects.toThrow();
});

test('a thread that fails is fatal, and says which it was', async () => {
  await start({ threads: 1, methods: METHODS });
  // No certificate is in it: the thread cannot go on, and nothing can be assumed about it.
  acceptance = {
    plain: false,
    tls: {
      clientCertificate: 'none',
      material: {
        paths: { certFile: 'c', keyFile: 'k' },
        contents: new Map(),
        settings: parseTlsSettings('', '', []),
      },
    },
  };
  front.refresh();
  await expect.poll(() => failures.length, { timeout: 5000 }).toBe(1);
  expect(String(failures[0])).toContain('front thread 0 failed: no certificate file is configured');
});
