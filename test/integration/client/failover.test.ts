import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Client } from '../../../node/src/client/index.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { eventually } from '../support/waiting.ts';

let cluster: TestCluster;
let client: Client;

beforeAll(async () => {
  cluster = await startCluster({ members: 3, tls: true });
  client = new Client({ endpoints: cluster.endpoints, tls: cluster.clientTls! });
});
afterAll(async () => {
  client?.close();
  await cluster?.stop();
});

describe('a client of three members under mutual TLS', () => {
  test('goes on reading, writing, watching and holding leases while the leader is killed', async () => {
    const seen: string[] = [];
    const watch = client.watch(
      'k',
      {},
      { events: ({ events }) => seen.push(...events.map((event) => event.kv.text())) },
    );
    const lease = await client.leases.hold(3);
    let lost: unknown;
    lease.once('lost', (error) => (lost = error));
    await watch.created;
    const leader = await client.maintenance.leaderEndpoint();
    const member = cluster.members.find((each) => each.clientUrl === leader)!;
    // What failed may have been executed or not: the watch must show it at most once, and all acknowledged ones.
    const acknowledged: string[] = [];
    for (let i = 0; i < 60; i++) {
      if (i === 20) void member.kill();
      await client.put('k', String(i)).then(
        () => acknowledged.push(String(i)),
        () => undefined,
      );
      expect(await client.count('k')).toBe(1);
    }
    await eventually('all acknowledged events', () => seen.at(-1) === acknowledged.at(-1));
    expect(acknowledged.length).toBeGreaterThan(50);
    expect(seen).toEqual([...new Set(seen)]);
    expect(seen).toEqual([...seen].sort((a, b) => Number(a) - Number(b)));
    expect(acknowledged.filter((value) => !seen.includes(value))).toEqual([]);
    member.start();
    await cluster.untilHealthy();
    expect(lost).toBeUndefined();
    expect((await client.leases.timeToLive(lease.id)).ttl).toBeGreaterThan(0);
    await lease.revoke();
    watch.cancel();
  });

  test('passes a member over that hangs', async () => {
    const leader = await client.maintenance.leaderEndpoint();
    const follower = cluster.members.find(({ clientUrl }) => clientUrl !== leader)!;
    follower.pause();
    try {
      let failures = 0;
      for (let i = 0; i < 6; i++) {
        await client.count('k', { timeoutMs: 700 }).catch(() => failures++);
      }
      expect(failures).toBeLessThanOrEqual(1);
    } finally {
      follower.resume();
      await cluster.untilHealthy();
    }
  });

  test('lists members, their status and hashes, and moves the leader', async () => {
    const { members } = await client.cluster.list();
    expect(members.map(({ clientUrls }) => clientUrls[0]).sort()).toEqual(
      [...cluster.endpoints].sort(),
    );
    const leader = await client.maintenance.leaderEndpoint();
    const status = await client.maintenance.status(leader);
    expect(status).toMatchObject({ isLearner: false, errors: [] });
    expect(status.version).toMatch(/^3\.7\./);
    const target = members.find(({ id }) => id !== status.leader)!;
    await client.maintenance.moveLeader(target.id);
    const { revision } = await client.put('hashed', '1');
    const hashes = await eventually('equal hashes', async () => {
      const all = await Promise.all(
        cluster.endpoints.map((each) => client.maintenance.hashKv(each, { revision })),
      );
      return all.map(({ hash }) => hash);
    });
    expect(new Set(hashes).size).toBe(1);
    expect(await client.maintenance.leaderEndpoint()).toBe(target.clientUrls[0]);
    expect(await client.maintenance.alarms()).toEqual([]);
    expect(await client.maintenance.disarm()).toEqual([]);
    await client.maintenance.defragment(cluster.endpoints[1]!);
  });

  test('takes a snapshot that ends with its checksum', async () => {
    const { revision } = await client.put('big', 'b'.repeat(200_000));
    // A snapshot is what its member has applied, and another one may have taken the put.
    for (const each of cluster.endpoints)
      await eventually('the put everywhere', () =>
        client.maintenance.hashKv(each, { revision }).then(
          () => true,
          () => false,
        ),
      );
    const chunks: Uint8Array[] = [];
    for await (const chunk of client.maintenance.snapshot()) chunks.push(chunk);
    const file = Buffer.concat(chunks);
    const digest = createHash('sha256').update(file.subarray(0, -32)).digest();
    expect(file.subarray(-32)).toEqual(digest);
    expect(file.length).toBeGreaterThan(200_000);
  });

  test('adds a learner, promotes it, and removes it', async () => {
    const joining = await cluster.join('m4');
    // A member that was down lately makes the cluster refuse changes for five seconds.
    const { member } = await eventually('a cluster that takes a change', () =>
      client.cluster.addLearner([joining.peerUrl]),
    );
    expect(member.isLearner).toBe(true);
    await expect(client.cluster.addLearner([joining.peerUrl])).rejects.toThrow('already exist');
    joining.start();
    await eventually('the learner to catch up', () => client.cluster.promote(member.id));
    const { members } = await client.cluster.list();
    expect(members.filter(({ isLearner }) => isLearner)).toEqual([]);
    expect(members).toHaveLength(4);
    await eventually('the new member to publish its URL', async () => {
      await client.syncEndpoints();
      return client.endpoints.includes(joining.clientUrl);
    });
    const left = await client.cluster.remove(member.id);
    expect(left.members).toHaveLength(3);
    await client.syncEndpoints();
    await joining.stop();
    expect(await client.count('k')).toBe(1);
  });
});
