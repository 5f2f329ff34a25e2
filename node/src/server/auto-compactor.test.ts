import { describe, expect, test } from 'vitest';
import { EtcdError, SILENT_LOGGER } from '../base/index.ts';
import { FakeClock } from '../base/testing/fake-clock.ts';
import type { InternalRaftRequest } from '../wire/gen/raft-internal.ts';
import { AutoCompactor } from './auto-compactor.ts';
import type { Member } from './member.ts';

const MINUTE_MS = 60_000;

/** A store that has written one revision a minute, and the revisions that were compacted, by the minute. */
function setUp(mode: 'periodic' | 'revision', retention: number) {
  const clock = new FakeClock();
  const startMs = clock.monotonicMs();
  const minute = () => (clock.monotonicMs() - startMs) / MINUTE_MS;
  const compactions: [minute: number, revision: number][] = [];
  const state = { isLeader: true, error: undefined as EtcdError | undefined };
  const member = {
    world: { clock },
    config: { autoCompactionMode: mode, autoCompactionRetention: retention },
    logger: SILENT_LOGGER,
    store: {
      get revision() {
        return 1 + Math.floor(minute());
      },
    },
    get isLeader() {
      return state.isLeader;
    },
    propose: async (request: Partial<InternalRaftRequest>) => {
      compactions.push([minute(), request.compaction?.revision ?? 0]);
      return state.error === undefined ? {} : { error: state.error };
    },
  };
  const compactor = new AutoCompactor(member as unknown as Member); // it uses no more of it
  compactor.start();
  return { clock, compactions, state, compactor };
}

describe('periodic compaction', () => {
  test('never keeps less than its retention, and comes once a period', async () => {
    const { clock, compactions } = setUp('periodic', 10 * MINUTE_MS);
    await clock.run(40 * MINUTE_MS, MINUTE_MS / 2);
    expect(compactions.map(([at]) => at)).toEqual([10, 20, 30, 40]);
    for (const [at, revision] of compactions) {
      expect(1 + at - revision).toBeGreaterThanOrEqual(10);
      expect(1 + at - revision).toBeLessThanOrEqual(11);
    }
  });

  test('of a long retention begins after it, then comes every hour', async () => {
    const { clock, compactions } = setUp('periodic', 180 * MINUTE_MS);
    await clock.run(302 * MINUTE_MS, MINUTE_MS);
    expect(compactions.map(([at]) => at)).toEqual([180, 240, 300]);
    for (const [at, revision] of compactions) {
      expect(1 + at - revision).toBeGreaterThanOrEqual(180);
      expect(1 + at - revision).toBeLessThanOrEqual(186);
    }
  });

  test("is the leader's", async () => {
    const { clock, compactions, state } = setUp('periodic', 10 * MINUTE_MS);
    state.isLeader = false;
    await clock.run(25 * MINUTE_MS, MINUTE_MS / 2);
    expect(compactions).toEqual([]);
    state.isLeader = true;
    await clock.run(MINUTE_MS, MINUTE_MS / 2);
    expect(compactions).toHaveLength(1);
  });

  test('that fails is tried again soon', async () => {
    const { clock, compactions, state } = setUp('periodic', 10 * MINUTE_MS);
    state.error = new EtcdError('NoLeader');
    await clock.run(12 * MINUTE_MS, MINUTE_MS / 2);
    expect(compactions.length).toBeGreaterThanOrEqual(2);
    state.error = new EtcdError('Compacted');
    const before = compactions.length;
    await clock.run(6 * MINUTE_MS, MINUTE_MS / 2);
    expect(compactions).toHaveLength(before + 1);
  });
});

test('compaction by revision keeps that many, and looks every five minutes', async () => {
  const { clock, compactions } = setUp('revision', 7);
  await clock.run(20 * MINUTE_MS, MINUTE_MS);
  expect(compactions).toEqual([
    [10, 4],
    [15, 9],
    [20, 14],
  ]);
});

test('without a retention there is none, and after the stop no more', async () => {
  const off = setUp('periodic', 0);
  expect(off.clock.pendingTimers).toBe(0);
  const { clock, compactions, compactor } = setUp('revision', 1);
  compactor.stop();
  await clock.run(60 * MINUTE_MS, MINUTE_MS);
  expect(compactions).toEqual([]);
});
