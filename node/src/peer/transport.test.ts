import net from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type Message, MessageType } from '../wire/gen/raft.ts';
import {
  append,
  CLUSTER,
  heartbeat,
  introduce,
  startMembers,
  stopMembers,
  TestMember,
  until,
} from './testing/harness.ts';

type Pair = [TestMember, TestMember];
let members: TestMember[] = [];
afterEach(async () => {
  await stopMembers(members);
  members = [];
});

test('three members exchange messages over their streams, in order', async () => {
  members = await startMembers(3);
  const [a, b, c] = members as [TestMember, TestMember, TestMember];
  const appends = Array.from({ length: 200 }, (_, i) => append(1n, 2n, i * 3, 3));
  a.transport.send([...appends, heartbeat(1n, 3n, 7), heartbeat(1n, 2n, 9)]);
  c.transport.send([heartbeat(3n, 1n, 5)]);
  await until(() => b.received.length === 201 && c.received.length === 1, 'all arrived');
  await until(() => a.received.length === 1, 'answer arrived');
  expect(b.received.filter((m) => m.type === MessageType.MsgApp)).toEqual(appends);
  expect(c.received).toEqual([heartbeat(1n, 3n, 7)]);
  expect(a.received).toEqual([heartbeat(3n, 1n, 5)]);
  expect(a.transport.activeSince(2n)).toBeGreaterThan(0);
  expect(a.transport.activePeers()).toBe(2);
});

test('what is sent in one turn is handed over as one batch', async () => {
  members = await startMembers(2);
  const [a, b] = members as Pair;
  for (let i = 0; i < 50; i++) a.transport.send([heartbeat(1n, 2n, i)]);
  await until(() => b.received.length === 50, 'all arrived');
  expect(b.batches).toEqual([50]);
});

test('entries of many megabytes arrive whole', async () => {
  members = await startMembers(2);
  const [a, b] = members as Pair;
  const appends = Array.from({ length: 12 }, (_, i) => append(1n, 2n, i, 1, 1_500_000));
  a.transport.send(appends);
  await until(() => b.received.length === 12, 'all arrived');
  for (const [i, message] of b.received.entries()) {
    expect(message.index).toBe(i);
    expect(Buffer.compare(message.entries[0]!.data, appends[i]!.entries[0]!.data)).toBe(0);
  }
  expect(a.unreachable).toEqual([]);
});

test('streams come back after a member restarts', async () => {
  members = await startMembers(2);
  const [a, b] = members as Pair;
  await b.restart();
  await until(() => a.transport.activeSince(2n) === 0, 'a sees that b is gone');
  introduce(b, members);
  const count = b.logger.count('set message encoder') + 2;
  await until(() => b.logger.count('set message encoder') >= count, 'a dialed again');
  await until(() => a.logger.count('set message encoder') >= 4, 'b dialed again');
  a.transport.send([append(1n, 2n, 4, 2), heartbeat(1n, 2n)]);
  await until(() => b.received.length === 2, 'messages arrive again');
  expect(a.transport.activeSince(2n)).toBeGreaterThan(0);
});

test('a paused transport drops messages both ways until it resumes', async () => {
  members = await startMembers(2);
  const [a, b] = members as Pair;
  a.transport.pause(2n);
  a.transport.send([heartbeat(1n, 2n, 1)]);
  b.transport.send([heartbeat(2n, 1n, 1)]);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect([a.received, b.received]).toEqual([[], []]);
  a.transport.resume(2n);
  a.transport.send([heartbeat(1n, 2n, 2)]);
  b.transport.send([heartbeat(2n, 1n, 2)]);
  await until(() => a.received.length + b.received.length === 2, 'both arrived');
  expect(b.received).toEqual([heartbeat(1n, 2n, 2)]);
});

test('a removed peer is not sent to and does not count as active', async () => {
  members = await startMembers(2);
  const [a, b] = members as Pair;
  a.transport.removePeer(2n);
  a.transport.send([heartbeat(1n, 2n)]);
  a.transport.removePeer(2n);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(b.received).toEqual([]);
  expect(a.transport.activeSince(2n)).toBe(0);
  expect(a.logger.count('skipped removing already removed peer')).toBe(1);
});

test('a peer is found at its new URL after an update', async () => {
  members = [new TestMember(1n), new TestMember(2n)];
  const [a, b] = members as Pair;
  await a.listen();
  await b.listen();
  a.transport.addPeer(2n, ['http://127.0.0.1:1']);
  b.transport.addPeer(1n, [a.url]);
  a.transport.updatePeer(2n, [b.url]);
  await until(() => b.logger.count('set message encoder') === 2, 'a dialed the new URL');
});

test('of several URLs one that answers is used', async () => {
  members = [new TestMember(1n), new TestMember(2n)];
  const [a, b] = members as Pair;
  await b.listen();
  b.transport.addPeer(1n, ['http://127.0.0.1:1']);
  a.transport.addPeer(2n, ['http://127.0.0.1:1', b.url]);
  await until(() => b.logger.count('set message encoder') === 2, 'a dialed the second URL');
});

/** Dials a stream of `to` as member 2 does, and never reads from it. */
function dialAndIgnore(to: TestMember, path: string): net.Socket {
  const socket = net.connect(Number(new URL(to.url).port), '127.0.0.1');
  const headers = [
    'Host: x',
    'X-Server-From: 2',
    'X-Server-Version: 3.7.3',
    'X-Min-Cluster-Version: 3.0.0',
    `X-Etcd-Cluster-ID: ${CLUSTER.toString(16)}`,
    'X-Raft-To: 1',
  ];
  socket.write(`GET ${path} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
  socket.pause();
  return socket;
}

test('a stuck peer costs a bounded queue: what is over it is dropped and reported', async () => {
  members = [new TestMember(1n)];
  const [a] = members as [TestMember];
  await a.listen();
  a.transport.addPeer(2n, ['http://127.0.0.1:1']);
  const socket = dialAndIgnore(a, '/raft/stream/msgapp/2');
  await until(() => a.logger.count('set message encoder') === 1, 'stream is up');
  const message = append(1n, 2n, 0, 1, 4_000);
  for (let i = 0; i < 40; i++) {
    a.transport.send(Array.from({ length: 500 }, () => message));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(a.unreachable.length).toBeGreaterThan(0);
  expect(a.unreachable.length).toBeLessThan(40);
  expect(a.logger.count('sending buffer is full')).toBe(1);
  socket.destroy();
});

test('a connection whose writes are stuck is given up after the link timeout', async () => {
  members = [new TestMember(1n, { linkTimeoutMs: 150 })];
  const [a] = members as [TestMember];
  await a.listen();
  a.transport.addPeer(2n, ['http://127.0.0.1:1']);
  const socket = dialAndIgnore(a, '/raft/stream/message/2');
  socket.on('error', () => {});
  await until(() => a.logger.count('set message encoder') === 1, 'stream is up');
  a.transport.send([append(1n, 2n, 0, 1, 30_000_000)]);
  await until(() => a.logger.count('lost TCP streaming connection') === 1, 'given up');
  const lost = a.logger.lines.find((line) => line.message.startsWith('lost TCP'));
  expect(lost?.fields?.['error']).toBe('write: i/o timeout');
  socket.destroy();
});

test('a silent stream is dropped after the link timeout, one with heartbeats is kept', async () => {
  const silent = net.createServer((socket) => {
    const head = 'HTTP/1.1 200 OK\r\nX-Server-Version: 3.7.3\r\nTransfer-Encoding: chunked\r\n\r\n';
    socket.on('error', () => {}).once('data', () => socket.write(head));
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as net.AddressInfo;
  members = await startMembers(2, { linkTimeoutMs: 200 });
  const [a, b] = members as Pair;
  a.transport.addPeer(9n, [`http://127.0.0.1:${port}`]);
  await until(() => a.logger.count('lost TCP streaming connection') >= 2, 'silence was noticed');
  const lost = a.logger.lines.filter((line) => line.message.startsWith('lost TCP'));
  expect(new Set(lost.map((line) => line.fields?.['remote-peer-id']))).toEqual(new Set(['9']));
  expect(lost[0]?.fields?.['error']).toBe('read: i/o timeout');
  expect(b.logger.count('lost TCP')).toBe(0);
  silent.close();
});

test('a peer that answers with noise does no harm and is dialed again', async () => {
  let dials = 0;
  const noisy = net.createServer((socket) => {
    dials++;
    const head = 'HTTP/1.1 200 OK\r\nX-Server-Version: 3.7.3\r\n\r\n';
    const noise = Buffer.alloc(200, dials * 37);
    socket
      .on('error', () => {})
      .once('data', () => socket.end(Buffer.concat([Buffer.from(head), noise])));
  });
  await new Promise<void>((resolve) => noisy.listen(0, '127.0.0.1', resolve));
  members = [new TestMember(1n)];
  const [a] = members as [TestMember];
  a.transport.addPeer(9n, [`http://127.0.0.1:${(noisy.address() as net.AddressInfo).port}`]);
  await until(() => dials >= 6, 'dialed again and again');
  expect(a.received).toEqual([]);
  noisy.close();
});

test('a promise from process holds the sender back without losing a message', async () => {
  let release = (): void => {};
  const seen: number[] = [];
  const process = (messages: readonly Message[]): Promise<void> => {
    for (const message of messages) seen.push(message.commit);
    return new Promise((resolve) => (release = resolve));
  };
  const slow = new TestMember(2n, {}, { process });
  const a = new TestMember(1n);
  members = [a, slow];
  for (const member of members) await member.listen();
  for (const member of members) introduce(member, members);
  await until(() => a.logger.count('set message encoder') === 2, 'streams are up');
  a.transport.send([heartbeat(1n, 2n, 1)]);
  await until(() => seen.length === 1, 'first arrived');
  a.transport.send([heartbeat(1n, 2n, 2)]);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(seen).toEqual([1]);
  release();
  await until(() => seen.length === 2, 'second arrived');
  release();
});
