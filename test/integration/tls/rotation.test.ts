// The authority exchanged under a client that writes: trust both, issue anew, drop the old one.
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Authority, type PemPair } from '../support/certificates.ts';
import { eventually } from '../support/waiting.ts';
import {
  LiveCluster,
  PEER_NAME,
  etcdctl,
  writeUser,
  type TlsReport,
  type UserFiles,
} from './live-cluster.ts';
import { WritingClient } from './writing-client.ts';

const MUTUAL = { accept: 'mutual', advertise: 'https' } as const;

let cluster: LiveCluster;
let former: Authority;
/** Of the same name, as a tool may make it. */
let next: Authority;
let user: UserFiles;

interface Leaves {
  readonly server: PemPair;
  readonly peer: PemPair;
}

async function leavesOf(authority: Authority): Promise<Leaves> {
  return {
    server: await authority.issueServer('demo-server'),
    peer: await authority.issueServer(PEER_NAME),
  };
}

/** Gives all members these certificates; resolves when all of them use them. */
async function exchange(leaves: Leaves, trust: string, authorities: number): Promise<void> {
  const before = await cluster.report(cluster.member(0)).catch(() => undefined);
  const content = {
    server: { pair: leaves.server, trust },
    peer: { pair: leaves.peer, trust },
  };
  for (const { folder } of cluster.members) folder.update(content);
  const isNew = (report: TlsReport): boolean =>
    report.server.trust.length === authorities &&
    report.peer.trust.length === authorities &&
    JSON.stringify(report.server) !== JSON.stringify(before?.server);
  await cluster.untilAll('the new certificates', isNew);
}

beforeAll(async () => {
  former = await Authority.create('rotated');
  next = await Authority.create('rotated');
  const leaves = await leavesOf(former);
  cluster = await LiveCluster.start(3, {
    policy: MUTUAL,
    server: { pair: leaves.server, trust: former.pem },
    peer: { pair: leaves.peer, trust: former.pem },
  });
  user = await writeUser(cluster.folder, former);
  await cluster.untilFollowed(MUTUAL);
}, 30_000);
afterAll(() => cluster.stop());

/** The last member is no leader, so that it may be restarted without a request lost. */
async function leadElsewhere(): Promise<void> {
  const json = await etcdctl(
    cluster.endpoints('https'),
    user,
    ...['endpoint', 'status', '-w', 'json'],
  );
  const statuses = JSON.parse(json, (key, value: unknown) =>
    key === 'leader' || key === 'member_id' ? String(value) : value,
  ) as { Status: { leader: string; header: { member_id: string } } }[]; // etcdctl's own format
  const [first, , last] = statuses.map((one) => one.Status);
  if (last === undefined || first === undefined || last.leader !== last.header.member_id) return;
  const target = (await cluster.report(cluster.member(0))).memberId;
  await etcdctl(cluster.endpoints('https').slice(2), user, 'move-leader', target);
}

/** The last member begins anew: all of its connections are made under the certificates of the moment. */
async function restartLast(): Promise<void> {
  const last = cluster.member(2);
  await last.restart();
  await eventually(
    'the last member to be back',
    () => etcdctl(cluster.endpoints('https').slice(2), user, 'get', 'writes/0'),
    15_000,
  );
}

test('old, old and new, new leaves, new only: nothing fails, and new connections work at each step', async () => {
  await eventually('a leader elsewhere', () => leadElsewhere().then(() => true));
  const writer = new WritingClient({
    endpoints: cluster.endpoints('https').slice(0, 2),
    tls: user,
  });
  await writer.untilWritten(20);
  const both = former.pem + next.pem;
  const check = async (step: string): Promise<void> => {
    await restartLast();
    await writer.untilWritten(20);
    await etcdctl(cluster.endpoints('https'), user, 'endpoint', 'health');
    expect(writer.failures, step).toEqual([]);
  };
  await exchange(await leavesOf(former), both, 2);
  writeFileSync(user.caFile, both);
  await check('both are trusted');

  const leaves = await leavesOf(next);
  await exchange(leaves, both, 2);
  await check('leaves are new');
  await writeUser(cluster.folder, next, both);
  await check('the user has a new certificate');

  const oldUser = await writeUser(cluster.folder, next, both);
  await exchange(leaves, next.pem, 1);
  writeFileSync(oldUser.caFile, next.pem);
  await check('the old one is dropped');
  await writer.stop();

  const stranger = await former.issueClient('root');
  writeFileSync(user.certFile, stranger.certificate);
  writeFileSync(user.keyFile, stranger.key);
  await expect(etcdctl(cluster.endpoints('https'), user, 'get', 'x')).rejects.toThrow();
  await writeUser(cluster.folder, next, next.pem);
});

test('a peer under the wrong common name is refused, and let in once it has the right one', async () => {
  const last = cluster.member(2);
  await eventually('a leader elsewhere', () => leadElsewhere().then(() => true));
  const wrong = await next.issueServer('demo-server');
  const right = await next.issueServer(PEER_NAME);
  await last.kill();
  last.folder.update({ peer: { pair: wrong, trust: next.pem } });
  const seen = cluster.log(cluster.member(0)).length;
  last.start();
  await eventually('the refusal', () =>
    cluster.log(cluster.member(0)).slice(seen).includes('client certificate authentication failed'),
  );
  const get = () => etcdctl(cluster.endpoints('https').slice(2), user, 'get', 'writes/0');
  await expect(get()).rejects.toThrow();
  last.folder.update({ peer: { pair: right, trust: next.pem } });
  await eventually('the member to be let in', get, 20_000);
});

test('what is torn or missing in a folder is not taken over', async () => {
  const first = cluster.member(0);
  const before = await cluster.report(first);
  const renewed = await next.issueServer('demo-server');
  const torn = {
    certificate: renewed.certificate.slice(0, -60),
    key: renewed.key,
  };
  const half = { certificate: renewed.certificate, key: (await next.issueServer()).key };
  for (const [content, warning] of [
    [{ server: { pair: torn, trust: next.pem } }, 'ends within a certificate'],
    [{ server: { pair: half, trust: next.pem } }, 'does not belong to the certificate'],
    [{ policy: '{"accept":"pl' }, 'is not valid JSON'],
    [{ policy: '{"accept":"plain","advertise":"https"}' }, 'nobody could connect'],
    [{ policy: undefined, server: undefined, peer: undefined }, 'no such file'],
  ] as const) {
    const seen = readFileSync(first.logFile).length;
    first.folder.update(content);
    await eventually(`a warning of "${warning}"`, () =>
      cluster.log(first).slice(seen).includes(warning),
    );
    expect(await cluster.report(first), warning).toEqual(before);
    await etcdctl(cluster.endpoints('https').slice(0, 1), user, 'put', 'still', 'there');
  }
});
