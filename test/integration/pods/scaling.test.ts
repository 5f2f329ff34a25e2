// A StatefulSet that is scaled while somebody writes: members join and leave by themselves, and nothing is lost.
import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Client } from '../../../node/src/client/index.ts';
import { TestStatefulSet } from '../support/pods.ts';
import { eventually, sleep } from '../support/waiting.ts';
import { Writer } from '../support/writer.ts';

const LONGEST_PAUSE_MS = 5_000;

let set: TestStatefulSet;
let client: Client;
let writer: Writer | undefined;

beforeEach(() => {
  set = new TestStatefulSet('127.0.71');
  client = new Client({ endpoints: set.members(5).map((pod) => pod.clientUrl) });
});
afterEach(async () => {
  await writer?.end();
  writer = undefined;
  client.close();
  await set.end();
});

const namesOf = async (): Promise<string[]> => {
  const { members } = await client.cluster.list();
  return members.map((member) => `${member.name}${member.isLearner ? ' (learner)' : ''}`).sort();
};
const untilMembers = (names: string[], timeoutMs = 30_000) =>
  eventually(`members ${names}`, async () => `${await namesOf()}` === `${names}`, timeoutMs);
const names = (replicas: number) => set.members(replicas).map((pod) => pod.name);

test('3 → 5 → 3 → 1 → 3 under writes', async () => {
  await set.begin(3);
  await set.untilReady(3);
  const { clusterId } = set.record ?? {};
  writer = new Writer(client);
  const steps: string[] = [];
  for (const replicas of [5, 3, 1, 3]) {
    writer.longestPauseMs = 0;
    await set.scale(replicas);
    await set.untilReady(replicas);
    await untilMembers(names(replicas));
    steps.push(`to ${replicas}: ${Math.round(writer.longestPauseMs)} ms`);
    expect(writer.longestPauseMs, steps.join(', ')).toBeLessThan(LONGEST_PAUSE_MS);
  }
  await writer.end();
  expect(writer.acknowledged.length).toBeGreaterThan(100);
  expect(await writer.lost()).toEqual([]);
  expect(set.record).toMatchObject({ clusterId, state: 'founded', generation: 1 });
  // Who came back did so as a new member; its old data is kept beside the new.
  expect(readdirSync(set.pod(2).volume).filter((name) => name.startsWith('old-'))).toHaveLength(1);
  expect(set.events).toEqual([]);
});

test('a rolling restart, one after the other or all at once, changes no membership', async () => {
  await set.begin(3);
  await set.untilReady(3);
  const before = await client.cluster.list();
  writer = new Writer(client);
  for (const pod of [set.pod(2), set.pod(1), set.pod(0)]) {
    await pod.stop();
    pod.start();
    await set.untilReady(3);
  }
  expect(writer.longestPauseMs).toBeLessThan(LONGEST_PAUSE_MS);
  await Promise.all(set.members(3).map((pod) => pod.stop()));
  for (const pod of set.members(3)) pod.start();
  await set.untilReady(3);
  const after = await client.cluster.list();
  expect(after.members.map(({ id }) => id)).toEqual(before.members.map(({ id }) => id));
  await writer.end();
  expect(await writer.lost()).toEqual([]);
});

test('a StatefulSet that is deleted, scaled to zero, or that nobody can ask for, is not left', async () => {
  await set.begin(3);
  await set.untilReady(3);
  await client.put('kept', 'yes');
  set.want(0);
  await set.pod(2).stop();
  set.want(1, { deletionTimestamp: '2026-01-01T00:00:00Z' });
  await set.pod(1).stop();
  set.pod(1).start();
  set.pod(2).start();
  await sleep(500);
  set.forgetStatefulSet();
  await set.pod(2).stop();
  set.want(3);
  set.pod(2).start();
  await set.untilReady(3);
  set.api.fail({ status: 500, reason: 'InternalError' });
  await set.pod(2).stop();
  set.api.fail(undefined);
  set.pod(2).start();
  await set.untilReady(3);
  expect(await namesOf()).toEqual(names(3));
  expect((await client.get('kept'))?.text()).toBe('yes');
  // The whole history had no configuration change but those of the founding.
  expect(
    set
      .members(3)
      .map((pod) => pod.log)
      .join(''),
  ).not.toContain('removed member');
});

test('data goes on while the API server is away', async () => {
  await set.begin(1);
  await set.untilReady(1);
  await client.put('kept', 'yes');
  await set.pod(0).stop('SIGKILL');
  set.api.fail({ status: 500, reason: 'InternalError' });
  set.pod(0).start();
  await eventually('an answer', async () => (await set.pod(0).probe('startup')).status === 503);
  await set.untilReady(1);
  expect((await client.get('kept'))?.text()).toBe('yes');
});
