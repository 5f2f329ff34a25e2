// `binnacle doctor` on the way down, and `binnacle recover` on the way up: a cluster that loses two of three disks for good.
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { runBinnacle, type Outcome } from '../support/run-binnacle.ts';

const KEYS = 10;
let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startCluster({ members: 3, tls: true });
}, 30_000);
afterAll(() => cluster?.stop());

function run(...args: string[]): Promise<Outcome> {
  const { caFile, certFile, keyFile } = cluster.clientTls!;
  const environment = {
    ETCDCTL_ENDPOINTS: cluster.endpoints.join(','),
    ETCDCTL_CACERT: caFile,
    ETCDCTL_CERT: certFile,
    ETCDCTL_KEY: keyFile,
  };
  return runBinnacle(args, environment, 20_000);
}

interface Finding {
  readonly severity: string;
  readonly what: string;
}

async function findings(): Promise<Finding[]> {
  const { stdout } = await run('doctor', '-w', 'json');
  return JSON.parse(stdout) as Finding[];
}

async function keysLeft(): Promise<number> {
  const { stdout, stderr } = await run('ctl', 'get', 'k', '--prefix', '--count-only', '-w', 'json');
  expect(stderr).toBe('');
  return (JSON.parse(stdout) as { count: number }).count;
}

test('a sound cluster is told to be sound', async () => {
  for (let i = 0; i < KEYS; i++)
    expect(await run('ctl', 'put', `k${i}`, `v${i}`)).toMatchObject({ code: 0 });
  const { code, stdout } = await run('doctor');
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: '3 of 3 members answered; 3 have a vote.\nNothing is wrong.\n',
  });
}, 60_000);

test('running members’ disks are not touched', async () => {
  const { code, stderr } = await run('recover', cluster.member(0).dataDir);
  expect(code).not.toBe(0);
  expect(stderr).toMatch(/lock|use|running/i);
});

test('a member that is away is a warning, a lost quorum is critical', async () => {
  await cluster.member(2).stop();
  expect(await findings()).toEqual([
    expect.objectContaining({
      severity: 'warning',
      what: expect.stringMatching(/m3 does not answer; one more failure/),
    }),
  ]);
  await cluster.member(1).kill();
  const [worst] = await findings();
  expect(worst).toMatchObject({
    severity: 'critical',
    what: expect.stringMatching(/quorum is lost: 1 of 3 voters answer.*m2, m3/),
  });
}, 40_000);

test('recovery is refused while a quorum of disks is there', async () => {
  await cluster.member(0).stop();
  const { code, stderr } = await run(
    'recover',
    cluster.member(0).dataDir,
    cluster.member(1).dataDir,
  );
  expect(code).not.toBe(0);
  expect(stderr).toMatch(/2 of 3 voters, which is a quorum: start the members as they are/);
});

test('from the last disk the cluster goes on, with all that was acknowledged', async () => {
  for (const i of [1, 2]) await rm(cluster.member(i).dataDir, { recursive: true });
  const { dataDir } = cluster.member(0);
  const asked = await run('recover', dataDir);
  expect(asked.stdout).toMatch(/Newest: m1/);
  expect(asked.stdout).toMatch(
    /What would be lost:\n {2}- writes behind index \d+ that only the 2/,
  );
  const clusterId = /add --yes (?<id>[0-9a-f]+)/.exec(asked.stderr)?.groups?.['id'] ?? '';
  expect((await run('recover', dataDir, '--yes', 'abc')).stderr).toMatch(/--yes has abc/);

  const done = await run('recover', dataDir, '--yes', clusterId);
  expect(done).toMatchObject({ code: 0, stderr: '' });
  cluster.member(0).start();
  await cluster.untilHealthy();
  expect(await keysLeft()).toBe(KEYS);
  expect(await run('ctl', 'put', 'k-after', 'recovery')).toMatchObject({ code: 0 });
  expect((await findings()).map(({ severity, what }) => `${severity}: ${what}`)).toEqual([
    expect.stringMatching(/^note: there is one voter only/),
  ]);
}, 60_000);
