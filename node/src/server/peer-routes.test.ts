import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type Server,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { EtcdError } from '../base/index.ts';
import { FakeMember } from '../api/testing/fake-member.ts';
import { membersFromJson } from '../apply/index.ts';
import { MemoryBackend } from '../storage/mvcc/testing/memory-backend.ts';
import { decode, encode } from '../wire/index.ts';
import { LeaseInternalRequest, LeaseInternalResponse } from '../wire/gen/lease.ts';
import {
  LeaseKeepAliveRequest,
  LeaseKeepAliveResponse,
  LeaseTimeToLiveRequest,
} from '../wire/gen/rpc.ts';
import type { Member } from './member.ts';
import { peerRoutes } from './peer-routes.ts';
import { ASK_ALONE, GONE, RENEWALS_PATH, bytesFromIds, ttlsFromBytes } from './renewal-body.ts';

const CLUSTER_ID = 'c1';
const LEASE = 7n;

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

let server: Server;
let fake: FakeMember;
let promoted: bigint[];
/** What goes wrong next. */
let failure: EtcdError | undefined;
let leads: boolean;
let routes: ReturnType<typeof peerRoutes>;

beforeAll(async () => {
  server = createServer((request, response) => {
    const path = request.url ?? '';
    const prefix = '/members/promote/';
    routes[path.startsWith(prefix) ? prefix : path.replace(/\?.*/, '')]?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => server.close());

beforeEach(async () => {
  fake = await FakeMember.start();
  fake.lessor.grant(LEASE, 10);
  await fake.put('a', 'b', LEASE);
  failure = undefined;
  leads = true;
  promoted = [];
  const { membership } = fake.api;
  membership.recover(new MemoryBackend());
  membership.add({
    id: 0x1dn,
    peerUrls: ['http://127.0.0.1:1'],
    isLearner: false,
    name: 'one',
    clientUrls: [],
  });
  const orFail = async () => {
    if (failure !== undefined) throw failure;
  };
  const member = {
    membership,
    store: fake.store,
    state: { lessor: fake.lessor },
    caughtUp: orFail,
    confirmLeadership: async () => leads,
    linearizableRead: orFail,
    stored: () => ({ storageVersion: '' }),
    promoteHere: async (id: bigint) => {
      await orFail();
      promoted.push(id);
    },
  };
  routes = peerRoutes(member as unknown as Member); // the routes use no more of it
});

function ask(
  method: string,
  path: string,
  body: Uint8Array | string = '',
  headers: Record<string, string> = {},
): Promise<Answer> {
  const { port } = server.address() as AddressInfo; // it listens on a port
  const length = { 'Content-Length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method, path, headers: { ...length, ...headers } };
    const request = httpRequest({ ...options, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const { statusCode = 0, headers: answered } = response;
        resolve({ status: statusCode, headers: answered, body: bytes, text: bytes.toString() });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

test.each([
  ['POST', '/members', 'GET'],
  ['GET', '/members/promote/1', 'POST'],
  ['POST', '/members/hashkv', 'GET'],
  ['GET', '/leases', 'POST'],
  ['PUT', '/leases/internal', 'POST'],
  ['GET', '/binnacle/leases/renew', 'POST'],
  ['POST', '/downgrade/enabled', 'GET'],
  ['DELETE', '/version', 'GET'],
])('%s %s is refused and names what is allowed', async (method, path, allowed) => {
  const { status, headers } = await ask(method, path);
  expect(status).toBe(405);
  expect(headers['allow']).toBe(allowed);
  expect(headers['x-etcd-cluster-id']).toBe(CLUSTER_ID);
});

describe('members', () => {
  test('are listed, with the id of their cluster', async () => {
    const { status, headers, text } = await ask('GET', '/members?x=y');
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/json');
    expect(headers['x-etcd-cluster-id']).toBe(CLUSTER_ID);
    expect(membersFromJson(text)).toEqual(fake.api.membership.list());
  });

  test('are promoted by their id in decimal', async () => {
    const { status, text } = await ask('POST', '/members/promote/18446744073709551615');
    expect(status).toBe(200);
    expect(promoted).toEqual([2n ** 64n - 1n]);
    expect(membersFromJson(text)).toHaveLength(1);
  });

  test.each(['', 'x1', '-1', '1/2', '0x1'])('named %j are not found', async (id) => {
    const { status, text } = await ask('POST', `/members/promote/${id}`);
    expect([status, text]).toEqual([404, `member ${id} not found in cluster\n`]);
    expect(promoted).toEqual([]);
  });

  test.each([
    ['MemberNotFound', 404],
    ['MemberNotLearner', 412],
    ['LearnerNotReady', 412],
    ['Timeout', 408],
    ['NotLeader', 500],
  ] as const)('that can not be promoted: %s is %i', async (code, status) => {
    failure = new EtcdError(code);
    const answer = await ask('POST', '/members/promote/1');
    expect([answer.status, answer.text]).toEqual([status, `${failure.message}\n`]);
  });
});

describe('the hash of the keys', () => {
  const hash = (body: string, headers?: Record<string, string>) =>
    ask('GET', '/members/hashkv', body, headers);

  test('is told for the same cluster, or for who names none', async () => {
    const expected = await fake.store.hashKv(0);
    for (const headers of [{}, { 'X-Etcd-Cluster-ID': CLUSTER_ID }]) {
      const { status, text } = await hash('{"revision":2}', headers);
      expect(status).toBe(200);
      expect(JSON.parse(text)).toEqual({
        header: { revision: 2 },
        hash: expected.hash,
        compact_revision: expected.compactRevision,
        hash_revision: 2,
      });
    }
    expect((await hash('{}')).status).toBe(200);
  });

  test('is nobody else’s business', async () => {
    const { status, text } = await hash('{"revision":0}', { 'X-Etcd-Cluster-ID': 'c2' });
    expect([status, text]).toEqual([412, 'cluster ID mismatch\n']);
  });

  test.each([
    '',
    '{',
    '[]',
    '7',
    '"x"',
    '{"revision":"two"}',
    '{"revision":1.5}',
    '{"revision":{}}',
  ])('can not be told for %j', async (body) => {
    const { status, text } = await hash(body);
    expect([status, text]).toEqual([400, 'error unmarshalling request\n']);
  });

  test('of a revision that is to come, or compacted, is 400', async () => {
    const future = await hash('{"revision":99}');
    expect(future.status).toBe(400);
    expect(future.text).toContain('future revision');
    for (const value of ['1', '2', '3']) await fake.put('a', value);
    await fake.store.compact(4);
    const compacted = await hash('{"revision":2}');
    expect(compacted.status).toBe(400);
    expect(compacted.text).toContain('compacted');
  });
});

describe('leases', () => {
  const renewal = (id: bigint) => encode(LeaseKeepAliveRequest, { id });
  const question = (id: bigint, keys: boolean) =>
    encode(LeaseInternalRequest, {
      leaseTimeToLiveRequest: LeaseTimeToLiveRequest.create({ id, keys }),
    });

  test('are renewed', async () => {
    const { status, headers, body } = await ask('POST', '/leases', renewal(LEASE));
    expect([status, headers['content-type']]).toEqual([200, 'application/protobuf']);
    expect(decode(LeaseKeepAliveResponse, body)).toMatchObject({ id: LEASE, ttl: 10 });
  });

  test('are renewed together; one that is not there, or whose time is up, hinders no other', async () => {
    fake.lessor.grant(9n, 1);
    fake.clock.advance(1_000);
    const { status, body } = await ask('POST', RENEWALS_PATH, bytesFromIds([9n, LEASE, 8n, -1n]));
    expect(status).toBe(200);
    expect(ttlsFromBytes(body)).toEqual([ASK_ALONE, 10, GONE, GONE]);
    fake.clock.advance(9_999);
    expect(fake.lessor.expired()).toEqual([9n]);
  });

  test('are not renewed together by a member that may lead no more', async () => {
    leads = false;
    expect((await ask('POST', RENEWALS_PATH, bytesFromIds([LEASE]))).status).toBe(400);
    failure = new EtcdError('TimeoutWaitAppliedIndex');
    expect((await ask('POST', RENEWALS_PATH, bytesFromIds([LEASE]))).status).toBe(408);
    expect((await ask('POST', RENEWALS_PATH, new Uint8Array(12))).status).toBe(400);
  });

  test.each([true, false])('tell what is left of them (keys: %s)', async (keys) => {
    const { status, body } = await ask('POST', '/leases/internal', question(LEASE, keys));
    expect(status).toBe(200);
    expect(decode(LeaseInternalResponse, body).leaseTimeToLiveResponse).toMatchObject({
      id: LEASE,
      ttl: 10,
      grantedTtl: 10,
      keys: keys ? [Buffer.from('a')] : [],
    });
  });

  test('that are not there are 404', async () => {
    expect((await ask('POST', '/leases', renewal(8n))).status).toBe(404);
    expect((await ask('POST', '/leases/internal', question(8n, true))).status).toBe(404);
  });

  test('are asked again elsewhere when this member does not lead', async () => {
    fake.lessor.demote();
    expect((await ask('POST', '/leases', renewal(LEASE))).status).toBe(400);
    expect((await ask('POST', '/leases/internal', question(LEASE, true))).status).toBe(500);
  });

  test('wait for what is committed, but not for long', async () => {
    failure = new EtcdError('TimeoutWaitAppliedIndex');
    expect((await ask('POST', '/leases', renewal(LEASE))).status).toBe(408);
    expect((await ask('POST', '/leases/internal', question(LEASE, true))).status).toBe(408);
  });

  test.each(['/leases', '/leases/internal'])('at %s are asked for in protobuf', async (path) => {
    const { status, text } = await ask('POST', path, Uint8Array.of(0x0f, 0xff));
    expect([status, text]).toEqual([400, 'error unmarshalling request\n']);
  });

  test('are no place for long bodies', async () => {
    const { status } = await ask('POST', '/leases', new Uint8Array(1024 * 1024));
    expect(status).toBe(413);
  });
});

test('the version is told, and what is not decided yet', async () => {
  const { status, text } = await ask('GET', '/version');
  expect(status).toBe(200);
  expect(JSON.parse(text)).toEqual({
    etcdserver: '3.7.3',
    etcdcluster: 'not_decided',
    storage: 'unknown',
  });
});

test('whether a downgrade is under way is told after a linearizable read', async () => {
  expect(await ask('GET', '/downgrade/enabled')).toMatchObject({ status: 200, text: 'false' });
  failure = new EtcdError('Timeout');
  expect((await ask('GET', '/downgrade/enabled')).status).toBe(408);
});
