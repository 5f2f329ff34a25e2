import { expect, test } from 'vitest';
import { LeaseService, type LeaseKeepAliveResponse } from '../../../wire/gen/rpc.ts';
import { fakeActor } from '../testing/fake-actor.ts';
import { KeepAlive } from './keep-alive.ts';

const ID = 77n;

async function keptLease(machines: number) {
  const fake = await fakeActor(machines);
  fake.actor.host = 'm0';
  const { client } = fake.actor;
  await fake.during(client.call('m0', LeaseService.leaseGrant, { id: ID, ttl: 5 }));
  return { ...fake, keepAlive: new KeepAlive(fake.actor, ID, 1_000) };
}

test('a lease is renewed as often as was asked, each time as an operation, until it is stopped', async () => {
  const { cluster, keepAlive, records, during } = await keptLease(1);
  await cluster.run(4_500);
  await during(keepAlive.stop());
  await cluster.run(5_000);
  expect(records.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
  expect((records[0]?.response as LeaseKeepAliveResponse).ttl).toBe(5);
});

test('when its stream breaks it goes on elsewhere, and ends when the lease is gone', async () => {
  const { cluster, keepAlive, records } = await keptLease(2);
  await cluster.run(1_500);
  // Only the first machine knows the lease.
  cluster.machines[0]!.process!.clock.pauseFor(1_000);
  await cluster.run(800);
  cluster.kill(cluster.machines[0]!, 'crash');
  await cluster.run(10_000);
  const outcomes = records.map(({ host, outcome }) => `${host} ${outcome}`);
  expect(outcomes.slice(0, 3)).toEqual(['m0 ok', 'm0 ok', 'm0 unknown']);
  expect(outcomes.at(-1)).toBe('m1 ok');
  expect(keepAlive.ttl).toBe(0);
  expect(records[2]?.returnedMs).toBe(Infinity);
});
