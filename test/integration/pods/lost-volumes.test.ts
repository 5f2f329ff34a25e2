// Volumes and records that are lost, in each of the shapes in which clusters of other operators lost their data. One cluster
// goes through all of them: each test leaves it whole, but for the last.
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Client } from '../../../node/src/client/index.ts';
import { TestStatefulSet } from '../support/pods.ts';
import { eventually } from '../support/waiting.ts';

let set: TestStatefulSet;
let client: Client;

beforeAll(async () => {
  set = new TestStatefulSet('127.0.72');
  client = new Client({ endpoints: set.members(3).map((pod) => pod.clientUrl) });
  await set.begin(3);
  await set.untilReady(3);
});
beforeEach(async () => {
  await client.put('kept', 'yes');
});
afterAll(async () => {
  client.close();
  await set.end();
});

const kept = async () => (await client.get('kept'))?.text();
const idOf = async (name: string) =>
  (await client.cluster.list()).members.find((member) => member.name === name)?.id;
/** The guard of the quorum wants all members to have been reachable for a while. */
const remove = async (id: bigint | undefined): Promise<void> => {
  if (id === undefined) throw new Error('there is no such member');
  await eventually('the removal', async () => {
    await client.cluster.remove(id);
    return true;
  });
};
const untilSaid = (ordinal: number, text: string) =>
  eventually(
    `"${text}" from pod ${ordinal}`,
    async () => (await set.pod(ordinal).probe('startup')).text.includes(text),
    20_000,
  );

test('a member whose volume was lost is replaced: the seed, and another one', async () => {
  for (const ordinal of [0, 2]) {
    const pod = set.pod(ordinal);
    const former = await idOf(pod.name);
    await pod.stop('SIGKILL');
    pod.wipe();
    pod.start();
    await set.untilReady(3);
    const now = await idOf(pod.name);
    expect(now).not.toBe(former);
    expect((await client.cluster.list()).members).toHaveLength(3);
    expect(await kept()).toBe('yes');
  }
  expect(set.record).toMatchObject({ state: 'founded', founder: 'store-0' });
});

test('when all volumes are lost, nothing is founded in their place, until the record is given up', async () => {
  const lost = set.record;
  await Promise.all(set.members(3).map((pod) => pod.stop('SIGKILL')));
  for (const pod of set.members(3)) pod.wipe();
  for (const pod of set.members(3)) pod.start();
  for (const ordinal of [0, 1, 2]) await untilSaid(ordinal, 'no member has data any more');
  expect(await set.pod(0).probe('live')).toEqual({ status: 200, text: 'ok' });
  expect((await set.pod(0).probe('ready')).status).toBe(503);
  expect(set.record).toEqual(lost);
  const { reason, message } = set.events[0] ?? {};
  expect(reason).toBe('AllVolumesEmpty');
  expect(message).toContain('restore a backup');
  set.forgetRecord();
  await set.untilReady(3);
  expect(set.record).toMatchObject({ state: 'founded' });
  expect(set.record).not.toMatchObject({ clusterId: lost?.['clusterId'] });
  expect(await kept()).toBeUndefined();
});

test('a record that was deleted is written again; an empty volume still founds nothing', async () => {
  const before = set.record;
  await set.pod(0).stop('SIGKILL');
  set.forgetRecord();
  set.pod(0).wipe();
  set.pod(0).start();
  await set.untilReady(3);
  await eventually('the record', () => set.record !== undefined, 20_000);
  expect(set.record).toMatchObject({ clusterId: before?.['clusterId'], state: 'founded' });
  expect(await kept()).toBe('yes');
});

test('a record that was deleted with all pods down: those with data start, those without join', async () => {
  await Promise.all(set.members(3).map((pod) => pod.stop('SIGKILL')));
  set.forgetRecord();
  set.pod(0).wipe();
  set.pod(0).start();
  await untilSaid(0, 'all pods are asked whether they have data');
  set.pod(1).start();
  set.pod(2).start();
  await set.untilReady(3);
  expect(await kept()).toBe('yes');
});

test('a member that was removed while it was away comes back as a new one, its data aside', async () => {
  const pod = set.pod(2);
  const former = await idOf(pod.name);
  await pod.stop('SIGKILL');
  await remove(former);
  pod.start();
  await set.untilReady(3);
  expect(await idOf(pod.name)).not.toBe(former);
  expect(readdirSync(pod.volume).some((name) => name.startsWith('old-'))).toBe(true);
});

test('a member that is removed while it runs comes back as a new one', async () => {
  const former = await idOf('store-1');
  await remove(former);
  await eventually(
    'another member',
    async () => ![undefined, former].includes(await idOf('store-1')),
    20_000,
  );
  await set.untilReady(3);
  expect(set.pod(1).isRunning).toBe(true);
});

test('a member that was killed while it was scaled away is removed by the leader', async () => {
  set.want(2);
  await set.pod(2).stop('SIGKILL');
  await eventually(
    'two members',
    async () => (await client.cluster.list()).members.length === 2,
    30_000,
  );
  expect(await kept()).toBe('yes');
  await set.scale(3);
  await set.untilReady(3);
});

test('a member that died between being added and its start, or between removal and addition, joins', async () => {
  const pod = set.pod(2);
  await pod.stop('SIGKILL');
  pod.wipe();
  await remove(await idOf(pod.name));
  pod.start();
  await set.untilReady(3);
  await pod.stop('SIGKILL');
  pod.wipe();
  await remove(await idOf(pod.name));
  // An id holds the second in which it was given: one that was removed in this very second is refused.
  const added = await eventually('the addition', async () => {
    const { member } = await client.cluster.addLearner([`http://${pod.host}:2380`]);
    return member.id;
  });
  pod.start();
  await set.untilReady(3);
  const { members } = await client.cluster.list();
  expect(members).toHaveLength(3);
  expect(members.map(({ id }) => id)).not.toContain(added);
});

test('a founder that died between the record and its first file goes on under the same token', async () => {
  await Promise.all(set.members(3).map((pod) => pod.stop('SIGKILL')));
  for (const pod of set.members(3)) pod.wipe();
  set.putRecord({ ...set.record, state: 'founding', token: 'first', clusterId: 'abc' });
  for (const pod of set.members(3)) pod.start();
  await set.untilReady(3);
  expect(set.record).toMatchObject({ state: 'founded', token: 'first' });
  expect(set.record).not.toMatchObject({ clusterId: 'abc' });
});

test('a quorum that was lost is not replaced behind the back of the one that is left', async () => {
  await set.pod(1).stop('SIGKILL');
  await set.pod(2).stop('SIGKILL');
  set.pod(1).wipe();
  set.pod(2).wipe();
  set.pod(1).start();
  set.pod(2).start();
  await untilSaid(1, 'no quorum without it');
  await untilSaid(2, 'no quorum without it');
  expect(set.pod(0).isRunning).toBe(true);
  const serializable = { serializable: true };
  const only = new Client({ endpoints: [set.pod(0).clientUrl] });
  expect((await only.get('kept', serializable))?.text()).toBe('yes');
  only.close();
});
