import { createHash } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { Message, MessageType, Snapshot, SnapshotMetadata } from '../wire/gen/raft.ts';
import { concatBytes } from '../base/bytes.ts';
import { encodeMessageFrame } from './codec/message.ts';
import { peerPost } from './http-client.ts';
import type { PeerHandlers } from './options.ts';
import { CLUSTER, stopMembers, TestMember, until } from './testing/harness.ts';

let members: TestMember[] = [];
afterEach(async () => {
  await stopMembers(members);
  members = [];
});

const PIECE_BYTES = 64 * 1024;

function snapshotMessage(index: number): Message {
  const snapshot = Snapshot.create({
    data: Uint8Array.of(1, 2, 3),
    metadata: SnapshotMetadata.create({ index, term: 2 }),
  });
  return Message.create({ type: MessageType.MsgSnap, from: 1n, to: 2n, term: 2, snapshot });
}

async function pair(overrides: Partial<PeerHandlers>): Promise<[TestMember, TestMember]> {
  const [a, b] = [new TestMember(1n), new TestMember(2n, {}, overrides)];
  members = [a, b];
  for (const member of members) await member.listen();
  a.transport.addPeer(2n, [b.url]);
  return [a, b];
}

test('a database of 50 MB arrives whole, before its message, in bounded memory', async () => {
  const pieces = 800;
  const [sent, saved] = [createHash('sha1'), createHash('sha1')];
  let produced = 0;
  let consumed = 0;
  let farthest = 0;
  async function* database(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < pieces; i++) {
      const piece = new Uint8Array(PIECE_BYTES).fill(i);
      sent.update(piece);
      produced += piece.length;
      farthest = Math.max(farthest, produced - consumed);
      yield piece;
    }
  }
  const calls: unknown[] = [];
  const [a, b] = await pair({
    async saveDatabaseSnapshot(from, stream, index) {
      calls.push({ from, index });
      for await (const piece of stream) {
        saved.update(piece);
        consumed += piece.length;
      }
    },
    process: (messages) => void calls.push(...messages),
  });
  await a.transport.sendSnapshot({
    message: snapshotMessage(77),
    database: database(),
    sizeBytes: pieces * PIECE_BYTES,
  });
  await until(() => a.snapshots.length === 1, 'reported');
  expect(calls).toEqual([{ from: 1n, index: 77 }, snapshotMessage(77)]);
  expect(saved.digest('hex')).toBe(sent.digest('hex'));
  expect(a.snapshots).toEqual([{ id: 2n, ok: true }]);
  expect(farthest).toBeLessThan(10_000_000);
  expect(b.logger.count('received and saved database snapshot')).toBe(1);
});

test('a snapshot that cannot be saved is reported as failed and its message not processed', async () => {
  const processed: Message[] = [];
  const [a] = await pair({
    saveDatabaseSnapshot: () => Promise.reject(new Error('disk full')),
    process: (messages) => void processed.push(...messages),
  });
  let closed = false;
  async function* database(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield new Uint8Array(PIECE_BYTES);
    } finally {
      closed = true;
    }
  }
  await a.transport.sendSnapshot({
    message: snapshotMessage(5),
    database: database(),
    sizeBytes: 1e12,
  });
  await until(() => a.snapshots.length === 1, 'reported');
  expect(a.snapshots).toEqual([{ id: 2n, ok: false }]);
  expect(a.unreachable).toEqual([2n]);
  expect(closed).toBe(true);
  expect(processed).toEqual([]);
});

test('a database that ends early is never taken for a whole one', async () => {
  let outcome = 'none';
  const [a, b] = await pair({
    async saveDatabaseSnapshot(_from, stream) {
      try {
        for await (const piece of stream) void piece;
        outcome = 'ended';
      } catch {
        outcome = 'failed';
        throw new Error('incomplete');
      }
    },
  });
  async function* database(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(PIECE_BYTES);
  }
  await a.transport.sendSnapshot({
    message: snapshotMessage(5),
    database: database(),
    sizeBytes: 99,
  });
  await until(() => outcome !== 'none', 'the receiver noticed');
  await until(() => a.snapshots.length === 1, 'reported');
  expect(outcome).toBe('failed');
  expect(a.snapshots).toEqual([{ id: 2n, ok: false }]);
  expect(b.received).toEqual([]);
});

test('stopping the sender ends a transfer and closes the database', async () => {
  const [a] = await pair({});
  let closed = false;
  async function* database(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        yield new Uint8Array(100);
      }
    } finally {
      closed = true;
    }
  }
  const sending = a.transport.sendSnapshot({
    message: snapshotMessage(5),
    database: database(),
    sizeBytes: 1e9,
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  a.transport.removePeer(2n);
  await sending;
  expect(closed).toBe(true);
});

test('a snapshot for a member that is not a peer fails at once', async () => {
  const [a] = await pair({});
  const message = { ...snapshotMessage(5), to: 9n };
  async function* database(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(1);
  }
  await a.transport.sendSnapshot({ message, database: database(), sizeBytes: 1 });
  await until(() => a.snapshots.length === 1, 'reported');
  expect(a.snapshots).toEqual([{ id: 9n, ok: false }]);
});

test('refuses what is no snapshot: an endless envelope, another message type, noise, a wrong receiver', async () => {
  const [a, b] = await pair({});
  const headers = {
    'X-Server-From': '1',
    'X-Server-Version': '3.7.3',
    'X-Etcd-Cluster-ID': CLUSTER.toString(16),
    'X-Min-Cluster-Version': '3.0.0',
  };
  const post = async (body: Uint8Array): Promise<[number, string]> => {
    const answer = await peerPost(b.url, '/raft/snapshot', body, 'application/octet-stream', {
      headers,
    });
    return [answer.status, Buffer.from(answer.body).toString().trim()];
  };
  const heartbeat = Message.create({ type: MessageType.MsgHeartbeat, from: 1n, to: 2n });
  expect((await post(Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 0)))[1]).toContain('limit exceeded');
  expect((await post(Uint8Array.of(1, 2)))[1]).toContain('unexpected EOF');
  expect((await post(new Uint8Array(40).fill(9)))[0]).toBe(400);
  expect(await post(encodeMessageFrame(heartbeat))).toEqual([
    400,
    'wrong raft message type (message type 8)',
  ]);
  const misled = encodeMessageFrame({ ...snapshotMessage(1), to: 4n });
  expect((await post(concatBytes([misled, new Uint8Array(10)])))[0]).toBe(500);
  expect(b.received).toEqual([]);
  expect(a.snapshots).toEqual([]);
});
