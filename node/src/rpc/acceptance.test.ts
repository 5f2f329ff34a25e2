// One port that takes plain, TLS or both, as it is told at the moment of each connection.
import { request as httpRequest } from 'node:http';
import { connect as h2connect, type ClientHttp2Session } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { connect, createServer, type AddressInfo } from 'node:net';
import { connect as tlsConnect, createSecureContext, type ConnectionOptions } from 'node:tls';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { FakeClock } from '../base/testing/fake-clock.ts';
import type { Acceptance } from './admission.ts';
import { RpcServer } from './server.ts';
import { type Certificates, makeCertificates } from './testing/certificates.ts';
import { recordingLogger, testClock } from './testing/fixture.ts';
import type { TlsOptions } from './tls.ts';

let certificates: Certificates;
let server: RpcServer;
let port: number;
let acceptance: Acceptance;
let held: (() => void)[];
const closers: (() => void)[] = [];

const tls = (clientCertificate: TlsOptions['clientCertificate']): TlsOptions => ({
  secureContext: () => createSecureContext({ ...certificates.server, ca: certificates.ca }),
  clientCertificate,
});

beforeAll(() => void (certificates = makeCertificates()));
beforeEach(() => start());
afterEach(async () => {
  for (const close of closers.splice(0)) close();
  await server.close({ graceMs: 0 });
});

async function start(clock = testClock): Promise<void> {
  held = [];
  acceptance = { plain: true, tls: tls('optional') };
  server = new RpcServer({
    clock,
    logger: recordingLogger(),
    maxRequestBytes: 1 << 20,
    http1: async (request, responder) => {
      if (request.url === '/hold') await new Promise<void>((resolve) => held.push(resolve));
      const seen = `${request.httpVersion} ${request.certificateCommonName ?? '-'}`;
      responder.respond(200, {}, seen);
    },
  });
  const listening = await server.listen({ host: '127.0.0.1', acceptance: () => acceptance });
  port = listening.port ?? 0;
}

/** What an HTTP/1.1 request is answered; under TLS when `identity` is given. */
function http1(identity?: ConnectionOptions, to = port): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: to, agent: false as const, ...identity };
    const send = identity === undefined ? httpRequest : httpsRequest;
    const request = send(options, (response) => {
      let text = '';
      response.on('data', (part) => (text += String(part)));
      response.on('end', () => resolve(text));
    });
    request.on('error', reject);
    request.end();
  });
}

function session(identity?: ConnectionOptions, to = port): ClientHttp2Session {
  const scheme = identity === undefined ? 'http' : 'https';
  const client = h2connect(`${scheme}://127.0.0.1:${to}`, identity);
  client.on('error', () => {});
  closers.push(() => client.destroy());
  return client;
}

function http2(client: ClientHttp2Session, path = '/'): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const stream = client.request({ ':path': path });
    stream.on('data', (part) => (text += String(part)));
    stream.on('end', () => resolve(text));
    stream.on('error', reject);
    stream.on('close', () => reject(new Error('closed')));
  });
}

/** A port in front of the server that hands on what clients send byte by byte. */
function dribbling(): Promise<number> {
  const proxy = createServer((client) => {
    const upstream = connect({ port, host: '127.0.0.1', noDelay: true });
    upstream.pipe(client);
    let last = Promise.resolve();
    client.on('data', (chunk: Buffer) => {
      for (const byte of chunk) {
        last = last.then(() => {
          upstream.write(Uint8Array.of(byte));
          return new Promise((resolve) => setImmediate(resolve));
        });
      }
    });
    for (const end of [client, upstream]) end.on('error', () => {});
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  closers.push(() => proxy.close());
  return new Promise((resolve) => {
    proxy.listen(0, '127.0.0.1', () => resolve((proxy.address() as AddressInfo).port));
  });
}

test.each(['at once', 'byte by byte'])('both kinds, of both protocols, sent %s', async (how) => {
  const to = how === 'at once' ? port : await dribbling();
  const identity = { ca: certificates.ca };
  expect(await http1(undefined, to)).toBe('1.1 -');
  expect(await http1(identity, to)).toBe('1.1 -');
  expect(await http2(session(undefined, to))).toBe('2 -');
  expect(await http2(session(identity, to))).toBe('2 -');
});

test('a certificate that is not demanded is checked when it is shown', async () => {
  const { ca, client, stranger } = certificates;
  expect(await http1({ ca, ...client })).toBe('1.1 alice');
  await expect(http1({ ca, ...stranger })).rejects.toThrow();
  expect(await http1({ ca })).toBe('1.1 -');
});

test('each new connection finds what is accepted at its moment', async () => {
  const { ca, client } = certificates;
  const works = async (): Promise<boolean[]> => {
    const attempts = [http1(), http1({ ca }), http1({ ca, ...client })];
    return (await Promise.allSettled(attempts)).map(({ status }) => status === 'fulfilled');
  };
  acceptance = { plain: true, tls: undefined };
  expect(await works()).toEqual([true, false, false]);
  acceptance = { plain: true, tls: tls('optional') };
  expect(await works()).toEqual([true, true, true]);
  acceptance = { plain: false, tls: tls('none') };
  expect(await works()).toEqual([false, true, true]);
  acceptance = { plain: false, tls: tls('required') };
  expect(await works()).toEqual([false, false, true]);
  acceptance = { plain: false, tls: undefined };
  expect(await works()).toEqual([false, false, false]);
});

test('a session without a certificate cannot be resumed once one is demanded', async () => {
  const context = createSecureContext({ ...certificates.server, ca: certificates.ca });
  const sameContext = (clientCertificate: TlsOptions['clientCertificate']): Acceptance => ({
    plain: false,
    tls: { secureContext: () => context, clientCertificate },
  });
  acceptance = sameContext('optional');
  const connectWith = (session?: Buffer) =>
    tlsConnect({ port, host: '127.0.0.1', ca: certificates.ca, ...(session && { session }) });
  const first = connectWith();
  const ticket = await new Promise<Buffer>((resolve) => first.once('session', resolve));
  first.destroy();
  acceptance = sameContext('required');
  const second = connectWith(ticket);
  second.on('error', () => {});
  second.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  let answer = '';
  second.on('data', (part) => (answer += String(part)));
  await new Promise((resolve) => second.once('close', resolve));
  expect(answer).toBe('');
});

test('those who would not be let in now are told to go; their calls may end first', async () => {
  const { ca, client } = certificates;
  const plain = session();
  const unverified = session({ ca });
  const verified = session({ ca, ...client });
  const goneAway: string[] = [];
  for (const [name, one] of Object.entries({ plain, unverified, verified })) {
    one.on('goaway', () => void goneAway.push(name));
    await http2(one);
  }
  const call = http2(plain, '/hold');
  await expect.poll(() => held.length).toBe(1);

  acceptance = { plain: false, tls: tls('none') };
  server.reconsider(60_000);
  await expect.poll(() => goneAway).toContain('plain');
  held[0]?.();
  expect(await call).toBe('2 -');
  await expect.poll(() => plain.destroyed).toBe(true);
  expect(goneAway).not.toContain('unverified');

  acceptance = { plain: false, tls: tls('required') };
  server.reconsider(60_000);
  await expect.poll(() => goneAway).toContain('unverified');
  expect(await http2(verified)).toBe('2 alice');
  expect(goneAway).not.toContain('verified');
});

test('those who stay nevertheless are cut after the grace, unless they are welcome again', async () => {
  await server.close({ graceMs: 0 });
  const clock = new FakeClock();
  await start(clock);
  const plain = session();
  const call = http2(plain, '/hold');
  await expect.poll(() => held.length).toBe(1);
  acceptance = { plain: false, tls: tls('none') };
  server.reconsider(5_000);
  acceptance = { plain: true, tls: tls('none') };
  clock.advance(5_000);
  expect(server.connectionCount).toBe(1);
  acceptance = { plain: false, tls: tls('none') };
  server.reconsider(5_000);
  clock.advance(4_999);
  expect(server.connectionCount).toBe(1);
  clock.advance(1);
  await expect.poll(() => server.connectionCount).toBe(0);
  expect(await call.catch(() => '')).toBe('');
});
