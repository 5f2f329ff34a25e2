import { describe, expect, test } from 'vitest';
import { EtcdError, NO_MEMBER, utf8FromText } from '../base/index.ts';
import { FakeClock } from '../base/testing/fake-clock.ts';
import { NotPrimaryError } from '../lease/index.ts';
import { LeaseTimeToLiveResponse } from '../wire/gen/rpc.ts';
import { LeasesAnywhere } from './leases-anywhere.ts';
import type { Member } from './member.ts';
import type { PeerCalls } from './peer-calls.ts';

const TIMEOUT_MS = 7_000;
const THIS = 1n;
const OTHER = 2n;

/** A member whose leases and leader's answers the test decides on. */
function setUp() {
  const clock = new FakeClock();
  const happened: string[] = [];
  const is = {
    leader: THIS as bigint,
    isKnown: true,
    isCertain: false,
    confirm: async () => true,
    renew: (): number | Promise<number> => 10,
    renewThere: async (): Promise<number> => 20,
  };
  const member = {
    world: { clock },
    requestTimeoutMs: TIMEOUT_MS,
    get isLeader() {
      return is.leader === THIS;
    },
    get leader() {
      return is.leader;
    },
    membership: { get: (id: bigint) => (id === OTHER ? { id } : undefined) },
    get leadsForCertain() {
      return is.isCertain;
    },
    confirmLeadership: () => is.confirm(),
    caughtUp: async () => void happened.push('caught up'),
    state: {
      lessor: {
        lookup: () => (is.isKnown ? {} : undefined),
        renew: () => is.renew(),
        renewNow: () => (is.isKnown ? 30 : undefined),
        timeToLive: () => ({ ttl: 5, grantedTtl: 10, keys: ['here'] }),
      },
    },
  };
  const calls = {
    // As etcd: it has no such request.
    renewLeases: async () => undefined,
    renewLease: (leader: { id: bigint }, id: bigint) => {
      happened.push(`asked ${leader.id} for ${id}`);
      return is.renewThere();
    },
    leaseTimeToLive: async (_: unknown, id: bigint, keys: boolean) =>
      LeaseTimeToLiveResponse.create({
        ttl: 6,
        grantedTtl: 12,
        id,
        keys: keys ? [utf8FromText('clé')] : [],
      }),
  };
  // The leases use no more of them.
  const leases = new LeasesAnywhere(member as unknown as Member, calls as unknown as PeerCalls);
  const told = (result: unknown) => {
    const outcome: { value: unknown } = { value: 'waiting' };
    Promise.resolve(result).then(
      (value) => (outcome.value = value),
      (error: Error) => (outcome.value = error instanceof EtcdError ? error.code : error.name),
    );
    return outcome;
  };
  return { clock, happened, is, leases, told };
}

const failing = (...errors: Error[]) => {
  const left = [...errors];
  return async () => {
    const error = left.shift();
    if (error !== undefined) throw error;
    return 30;
  };
};

describe('on the leader', () => {
  test('a lease is renewed at once', async () => {
    const { happened, leases } = setUp();
    expect(await leases.renew(7n)).toBe(10);
    expect(happened).toEqual([]);
  });

  test('one that is not there may be about to be applied', async () => {
    const { happened, is, leases } = setUp();
    is.isKnown = false;
    expect(await leases.renew(7n)).toBe(10);
    expect(happened).toEqual(['caught up']);
  });

  test('what is left is told after all is applied', async () => {
    const { happened, leases } = setUp();
    expect(await leases.timeToLive(7n, true)).toMatchObject({ ttl: 5, grantedTtl: 10 });
    expect(happened).toEqual(['caught up']);
  });

  test('renews at once when it leads for certain and has the lease, and otherwise asks first', async () => {
    const { is, leases } = setUp();
    is.isCertain = true;
    expect(leases.renew(7n)).toBe(30);
    is.isKnown = false;
    expect(await leases.renew(7n)).toBe(10);
    is.isKnown = true;
    is.isCertain = false;
    expect(await leases.renew(7n)).toBe(10);
  });

  test('a lease that is gone is an error at once', async () => {
    const { clock, is, leases, told } = setUp();
    is.renew = () => {
      throw new EtcdError('LeaseNotFound');
    };
    const outcome = told(leases.renew(7n));
    await clock.run(0);
    await clock.run(1);
    expect(outcome.value).toBe('LeaseNotFound');
  });

  test('that is not sure to lead, nothing is renewed, but its successor is asked', async () => {
    const { clock, happened, is, leases, told } = setUp();
    is.confirm = async () => {
      is.leader = OTHER;
      return false;
    };
    const outcome = told(leases.renew(7n));
    await clock.run(100, 50);
    expect(outcome.value).toBe(20);
    expect(happened).toEqual(['asked 2 for 7']);
  });

  test('that is not the primary yet, another try follows', async () => {
    const { clock, is, leases, told } = setUp();
    is.renew = failing(new NotPrimaryError(), new EtcdError('LeaderChanged'));
    const outcome = told(leases.renew(7n));
    await clock.run(49, 49);
    expect(outcome.value).toBe('waiting');
    await clock.run(100, 50);
    expect(outcome.value).toBe(30);
  });
});

describe('on a follower', () => {
  test('the leader is asked', async () => {
    const { happened, is, leases } = setUp();
    is.leader = OTHER;
    expect(await leases.renew(7n)).toBe(20);
    expect(happened).toEqual(['asked 2 for 7']);
    // Keys are bytes, a character each.
    const keys = [Buffer.from('clé').toString('latin1')];
    expect(await leases.timeToLive(7n, true)).toEqual({ ttl: 6, grantedTtl: 12, keys });
    expect(await leases.timeToLive(7n, false)).toEqual({ ttl: 6, grantedTtl: 12, keys: [] });
  });

  test('a leader that can not be reached is asked again, one that knows no such lease is not', async () => {
    const { clock, happened, is, leases, told } = setUp();
    is.leader = OTHER;
    is.renewThere = failing(new Error('connection refused'), new EtcdError('LeaseNotFound'));
    const outcome = told(leases.renew(7n));
    await clock.run(100, 50);
    expect(outcome.value).toBe('LeaseNotFound');
    expect(happened).toHaveLength(2);
  });

  test('without a leader, there is one to wait for until the time is up', async () => {
    const { clock, happened, is, leases, told } = setUp();
    is.leader = NO_MEMBER;
    const found = told(leases.renew(7n));
    await clock.run(500, 50);
    is.leader = OTHER;
    await clock.run(50);
    expect(found.value).toBe(20);
    expect(happened).toHaveLength(1);

    is.leader = NO_MEMBER;
    const lost = told(leases.timeToLive(7n, false));
    await clock.run(TIMEOUT_MS - 50, 50);
    expect(lost.value).toBe('waiting');
    await clock.run(100, 50);
    expect(lost.value).toBe('Timeout');
    expect(clock.pendingTimers).toBe(0);
  });

  test('that knows a leader but not where it is, waits as well', async () => {
    const { clock, is, leases, told } = setUp();
    is.leader = 9n;
    const outcome = told(leases.renew(7n));
    await clock.run(TIMEOUT_MS + 50, 50);
    expect(outcome.value).toBe('Timeout');
  });
});
