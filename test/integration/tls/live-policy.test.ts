// TLS switched on and off while clients write: plain → both → https → mutual → back, without a failed request; and for
// members that were away meanwhile.
import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Authority } from '../support/certificates.ts';
import { runBinnacle } from '../support/run-binnacle.ts';
import { eventually, sleep } from '../support/waiting.ts';
import {
  ETCDCTL,
  LiveCluster,
  PEER_NAME,
  etcdctl,
  writeUser,
  type UserFiles,
} from './live-cluster.ts';
import type { MountedContent, Policy } from './mounted-folder.ts';
import { WritingClient } from './writing-client.ts';

const PLAIN: Policy = { accept: 'plain', advertise: 'http' };
const BOTH_HTTP: Policy = { accept: 'both', advertise: 'http' };
const BOTH_HTTPS: Policy = { accept: 'both', advertise: 'https' };
const SERVER: Policy = { accept: 'server', advertise: 'https' };
const MUTUAL: Policy = { accept: 'mutual', advertise: 'https' };
/** So often clients look for the members' URLs; a driver of the change leaves them that much time under "both". */
const SYNC_MS = 300;

let cluster: LiveCluster;
let authority: Authority;
let user: UserFiles;

async function certificatesOf(from: Authority, trust = from.pem): Promise<MountedContent> {
  return {
    server: { pair: await from.issueServer('demo-server'), trust },
    peer: { pair: await from.issueServer(PEER_NAME), trust },
  };
}

beforeAll(async () => {
  authority = await Authority.create('live');
  cluster = await LiveCluster.start(3, { policy: PLAIN });
  user = await writeUser(cluster.folder, authority);
  await cluster.untilFollowed(PLAIN);
}, 30_000);
afterAll(() => cluster.stop());

/** What works and what does not under a policy, for etcdctl and for HTTP/1.1. */
async function checkDoors({ accept }: Policy): Promise<void> {
  const plainWorks = accept === 'plain' || accept === 'both';
  const tlsWorks = accept !== 'plain';
  const outcomes = await Promise.all([
    attempt(etcdctl(cluster.endpoints('http'), undefined, 'put', 'doors', 'plain')),
    attempt(etcdctl(cluster.endpoints('https'), user, 'put', 'doors', 'tls')),
    attempt(health('http')),
  ]);
  expect(outcomes, accept).toEqual([plainWorks, tlsWorks, plainWorks]);
}

const attempt = (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  );

function health(scheme: 'http'): Promise<number> {
  const url = `${cluster.endpoints(scheme)[0]}/health`;
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent: false, timeout: 2_000 }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
    });
    sent.once('timeout', () => sent.destroy(new Error('no answer')));
    sent.once('error', reject);
    sent.end();
  });
}

test('TLS goes on, becomes mutual and goes off again under a client that writes', async () => {
  expect(existsSync(ETCDCTL), 'etcdctl is built by test/conformance').toBe(true);
  const ids = (await Promise.all(cluster.members.map((member) => cluster.report(member)))).map(
    (report) => report.memberId,
  );
  const writer = new WritingClient({
    endpoints: cluster.endpoints(),
    tls: user,
    syncIntervalMs: SYNC_MS,
  });
  let seen = 0;
  let ended = false;
  // From the first revision on: each write is seen once, through all changes.
  writer.client.watch(
    'writes/',
    { prefix: true, startRevision: 1 },
    { events: ({ events }) => void (seen += events.length), end: () => void (ended = true) },
  );
  await writer.untilWritten(20);
  const certificates = await certificatesOf(authority);
  for (const { folder } of cluster.members) folder.update(certificates);
  for (const policy of [BOTH_HTTP, BOTH_HTTPS, SERVER, MUTUAL, BOTH_HTTPS, BOTH_HTTP, PLAIN]) {
    await cluster.follow(policy);
    await writer.untilWritten(20);
    await checkDoors(policy);
    await sleep(3 * SYNC_MS);
    expect(writer.failures, JSON.stringify(policy)).toEqual([]);
  }
  await writer.finish();
  await eventually('an event for each write', () => seen >= writer.written);
  expect(seen).toBe(writer.written);
  expect(ended).toBe(false);
  await writer.stop();
  expect(writer.longestPauseMs).toBeLessThan(2_000);
  const after = await Promise.all(cluster.members.map((member) => cluster.report(member)));
  expect(after.map((report) => report.memberId)).toEqual(ids);
});

/** Members that were stopped find the others, and the others find them, though each knows the other by a former URL. */
test('a member that was down through the whole change comes back under the new scheme, with its id', async () => {
  const away = cluster.member(2);
  const { memberId } = await cluster.report(away);
  await away.stop();
  for (const policy of [BOTH_HTTP, BOTH_HTTPS, MUTUAL]) {
    for (const { folder } of cluster.members) folder.update({ policy });
    await cluster.untilAll(
      `policy ${policy.accept}, own URLs ${policy.advertise}`,
      (report) =>
        report.policy?.accept === policy.accept &&
        [...report.advertise.peer, ...report.advertise.client].every((url) =>
          url.startsWith(`${policy.advertise}:`),
        ),
    );
  }
  const known = (await cluster.report(cluster.member(0))).knownAdvertise.peer;
  expect(known[memberId]?.[0]).toMatch(/^http:/);
  away.start();
  await cluster.untilFollowed(MUTUAL);
  expect((await cluster.report(away)).memberId).toBe(memberId);
  await etcdctl(cluster.endpoints('https').slice(2), user, 'put', 'back', 'again');
  await cluster.untilAll('streams by TLS', (report) =>
    Object.values(report.dialed.peer).every((url) => url?.startsWith('https:') === true),
  );
});

test('binnacle ctl takes its certificates from the folder of BINNACLE_TLS_DIR', async () => {
  const environment = { BINNACLE_TLS_DIR: cluster.member(0).folder.path };
  const endpoint = cluster.endpoints('https')[0] ?? '';
  const args = [
    'ctl',
    '--endpoints',
    endpoint,
    'get',
    'back',
    '--print-value-only',
    '--command-timeout',
    '2s',
  ];
  expect((await runBinnacle(args)).code).not.toBe(0);
  expect(await runBinnacle(args, environment)).toMatchObject({ code: 0, stdout: 'again\n' });
});

test('the whole cluster, stopped under mutual and started under plain, comes up on plain', async () => {
  await Promise.all(cluster.members.map((member) => member.stop()));
  for (const { folder } of cluster.members) folder.update({ policy: PLAIN });
  for (const member of cluster.members) member.start();
  await cluster.untilFollowed(PLAIN);
  expect(await etcdctl(cluster.endpoints('http'), undefined, 'get', 'back')).toContain('again');
});
