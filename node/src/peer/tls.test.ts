import net from 'node:net';
import tls from 'node:tls';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Message, MessageType, Snapshot, SnapshotMetadata } from '../wire/gen/raft.ts';
import { peerGet } from './http-client.ts';
import { Authority, type KeyPair, tlsOptions } from './testing/certificates.ts';
import {
  append,
  introduce,
  startMembers,
  stopMembers,
  TestMember,
  until,
} from './testing/harness.ts';

let authority: Authority;
let pair: KeyPair;
beforeAll(() => {
  authority = new Authority('peers');
  pair = authority.issue('member', 'IP:127.0.0.1');
});

afterAll(() => authority.remove());

let members: TestMember[] = [];
afterEach(async () => {
  await stopMembers(members);
  members = [];
});

test('members talk under mutual TLS: streams, snapshots, probes', async () => {
  const times: number[] = [];
  const options = {
    tls: tlsOptions({ pair }, authority),
    probeIntervalMs: 50,
    metrics: { roundTripSeconds: (_to: bigint, seconds: number) => void times.push(seconds) },
  };
  members = await startMembers(2, options, 'https');
  const [a, b] = members as [TestMember, TestMember];
  const messages = Array.from({ length: 20 }, (_, i) => append(1n, 2n, i, 1, 50_000));
  a.transport.send(messages);
  await until(() => b.received.length === 20, 'all arrived');
  expect(b.received.map((message) => message.index)).toEqual(messages.map((m) => m.index));
  const snapshot = Snapshot.create({ metadata: SnapshotMetadata.create({ index: 9, term: 1 }) });
  async function* database(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < 50; i++) yield new Uint8Array(100_000);
  }
  await a.transport.sendSnapshot({
    message: Message.create({ type: MessageType.MsgSnap, from: 1n, to: 2n, term: 1, snapshot }),
    database: database(),
    sizeBytes: 5_000_000,
  });
  await until(() => a.snapshots.length === 1, 'snapshot reported');
  expect(a.snapshots).toEqual([{ id: 2n, ok: true }]);
  await until(() => times.some((seconds) => seconds > 0), 'a probe was answered');
});

async function listening(tlsSettings: ReturnType<typeof tlsOptions>): Promise<TestMember> {
  const member = new TestMember(1n, { tls: tlsSettings });
  members.push(member);
  await member.listen('https://127.0.0.1:0');
  return member;
}

/** The outcome of one request to `member` by a client with these certificates. */
function probe(member: TestMember, client: ReturnType<typeof tlsOptions>): Promise<string> {
  return peerGet(member.url, '/raft/probing', { tls: client }).then(
    (answer) => String(answer.status),
    () => 'refused',
  );
}

test('a client without a certificate of the cluster’s authority is refused', async () => {
  const member = await listening(tlsOptions({ pair }, authority));
  const good = tlsOptions({ pair }, authority);
  expect(await probe(member, good)).toBe('200');
  const bare = tls.createSecureContext({ ca: authority.pem });
  expect(await probe(member, { ...good, clientOptions: () => ({ secureContext: bare }) })).toBe(
    'refused',
  );
  const other = new Authority('strangers');
  const stranger = other.issue('member', 'IP:127.0.0.1');
  other.remove();
  const foreign = tls.createSecureContext({ ...stranger, ca: authority.pem });
  expect(await probe(member, { ...good, clientOptions: () => ({ secureContext: foreign }) })).toBe(
    'refused',
  );
  await until(() => member.logger.count('rejected connection on peer endpoint') >= 2, 'logged');
});

test('a server whose certificate is not good for its address is refused', async () => {
  const elsewhere = authority.issue('member', 'DNS:member.invalid');
  const member = await listening(tlsOptions({ pair: elsewhere }, authority));
  expect(await probe(member, tlsOptions({ pair }, authority))).toBe('refused');
});

test('a client whose certificate is for another address is refused, unless that is not looked at', async () => {
  const away = authority.issue('member', 'IP:127.0.0.9');
  const client = tlsOptions({ pair: away }, authority);
  const strict = await listening(tlsOptions({ pair }, authority));
  expect(await probe(strict, client)).toBe('refused');
  const line = strict.logger.lines.find((each) => each.message.startsWith('rejected connection'));
  expect(line?.fields?.['error']).toContain('valid for 127.0.0.9, not 127.0.0.1');
  const lax = await listening(tlsOptions({ pair }, authority, { skipClientSanVerification: true }));
  expect(await probe(lax, client)).toBe('200');
});

test('a client that is named by host is looked up', async () => {
  const local = authority.issue('member', 'DNS:localhost');
  const member = await listening(tlsOptions({ pair }, authority));
  expect(await probe(member, tlsOptions({ pair: local }, authority))).toBe('200');
});

test.each([
  ['common name', { allowedCommonName: 'member' }, '200'],
  ['one of several common names', { allowedCommonName: ['x', 'member'] }, '200'],
  ['no allowed common name', { allowedCommonName: 'leader' }, 'refused'],
  ['host', { allowedHostname: '127.0.0.1' }, '200'],
  ['no allowed host', { allowedHostname: 'other.example' }, 'refused'],
])('the allow list decides by %s', async (_name, allowed, outcome) => {
  const member = await listening(tlsOptions({ pair }, authority, allowed));
  expect(await probe(member, tlsOptions({ pair }, authority))).toBe(outcome);
});

test('the allow list applies to servers too', async () => {
  const member = await listening(tlsOptions({ pair }, authority));
  const client = tlsOptions({ pair }, authority, { allowedCommonName: 'leader' });
  expect(await probe(member, client)).toBe('refused');
});

test('reloaded certificates apply to the next connection', async () => {
  const current = { pair };
  const member = await listening(tlsOptions(current, authority));
  const serial = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const { secureContext } = tlsOptions({ pair }, authority).clientOptions();
      const port = Number(new URL(member.url).port);
      const socket = tls.connect({ port, host: '127.0.0.1', secureContext: secureContext! }, () => {
        resolve(socket.getPeerX509Certificate()?.serialNumber ?? '');
        socket.destroy();
      });
      socket.on('error', reject);
    });
  const before = await serial();
  current.pair = authority.issue('member', 'IP:127.0.0.1');
  expect(await serial()).not.toBe(before);
});

test('plain connections, noise and scans do not disturb a TLS port, and fill no log', async () => {
  const tlsSettings = tlsOptions({ pair }, authority);
  members = await startMembers(2, { tls: tlsSettings }, 'https');
  const [a, b] = members as [TestMember, TestMember];
  for (let i = 0; i < 20; i++) {
    const socket = net.connect(Number(new URL(a.url).port), '127.0.0.1');
    socket.on('error', () => {}).end(i % 2 === 0 ? 'GET / HTTP/1.1\r\n\r\n' : Buffer.alloc(50, i));
    await new Promise((resolve) => socket.once('close', resolve));
  }
  a.transport.send([append(1n, 2n, 0, 1)]);
  await until(() => b.received.length === 1, 'peers go on');
  const warnings = a.logger.lines.filter((line) => line.level === 'warn');
  expect(warnings.length).toBeGreaterThan(0);
  expect(warnings.length).toBeLessThan(6);
});

test('https without certificates cannot be listened on; http with certificates is warned about', async () => {
  const bare = new TestMember(1n);
  await expect(bare.listen('https://127.0.0.1:0')).rejects.toThrow('cannot listen on TLS');
  const member = new TestMember(1n, { tls: tlsOptions({ pair }, authority) });
  members = [member];
  await member.listen();
  expect(member.logger.count('ignoring key and cert files')).toBe(1);
});

test('a TLS member’s streams come back after a restart', async () => {
  members = await startMembers(2, { tls: tlsOptions({ pair }, authority) }, 'https');
  const [a, b] = members as [TestMember, TestMember];
  await b.restart();
  introduce(b, members);
  await until(() => a.logger.count('set message encoder') >= 4, 'b dialed again');
  a.transport.send([append(1n, 2n, 4, 2)]);
  await until(() => b.received.length === 1, 'messages arrive again');
});
