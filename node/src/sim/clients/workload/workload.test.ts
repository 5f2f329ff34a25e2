import { expect, test } from 'vitest';
import type { ClientObserver, OperationRecord, WatchStreamRecord } from '../../checks/observer.ts';
import type { WatchResponse } from '../../../wire/gen/rpc.ts';
import { SimRandom } from '../../world/random.ts';
import type { ClientCounts } from '../../scenario.ts';
import { methodName } from '../describe.ts';
import { Recorder } from '../recorder.ts';
import { fakeCluster } from '../testing/fake-cluster.ts';
import { Workload } from './workload.ts';

const NONE: ClientCounts = {
  ...{ kv: 0, txn: 0, serial: 0, watch: 0, lease: 0, lock: 0, compact: 0, maintenance: 0 },
  ...{ pauseMs: 50, keys: 12 },
};

class Seen implements ClientObserver {
  readonly open = new Set<OperationRecord>();
  readonly done: OperationRecord[] = [];
  readonly openStreams = new Set<WatchStreamRecord>();
  readonly responses: WatchResponse[] = [];

  called(record: OperationRecord): void {
    this.open.add(record);
  }
  returned(record: OperationRecord): void {
    this.open.delete(record);
    this.done.push(record);
  }
  watchOpened(stream: WatchStreamRecord): void {
    this.openStreams.add(stream);
  }
  watchRequested(): void {}
  watchResponse(_stream: WatchStreamRecord, response: WatchResponse): void {
    this.responses.push(response);
  }
  watchClosed(stream: WatchStreamRecord): void {
    this.openStreams.delete(stream);
  }
}

async function run(counts: Partial<ClientCounts>, forMs: number, seed = 1) {
  const cluster = await fakeCluster(1);
  const { scheduler, network, trace, view } = cluster;
  const observer = new Seen();
  const recorder = new Recorder({ observer, scheduler, trace });
  const problems: string[] = [];
  const workload = new Workload({
    ...{ cluster: view, network, scheduler, recorder },
    random: new SimRandom(seed),
    counts: { ...NONE, ...counts },
    unexpected: (host, path, error) => problems.push(`${host} ${path} ${String(error)}`),
    report: (check, text) => problems.push(`${check}: ${text}`),
  });
  workload.start();
  await cluster.run(forMs);
  workload.stop();
  let finished = false;
  void workload.finish().then(() => (finished = true));
  await scheduler.run(scheduler.nowMs + 60_000, () => finished);
  return { seen: observer, problems, finished, trace, recorder };
}

test('the clients of keys use the whole KV service, and every call ends', async () => {
  const { seen, problems, finished } = await run({ kv: 3, txn: 3, serial: 1, compact: 1 }, 60_000);
  expect(problems).toEqual([]);
  expect(finished).toBe(true);
  expect(seen.open.size).toBe(0);
  const methods = new Set(seen.done.map(({ path }) => methodName(path)));
  expect([...methods].sort()).toEqual([
    'Compact',
    'DeleteRange',
    'Put',
    'Range',
    'RangeStream',
    'Txn',
  ]);
  const good = seen.done.filter(({ outcome }) => outcome === 'ok').length;
  expect(seen.done.length).toBeGreaterThan(3_000);
  expect(good / seen.done.length).toBeGreaterThan(0.9);
  // Mistakes are made on purpose.
  const errors = new Set(seen.done.map(({ errorText }) => errorText));
  expect(errors).toContain('etcdserver: duplicate key given in txn request');
  expect(errors).toContain('etcdserver: mvcc: required revision has been compacted');
});

test('watchers see events, resume, and in the end have seen everything', async () => {
  const { seen, problems, finished } = await run({ kv: 2, txn: 1, compact: 1, watch: 4 }, 60_000);
  expect(problems).toEqual([]);
  expect(finished).toBe(true);
  expect(seen.openStreams.size).toBe(0);
  const count = (wanted: (response: WatchResponse) => boolean): number =>
    seen.responses.filter(wanted).length;
  expect(count(({ events }) => events.length > 0)).toBeGreaterThan(500);
  expect(count(({ watchId }) => watchId === -1n)).toBeGreaterThan(5);
  expect(count(({ created }) => created)).toBeGreaterThan(40);
  expect(count(({ canceled }) => canceled)).toBeGreaterThan(5);
});

test('leases and locks are taken, kept and given back', async () => {
  const { seen, problems, finished } = await run({ lease: 3, lock: 4 }, 60_000);
  expect(problems).toEqual([]);
  expect(finished).toBe(true);
  const done = (name: string): number =>
    seen.done.filter(({ path, outcome }) => methodName(path) === name && outcome === 'ok').length;
  for (const name of ['LeaseGrant', 'LeaseKeepAlive', 'LeaseRevoke', 'LeaseTimeToLive', 'Lock'])
    expect([name, done(name) > 5]).toEqual([name, true]);
  for (const name of ['Unlock', 'Campaign', 'Resign', 'Proclaim', 'Leader'])
    expect([name, done(name) > 2]).toEqual([name, true]);
});

test('the same seed is the same run, another seed another one', async () => {
  const counts = { kv: 2, txn: 1, watch: 1, lease: 1, lock: 1 };
  const [first, second, other] = [
    await run(counts, 10_000),
    await run(counts, 10_000),
    await run(counts, 10_000, 2),
  ];
  expect(second.trace.hash()).toBe(first.trace.hash());
  expect(other.trace.hash()).not.toBe(first.trace.hash());
});
