import { describe, expect, test } from 'vitest';
import { EtcdError, textFromUtf8 } from '../base/index.ts';
import type {
  LeaseGrantRequest,
  LeaseGrantResponse,
  LeaseKeepAliveRequest,
  LeaseKeepAliveResponse,
  LeaseLeasesResponse,
  LeaseRevokeResponse,
  LeaseTimeToLiveRequest,
  LeaseTimeToLiveResponse,
} from '../wire/gen/rpc.ts';
import type { SharedEvent } from '../watch/index.ts';
import { leaseService } from './lease.ts';
import { FakeCall, callBidi, callUnary, settle, statusOf } from './testing/fake-call.ts';
import { FakeMember } from './testing/fake-member.ts';

async function setUp() {
  const member = await FakeMember.start();
  const service = leaseService(member.api, member.streaming);
  return {
    member,
    service,
    grant: (request: LeaseGrantRequest) =>
      callUnary<LeaseGrantRequest, LeaseGrantResponse>(service, 'LeaseGrant', request),
    revoke: (id: bigint) =>
      callUnary<{ id: bigint }, LeaseRevokeResponse>(service, 'LeaseRevoke', { id }),
    timeToLive: (request: LeaseTimeToLiveRequest) =>
      callUnary<LeaseTimeToLiveRequest, LeaseTimeToLiveResponse>(
        service,
        'LeaseTimeToLive',
        request,
      ),
    leases: () => callUnary<object, LeaseLeasesResponse>(service, 'LeaseLeases', {}),
    keepAlive: (call = new FakeCall()) =>
      callBidi<LeaseKeepAliveRequest, LeaseKeepAliveResponse>(service, 'LeaseKeepAlive', { call }),
  };
}

test('a lease is granted under the client’s id or a positive one, and listed', async () => {
  const { grant, leases } = await setUp();
  expect(await grant({ id: 9n, ttl: 60 })).toMatchObject({ id: 9n, ttl: 60, error: '' });
  const { id, ttl, header } = await grant({ id: 0n, ttl: 30 });
  expect(id > 0n && id < 2n ** 63n).toBe(true);
  expect(ttl).toBe(30);
  expect(header).toEqual({ clusterId: 0xc1n, memberId: 0x1dn, revision: 1, raftTerm: 7 });
  expect((await leases()).leases).toEqual([{ id }, { id: 9n }]);
  await expect(grant({ id: 9n, ttl: 60 })).rejects.toMatchObject({ code: 'LeaseExist' });
  await expect(grant({ id: 8n, ttl: 9_000_000_001 })).rejects.toMatchObject({
    code: 'LeaseTTLTooLarge',
  });
});

test('a revocation deletes the keys at one revision', async () => {
  const { member, grant, revoke } = await setUp();
  await grant({ id: 9n, ttl: 60 });
  await member.put('a', '1', 9n);
  await member.put('b', '1', 9n);
  const seen: string[] = [];
  const note = (revision: number, events: readonly SharedEvent[]): boolean => {
    seen.push(...events.map((e) => `${textFromUtf8(e.kv.key)}@${revision}`));
    return true;
  };
  member.hub
    .openStream({
      sendEvents: (_watcher, revision, events) => note(revision, events),
      sendToAll: (_watchers, revision, events) => note(revision, events),
      sendProgress: () => true,
      sendCompacted: () => true,
      drained: async () => {},
    })
    .watch({
      key: 'a',
      end: 'z',
      startRevision: 0,
      prevKv: false,
      noPut: true,
      noDelete: false,
      progressNotify: false,
      fragment: false,
    });
  expect((await revoke(9n)).header?.revision).toBe(4);
  expect(seen).toEqual(['a@4', 'b@4']);
  expect(member.lessor.leaseOf('a')).toBe(0n);
  await expect(revoke(9n)).rejects.toMatchObject({ code: 'LeaseNotFound' });
});

test('time to live tells keys on demand, and −1 for a lease that is not there', async () => {
  const { member, grant, timeToLive } = await setUp();
  await grant({ id: 9n, ttl: 60 });
  await member.put('b', '1', 9n);
  await member.put('a', '1', 9n);
  member.clock.advance(10_500);
  const told = await timeToLive({ id: 9n, keys: true });
  expect(told).toMatchObject({ id: 9n, ttl: 49, grantedTtl: 60 });
  expect(told.keys.map(textFromUtf8)).toEqual(['a', 'b']);
  expect((await timeToLive({ id: 9n, keys: false })).keys).toEqual([]);
  expect(await timeToLive({ id: 1n, keys: true })).toMatchObject({ id: 1n, ttl: -1, keys: [] });
});

describe('keep alive', () => {
  test('renews one lease after the other; a missing one has TTL 0', async () => {
    const { member, grant, keepAlive } = await setUp();
    await grant({ id: 9n, ttl: 60 });
    const { requests, responses, ended } = keepAlive();
    member.clock.advance(59_000);
    requests.send({ id: 9n });
    requests.send({ id: 8n });
    requests.end();
    expect(await ended).toBe('OK');
    expect(responses.received.map(({ id, ttl }) => [id, ttl])).toEqual([
      [9n, 60],
      [8n, 0],
    ]);
    member.clock.advance(59_000);
    expect(member.lessor.expired()).toEqual([]);
  });

  test('its header is older than the renewal: a late one does not show the revocation’s revision', async () => {
    const { member, grant, revoke, keepAlive } = await setUp();
    await grant({ id: 9n, ttl: 60 });
    await member.put('a', '1', 9n);
    const { requests, responses } = keepAlive();
    member.clock.advance(60_000);
    requests.send({ id: 9n });
    await settle();
    await revoke(9n);
    await settle();
    expect(responses.received).toMatchObject([{ ttl: 0, header: { revision: 2 } }]);
  });

  test('ends with the error of a leader that cannot be reached, the client’s going, or the leader’s', async () => {
    const { member, keepAlive } = await setUp();
    const strict = keepAlive(new FakeCall({ hasleader: 'true' }));
    member.loseLeader();
    expect(await strict.ended).toBe('Unavailable: etcdserver: no leader');
    const gone = keepAlive();
    gone.call.cancel();
    gone.requests.cancel();
    expect(await gone.ended).toMatch(/^Canceled/);
    member.renewError = new EtcdError('Timeout');
    const failing = keepAlive();
    failing.requests.send({ id: 1n });
    expect(await failing.ended).toBe(statusOf(new EtcdError('Timeout')));
    expect(failing.call.listeners).toBe(0);
  });

  test('whose renewal waits for a revocation ends when the client goes', async () => {
    const { member, grant, keepAlive } = await setUp();
    await grant({ id: 9n, ttl: 60 });
    member.clock.advance(60_000);
    const { call, requests, ended } = keepAlive();
    requests.send({ id: 9n });
    await settle();
    expect(call.listeners).toBe(1);
    call.cancel();
    expect(await ended).toMatch(/^Canceled/);
    expect(call.listeners).toBe(0);
  });
});
