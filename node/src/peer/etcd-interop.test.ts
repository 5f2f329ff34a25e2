// Our transport and real etcd in one cluster: etcd leads, members of ours follow.
import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConfState, Message, MessageType, Snapshot, SnapshotMetadata } from '../wire/gen/raft.ts';
import { encode } from '../wire/index.ts';
import { identityHeaders } from './headers.ts';
import { peerGet, peerPost } from './http-client.ts';
import type { PeerTransportOptions } from './options.ts';
import { Authority, tlsOptions } from './testing/certificates.ts';
import { clusterIdOf, etcdBinary, EtcdMember, freePorts, memberIdOf } from './testing/etcd.ts';
import { stopMembers, TestMember, until } from './testing/harness.ts';

const missing = !fs.existsSync(etcdBinary);
if (missing)
  console.warn(`skipped: ${etcdBinary} is not there (test/conformance/build-oracles.sh)`);

let authority: Authority;
let members: TestMember[] = [];
let etcd: EtcdMember | undefined;
beforeEach(() => {
  authority = new Authority('interop');
});
afterEach(async () => {
  await stopMembers(members);
  await etcd?.stop();
  authority.remove();
  members = [];
});

/** Votes for whoever asks and acknowledges whatever comes, as far as raft's messages go. */
function follow(member: TestMember, message: Message): void {
  const answer = (type: number, more: Partial<Message> = {}): void => {
    const { from, to, term } = message;
    member.transport.send([Message.create({ type, from: to, to: from, term, ...more })]);
  };
  if (message.type === MessageType.MsgPreVote) answer(MessageType.MsgPreVoteResp);
  if (message.type === MessageType.MsgVote) answer(MessageType.MsgVoteResp);
  if (message.type === MessageType.MsgHeartbeat) {
    answer(MessageType.MsgHeartbeatResp, { context: message.context });
  }
  if (message.type !== MessageType.MsgApp) return;
  const known = member.received.some((each) => each.type === MessageType.MsgApp);
  const last = message.entries.at(-1)?.index ?? message.index;
  // A member that was never there has no entry to continue from.
  if (!known && message.index > 0) {
    answer(MessageType.MsgAppResp, { index: message.index, reject: true });
  } else answer(MessageType.MsgAppResp, { index: last });
}

interface Cluster {
  readonly etcd: EtcdMember;
  readonly etcdId: bigint;
  readonly etcdUrl: string;
  readonly followers: readonly TestMember[];
  /** Starts one follower: it listens and knows etcd. */
  join(follower: TestMember): Promise<void>;
}

async function cluster(
  scheme: 'http' | 'https',
  count: number,
  flags: readonly string[],
  options: Partial<PeerTransportOptions> = {},
): Promise<Cluster> {
  const [clientPort = 0, ...ports] = await freePorts(count + 1);
  const urls = ports.map((port) => `${scheme}://127.0.0.1:${port}`);
  const ids = urls.map(memberIdOf);
  const clusterId = clusterIdOf(ids);
  const followers = urls.slice(1).map((url, i) => {
    const follower: TestMember = new TestMember(
      ids[i + 1]!,
      { clusterId, urls: () => [url], ...options },
      {
        process: (messages) => {
          for (const message of messages) {
            follow(follower, message);
            follower.received.push(message);
          }
        },
      },
    );
    follower.url = url;
    return follower;
  });
  const [etcdId = 0n] = ids;
  const [etcdUrl = ''] = urls;
  etcd = new EtcdMember(urls, clientPort, flags);
  const join = async (follower: TestMember): Promise<void> => {
    members.push(follower);
    await follower.listen(follower.url);
    follower.transport.addPeer(etcdId, [etcdUrl]);
  };
  return { etcd, etcdId, etcdUrl, followers, join };
}

/** The entries a follower has, with their data's length; each index once. */
function entriesOf(follower: TestMember): Map<number, number> {
  const entries = new Map<number, number>();
  for (const message of follower.received) {
    for (const entry of message.entries) entries.set(entry.index, entry.data.length);
  }
  return entries;
}

async function replicate(both: Cluster): Promise<void> {
  const [follower] = both.followers as [TestMember];
  await both.join(follower);
  await until(() => both.etcd.log.includes('ready to serve client requests'), 'etcd leads');
  for (let i = 0; i < 10; i++) await both.etcd.put(`key${i}`, 'x'.repeat(i * 20_000));
  const entries = [...entriesOf(follower)].toSorted((a, b) => a[0] - b[0]);
  expect(entries.map(([index]) => index)).toEqual(entries.map((_, i) => i + 1));
  expect(entries.filter(([, size]) => size > 180_000).length).toBe(1);
  expect(follower.transport.activePeers()).toBe(1);
  expect(both.etcd.log).not.toMatch(/rejected|panic|dropped|lost TCP/);
  expect(follower.logger.count('lost TCP')).toBe(0);
}

describe.skipIf(missing)('with etcd as the leader', () => {
  test('a follower of ours votes, and receives and acknowledges entries over the streams', async () => {
    const both = await cluster('http', 2, []);
    await replicate(both);
    const answer = await peerGet(both.etcdUrl, '/members');
    expect(Buffer.from(answer.body).toString()).toContain('"name":"m0"');
  });

  test('the same under mutual TLS, and both probe each other', async () => {
    const pair = authority.issue('peer', 'IP:127.0.0.1');
    const file = (name: string, content: string): string => {
      const target = path.join(authority.folder, name);
      fs.writeFileSync(target, content);
      return target;
    };
    const flags = [
      `--peer-cert-file=${file('peer.crt', pair.cert)}`,
      `--peer-key-file=${file('peer.key', pair.key)}`,
      `--peer-trusted-ca-file=${file('trusted.crt', authority.pem)}`,
      ...['--peer-client-cert-auth', '--peer-cert-allowed-cn=peer'],
    ];
    const times: number[] = [];
    const both = await cluster('https', 2, flags, {
      tls: tlsOptions({ pair }, authority, { allowedCommonName: 'peer' }),
      probeIntervalMs: 100,
      metrics: { roundTripSeconds: (_to, seconds) => void times.push(seconds) },
    });
    await replicate(both);
    const [follower] = both.followers as [TestMember];
    await until(() => times.some((seconds) => seconds > 0), 'etcd answered a probe');
    expect(follower.logger.count('clock drift')).toBe(0);
  });

  test('etcd takes posted messages while there is no stream', async () => {
    const both = await cluster('http', 2, []);
    const [follower] = both.followers as [TestMember];
    await until(() => both.etcd.log.includes('serving peer traffic'), 'etcd is up');
    const [from, to] = [follower.id, both.etcdId];
    const vote = Message.create({ type: MessageType.MsgPreVoteResp, from, to, term: 1 });
    const headers = identityHeaders({
      memberId: from,
      clusterId: clusterIdOf([from, to]),
      urls: [follower.url],
      serverVersion: '3.7.3',
      minClusterVersion: '3.0.0',
    });
    const answer = await peerPost(
      both.etcdUrl,
      '/raft',
      encode(Message, vote),
      'application/protobuf',
      {
        headers,
      },
    );
    expect(answer.status).toBe(204);
  });

  test('a member that lags behind gets etcd’s snapshot with its database', async () => {
    const both = await cluster('http', 3, ['--snapshot-count=5', '--snapshot-catchup-entries=2']);
    const [follower, late] = both.followers as [TestMember, TestMember];
    await both.join(follower);
    await until(() => both.etcd.log.includes('ready to serve client requests'), 'etcd leads');
    for (let i = 0; i < 30; i++) await both.etcd.put(`key${i}`, 'v'.repeat(50_000));
    await both.join(late);
    const isSnapshot = (message: Message): boolean => message.type === MessageType.MsgSnap;
    await until(() => late.received.some(isSnapshot), 'snapshot arrived');
    const message = late.received.find(isSnapshot);
    expect(message?.snapshot?.metadata?.index).toBeGreaterThan(10);
    expect(message?.snapshot?.metadata?.confState?.voters.length).toBe(3);
    const saved = late.logger.lines.find((line) => line.message.startsWith('received and saved'));
    expect(saved?.fields?.['incoming-snapshot-size-bytes']).toBeGreaterThan(1_500_000);
    await until(() => both.etcd.log.includes('sent database snapshot'), 'etcd saw our answer');
  });

  test('etcd saves a snapshot of ours', async () => {
    const both = await cluster('http', 2, []);
    const [follower] = both.followers as [TestMember];
    await both.join(follower);
    await until(() => follower.transport.activePeers() === 1, 'streams are up');
    async function* database(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 100; i++) yield new Uint8Array(64 * 1024).fill(i);
    }
    // For another configuration, so that etcd's raft leaves it at that.
    const confState = ConfState.create({ voters: [5n] });
    const metadata = SnapshotMetadata.create({ index: 100, term: 2, confState });
    await follower.transport.sendSnapshot({
      message: Message.create({
        type: MessageType.MsgSnap,
        from: follower.id,
        to: both.etcdId,
        term: 2,
        snapshot: Snapshot.create({ metadata }),
      }),
      database: database(),
      sizeBytes: 100 * 64 * 1024,
    });
    await until(() => follower.snapshots.length === 1, 'reported');
    expect(follower.snapshots).toEqual([{ id: both.etcdId, ok: true }]);
    expect(both.etcd.log).toContain('"incoming-snapshot-size-bytes":6553600');
  });
});
