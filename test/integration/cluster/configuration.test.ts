// Flags, environment and configuration file: what they set, and what is refused before anything is touched.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { utf8FromText } from '../../../node/src/base/index.ts';
import {
  AlarmAction,
  AlarmType,
  ClusterService,
  KVService,
  MaintenanceService,
} from '../../../node/src/wire/gen/rpc.ts';
import { Caller, errorOf } from '../support/caller.ts';
import { freePorts, startCluster, type TestCluster } from '../support/cluster.ts';
import { runBinnacle } from '../support/run-binnacle.ts';
import { eventually } from '../support/waiting.ts';

let folder: string;
let cluster: TestCluster | undefined;
const callers: Caller[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'binnacle-configuration-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(async () => {
  for (const caller of callers.splice(0)) caller.close();
  await cluster?.stop();
  cluster = undefined;
});

function callerOf(of: TestCluster, index = 0): Caller {
  const caller = new Caller(of.member(index).clientUrl);
  callers.push(caller);
  return caller;
}

const put = (caller: Caller, key: string, bytes = 10) =>
  caller.unary(KVService.put, { key: utf8FromText(key), value: new Uint8Array(bytes) });

const HTTPS_ONLY = ['listen', 'advertise'].flatMap((what) => [
  `--${what}-client-urls`,
  'https://127.0.0.1:1',
]);

describe('a start that is refused leaves no data directory behind', () => {
  test.each<[string, string[], RegExp]>([
    ['an unknown flag', ['--no-such-flag'], /no-such-flag/],
    ['a bad number', ['--snapshot-count', 'many'], /snapshot-count/],
    ['a bad duration', ['--backend-batch-interval', '3 parsecs'], /backend-batch-interval/],
    ['a URL without a port', ['--listen-client-urls', 'http://127.0.0.1'], /127\.0\.0\.1/],
    ['an election too hasty', ['--election-timeout', '200'], /election-timeout/],
    ['a bad cluster state', ['--initial-cluster-state', 'odd'], /initial-cluster-state|odd/],
    ['https without a certificate', HTTPS_ONLY, /cert|TLS/i],
    [
      'a certificate that is not there',
      ['--cert-file', '/nope.crt', '--key-file', '/nope'],
      /nope/,
    ],
    ['a configuration file that is not there', ['--config-file', '/nope.yaml'], /nope\.yaml/],
  ])('%s', async (_what, flags, message) => {
    const dataDir = join(folder, 'refused');
    const outcome = await runBinnacle(['--data-dir', dataDir, ...flags]);
    expect(outcome.stderr).toMatch(message);
    expect(existsSync(dataDir)).toBe(false);
    expect([1, 2]).toContain(outcome.code);
  });

  test('a port that is taken', async () => {
    cluster = await startCluster();
    const taken = cluster.member(0).clientUrl;
    const [peerPort] = await freePorts(1);
    const dataDir = join(folder, 'port-taken');
    const outcome = await runBinnacle([
      ...['--data-dir', dataDir],
      ...['--listen-client-urls', taken, '--advertise-client-urls', taken],
      ...['--listen-peer-urls', `http://127.0.0.1:${peerPort}`],
    ]);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain(`cannot listen on ${taken}: another process listens there`);
    expect(existsSync(dataDir)).toBe(false);
  });

  test('a second process on the same data directory', async () => {
    cluster = await startCluster();
    const { dataDir } = cluster.member(0);
    const [client, peer] = (await freePorts(2)).map((port) => `http://127.0.0.1:${port}`);
    const outcome = await runBinnacle([
      ...['--name', 'm1', '--data-dir', dataDir, '--initial-cluster', `m1=${peer}`],
      ...['--listen-client-urls', client!, '--advertise-client-urls', client!],
      ...['--listen-peer-urls', peer!, '--initial-advertise-peer-urls', peer!],
    ]);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain(`is locked by process ${cluster.member(0).pid}`);
    await put(callerOf(cluster), 'the first goes on');
  });
});

describe('where settings come from', () => {
  test('ETCD_ variables, which flags override', async () => {
    const [client, peer] = (await freePorts(2)).map((port) => `http://127.0.0.1:${port}`);
    const environment = {
      ETCD_NAME: 'from-the-environment',
      ETCD_DATA_DIR: join(folder, 'environment'),
      ETCD_LISTEN_CLIENT_URLS: client!,
      ETCD_ADVERTISE_CLIENT_URLS: client!,
      ETCD_LISTEN_PEER_URLS: peer!,
      ETCD_INITIAL_ADVERTISE_PEER_URLS: peer!,
      ETCD_INITIAL_CLUSTER: `from-a-flag=${peer}`,
    };
    const enough = new AbortController();
    const running = runBinnacle(['--name', 'from-a-flag'], environment, 10_000, enough.signal);
    const caller = new Caller(client!);
    callers.push(caller);
    const { members } = await eventually('the member', () =>
      caller.unary(ClusterService.memberList),
    );
    expect(members.map(({ name }) => name)).toEqual(['from-a-flag']);
    enough.abort();
    expect((await running).stderr).toContain('ready to serve client requests');
  });

  test('a configuration file', async () => {
    const [client, peer] = (await freePorts(2)).map((port) => `http://127.0.0.1:${port}`);
    const file = join(folder, 'etcd.yaml');
    const lines = [
      'name: from-a-file',
      `data-dir: ${join(folder, 'file')}`,
      `listen-client-urls: ${client}`,
      `advertise-client-urls: ${client}`,
      `listen-peer-urls: ${peer}`,
      `initial-advertise-peer-urls: ${peer}`,
      `initial-cluster: from-a-file=${peer}`,
      'quota-backend-bytes: 12345678',
    ];
    writeFileSync(file, lines.join('\n'));
    const enough = new AbortController();
    const running = runBinnacle(['--config-file', file], {}, 10_000, enough.signal);
    const caller = new Caller(client!);
    callers.push(caller);
    const status = await eventually('the member', () => caller.unary(MaintenanceService.status));
    expect(status.dbSizeQuota).toBe(12_345_678);
    enough.abort();
    expect((await running).stderr).toContain('from-a-file');
  });
});

test('over the quota writes are refused until space is made and the alarm is disarmed', async () => {
  cluster = await startCluster({ flags: ['--quota-backend-bytes', String(2 ** 21)] });
  const caller = callerOf(cluster);
  const fill = async () => {
    for (let i = 0; i < 100; i++) await put(caller, 'big', 100_000);
  };
  expect(await errorOf(fill())).toBe('etcdserver: mvcc: database space exceeded');
  const { header, alarms } = await caller.unary(MaintenanceService.alarm);
  expect(alarms.map(({ alarm }) => alarm)).toEqual([AlarmType.NOSPACE]);
  expect((await caller.unary(MaintenanceService.status)).errors.join()).toContain('NOSPACE');

  await cluster.member(0).restart();
  await eventually('the restarted member', () => caller.unary(MaintenanceService.status));
  expect(await errorOf(put(caller, 'small'))).toBe('etcdserver: mvcc: database space exceeded');

  await caller.unary(KVService.compact, { revision: header?.revision ?? 0, physical: true });
  await caller.unary(MaintenanceService.defragment);
  const disarm = { action: AlarmAction.DEACTIVATE, memberId: 0n, alarm: AlarmType.NONE };
  for (const one of alarms) {
    await caller.unary(MaintenanceService.alarm, { ...disarm, ...one });
  }
  await put(caller, 'small');
  expect((await caller.unary(MaintenanceService.status)).dbSize).toBeLessThan(2 ** 20);
});

test('auto compaction keeps as much as it is told', async () => {
  const flags = ['--auto-compaction-mode', 'periodic', '--auto-compaction-retention', '1s'];
  cluster = await startCluster({ flags });
  const caller = callerOf(cluster);
  await put(caller, 'old');
  await eventually('the compaction of revision 2', async () => {
    await put(caller, 'new');
    const error = await caller
      .unary(KVService.range, { key: utf8FromText('old'), revision: 2 })
      .then(
        () => '',
        (refused: Error) => refused.message,
      );
    return error.includes('required revision has been compacted');
  });
});

test('--force-new-cluster makes a cluster of one from a member of three', async () => {
  cluster = await startCluster({ members: 3 });
  await put(callerOf(cluster, 0), 'kept');
  await eventually('all to have it', async () => {
    const { count } = await callerOf(cluster!, 1).unary(KVService.range, {
      key: utf8FromText('kept'),
    });
    return count === 1;
  });
  await Promise.all(cluster.members.map((member) => member.kill()));
  cluster.member(1).start(['--force-new-cluster']);
  const caller = callerOf(cluster, 1);
  const { members } = await eventually('the new cluster', () =>
    caller.unary(ClusterService.memberList, { linearizable: true }),
  );
  expect(members.map(({ name }) => name)).toEqual(['m2']);
  expect((await caller.unary(KVService.range, { key: utf8FromText('kept') })).count).toBe(1);
  await put(caller, 'goes on');
});
