// A member comes back under its old id with a disk that is older than it was, or empty (etcd #10254, #20269). It has forgotten
// what it acknowledged; nobody else may have to pay for it.
import { cp, readFile, rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Client } from '../../../node/src/client/index.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import type { TestMember } from '../support/member.ts';
import { eventually } from '../support/waiting.ts';

const BATCH = 50;
let cluster: TestCluster;
let written = 0;

beforeAll(async () => {
  cluster = await startCluster({ members: 3, flags: ['--vouch-timeout=0s'] });
}, 30_000);
afterAll(() => cluster?.stop());

/** Acknowledged writes that only these members hold. */
async function write(through: TestMember): Promise<void> {
  const client = new Client({ endpoints: [through.clientUrl] });
  try {
    for (let i = 0; i < BATCH; i++) await client.put(`key/${written}`, String(written++));
  } finally {
    client.close();
  }
}

/** How many of the acknowledged writes a member still knows, by itself. */
async function held(member: TestMember): Promise<number> {
  const client = new Client({ endpoints: [member.clientUrl] });
  try {
    const { kvs } = await client.range('key/', { prefix: true, serializable: true });
    return kvs.length;
  } finally {
    client.close();
  }
}

async function holdsAll(member: TestMember): Promise<void> {
  await eventually(`${member.name} to hold all`, async () => (await held(member)) === written);
}

/** What a member has logged since `from`. */
async function logOf(member: TestMember, from = 0): Promise<string> {
  return (await readFile(member.logFile, 'utf8')).slice(from);
}

async function isHealthy(member: TestMember): Promise<boolean> {
  return (await cluster.get(member, '/health').catch(() => '')).includes('"true"');
}

/** Runs `between` on the disk of a member that is down, and puts back the disk from before. */
async function rollBack(member: TestMember, between: () => Promise<void>): Promise<void> {
  const copy = `${member.dataDir}-copy`;
  await member.stop();
  await cp(member.dataDir, copy, { recursive: true });
  member.start();
  await cluster.untilHealthy();
  await between();
  await member.stop();
  await rm(member.dataDir, { recursive: true });
  await cp(copy, member.dataDir, { recursive: true });
  await rm(copy, { recursive: true });
}

test('with an older disk it elects nobody who lacks what it acknowledged', async () => {
  const [first, second, third] = cluster.members as [TestMember, TestMember, TestMember]; // three were started
  await write(first);
  await rollBack(third, async () => {
    await second.stop();
    await write(first);
  });
  await first.kill();
  // Together they are a quorum. Both lack the last writes, which the one that is away and the third had acknowledged.
  const from = (await logOf(third)).length;
  second.start();
  third.start();
  await eventually('the third to wait', async () =>
    (await logOf(third, from)).includes('waiting for all members to tell'),
  );
  expect(await isHealthy(second)).toBe(false);
  expect(await isHealthy(third)).toBe(false);
  first.start();
  await cluster.untilHealthy();
  for (const member of cluster.members) await holdsAll(member);
}, 60_000);

test('with an older disk, beside a leader that counts on it, it says so and catches up', async () => {
  const [, , third] = cluster.members as [TestMember, TestMember, TestMember]; // three were started
  const client = new Client({ endpoints: cluster.endpoints });
  try {
    if ((await client.maintenance.leaderEndpoint()) === third.clientUrl) {
      await third.restart();
      await cluster.untilHealthy();
    }
  } finally {
    client.close();
  }
  await rollBack(third, () => write(third));
  const from = (await logOf(third)).length;
  third.start();
  await cluster.untilHealthy();
  expect(await logOf(third, from)).toContain('has lost what it acknowledged');
  await write(third);
  for (const member of cluster.members) await holdsAll(member);
}, 60_000);

test('with an empty disk it founds nothing, and says what to do', async () => {
  const [first, , third] = cluster.members as [TestMember, TestMember, TestMember]; // three were started
  await third.stop();
  await rm(third.dataDir, { recursive: true });
  const from = (await logOf(third)).length;
  third.start();
  await third.ended();
  expect(third.exitCode).toBe(1);
  const log = await logOf(third, from);
  expect(log).toContain('has already been bootstrapped');
  expect(log).toContain('member remove');
  await write(first);
});

test('with an empty disk in a cluster that is there already, it catches up', async () => {
  const [, , third] = cluster.members as [TestMember, TestMember, TestMember]; // three were started
  await rm(third.dataDir, { recursive: true, force: true });
  third.start(['--initial-cluster-state=existing']);
  await cluster.untilHealthy();
  await write(third);
  for (const member of cluster.members) await holdsAll(member);
}, 60_000);
