import { beforeEach, expect, test } from 'vitest';
import { FakeClock } from '../base/testing/fake-clock.ts';
import { EncodedMessage } from '../wire/index.ts';
import { AnswerTurns } from './answer-turns.ts';
import { FakeCall } from './testing/fake-call.ts';

const MIB = 1024 * 1024;
let clock: FakeClock;
let turns: AnswerTurns;
let released: number;

beforeEach(() => {
  clock = new FakeClock();
  turns = new AnswerTurns(clock);
  released = 0;
});

/** A long answer that is on its way from now on. */
function answer(mib: number): EncodedMessage {
  return turns.counted(new EncodedMessage([], mib * MIB, () => released++));
}

/** Clients that each want an answer of so many MiB: waits where it has to, and says what was made. */
function ask(count: number, mib: number): EncodedMessage[] {
  const made: EncodedMessage[] = [];
  const make = (): void => void made.push(answer(mib));
  for (let i = 0; i < count; i++) {
    if (turns.isOpen) make();
    else turns.wait(new FakeCall(), make, () => undefined);
  }
  return made;
}

test('a thousand long answers are never on their way together', async () => {
  const made = ask(1000, 1);
  expect(made).toHaveLength(32);
  let most = 0;
  for (let written = 0; written < 1000; written++) {
    made[written]!.release?.();
    await clock.advance(0);
    most = Math.max(most, turns.bytesOnTheWay);
  }
  expect(made).toHaveLength(1000);
  expect(most).toBe(32 * MIB);
  expect(turns.bytesOnTheWay).toBe(0);
  expect(released).toBe(1000);
});

test('an answer of any size is made when little is on its way, and who came first is first', () => {
  const order: string[] = [];
  const big = answer(500);
  const ask = (name: string, mib: number): void => {
    turns.wait(
      new FakeCall(),
      () => void order.push(name, String(answer(mib).sizeBytes / MIB)),
      fail,
    );
  };
  ask('first', 100);
  ask('second', 1);
  expect(turns.isOpen).toBe(false);
  expect(order).toEqual([]);
  big.release?.();
  expect(order).toEqual(['first', '100']);
});

test('when much room comes at once, others run between those who waited', async () => {
  const big = answer(40);
  const made = ask(20, 1);
  big.release?.();
  expect(made).toHaveLength(2);
  // Newcomers do not pass them.
  expect(turns.isOpen).toBe(false);
  await pauses();
  expect(made).toHaveLength(20);
  expect(turns.isOpen).toBe(true);
});

test('a call that ends leaves, and is told', () => {
  const big = answer(40);
  const call = new FakeCall();
  const told: string[] = [];
  turns.wait(call, fail, (error) => told.push(error.code));
  const made = ask(1, 1);
  call.cancel();
  expect(told).toEqual(['Canceled']);
  expect(turns.callsWaiting).toBe(1);
  big.release?.();
  expect(made).toHaveLength(1);
});

test('a call that was served listens for its end no longer', () => {
  const big = answer(40);
  const call = new FakeCall();
  turns.wait(call, () => undefined, fail);
  expect(call.listeners).toBe(1);
  big.release?.();
  expect(call.listeners).toBe(0);
});

test('clients that do not read hold up others for a second', async () => {
  const stuck = ask(40, 4);
  expect(stuck).toHaveLength(8);
  await clock.advance(999);
  expect(stuck).toHaveLength(8);
  await clock.advance(1);
  await pauses();
  expect(stuck).toHaveLength(16);
  for (const each of stuck.slice(0, 8)) each.release?.();
  // What counts no longer makes no room when it is written after all.
  expect(turns.bytesOnTheWay).toBe(32 * MIB);
  expect(stuck).toHaveLength(16);
  await clock.advance(1000);
  await pauses();
  expect(stuck).toHaveLength(24);
});

test('short answers, which hold no memory that is given back, do not count', () => {
  const message = new EncodedMessage([], 100);
  expect(turns.counted(message)).toBe(message);
  expect(turns.bytesOnTheWay).toBe(0);
});

/** As many as are needed for what is tested here. */
async function pauses(): Promise<void> {
  for (let i = 0; i < 20; i++) await clock.advance(0);
}

function fail(): never {
  throw new Error('not to be called');
}
