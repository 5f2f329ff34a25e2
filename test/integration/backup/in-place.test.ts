// A restore over a running cluster: what was saved is back on every member, nobody sees an old revision again, and readers
// wait for a moment only.
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Client, WatchCompactedError } from '../../../node/src/client/index.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { runBinnacle, type Outcome } from '../support/run-binnacle.ts';
import { eventually, sleep } from '../support/waiting.ts';

const TIMEOUT_MS = 60_000;
const KEYS = 2_000;
const BILLION = 1_000_000_000;
/** Twice what the kit promises for any step: other tests may be at work on the same processors. */
const LONGEST_PAUSE_MS = 10_000;

const folder = mkdtempSync(join(tmpdir(), 'binnacle-in-place-'));
const destination = join(folder, 'backups');
let cluster: TestCluster;
let client: Client;
/** The revision that was saved. */
let saved = 0;

beforeAll(async () => {
  cluster = await startCluster({ members: 3, tls: true });
  client = new Client({ endpoints: cluster.endpoints, tls: cluster.clientTls! });
  const puts = Array.from({ length: KEYS }, (_, i) => client.put(`key-${i}`, `before ${i}`));
  saved = Math.max(...(await Promise.all(puts)).map((put) => put.header.revision));
  const { id } = await client.leases.grant(60);
  saved = (await client.put('leased', 'v', { lease: id })).header.revision;
  expect(await binnacle('backup', 'run', destination)).toMatchObject({ code: 0 });
});

afterAll(async () => {
  client.close();
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

function binnacle(...args: string[]): Promise<Outcome> {
  const { caFile, clientCertFile, clientKeyFile } = cluster.certificates!;
  const tls = ['--cacert', caFile, '--cert', clientCertFile, '--key', clientKeyFile];
  const [command = '', ...rest] = args;
  const status = command === 'backup' && rest[0] === 'run' ? ['--status-file', `${folder}/s`] : [];
  const given = ['--endpoints', cluster.endpoints.join(','), '--cluster-name', 'shop', ...tls];
  return runBinnacle([command, ...rest, ...given, ...status], {}, TIMEOUT_MS);
}

const restore = (...more: string[]): Promise<Outcome> =>
  binnacle('restore', '--from', destination, '--in-place', ...more);

/** Reads every few milliseconds, and knows the longest time between two answers. */
class Reader {
  longestGapMs = 0;
  failures = 0;
  private stopped = false;
  private readonly done: Promise<void>;

  constructor(reader: Client) {
    this.done = this.run(reader);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.done;
  }

  private async run(reader: Client): Promise<void> {
    let lastMs = performance.now();
    while (!this.stopped) {
      try {
        await reader.get('key-0', { timeoutMs: 500 });
        const nowMs = performance.now();
        this.longestGapMs = Math.max(this.longestGapMs, nowMs - lastMs);
        lastMs = nowMs;
      } catch {
        this.failures++;
      }
      await sleep(5);
    }
  }
}

test('without the right confirmation nothing happens', async () => {
  const before = await client.get('key-0');
  expect((await restore()).stderr).toContain('confirm with --yes=shop');
  expect((await restore('--yes=production')).stderr).toContain('the cluster is called shop');
  const plan = await binnacle('restore', '--from', destination, '--plan');
  expect(plan).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('nothing: there were no'),
  });
  expect((await client.get('key-0'))!.modRevision).toBe(before!.modRevision);
  expect(readdirSync(destination)).toHaveLength(2);
});

test('while a member is away, it is refused, and nothing has changed', async () => {
  const member = cluster.member(2);
  await member.stop();
  const outcome = await restore('--yes=shop');
  expect(outcome.stderr).toContain('all members have to take part, but not here: m3');
  expect(readdirSync(destination)).toHaveLength(2);
  member.start();
  await cluster.untilHealthy();
});

test('a cluster of three is restored while it is read', async () => {
  await client.put('key-0', 'after');
  await client.delete('key-1');
  const lost = await client.put('lost', 'v');
  const pids = cluster.members.map(({ pid }) => pid);
  const watch = client.watch('key-', { prefix: true });
  const watched = (async () => {
    for await (const _ of watch);
  })().catch((error: unknown) => error);
  const reader = new Reader(client);
  await sleep(300);

  const outcome = await restore('--yes=shop');
  expect(outcome, outcome.stderr).toMatchObject({ code: 0 });
  expect(outcome.stdout).toContain('what changed after revision');
  await sleep(300);
  await reader.stop();
  console.log(
    `longest pause of a reader over the restore: ${Math.round(reader.longestGapMs)} ms; ${reader.failures} reads failed`,
  );
  expect(reader.longestGapMs).toBeLessThan(LONGEST_PAUSE_MS);

  // The same processes, on other data.
  expect(cluster.members.map(({ pid }) => pid)).toEqual(pids);
  expect((await client.get('key-0'))!.text()).toBe('before 0');
  expect((await client.get('key-1'))!.text()).toBe('before 1');
  expect(await client.get('lost')).toBeUndefined();
  expect(await client.count('', { prefix: true })).toBe(KEYS + 1);
  const written = await client.put('key-0', 'again');
  expect(written.header.revision).toBeGreaterThan(lost.header.revision + BILLION - 1);
  expect(await watched).toBeInstanceOf(WatchCompactedError);
  await expect(client.get('key-0', { revision: saved })).rejects.toMatchObject({
    code: 'Compacted',
  });
});

test('all members hold the same, and the past lies beside it', async () => {
  const hashes = await eventually('all members to have applied the same', async () => {
    const all = await Promise.all(
      cluster.endpoints.map((endpoint) => client.maintenance.hashKv(endpoint)),
    );
    return new Set(all.map(({ hashRevision }) => hashRevision)).size === 1 && all;
  });
  expect(new Set(hashes.map(({ hash }) => hash)).size).toBe(1);
  const ids = new Set(hashes.map(({ header }) => header.memberId));
  expect(ids.size).toBe(3);
  for (const { dataDir } of cluster.members) {
    const beside = readdirSync(join(dataDir, '..')).filter((name) =>
      name.startsWith(`${dataDir.split('/').at(-1)}.`),
    );
    expect(
      beside.some((name) => name.includes('.old-')),
      beside.join(),
    ).toBe(true);
    expect(beside.some((name) => name.includes('staged'))).toBe(false);
  }
});

test('the state of before is in the safety backup', async () => {
  const { stdout } = await binnacle('backup', 'list', destination, '-w', 'json');
  const [safety] = JSON.parse(stdout) as { name: string; reason: string }[]; // the command's own output
  expect(safety!.reason).toBe('before-restore');
  const exported = await binnacle(
    ...['backup', 'export', destination, '--name', safety!.name, '--prefix', 'lost'],
  );
  expect(exported.stdout).toMatch(/^\{"key":"lost","value":"v",.*\}\n$/);
});

test('a restored cluster survives restarts, and can be restored again', async () => {
  await client.put('key-0', 'again');
  for (const member of cluster.members) await member.restart();
  await cluster.untilHealthy();
  expect((await client.get('key-0'))!.text()).toBe('again');
  const again = await restore('--yes=shop', '--no-safety-backup', '--latest');
  expect(again, again.stderr).toMatchObject({ code: 0 });
  expect(again.stdout).toContain('generation 3');
  await eventually('the restored value', async () => {
    const value = await client.get('key-0');
    return value?.text() === 'before 0';
  });
});

test('a backup becomes the data of a new cluster', async () => {
  const dataDir = join(folder, 'new');
  const initial = 'a=http://127.0.0.1:1,b=http://127.0.0.1:2';
  const args = ['--data-dir', dataDir, '--initial-cluster', initial];
  const outcome = await binnacle('restore', '--from', destination, ...args);
  expect(outcome.stdout).toContain(`${KEYS + 1} keys, revision ${saved + BILLION}`);
  for (const name of ['a', 'b']) {
    expect(existsSync(join(dataDir, name, 'member', 'snap', 'db'))).toBe(true);
  }
  const again = await binnacle('restore', '--from', destination, ...args);
  expect(again.stderr).toContain('is not empty: a restore never writes over data');
});

test('a peer port takes no restore that is meant for another cluster, or is not whole', async () => {
  const other = await startCluster();
  try {
    const { peerUrl } = other.member(0);
    const survey = JSON.parse((await ask(peerUrl, 'GET', '/binnacle/survey')).body) as {
      clusterId: string;
      generation: number;
    }; // the member's own answer
    expect(survey).toMatchObject({ name: 'm1', generation: 1, isLearner: false });
    const headers = {
      'x-etcd-cluster-id': survey.clusterId,
      'x-binnacle-members': `m1=${peerUrl}`,
      'x-binnacle-token': 't',
      'x-binnacle-revision-bump': '0',
      'x-binnacle-sha256': '00',
    };
    const put = (path: string, more = {}) =>
      ask(peerUrl, 'PUT', path, { ...headers, ...more }, Buffer.alloc(100_000));
    expect(await put('/binnacle/restore/2')).toMatchObject({ status: 400 });
    expect(await put('/binnacle/restore/1')).toMatchObject({ status: 409 });
    expect(await put('/binnacle/restore/2', { 'x-etcd-cluster-id': 'abc' })).toMatchObject({
      status: 412,
    });
    expect(await ask(peerUrl, 'POST', '/binnacle/restore/2/commit', headers)).toMatchObject({
      status: 409,
    });
    expect(readdirSync(other.folder).filter((name) => name.includes('staged'))).toEqual([]);
    await other.untilHealthy();
  } finally {
    await other.stop();
  }
});

function ask(
  url: string,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: Buffer,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const call = request(new URL(path, url), { method, headers, agent: false }, (response) => {
      let text = '';
      response.on('data', (bytes: Buffer) => (text += bytes.toString()));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
    });
    call.once('error', reject);
    call.end(body);
  });
}
