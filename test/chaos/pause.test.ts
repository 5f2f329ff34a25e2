// Members that sleep (SIGSTOP) for longer than an election takes, while clients work; and what one that led says to those
// who asked it meanwhile (etcd #20418: a linearizable read that is stale).
import type { ServiceError } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { Client } from '../../node/src/client/index.ts';
import { KVService, LeaseService } from '../../node/src/wire/gen/rpc.ts';
import { textFromUtf8, utf8FromText } from '../../node/src/base/index.ts';
import { Caller } from '../integration/support/caller.ts';
import { startCluster, type TestCluster } from '../integration/support/cluster.ts';
import type { TestMember } from '../integration/support/member.ts';
import { sleep } from '../integration/support/waiting.ts';
import { findLeader, timeUntilServing } from './leadership.ts';
import { expectRunning, HEALTHY_MS, repeat, TEST_TIMEOUT_MS, underLoad } from './under-load.ts';

const ELECTION_MS = 1_000;
const READS = 100;
const KEY = 'chaos/stale';

/** Wakes the members whatever happens: a sleeping process can't be stopped in order. */
async function asleep(members: readonly TestMember[], run: () => Promise<void>): Promise<void> {
  for (const member of members) member.pause();
  try {
    await run();
  } finally {
    for (const member of members) member.resume();
  }
}

const longSleep = (): Promise<void> => sleep(1.2 * ELECTION_MS + Math.random() * ELECTION_MS);

test(
  'members of every role sleep, alone and together',
  async () => {
    await underLoad({ members: 3 }, async (cluster) => {
      await repeat(3, async (round) => {
        const leader = await findLeader(cluster, HEALTHY_MS);
        const followers = cluster.members.filter((member) => member !== leader);
        const sleepers = [followers.slice(0, 1), followers, [leader], cluster.members];
        await asleep(sleepers[round % sleepers.length] ?? [], longSleep);
        await timeUntilServing(cluster, HEALTHY_MS);
      });
      await asleep([await findLeader(cluster, HEALTHY_MS)], async () => {
        await timeUntilServing(cluster, HEALTHY_MS);
      });
      expectRunning(cluster.members);
    });
  },
  TEST_TIMEOUT_MS,
);

test(
  'a leader that slept through an election answers no read with what it knew',
  async () => {
    const cluster = await startCluster({ members: 3, startTimeoutMs: HEALTHY_MS });
    try {
      await repeat(2, (round) => readFromFormerLeader(cluster, round));
    } finally {
      await cluster.stop();
    }
  },
  TEST_TIMEOUT_MS,
);

/** Reads wait in the sleeping leader's socket, together with the messages that would tell it that it leads no more. */
async function readFromFormerLeader(cluster: TestCluster, round: number): Promise<void> {
  await cluster.untilHealthy(HEALTHY_MS);
  const leader = await findLeader(cluster, HEALTHY_MS);
  const others = cluster.members.filter((member) => member !== leader);
  using client = new Client({
    endpoints: others.map((member) => member.clientUrl),
    timeoutMs: HEALTHY_MS,
  });
  const caller = new Caller(leader.clientUrl, cluster.clientTls);
  try {
    await client.put(KEY, `old ${round}`);
    const lease = await caller.unary(LeaseService.leaseGrant, { id: 0n, ttl: 600 }, HEALTHY_MS);
    const read = () =>
      caller.unary(KVService.range, { key: utf8FromText(KEY) }, HEALTHY_MS).then(
        ({ kvs }) => textFromUtf8(kvs[0]?.value ?? new Uint8Array()),
        (error: unknown) => `refused: ${(error as Partial<ServiceError>).details}`, // of grpc-js
      );
    expect(await read()).toBe(`old ${round}`);
    const reads: Promise<string | undefined>[] = [];
    const answers = new Set<string | undefined>();
    await asleep([leader], async () => {
      await timeUntilServing(cluster, HEALTHY_MS, others);
      await client.leases.revoke(lease.id);
      await client.put(KEY, `new ${round}`);
      for (let count = 0; count < READS; count++) reads.push(read());
      await sleep(50); // they are in its socket
    });
    for (const value of await Promise.all(reads)) answers.add(value);
    const seen = [...answers].filter((value) => value?.startsWith('refused') !== true);
    console.log(`round ${round}: ${[...answers].join(', ')}`);
    expect(seen.filter((value) => value !== `new ${round}`)).toEqual([]);
    const { ttl } = await caller.unary(LeaseService.leaseTimeToLive, { id: lease.id }, HEALTHY_MS);
    expect(ttl).toBe(-1);
  } finally {
    caller.close();
  }
}
