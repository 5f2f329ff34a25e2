// `binnacle ctl` against a cluster under mutual TLS, as etcdctl would be called.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import type { Outcome } from '../support/run-binnacle.ts';
import { eventually } from '../support/waiting.ts';
import { CtlProcess } from './ctl-process.ts';

let cluster: TestCluster;
let environment: Record<string, string>;

beforeAll(async () => {
  cluster = await startCluster({ members: 3, tls: true });
  const { caFile, certFile, keyFile } = cluster.clientTls!;
  environment = {
    ETCDCTL_ENDPOINTS: cluster.endpoints.join(','),
    ETCDCTL_CACERT: caFile,
    ETCDCTL_CERT: certFile,
    ETCDCTL_KEY: keyFile,
  };
}, 30_000);
afterAll(() => cluster?.stop());

const start = (line: string, input?: string): CtlProcess =>
  new CtlProcess(['ctl', ...line.split(' ')], environment, input);
const run = (line: string, input?: string): Promise<Outcome> => start(line, input).outcome;

/** What a command prints that has to succeed. */
async function ctl(line: string, input?: string): Promise<string> {
  const { code, stdout, stderr } = await run(line, input);
  expect({ line, code, stderr }).toEqual({ line, code: 0, stderr: '' });
  return stdout;
}

async function json(line: string) {
  return JSON.parse(await ctl(`${line} -w json`));
}

describe('keys', () => {
  test('are put, read and deleted', async () => {
    expect(await ctl('put k/a 1')).toBe('OK\n');
    expect(await ctl('put k/b', 'from standard input')).toBe('OK\n');
    expect(await ctl('put --prev-kv k/a 2')).toBe('OK\nk/a\n1\n');
    expect(await ctl('get k/ --prefix')).toBe('k/a\n2\nk/b\nfrom standard input\n');
    expect(await ctl('get k/a --print-value-only')).toBe('2\n');
    const { kvs, count } = await json('get k/a');
    expect(kvs[0]).toMatchObject({ key: 'ay9h', value: 'Mg==', version: 2 });
    expect(count).toBe(1);
    expect(await ctl('get missing')).toBe('');
    expect(await ctl('del k/a --prev-kv')).toBe('1\nk/a\n2\n');
    expect(await ctl('del k/a')).toBe('0\n');
  });

  test('change in transactions', async () => {
    await ctl('put t 1');
    const lines = 'value("t") = "1"\n\nput t two\nget t\n\nget nothing\n';
    expect(await ctl('txn', lines)).toBe('SUCCESS\n\nOK\n\nt\ntwo\n');
    expect(await ctl('txn', lines)).toBe('FAILURE\n\n');
  });

  test('are watched until the command is interrupted', async () => {
    const { header } = await json('put w 1');
    const watch = start(`watch w --rev ${header.revision}`);
    await eventually('the first event', () => watch.stdout === 'PUT\nw\n1\n');
    await ctl('del w');
    await eventually('the second event', () => watch.stdout === 'PUT\nw\n1\nDELETE\nw\n\n');
    watch.interrupt();
    expect((await watch.outcome).code).toBe(0);
  });

  test('forget their history', async () => {
    const { header } = await json('put c 1');
    await ctl('put c 2');
    const { revision } = header;
    expect(await ctl(`compaction ${revision + 1}`)).toBe(`compacted revision ${revision + 1}\n`);
    const [read, again] = await Promise.all([
      run(`get c --rev ${revision}`),
      run(`compaction ${revision}`),
    ]);
    for (const { code, stdout, stderr } of [read, again]) {
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toContain('Error: etcdserver: mvcc: required revision has been compacted');
    }
  });
});

test('leases are granted, renewed, listed and revoked', async () => {
  const granted = await ctl('lease grant 100');
  const id = /^lease ([0-9a-f]{16}) granted with TTL\(100s\)\n$/.exec(granted)?.[1];
  await ctl(`put l 1 --lease=${id}`);
  const [renewed, left, all] = await Promise.all([
    ctl(`lease keep-alive --once ${id}`),
    ctl(`lease timetolive ${id} --keys`),
    ctl('lease list'),
  ]);
  expect(renewed).toBe(`lease ${id} keepalived with TTL(100)\n`);
  expect(left).toMatch(
    /^lease [0-9a-f]{16} granted with TTL\(100s\), remaining\((9\d|100)s\), attached keys\(\[l\]\)\n$/,
  );
  expect(all).toBe(`found 1 leases\n${id}\n`);
  expect(await ctl(`lease revoke ${id}`)).toBe(`lease ${id} revoked\n`);
  const [key, after] = await Promise.all([ctl('get l'), ctl(`lease timetolive ${id}`)]);
  expect([key, after]).toEqual(['', `lease ${id} already expired\n`]);
});

/** The third column. The first, the id, has no leading zeros and so no fixed width. */
const nameIn = (line: string): string => line.split(', ')[2] ?? '';

describe('the cluster', () => {
  test('lists its members and tells how they do', async () => {
    const [members, statuses, health, hashes, alarms] = await Promise.all([
      ctl('member list'),
      json('endpoint status --cluster'),
      ctl('endpoint health'),
      json('endpoint hashkv --cluster'),
      ctl('alarm list'),
    ]);
    const lines = members
      .trim()
      .split('\n')
      .sort((a, b) => nameIn(a).localeCompare(nameIn(b)));
    expect(lines).toHaveLength(3);
    cluster.members.forEach(({ name, peerUrl, clientUrl }, i) => {
      expect(lines[i]).toMatch(
        new RegExp(`^[0-9a-f]{1,16}, started, ${name}, ${peerUrl}, ${clientUrl}, false$`),
      );
    });
    expect(statuses.map((one: { Endpoint: string }) => one.Endpoint).sort()).toEqual(
      [...cluster.endpoints].sort(),
    );
    for (const { Status } of statuses) expect(Status.version).toBe('3.7.3');
    expect(health.match(/ is healthy: successfully committed proposal: took = /g)).toHaveLength(3);
    const values = hashes.map((one: { HashKV: { hash: number } }) => one.HashKV.hash);
    expect([values.length, new Set(values).size]).toEqual([3, 1]);
    expect(alarms).toBe('');
  });

  test('is defragmented and saved to a file', async () => {
    expect(await ctl('defrag')).toMatch(/^(Finished defragmenting etcd member\[.*\n){3}$/);
    const path = join(cluster.folder, 'saved.db');
    const saved = await ctl(`snapshot save ${path} --endpoints ${cluster.endpoints[0]}`);
    expect(saved).toMatch(/^Snapshot saved at .*\nServer version 3\.7\.\d\n$/);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(path).size).toBeGreaterThan(16_384);
    const several = await run('snapshot save other.db');
    expect(several.code).toBe(128);
    expect(several.stderr).toContain('must be requested to one selected node');
  });

  test('changes its leader', async () => {
    const ids = (await ctl('member list'))
      .trim()
      .split('\n')
      .map((line) => line.split(', ')[0]);
    const [{ Status }] = await json('endpoint status');
    const leader = (await ctl('endpoint status'))
      .trim()
      .split('\n')
      .map((line) => line.split(', '))
      .find((columns) => columns[8] === 'true')?.[1];
    const target = ids.find((id) => id !== leader);
    expect(await ctl(`move-leader ${target}`)).toBe(
      `Leadership transferred from ${leader} to ${target}\n`,
    );
    const [after] = await json('endpoint status');
    expect(after.Status.raftTerm).toBeGreaterThan(Status.raftTerm);
  });
});

test('what goes wrong is told on standard error and by the exit code', async () => {
  const nobody = 'get a --endpoints https://127.0.0.1:1 --command-timeout 300ms';
  const cases: [string, number, string][] = [
    ['put --lease=77 x y', 1, 'Error: etcdserver: requested lease not found'],
    ['member remove abc', 1, 'Error: etcdserver: member not found'],
    ['member promote zz', 128, 'expecting ID in Hex'],
    ['get', 128, 'get command needs one argument as key'],
    ['get a --no-such-flag', 128, 'no-such-flag'],
    ['get a --cert=', 128, '--cert and --key go together'],
    ['txn surplus', 128, 'txn'],
    ['sail', 1, 'Error: unknown command "sail" for "binnacle ctl"'],
    [nobody, 1, 'ECONNREFUSED'],
    ['endpoint health --endpoints https://127.0.0.1:1 --command-timeout 300ms', 1, 'is unhealthy'],
  ];
  const outcomes = await Promise.all(cases.map(([line]) => run(line)));
  outcomes.forEach(({ code, stdout, stderr }, i) => {
    const [line, exitCode, message] = cases[i]!;
    expect({ line, code, stdout }).toEqual({ line, code: exitCode, stdout: '' });
    expect(stderr).toContain(message);
  });
});
