import { expect, test } from 'vitest';
import {
  EtcdError,
  GrpcStatus,
  StatusError,
  bytesFromLatin1,
  latin1FromBytes,
} from '../../base/index.ts';
import { unary } from '../../api/index.ts';
import { KVService, MaintenanceService, WatchService } from '../../wire/gen/rpc.ts';
import type { CallError } from './call-error.ts';
import { fakeCluster, type FakeCluster } from './testing/fake-cluster.ts';

const key = bytesFromLatin1('k');
const value = bytesFromLatin1('v');

/** How a call went, and when. */
function outcome(cluster: FakeCluster, call: Promise<unknown>) {
  const seen: { text: string; atMs: number } = { text: 'pending', atMs: Infinity };
  const settle = (text: string): void => {
    seen.text = text;
    seen.atMs = cluster.scheduler.nowMs;
  };
  call.then(
    () => settle('ok'),
    (error: CallError) => settle(`${error.outcome} ${error.code} ${error.message}`),
  );
  return seen;
}

test('a put goes through the real handler and comes back over the network', async () => {
  const cluster = await fakeCluster(1);
  const client = cluster.client('c');
  const put = outcome(cluster, client.call('m0', KVService.put, { key, value }));
  await cluster.run(100);
  expect(put.text).toBe('ok');
  // Dialing and asking take a round trip each.
  expect(put.atMs).toBeGreaterThan(4);
  const got = client.call('m0', KVService.range, { key });
  await cluster.run(100);
  expect(latin1FromBytes((await got).kvs[0]!.value)).toBe('v');
});

test('errors arrive with status and text; only those that prove something count as answered', async () => {
  const cluster = await fakeCluster(1);
  const client = cluster.client('c');
  const { methods } = cluster.machines[0]!.process!;
  const failing = (error: Error): void => {
    const failed = unary(KVService.put, () => Promise.reject(error));
    methods.set(KVService.put.path, failed);
  };
  const cases: [Error, string][] = [
    [new EtcdError('NoSpace'), 'answered 8 etcdserver: mvcc: database space exceeded'],
    [new EtcdError('LeaseNotFound'), 'answered 5 etcdserver: requested lease not found'],
    [new EtcdError('NoLeader'), 'answered 14 etcdserver: no leader'],
    [new EtcdError('Timeout'), 'unknown 14 etcdserver: request timed out'],
    [new EtcdError('LeaderChanged'), 'unknown 14 etcdserver: leader changed'],
    [new StatusError(GrpcStatus.Unknown, 'what'), 'unknown 2 what'],
    [new Error('oops'), 'unknown 2 oops'],
  ];
  for (const [error, expected] of cases) {
    failing(error);
    const put = outcome(cluster, client.call('m0', KVService.put, { key, value }));
    await cluster.run(50);
    expect(put.text).toBe(expected);
  }
  expect(cluster.unexpected).toEqual(['m0 /etcdserverpb.KV/Put Error: oops']);
});

test('the guard and unknown methods answer before any handler', async () => {
  const cluster = await fakeCluster(1);
  const client = cluster.client('c');
  const status = outcome(cluster, client.call('m0', MaintenanceService.status, {}));
  cluster.machines[0]!.process!.refusal = new EtcdError('NotSupportedForLearner');
  const put = outcome(cluster, client.call('m0', KVService.put, { key, value }));
  await cluster.run(50);
  expect(put.text).toBe('answered 9 etcdserver: rpc not supported for learner');
  expect(status.text).toContain('answered 12 unknown method Status');
});

test('a deadline reaches the handler, cancels it there and ends the call here', async () => {
  const cluster = await fakeCluster(1);
  const process = cluster.machines[0]!.process!;
  const call = cluster.client('c').call('m0', MaintenanceService.hash, {}, { timeoutMs: 500 });
  const hash = outcome(cluster, call);
  await cluster.run(1_000);
  expect(hash).toEqual({ text: 'unknown 4 context deadline exceeded', atMs: 500 });
  expect(process.timeouts[0]).toBeLessThan(500);
  expect(process.timeouts[0]).toBeGreaterThan(490);
  expect(process.canceled).toHaveLength(1);
});

test('a machine without a process refuses at once, one that is off only after a time', async () => {
  const cluster = await fakeCluster(2);
  const client = cluster.client('c');
  const [m0, m1] = cluster.machines;
  cluster.kill(m0!, 'crash');
  cluster.kill(m1!, 'power');
  const first = outcome(cluster, client.call('m0', KVService.put, { key, value }));
  const second = outcome(cluster, client.call('m1', KVService.put, { key, value }));
  await cluster.run(20_000);
  expect(first.text).toBe('refused 14 connection refused');
  expect(first.atMs).toBeLessThan(10);
  expect(second.text).toBe('refused 14 dial timed out');
  expect(second.atMs).toBe(5_000);
});

test('a killed process resets its connections at once; one that lost power is given up later', async () => {
  for (const how of ['crash', 'power'] as const) {
    const cluster = await fakeCluster(1);
    const client = cluster.client('c');
    const hash = outcome(cluster, client.call('m0', MaintenanceService.hash, {}));
    const watch = client.openStream('m0', WatchService.watch);
    await cluster.run(100);
    cluster.kill(cluster.machines[0]!, how);
    await cluster.run(30_000);
    expect(hash.text).toContain('unknown 14');
    expect(hash.atMs < 110).toBe(how === 'crash');
    expect(watch.ended?.fromMember).toBe(false);
  }
});

test('after a restart a connection of the time before is reset, and a new one is made', async () => {
  const cluster = await fakeCluster(1);
  const [machine] = cluster.machines;
  const client = cluster.client('c');
  const watch = client.openStream('m0', WatchService.watch);
  await cluster.run(100);
  cluster.kill(machine!, 'power');
  machine!.start();
  const put = outcome(cluster, client.call('m0', KVService.put, { key, value }));
  await cluster.run(100);
  expect(put.text).toBe('unknown 14 connection reset by peer');
  expect(watch.ended?.text).toBe('connection reset by peer');
  const again = outcome(cluster, client.call('m0', KVService.put, { key, value }));
  await cluster.run(100);
  expect(again.text).toBe('ok');
});

test('what a cut holds back arrives when it is mended; a long one breaks the connection', async () => {
  const cluster = await fakeCluster(1);
  const client = cluster.client('c');
  await Promise.all([client.call('m0', KVService.put, { key, value }), cluster.run(50)]);
  cluster.network.cut('c', 'm0');
  const short = outcome(cluster, client.call('m0', KVService.put, { key, value }));
  await cluster.run(2_000);
  expect(short.text).toBe('pending');
  cluster.network.mend('c', 'm0');
  await cluster.run(50);
  expect(short.text).toBe('ok');
  cluster.network.cut('m0', 'c');
  const long = outcome(cluster, client.call('m0', KVService.put, { key, value }));
  await cluster.run(30_000);
  expect(long.text).toBe('unknown 14 keepalive ping failed to receive ACK within timeout');
});

test('a paused process answers what arrived meanwhile, in order', async () => {
  const cluster = await fakeCluster(1);
  const client = cluster.client('c');
  await Promise.all([client.call('m0', KVService.put, { key, value }), cluster.run(50)]);
  cluster.machines[0]!.process!.clock.pauseFor(1_000);
  const puts = ['1', '2', '3'].map((text) =>
    client.call('m0', KVService.put, { key, value: bytesFromLatin1(text) }),
  );
  const last = outcome(cluster, puts[2]!);
  await cluster.run(3_000);
  expect(last.atMs).toBeGreaterThan(1_050);
  const revisions = (await Promise.all(puts)).map(({ header }) => header?.revision);
  expect(revisions).toEqual([3, 4, 5]);
});

test('a stream that is not read holds its sender back, and a canceled one stops it', async () => {
  const cluster = await fakeCluster(1);
  const process = cluster.machines[0]!.process!;
  const client = cluster.client('c');
  const whole = client.openStream('m0', MaintenanceService.snapshot, { request: {} }).all();
  await cluster.run(500);
  expect(await whole).toHaveLength(100);
  const stream = client.openStream('m0', MaintenanceService.snapshot, { request: {} });
  await cluster.run(500);
  expect((await stream.next())?.remainingBytes).toBe(99);
  expect(process.canceled).toEqual([]);
  stream.cancel();
  await cluster.run(500);
  expect(process.canceled).toHaveLength(1);
  const left = Number(process.canceled[0]?.split(' ')[1]);
  expect(left).toBeGreaterThan(90);
});
