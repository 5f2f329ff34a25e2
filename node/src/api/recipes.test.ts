// v3lock and v3election, waited on by several clients at once.
import { describe, expect, test } from 'vitest';
import { textFromUtf8, utf8FromText } from '../base/index.ts';
import type {
  CampaignRequest,
  CampaignResponse,
  LeaderKey,
  LeaderRequest,
  LeaderResponse,
} from '../wire/gen/v3election.ts';
import type { LockRequest, LockResponse } from '../wire/gen/v3lock.ts';
import { electionService } from './election.ts';
import { lockService } from './lock.ts';
import { FakeCall, callServerStream, callUnary, settle, statusOf } from './testing/fake-call.ts';
import { FakeMember } from './testing/fake-member.ts';

const text = (bytes: Uint8Array | undefined): string => textFromUtf8(bytes!) ?? '?';
const name = utf8FromText('job');

async function setUp(leases: readonly bigint[]) {
  const member = await FakeMember.start();
  for (const id of leases) member.lessor.grant(id, 100);
  const locks = lockService(member.api, member.streaming);
  const elections = electionService(member.api, member.streaming);
  return {
    member,
    lock: (lease: bigint, call = new FakeCall()) =>
      callUnary<LockRequest, LockResponse>(locks, 'Lock', { name, lease }, call),
    unlock: (key: Uint8Array) => callUnary(locks, 'Unlock', { key }),
    campaign: (lease: bigint, value: string, call = new FakeCall()) => {
      const request = { name, lease, value: utf8FromText(value) };
      return callUnary<CampaignRequest, CampaignResponse>(elections, 'Campaign', request, call);
    },
    proclaim: (leader: LeaderKey | undefined, value: string) =>
      callUnary(elections, 'Proclaim', { leader, value: utf8FromText(value) }),
    resign: (leader: LeaderKey | undefined) => callUnary(elections, 'Resign', { leader }),
    leader: () => callUnary<LeaderRequest, LeaderResponse>(elections, 'Leader', { name }),
    observe: () => callServerStream<LeaderRequest, LeaderResponse>(elections, 'Observe', { name }),
  };
}

describe('lock', () => {
  test('goes from one to the next in the order of asking', async () => {
    const { lock, unlock } = await setUp([0xan, 0xbn, 0xcn]);
    const held: string[] = [];
    const first = await lock(0xan);
    expect(text(first.key)).toBe('job/a');
    const others = [0xbn, 0xcn].map(async (lease) => {
      const { key } = await lock(lease);
      held.push(text(key));
      return key;
    });
    await settle();
    expect(held).toEqual([]);
    await unlock(first.key);
    await unlock((await others[0])!);
    await others[1];
    expect(held).toEqual(['job/b', 'job/c']);
  });

  test('is held at once by the lease that holds it already', async () => {
    const { lock } = await setUp([0xan]);
    await lock(0xan);
    expect(text((await lock(0xan)).key)).toBe('job/a');
  });

  test('is passed on when the holder’s lease ends; a waiter whose own lease ends is told', async () => {
    const { member, lock } = await setUp([0xan, 0xbn, 0xcn]);
    await lock(0xan);
    const expired = lock(0xbn).catch(statusOf);
    const waiting = lock(0xcn);
    await settle();
    await member.api.propose({ leaseRevoke: { id: 0xbn } });
    await member.api.propose({ leaseRevoke: { id: 0xan } });
    expect(await expired).toBe('Unknown: mutex: session is expired');
    expect(text((await waiting).key)).toBe('job/c');
  });

  test('a waiter that goes away leaves the line', async () => {
    const { member, lock } = await setUp([0xan, 0xbn]);
    await lock(0xan);
    const call = new FakeCall();
    const waiting = lock(0xbn, call).catch(statusOf);
    await settle();
    expect(member.store.range(utf8FromText('job/b'), undefined).count).toBe(1);
    call.cancel();
    expect(await waiting).toBe('Canceled: etcdserver: request canceled');
    expect(member.store.range(utf8FromText('job/b'), undefined).count).toBe(0);
    expect(member.hub.watcherCount).toBe(0);
    expect(call.listeners).toBe(0);
  });

  test('without a lease gets one of a minute; with an unknown one fails', async () => {
    const { member, lock } = await setUp([]);
    const { key } = await lock(0n);
    const [lease] = member.lessor.leases();
    expect(text(key)).toBe(`job/${lease!.id.toString(16)}`);
    expect(lease!.ttlSeconds).toBe(60);
    expect(await lock(0x77n).catch(statusOf)).toBe(
      'Unknown: etcdserver: requested lease not found',
    );
  });
});

describe('election', () => {
  test('one leads, proclaims and resigns; the next one leads', async () => {
    const { campaign, proclaim, resign, leader } = await setUp([0xan, 0xbn]);
    await expect(leader()).rejects.toThrow('election: no leader');
    const first = await campaign(0xan, 'one');
    expect(first.leader).toMatchObject({ rev: 2, lease: 0xan });
    const second = campaign(0xbn, 'two');
    await settle();
    expect(text((await leader()).kv?.value)).toBe('one');
    await proclaim(first.leader, 'one, again');
    expect(text((await leader()).kv?.value)).toBe('one, again');
    await resign(first.leader);
    expect(text((await second).leader?.key)).toBe('job/b');
    expect(text((await leader()).kv?.value)).toBe('two');
    await expect(proclaim(first.leader, 'x')).rejects.toThrow('election: not leader');
    await resign(first.leader);
    expect(text((await leader()).kv?.value)).toBe('two');
  });

  test('campaigning again changes the value and keeps the place', async () => {
    const { campaign, leader } = await setUp([0xan]);
    const first = await campaign(0xan, 'one');
    const again = await campaign(0xan, 'two');
    expect(again.leader?.rev).toBe(first.leader?.rev);
    expect(text((await leader()).kv?.value)).toBe('two');
  });

  test('a candidate that goes away leaves the line', async () => {
    const { member, campaign } = await setUp([0xan, 0xbn]);
    await campaign(0xan, 'one');
    const call = new FakeCall();
    const waiting = campaign(0xbn, 'two', call).catch(statusOf);
    await settle();
    call.cancel();
    expect(await waiting).toBe('Canceled: etcdserver: request canceled');
    expect(member.store.range(utf8FromText('job/b'), undefined).count).toBe(0);
  });

  test('a request without its leader is refused', async () => {
    const { proclaim, resign } = await setUp([]);
    const message = '"leader" field must be provided';
    await expect(proclaim(undefined, 'x')).rejects.toThrow(message);
    await expect(resign(undefined)).rejects.toThrow(message);
  });

  test('an observer hears of each leader and what it proclaims', async () => {
    const { member, campaign, proclaim, resign, observe } = await setUp([0xan, 0xbn]);
    const { call, responses, ended } = observe();
    await settle();
    const first = await campaign(0xan, 'one');
    await settle();
    await proclaim(first.leader, 'one, again');
    const second = campaign(0xbn, 'two');
    await settle();
    await resign(first.leader);
    await second;
    await settle();
    expect(
      responses.received.map(({ header, kv }) => `${header?.revision} ${text(kv?.value)}`),
    ).toEqual(['2 one', '3 one, again', '5 two']);
    call.cancel();
    expect(await ended).toBe('OK');
    expect(member.hub.watcherCount).toBe(0);
  });
});
