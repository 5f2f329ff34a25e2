// Peers that go from plain to TLS and back while they talk.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { connect } from 'node:net';
import { peerGet } from './http-client.ts';
import type { PeerTls } from './options.ts';
import { Authority, type KeyPair, tlsOptions } from './testing/certificates.ts';
import { append, startMembers, stopMembers, type TestMember, until } from './testing/harness.ts';
import { UrlPicker } from './url-picker.ts';

type Accepts = 'plain' | 'both' | 'tls';

let authority: Authority;
let pair: KeyPair;
let accepts: Accepts;
let members: TestMember[] = [];

beforeAll(() => {
  authority = new Authority('peers');
  pair = authority.issue('member', 'IP:127.0.0.1');
});
afterAll(() => authority.remove());
beforeEach(() => void (accepts = 'plain'));
afterEach(async () => {
  await stopMembers(members);
  members = [];
});

const withScheme = (url: string, scheme: string): string => url.replace(/^https?:/, `${scheme}:`);

function liveTls(more: Partial<PeerTls> = {}): PeerTls {
  return tlsOptions({ pair }, authority, {
    accepts: () => accepts,
    dialUrls: (urls) => {
      const to = (scheme: string): string[] => urls.map((url) => withScheme(url, scheme));
      if (accepts === 'plain') return to('http');
      if (accepts === 'tls') return to('https');
      return [...new Set([...urls, ...to('http'), ...to('https')])];
    },
    allowedCommonName: 'member',
    ...more,
  });
}

/** All members know all members by this scheme. */
function advertise(scheme: 'http' | 'https'): void {
  for (const member of members) {
    for (const other of members) {
      if (other !== member) member.transport.updatePeer(other.id, [withScheme(other.url, scheme)]);
    }
  }
}

const allDialed = (scheme: string): boolean =>
  members.every((member) =>
    [...member.transport.dialedUrls().values()].every((url) => url?.startsWith(`${scheme}:`)),
  );

const reconsider = (graceMs: number): void => {
  for (const member of members) member.transport.reconsider(graceMs);
};

test('no message is lost and nobody seems unreachable while streams move to TLS and back', async () => {
  members = await startMembers(3, { tls: liveTls() });
  const [a, b] = members as [TestMember, TestMember];
  let sent = 0;
  const sending = setInterval(() => {
    for (let i = 0; i < 20; i++) a.transport.send([append(1n, 2n, sent++, 1, 2_000)]);
  }, 1);
  for (const [next, scheme] of [
    ['both', 'http'],
    ['both', 'https'],
    ['tls', 'https'],
    ['both', 'https'],
    ['both', 'http'],
    ['plain', 'http'],
  ] as const) {
    accepts = next;
    advertise(scheme);
    reconsider(60_000);
    await until(() => allDialed(scheme), `streams by ${scheme}`);
    const before = sent;
    await until(() => sent > before + 200, 'more was sent');
  }
  clearInterval(sending);
  await until(() => b.received.length === sent, 'all arrived');
  const indexes = b.received.map((message) => message.index).sort((x, y) => x - y);
  expect(indexes).toEqual(Array.from({ length: sent }, (_, i) => i));
  expect(members.flatMap((member) => member.unreachable)).toEqual([]);
  expect(members.map((member) => member.logger.count('became inactive'))).toEqual([0, 0, 0]);
});

test('plain connections are cut after the grace once only TLS is accepted', async () => {
  members = await startMembers(2, { tls: liveTls() });
  const [a] = members as [TestMember];
  const plain = connect(Number(new URL(a.url).port), '127.0.0.1');
  plain.write('GET /raft/probing HTTP/1.1\r\nHost: a\r\n\r\n');
  await new Promise((resolve) => plain.once('data', resolve));
  plain.on('error', () => {});
  const cut = new Promise((resolve) => plain.once('close', resolve));
  accepts = 'tls';
  reconsider(50);
  await cut;
  await until(() => allDialed('https'), 'streams moved');
});

test('with both, a stranger’s certificate or a wrong common name is refused, and plain goes on', async () => {
  accepts = 'both';
  members = await startMembers(2, { tls: liveTls() });
  const [a] = members as [TestMember];
  const probe = (scheme: string, tls?: PeerTls): Promise<number> =>
    peerGet(withScheme(a.url, scheme), '/raft/probing', { tls }).then(
      ({ status }) => status,
      () => 0,
    );
  const named = (commonName: string): PeerTls =>
    tlsOptions({ pair: authority.issue(commonName, 'IP:127.0.0.1') }, authority);
  expect(await probe('http')).toBe(200);
  expect(await probe('https', named('member'))).toBe(200);
  expect(await probe('https', named('client'))).toBe(0);
  const strangers = new Authority('strangers');
  const stranger = strangers.issue('member', 'IP:127.0.0.1');
  strangers.remove();
  expect(await probe('https', tlsOptions({ pair: stranger }, authority))).toBe(0);
});

test('a silent connection does not hold others up', async () => {
  accepts = 'both';
  members = await startMembers(1, { tls: liveTls() });
  const [a] = members as [TestMember];
  const silent = connect(Number(new URL(a.url).port), '127.0.0.1');
  await new Promise((resolve) => silent.once('connect', resolve));
  expect((await peerGet(a.url, '/raft/probing')).status).toBe(200);
  silent.destroy();
});

test('one that knows a peer by a stale scheme finds it, and moves when it learns the right one', async () => {
  accepts = 'both';
  members = await startMembers(2, { tls: liveTls({ accepts: () => 'tls' }) });
  const [a, b] = members as [TestMember, TestMember];
  expect(a.url).toMatch(/^http:/);
  await until(() => allDialed('https'), 'streams by the way out');
  a.transport.send([append(1n, 2n, 0, 1)]);
  await until(() => b.received.length === 1, 'it arrived');
  advertise('https');
  await until(() => allDialed('https'), 'streams by the right URL');
});

test('a stream that came up by the way out goes back to the right URL', async () => {
  accepts = 'both';
  let port: Accepts = 'plain';
  members = await startMembers(2, { tls: liveTls({ accepts: () => port }) });
  advertise('https');
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(allDialed('http')).toBe(true);
  port = 'both';
  await until(() => allDialed('https'), 'streams by the right URL');
});

test('the picker asks where to dial each time, and leaves a URL only when that one failed', () => {
  let scheme = 'http';
  const picker = new UrlPicker(['http://a:1', 'http://b:1'], (urls) =>
    urls.map((url) => withScheme(url, scheme)),
  );
  picker.unreachable('http://x:1');
  expect(picker.pick()).toBe('http://a:1');
  picker.unreachable('http://a:1');
  expect(picker.pick()).toBe('http://b:1');
  scheme = 'https';
  expect(picker.pick()).toBe('https://b:1');
  expect(picker.isOwn(picker.pick())).toBe(false);
  picker.unreachable('http://b:1');
  expect(picker.pick()).toBe('https://b:1');
  picker.reset();
  expect(picker.pick()).toBe('https://a:1');
});
