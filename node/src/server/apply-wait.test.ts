import { expect, test } from 'vitest';
import { FakeClock } from '../base/testing/fake-clock.ts';
import { ApplyWait } from './apply-wait.ts';

const TIMEOUT_MS = 1_000;

test('waits for its own index, and sets no timer where nothing has to be waited for', async () => {
  const clock = new FakeClock();
  const wait = new ApplyWait(clock, TIMEOUT_MS);
  await wait.until(5, 5);
  const done: number[] = [];
  const all = [6, 8].map((index) => wait.until(index, 5).then(() => done.push(index)));
  wait.onApplied(7);
  await clock.run(1);
  expect(done).toEqual([6]);
  wait.onApplied(8);
  await Promise.all(all);
  expect([done, clock.pendingTimers]).toEqual([[6, 8], 0]);
});

test('gives up after its time', async () => {
  const clock = new FakeClock();
  const wait = new ApplyWait(clock, TIMEOUT_MS);
  const failed = expect(wait.until(2, 1)).rejects.toMatchObject({
    code: 'TimeoutWaitAppliedIndex',
  });
  await clock.run(TIMEOUT_MS + 1);
  await failed;
  wait.onApplied(2);
  expect(clock.pendingTimers).toBe(0);
});
