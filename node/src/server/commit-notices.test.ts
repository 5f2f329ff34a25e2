// When a commit that is held back leaves by itself, and what a member says of those who wait at it.
import { expect, test } from 'vitest';
import { FakeClock } from '../base/testing/fake-clock.ts';
import { CommitNotices } from './commit-notices.ts';

function setUp() {
  const clock = new FakeClock();
  const told: number[] = [];
  const node = {
    isPatient: false,
    heldCommit: 0,
    tellHeldCommit(index: number) {
      if (index >= this.heldCommit) this.heldCommit = 0;
      told.push(index);
    },
  };
  const waiters = { size: 0 };
  const hub = { streamCount: 0 };
  let woken = 0;
  const wake = () => void woken++;
  const notices = new CommitNotices({ clock, node, waiters, hub, wake });
  return { clock, node, told, notices, waiters, hub, woken: () => woken };
}

test('a commit that is held back leaves within 10 ms, the newest after the one for which the time ran', () => {
  const { clock, node, told, notices, woken } = setUp();
  notices.afterReady();
  expect(clock.pendingTimers).toBe(0);
  node.heldCommit = 7;
  notices.afterReady();
  clock.advance(3);
  node.heldCommit = 9;
  notices.afterReady();
  expect(told).toEqual([]);
  clock.advance(2);
  expect(told).toEqual([7]);
  expect(woken()).toBe(1);
  clock.advance(5);
  expect(told).toEqual([7, 9]);
  expect(clock.pendingTimers).toBe(0);
});

test('a member is patient while none of its clients has written or watches', () => {
  const { node, notices, waiters, hub } = setUp();
  const patience = (writes: number, streams: number): boolean => {
    waiters.size = writes;
    hub.streamCount = streams;
    notices.beforeStep();
    return node.isPatient;
  };
  expect(patience(0, 0)).toBe(true);
  expect(patience(1, 0)).toBe(false);
  expect(patience(0, 1)).toBe(false);
  expect(patience(0, 0)).toBe(true);
});
