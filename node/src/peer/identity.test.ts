import { afterEach, expect, test } from 'vitest';
import { Message, MessageType } from '../wire/gen/raft.ts';
import { encode } from '../wire/index.ts';
import { peerGet, peerPost } from './http-client.ts';
import type { PeerRoute } from './options.ts';
import {
  CLUSTER,
  heartbeat,
  introduce,
  stopMembers,
  TestMember,
  until,
} from './testing/harness.ts';

let members: TestMember[] = [];
afterEach(async () => {
  await stopMembers(members);
  members = [];
});

async function listening(...list: TestMember[]): Promise<void> {
  members = list;
  for (const member of members) await member.listen();
}

const headers = {
  'X-Server-From': '2',
  'X-Server-Version': '3.7.3',
  'X-Min-Cluster-Version': '3.0.0',
  'X-Etcd-Cluster-ID': CLUSTER.toString(16),
  'X-Raft-To': '1',
};
const text = (body: Uint8Array): string => Buffer.from(body).toString();

test('another cluster’s member is refused with 412, and both sides say so once', async () => {
  const a = new TestMember(1n);
  const stranger = new TestMember(2n, { clusterId: 0xbadn });
  await listening(a, stranger);
  for (const member of members) introduce(member, members);
  await until(() => a.logger.count('request cluster ID mismatch') > 0, 'a noticed');
  await until(
    () => stranger.logger.count('due to cluster ID mismatch') > 0,
    'the stranger was told',
  );
  await new Promise((resolve) => setTimeout(resolve, 350));
  expect(a.logger.count('request cluster ID mismatch')).toBe(1);
  expect(stranger.logger.count('due to cluster ID mismatch')).toBe(1);
  expect(a.transport.activePeers()).toBe(0);
  const answer = await peerGet(a.url, '/raft/stream/message/2', {
    headers: { ...headers, 'X-Etcd-Cluster-ID': 'bad' },
  });
  expect([answer.status, text(answer.body)]).toEqual([412, 'cluster ID mismatch\n']);
  expect(answer.headers['x-etcd-cluster-id']).toBe(CLUSTER.toString(16));
});

test.each([
  ['an older server than the cluster allows', { 'X-Server-Version': '2.3.0' }],
  ['a cluster that needs a newer server', { 'X-Min-Cluster-Version': '3.8.0' }],
  ['no version at all', { 'X-Server-Version': '' }],
  ['nonsense', { 'X-Server-Version': 'abc' }],
])('a request from %s is refused', async (_name, change) => {
  const a = new TestMember(1n);
  await listening(a);
  a.transport.addPeer(2n, ['http://127.0.0.1:1']);
  const answer = await peerGet(a.url, '/raft/stream/message/2', {
    headers: { ...headers, ...change },
  });
  expect([answer.status, text(answer.body)]).toEqual([412, 'incompatible version\n']);
});

test('a member that was removed gets 410 and is told once to stop', async () => {
  const [a, b] = [new TestMember(1n), new TestMember(2n)];
  await listening(a, b);
  a.removed.add(2n);
  b.transport.addPeer(1n, [a.url]);
  await until(() => b.selfRemoved > 0, 'b knows');
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(b.selfRemoved).toBe(1);
  expect(b.logger.count('permanently removed')).toBe(1);
});

test('a sender that is not known yet becomes a remote, and is answered by posts', async () => {
  const [a, b] = [new TestMember(1n), new TestMember(2n)];
  await listening(a, b);
  // b announces where it listens; a has never heard of it.
  const answer = await peerGet(a.url, '/raft/stream/message/2', {
    headers: { ...headers, 'X-PeerURLs': b.url },
  });
  expect([answer.status, text(answer.body)]).toEqual([404, 'error sender not found\n']);
  a.transport.send([heartbeat(1n, 2n, 3)]);
  await until(() => b.received.length === 1, 'b was answered');
  expect(b.received).toEqual([heartbeat(1n, 2n, 3)]);
});

test('refuses streams for another member, bad ids, bad paths and methods', async () => {
  const a = new TestMember(1n);
  await listening(a);
  a.transport.addPeer(2n, ['http://127.0.0.1:1']);
  const get = async (path: string, change = {}): Promise<[number, string]> => {
    const answer = await peerGet(a.url, path, { headers: { ...headers, ...change } });
    return [answer.status, text(answer.body)];
  };
  expect(await get('/raft/stream/message/2', { 'X-Raft-To': '7' })).toEqual([
    412,
    'to field mismatch\n',
  ]);
  expect(await get('/raft/stream/message/xyz')).toEqual([404, 'invalid from\n']);
  expect(await get('/raft/stream/other/2')).toEqual([404, 'invalid path\n']);
  expect(await get('/raft')).toEqual([405, 'Method Not Allowed\n']);
  expect(await get('/raft/snapshot')).toEqual([405, 'Method Not Allowed\n']);
  expect(await get('/nothing')).toEqual([404, '404 page not found\n']);
});

test('posted messages are processed, or refused as etcd refuses them', async () => {
  const a = new TestMember(1n);
  await listening(a);
  const post = async (body: Uint8Array): Promise<[number, string]> => {
    const answer = await peerPost(a.url, '/raft', body, 'application/protobuf', { headers });
    return [answer.status, text(answer.body)];
  };
  const vote = Message.create({ type: MessageType.MsgVote, from: 2n, to: 1n, term: 3 });
  expect(await post(encode(Message, vote))).toEqual([204, '']);
  expect(a.received).toEqual([vote]);
  expect(await post(Uint8Array.of(8))).toEqual([400, 'error unmarshalling raft message\n']);
  expect(await post(encode(Message, { ...vote, to: 5n }))).toEqual([
    500,
    'error processing raft message\n',
  ]);
  a.removed.add(2n);
  expect(await post(encode(Message, vote))).toEqual([
    403,
    '{"message":"cannot process message from removed member"}\n',
  ]);
  expect(a.received.length).toBe(1);
});

test('a failing handler answers a posted message with 500, and the sender reports it lost', async () => {
  const process = (): Promise<void> => Promise.reject(new Error('raft is stopped'));
  const [a, b] = [new TestMember(1n), new TestMember(2n, {}, { process })];
  await listening(a, b);
  // Not a peer of b: no stream comes up, so that the message is posted.
  a.transport.addPeer(2n, [b.url]);
  a.transport.send([heartbeat(1n, 2n)]);
  await until(() => a.unreachable.length === 1, 'reported');
  expect(b.logger.count('failed to process Raft message')).toBe(1);
});

test('messages to a member that is down are reported, as many as may wait and no more', async () => {
  const a = new TestMember(1n);
  await listening(a);
  a.transport.addPeer(2n, ['http://127.0.0.1:1']);
  a.transport.send(Array.from({ length: 200 }, () => heartbeat(1n, 2n)));
  expect(a.unreachable).toEqual([]);
  await until(() => a.unreachable.includes(2n), 'reported');
  expect(a.logger.count('sending buffer is full')).toBe(1);
});

test('serves the server’s own routes: exact paths, and all below a path that ends in a slash', async () => {
  const paths: string[] = [];
  const route =
    (name: string): PeerRoute =>
    (request, response) => {
      paths.push(request.url ?? '');
      response.end(name);
    };
  const a = new TestMember(1n, {
    routes: { '/members': route('members'), '/members/promote/': route('promote') },
  });
  await listening(a);
  const get = async (path: string): Promise<string> => text((await peerGet(a.url, path)).body);
  expect(await get('/members')).toBe('members');
  expect(await get('/members?x=1')).toBe('members');
  expect(await get('/members/promote/17')).toBe('promote');
  expect(await get('/members/other')).toBe('404 page not found\n');
  expect(paths).toEqual(['/members', '/members?x=1', '/members/promote/17']);
});

test('answers probes, and probes its peers', async () => {
  const options = { probeIntervalMs: 80 };
  const times: number[] = [];
  const metrics = { roundTripSeconds: (_to: bigint, seconds: number) => void times.push(seconds) };
  const [a, b] = [new TestMember(1n, { ...options, metrics }), new TestMember(2n, options)];
  await listening(a, b);
  const answer = await peerGet(a.url, '/raft/probing');
  const health = JSON.parse(text(answer.body)) as { OK: boolean; Now: string };
  expect(health.OK).toBe(true);
  expect(Math.abs(Date.parse(health.Now) - Date.now())).toBeLessThan(5_000);
  a.transport.addPeer(2n, [b.url]);
  await until(() => times.length === 1, 'a reported the round trip');
  expect(times[0]).toBeGreaterThan(0);
  expect(times[0]).toBeLessThan(1);
  expect(a.logger.count('prober detected')).toBe(0);
});

test('warns about a peer whose clock is off, and about one that does not answer probes', async () => {
  const a = new TestMember(1n, { probeIntervalMs: 80 });
  const { testClock } = await import('./testing/harness.ts');
  const late = new TestMember(2n, {
    clock: { ...testClock, wallMs: () => Date.now() - 60_000 },
  });
  await listening(a, late);
  a.transport.addPeer(2n, [late.url]);
  a.transport.addPeer(3n, ['http://127.0.0.1:1']);
  await until(() => a.logger.count('prober found high clock drift') === 1, 'drift was noticed');
  await until(
    () => a.logger.count('prober detected unhealthy status') === 1,
    'silence was noticed',
  );
});

test('helpers reject what takes too long or is too long', async () => {
  const a = new TestMember(1n, {
    routes: {
      '/slow': () => {},
      '/long': (_request, response) => response.end(Buffer.alloc(100_000)),
    },
  });
  await listening(a);
  await expect(peerGet(a.url, '/slow', { timeoutMs: 60 })).rejects.toThrow('timed out after 60 ms');
  await expect(peerGet(a.url, '/long')).rejects.toThrow('body too large');
  await expect(peerGet('http://127.0.0.1:1', '/x')).rejects.toThrow('ECONNREFUSED');
  const whole = await peerGet(a.url, '/long', { maxBodyBytes: 100_000 });
  expect(whole.body.length).toBe(100_000);
});
