import { describe, expect, test } from 'vitest';
import { EtcdError } from '../base/index.ts';
import { FakeClock } from '../base/testing/fake-clock.ts';
import type { ClusterMember } from '../apply/index.ts';
import type { PeerCalls } from './peer-calls.ts';
import { ASK_ALONE, GONE, MAX_RENEWALS } from './renewal-body.ts';
import { Renewals } from './renewals.ts';

type Answer = readonly number[] | undefined | Error;

const LEADER: ClusterMember = {
  id: 2n,
  name: 'two',
  peerUrls: [],
  clientUrls: [],
  isLearner: false,
};
const OTHER = { ...LEADER, id: 3n };

/** Requests wait until the test answers them. */
function setUp() {
  const clock = new FakeClock();
  const asked: { to: bigint; ids: readonly bigint[]; answer: (answer: Answer) => void }[] = [];
  const alone: bigint[] = [];
  const calls = {
    renewLeases: (leader: ClusterMember, ids: readonly bigint[]) =>
      new Promise<readonly number[] | undefined>((resolve, reject) => {
        const answer = (given: Answer): void =>
          given instanceof Error ? reject(given) : resolve(given);
        asked.push({ to: leader.id, ids, answer });
      }),
    renewLease: async (_: ClusterMember, id: bigint) => {
      alone.push(id);
      return 77;
    },
  };
  const renewals = new Renewals(calls as unknown as PeerCalls, clock); // they ask for no more
  const renew = (id: bigint, leader = LEADER) => {
    const outcome: { value: unknown } = { value: 'waiting' };
    renewals.renew(leader, id).then(
      (ttl) => (outcome.value = ttl),
      (error: Error) => (outcome.value = error instanceof EtcdError ? error.code : error.message),
    );
    return outcome;
  };
  const values = (outcomes: readonly { value: unknown }[]) => outcomes.map(({ value }) => value);
  return { clock, asked, alone, renew, values, idsAsked: () => asked.map(({ ids }) => ids) };
}

describe('renewals', () => {
  test('of one turn go together, and those that come meanwhile in the next request', async () => {
    const { clock, asked, idsAsked, renew, values } = setUp();
    const first = [renew(1n), renew(2n)];
    await clock.run(1);
    const second = [renew(3n), renew(4n), renew(5n)];
    await clock.run(1);
    expect(idsAsked()).toEqual([[1n, 2n]]);
    asked[0]?.answer([10, GONE]);
    await clock.run(1);
    expect(values(first)).toEqual([10, 'LeaseNotFound']);
    expect(idsAsked()).toEqual([
      [1n, 2n],
      [3n, 4n, 5n],
    ]);
    asked[1]?.answer([3, 4, 5]);
    await clock.run(1);
    expect(values(second)).toEqual([3, 4, 5]);
  });

  test('behind a request that takes long do not wait', async () => {
    const { clock, asked, idsAsked, renew, values } = setUp();
    const slow = renew(1n);
    await clock.run(1);
    await clock.run(100);
    const quick = renew(2n);
    await clock.run(1);
    expect(idsAsked()).toEqual([[1n], [2n]]);
    asked[1]?.answer([20]);
    await clock.run(1);
    expect(values([slow, quick])).toEqual(['waiting', 20]);
  });

  test('that fail take those that wait with them: there may be another leader', async () => {
    const { clock, asked, renew, values } = setUp();
    const both = [renew(1n)];
    await clock.run(1);
    both.push(renew(2n));
    const elsewhere = renew(2n, OTHER);
    await clock.run(1);
    expect(asked.map(({ to }) => to)).toEqual([2n, 3n]);
    asked[0]?.answer(new Error('connection refused'));
    asked[1]?.answer([30]);
    await clock.run(1);
    expect(values([...both, elsewhere])).toEqual(['connection refused', 'connection refused', 30]);
    const again = renew(1n);
    await clock.run(1);
    asked[2]?.answer([10]);
    await clock.run(1);
    expect(again.value).toBe(10);
  });

  test('are asked for one by one where the leader knows no other way, and a minute later tried again', async () => {
    const { clock, asked, alone, renew, values } = setUp();
    const first = [renew(1n), renew(2n)];
    await clock.run(1);
    asked[0]?.answer(undefined);
    await clock.run(1);
    const later = renew(3n);
    await clock.run(59_000);
    expect(values([...first, later])).toEqual([77, 77, 77]);
    expect(alone).toEqual([1n, 2n, 3n]);
    expect(asked).toHaveLength(1);
    await clock.run(1_000);
    renew(4n);
    await clock.run(1);
    expect(asked).toHaveLength(2);
  });

  test('that have to wait at the leader are asked for alone', async () => {
    const { clock, asked, alone, renew, values } = setUp();
    const both = [renew(1n), renew(2n)];
    await clock.run(1);
    asked[0]?.answer([ASK_ALONE, 10]);
    await clock.run(1);
    expect(values(both)).toEqual([77, 10]);
    expect(alone).toEqual([1n]);
  });

  test('are as many a request as a member reads', async () => {
    const { clock, asked, renew } = setUp();
    for (let id = 0n; id < MAX_RENEWALS + 1; id++) renew(id);
    await clock.run(1);
    asked[0]?.answer(Array<number>(MAX_RENEWALS).fill(1));
    await clock.run(1);
    expect(asked.map(({ ids }) => ids.length)).toEqual([MAX_RENEWALS, 1]);
  });
});
