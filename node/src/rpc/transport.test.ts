// One port for gRPC, HTTP/2 and HTTP/1.1, plain and under TLS, and the way a server goes.
import { randomBytes } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect as h2connect, type ClientHttp2Session } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as tlsConnect, createSecureContext, type ConnectionOptions } from 'node:tls';
import * as grpc from '@grpc/grpc-js';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { CallContext, ResponseStream } from '../base/call.ts';
import { decode, encode } from '../wire/codec.ts';
import { PutRequest } from '../wire/gen/rpc.ts';
import type { HttpHandler } from './http/exchange.ts';
import type { MethodEntry } from './grpc/environment.ts';
import type { RpcServerOptions } from './options.ts';
import type { TlsOptions } from './tls.ts';
import { RpcServer } from './server.ts';
import { type Certificates, makeCertificates } from './testing/certificates.ts';
import { method, recordingLogger, testClock } from './testing/fixture.ts';
import { RawClient, REQUEST, headersFrame, messageFrame } from './testing/raw-client.ts';

let certificates: Certificates;
let server: RpcServer;
const closers: (() => void)[] = [];

beforeAll(() => {
  certificates = makeCertificates();
});
afterEach(async () => {
  for (const close of closers.splice(0)) close();
  await server.close({ graceMs: 0 });
});

const http1: HttpHandler = async (request, responder) => {
  if (request.url === '/stream') {
    responder.start(200, { 'content-type': 'text/plain' });
    for (let i = 0; i < 200; i++)
      if (!responder.write('0123456789'.repeat(1000))) await responder.drained();
    responder.end();
    return;
  }
  if (request.url === '/bug') throw new Error('a bug');
  const body = await request.body(100_000);
  const user = request.certificateCommonName ?? '-';
  const seen = `${request.httpVersion} ${request.method} ${request.url} ${user} ${Buffer.from(body).toString()}`;
  responder.respond(
    200,
    { 'content-type': 'text/plain', 'x-test': request.headers['x-test'] ?? '' },
    seen,
  );
};

const echo = method('/t.S/Echo', 'unary', (request: unknown) => request, PutRequest, PutRequest);
const whoami = method(
  '/t.S/Who',
  'unary',
  (_request: unknown, call: CallContext) =>
    PutRequest.create({ key: Buffer.from(call.certificateCommonName ?? '-') }),
  PutRequest,
  PutRequest,
);

function newServer(
  options: Partial<RpcServerOptions> = {},
  methods: MethodEntry[] = [echo, whoami],
) {
  const logger = recordingLogger();
  server = new RpcServer({ clock: testClock, logger, maxRequestBytes: 1 << 20, http1, ...options });
  server.register(methods);
  return logger;
}

const tlsOptions = (options: Partial<TlsOptions> = {}): TlsOptions => ({
  secureContext: () => createSecureContext({ ...certificates.server, ca: certificates.ca }),
  clientCertificate: 'required',
  ...options,
});

async function listen(tls?: TlsOptions): Promise<number> {
  const { port = 0 } = await server.listen({ host: '127.0.0.1', ...(tls && { tls }) });
  return port;
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of response) text += String(part);
  return text;
}

function get(
  port: number,
  path: string,
  body = '',
  tls?: ConnectionOptions,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      path,
      method: body === '' ? 'GET' : 'POST',
      agent: false,
      ...tls,
    };
    const request = (tls === undefined ? httpRequest : httpsRequest)(options, (response) => {
      textOf(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

function session(url: string, options = {}): ClientHttp2Session {
  const client = h2connect(url, options);
  client.on('error', () => {});
  closers.push(() => client.destroy());
  return client;
}

function h2get(
  client: ClientHttp2Session,
  path: string,
  body?: string,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const stream = client.request({
      ':path': path,
      ':method': body === undefined ? 'GET' : 'POST',
      'x-test': 'yes',
    });
    let status = 0;
    let text = '';
    stream.on('response', (headers) => {
      status = Number(headers[':status']);
    });
    stream.on('data', (part) => {
      text += String(part);
    });
    stream.on('end', () => resolve({ status, text }));
    stream.on('error', reject);
    stream.end(body);
  });
}

function grpcCall(
  port: number,
  path: string,
  credentials = grpc.credentials.createInsecure(),
  request = PutRequest.create(),
): Promise<PutRequest> {
  const client = new grpc.Client(`localhost:${port}`, credentials);
  closers.push(() => client.close());
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      path,
      (message: PutRequest) => Buffer.from(encode(PutRequest, message)),
      (bytes) => decode(PutRequest, bytes),
      request,
      { deadline: Date.now() + 5000 },
      (error, value) => (error === null ? resolve(value as PutRequest) : reject(error)), // there is a value then
    );
  });
}

test('HTTP/1.1, HTTP/2 and gRPC share a plain port', async () => {
  const logger = newServer();
  const port = await listen();
  expect(await get(port, '/health')).toEqual({ status: 200, text: '1.1 GET /health - ' });
  expect(await get(port, '/v3', 'body')).toEqual({ status: 200, text: '1.1 POST /v3 - body' });
  const client = session(`http://127.0.0.1:${port}`);
  expect(await h2get(client, '/health')).toEqual({ status: 200, text: '2 GET /health - ' });
  expect(await h2get(client, '/v3', 'body')).toEqual({ status: 200, text: '2 POST /v3 - body' });
  const long = Array.from({ length: 10_000 }, (_, i) => i).join();
  expect(await h2get(client, '/v3', long)).toEqual({ status: 200, text: `2 POST /v3 - ${long}` });
  expect((await get(port, '/stream')).text.length).toBe(2_000_000);
  expect((await h2get(client, '/stream')).text.length).toBe(2_000_000);
  expect((await get(port, '/bug')).status).toBe(500);
  expect((await h2get(client, '/bug')).status).toBe(500);
  expect((await h2get(client, '/v3', 'x'.repeat(300_000))).status).toBe(500);
  await grpcCall(port, '/t.S/Echo');
  expect(logger.lines.filter(({ message }) => message === 'HTTP handler failed').length).toBe(3);
});

test('without an HTTP handler, a request that is not gRPC is answered as grpc-go does', async () => {
  server = new RpcServer({ clock: testClock, logger: recordingLogger(), maxRequestBytes: 1 });
  const port = await listen();
  const client = await RawClient.open(port);
  client.send(headersFrame(1, [...REQUEST.slice(0, 4), ['content-type', 'text/plain']]));
  expect(await client.status(1)).toEqual({
    ':status': '415',
    'content-type': 'application/grpc',
    'grpc-status': '3',
    'grpc-message': 'invalid gRPC request content-type "text/plain"',
  });
  client.close();
});

test('under TLS all three work, and the common name reaches the handler', async () => {
  newServer();
  const port = await listen(tlsOptions());
  const { ca, client } = certificates;
  const identity = { ca, ...client };
  expect((await get(port, '/health', '', identity)).text).toBe('1.1 GET /health alice ');
  const h2 = session(`https://127.0.0.1:${port}`, identity);
  expect((await h2get(h2, '/health')).text).toBe('2 GET /health alice ');
  const credentials = grpc.credentials.createSsl(
    Buffer.from(ca),
    Buffer.from(client.key),
    Buffer.from(client.cert),
  );
  const answer = await grpcCall(port, '/t.S/Who', credentials);
  expect(Buffer.from(answer.key).toString()).toBe('alice');
  for (const close of closers.splice(0)) close();
  await expect.poll(() => server.connectionCount).toBe(0);
});

test.each(['plain', 'TLS'])('%s: messages of any size arrive as they were sent', async (kind) => {
  newServer();
  const { ca, client } = certificates;
  const identity = [ca, client.key, client.cert].map((text) => Buffer.from(text));
  const isPlain = kind === 'plain';
  const port = isPlain ? await listen() : await listen(tlsOptions());
  const credentials = isPlain
    ? grpc.credentials.createInsecure()
    : grpc.credentials.createSsl(identity[0], identity[1], identity[2]);
  const values = Array.from({ length: 60 }, (_, i) => randomBytes((i * i * 331) % 900_000));
  const answers = await Promise.all(
    values.map((value) => grpcCall(port, '/t.S/Echo', credentials, PutRequest.create({ value }))),
  );
  const wrong = answers.filter(({ value }, i) => Buffer.compare(value, values[i]!) !== 0);
  expect(wrong).toEqual([]);
});

test('HTTP/2 is recognised without ALPN', async () => {
  newServer();
  const port = await listen(tlsOptions({ clientCertificate: 'none' }));
  const socket = tlsConnect({ host: '127.0.0.1', port, ca: certificates.ca });
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  const client = session('https://127.0.0.1', { createConnection: () => socket });
  expect((await h2get(client, '/health')).status).toBe(200);
});

test.each([
  ['no certificate', {}],
  ['a certificate of a stranger', 'stranger'],
])('a client with %s is turned away with a log line', async (_name, who) => {
  const logger = newServer();
  const port = await listen(tlsOptions());
  const identity = { ca: certificates.ca, ...(who === 'stranger' ? certificates.stranger : {}) };
  await expect(get(port, '/health', '', identity)).rejects.toThrow();
  await expect
    .poll(() =>
      logger.lines.filter((line) => line.message === 'rejected connection on client endpoint'),
    )
    .toMatchObject([
      {
        fields: {
          'remote-addr': expect.stringContaining('127.0.0.1:') as unknown,
          error: expect.any(String) as unknown,
        },
      },
    ]);
});

test.each([
  [{ allowedCommonNames: ['bob'] }, false],
  [{ allowedCommonNames: ['bob', 'alice'] }, true],
  [{ allowedHostnames: ['other.test'] }, false],
  [{ allowedHostnames: ['client.test'] }, true],
])('allowed names %j: %s', async (options, allowed) => {
  newServer();
  const port = await listen(tlsOptions(options));
  const answer = get(port, '/health', '', { ca: certificates.ca, ...certificates.client });
  if (allowed) expect((await answer).status).toBe(200);
  else await expect(answer).rejects.toThrow();
});

test('new certificates serve new connections, and old connections stay', async () => {
  newServer();
  let pair = certificates.server;
  const port = await listen(
    tlsOptions({ clientCertificate: 'none', secureContext: () => createSecureContext(pair) }),
  );
  const served = async (): Promise<string> => {
    const socket = tlsConnect({ host: '127.0.0.1', port, ca: certificates.ca });
    await new Promise((resolve) => socket.once('secureConnect', resolve));
    const name = String(socket.getPeerCertificate().subject.CN);
    socket.destroy();
    return name;
  };
  const old = session(`https://127.0.0.1:${port}`, { ca: certificates.ca });
  await h2get(old, '/health');
  expect(await served()).toBe('server');
  pair = certificates.secondServer;
  expect(await served()).toBe('second');
  expect((await h2get(old, '/health')).status).toBe(200);
});

test('garbage instead of a handshake is refused, and others go on', async () => {
  const logger = newServer();
  const port = await listen(tlsOptions({ clientCertificate: 'none' }));
  const client = await RawClient.openSilent(port);
  client.send(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
  await expect.poll(() => client.closed).toBe(true);
  expect(
    logger.lines.some((line) => line.message === 'rejected connection on client endpoint'),
  ).toBe(true);
  expect((await get(port, '/health', '', { ca: certificates.ca })).status).toBe(200);
});

test('a unix socket serves too', async () => {
  newServer();
  const folder = mkdtempSync(join(tmpdir(), 'binnacle-rpc-'));
  closers.push(() => rmSync(folder, { recursive: true }));
  const socketPath = join(folder, 's');
  await server.listen({ socketPath });
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    httpRequest({ socketPath, path: '/health' }, resolve).on('error', reject).end();
  });
  expect(await textOf(response)).toBe('1.1 GET /health - ');
});

test('closing lets a running call finish and refuses new ones', async () => {
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  newServer({}, [
    method(
      '/t.S/Slow',
      'unary',
      async (request: unknown) => {
        await gate;
        return request;
      },
      PutRequest,
      PutRequest,
    ),
  ]);
  const port = await listen();
  const client = await RawClient.open(port);
  client.send(
    headersFrame(1, [...REQUEST.slice(0, 2), [':path', '/t.S/Slow'], ...REQUEST.slice(3)]),
    messageFrame(1, Buffer.alloc(0)),
  );
  await expect.poll(() => server.heldBytes).toBeGreaterThan(0);
  const closed = server.close({ graceMs: 10_000 });
  expect(await client.goAway()).toEqual({ code: 0, text: 'graceful_stop' });
  await expect(get(port, '/health')).rejects.toThrow();
  release();
  expect((await client.status(1))?.['grpc-status']).toBe('0');
  await closed;
  await expect.poll(() => client.closed).toBe(true);
});

test('closing cancels what does not finish in time', async () => {
  let canceled = false;
  newServer({}, [
    method(
      '/t.S/Forever',
      'serverStream',
      (_request: unknown, call: CallContext, _responses: ResponseStream<unknown>) => {
        call.onCancel(() => {
          canceled = true;
        });
        return new Promise<void>(() => {});
      },
    ),
  ]);
  const port = await listen();
  const client = await RawClient.open(port);
  client.send(
    headersFrame(1, [...REQUEST.slice(0, 2), [':path', '/t.S/Forever'], ...REQUEST.slice(3)]),
    messageFrame(1, Buffer.alloc(0)),
  );
  await expect.poll(() => server.heldBytes).toBeGreaterThan(0);
  await server.close({ graceMs: 50 });
  await expect.poll(() => canceled).toBe(true);
});
