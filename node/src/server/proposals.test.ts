import { describe, expect, test } from 'vitest';
import { EtcdError } from '../base/index.ts';
import { FakeClock } from '../base/testing/fake-clock.ts';
import { RequestIds, Waiters } from './proposals.ts';

describe('request ids', () => {
  test('never repeat, on members that start at the same moment or again', () => {
    const seen = new Set<bigint>();
    const startMs = 1_700_000_000_123;
    const count = 5_000;
    const starts: [bigint, number][] = [
      [0xbdae9bbc11dd390dn, startMs],
      [0x8425f172696c3d59n, startMs],
      [0xbdae9bbc11dd390dn, startMs + 60],
    ];
    for (const [memberId, ms] of starts) {
      const ids = new RequestIds(memberId, ms);
      for (let i = 0; i < count; i++) seen.add(ids.next());
    }
    expect(seen.size).toBe(starts.length * count);
  });

  test('tell the member in their upper 16 bits and stay unsigned 64-bit', () => {
    const ids = new RequestIds(0xffff_ffff_ffff_390dn, 2 ** 40 * 3 + 2 ** 40 - 1);
    for (let i = 0; i < 600; i++) {
      const id = ids.next();
      expect(id >> 48n).toBe(0x390dn);
      expect(id < 2n ** 64n).toBe(true);
    }
  });
});

describe('those who wait', () => {
  const timeout = () => new EtcdError('Timeout');
  const outcomeOf = (promise: Promise<unknown>) => {
    const told = { value: 'waiting' };
    promise.then(
      () => (told.value = 'applied'),
      (error: EtcdError) => (told.value = error.code),
    );
    return told;
  };

  test('are told what was applied, once, and nobody else is', async () => {
    const waiters = new Waiters(new FakeClock(), 1000, timeout);
    const first = waiters.wait(1n);
    const second = outcomeOf(waiters.wait(2n));
    waiters.resolve(1n, {});
    waiters.resolve(1n, {});
    waiters.resolve(9n, {});
    expect(await first).toEqual({});
    expect(second.value).toBe('waiting');
    expect(waiters.size).toBe(1);
  });

  test('of a configuration change are told when raft has advanced over it', async () => {
    const waiters = new Waiters(new FakeClock(), 1000, timeout);
    const outcomes = [1n, 2n].map((id) => outcomeOf(waiters.wait(id)));
    waiters.settleLater(1n, undefined);
    waiters.settleLater(2n, new EtcdError('Unhealthy'));
    await Promise.resolve();
    expect(outcomes.map((one) => one.value)).toEqual(['waiting', 'waiting']);
    waiters.settle();
    await Promise.resolve();
    expect(outcomes.map((one) => one.value)).toEqual(['applied', 'Unhealthy']);
  });

  test('give up in the order in which they came, each after the whole time', async () => {
    const clock = new FakeClock();
    const startedAt: number[] = [];
    const waiters = new Waiters(clock, 1000, (startedMs) => {
      startedAt.push(startedMs);
      return timeout();
    });
    const beganMs = clock.monotonicMs();
    const first = outcomeOf(waiters.wait(1n));
    await clock.run(400);
    const second = outcomeOf(waiters.wait(2n));
    await clock.run(599);
    expect([first.value, second.value]).toEqual(['waiting', 'waiting']);
    await clock.run(1);
    expect([first.value, second.value]).toEqual(['Timeout', 'waiting']);
    await clock.run(400);
    expect(second.value).toBe('Timeout');
    expect(startedAt).toEqual([beganMs, beganMs + 400]);
    expect(waiters.size).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  test('are let go when the leader that had their request is gone', async () => {
    const waiters = new Waiters(new FakeClock(), 1000, timeout);
    const outcomes = [1n, 2n, 3n].map((id) => outcomeOf(waiters.wait(id)));
    waiters.proposed(1n, 4);
    waiters.proposed(2n, 5);
    waiters.lostBefore(5);
    await Promise.resolve();
    // The third was not handed to anybody yet.
    expect(outcomes.map((one) => one.value)).toEqual([
      'TimeoutDueToLeaderFail',
      'waiting',
      'waiting',
    ]);
  });

  test('are told when the member stops', async () => {
    const clock = new FakeClock();
    const waiters = new Waiters(clock, 1000, timeout);
    const outcome = outcomeOf(waiters.wait(1n));
    waiters.stop();
    await Promise.resolve();
    expect(outcome.value).toBe('Stopped');
    expect(clock.pendingTimers).toBe(0);
  });
});
