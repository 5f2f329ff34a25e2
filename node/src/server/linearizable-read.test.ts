import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EtcdError } from '../base/index.ts';
import { FakeClock } from '../base/testing/fake-clock.ts';
import { LinearizableReads } from './linearizable-read.ts';

function setUp() {
  const clock = new FakeClock();
  const asked: Uint8Array[] = [];
  const state = { applied: 10, isCurrent: false };
  let id = 0n;
  const reads: LinearizableReads = new LinearizableReads({
    clock,
    timeoutMs: 7000,
    requestReadIndex: (context) => asked.push(context),
    wake: () => queueMicrotask(() => reads.gather()),
    appliedIndex: () => state.applied,
    isCurrent: () => state.isCurrent,
    nextId: () => ++id,
  });
  const read = () => {
    const told = { value: 'waiting' };
    reads.notify().then(
      () => (told.value = 'read'),
      (error: EtcdError) => (told.value = error.code),
    );
    return told;
  };
  return { clock, asked, state, reads, read };
}

const settle = async () => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};

describe('linearizable reads', () => {
  test('of one turn share one question', async () => {
    const { asked, reads, read } = setUp();
    const all = [read(), read(), read()];
    await settle();
    expect(asked).toHaveLength(1);
    reads.onReadState(asked[0]!, 10);
    await settle();
    expect(all.map((one) => one.value)).toEqual(['read', 'read', 'read']);
  });

  test('of a member that alone decides, and has applied all of it, ask nobody', async () => {
    const { asked, state, read } = setUp();
    state.isCurrent = true;
    const atOnce = read();
    await settle();
    expect(atOnce.value).toBe('read');
    state.isCurrent = false;
    const later = read();
    await settle();
    expect(later.value).toBe('waiting');
    expect(asked).toHaveLength(1);
  });

  test('that come after the question wait for the next one', async () => {
    const { asked, reads, read } = setUp();
    const early = read();
    await settle();
    const late = read();
    await settle();
    expect(asked).toHaveLength(1);
    reads.onReadState(asked[0]!, 10);
    await settle();
    expect([early.value, late.value]).toEqual(['read', 'waiting']);
    expect(asked).toHaveLength(2);
    reads.onReadState(asked[1]!, 10);
    await settle();
    expect(late.value).toBe('read');
  });

  test('in great number are let go a few at a time, so that their answers are not all made at once', async () => {
    const { asked, clock, reads, read } = setUp();
    let turn = 0;
    let goOn: () => void = () => {};
    clock.yieldNow = () => new Promise((resolve) => ((goOn = resolve), turn++));
    const all = Array.from({ length: 200 }, read);
    await settle();
    reads.onReadState(asked[0]!, 10);
    await settle();
    const first = all.filter((one) => one.value === 'read').length;
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(100);
    for (let left = 10; left > 0; left--) {
      goOn();
      await settle();
    }
    expect(all.every((one) => one.value === 'read')).toBe(true);
    expect(turn).toBeLessThan(10);
  });

  test('wait until the index is applied', async () => {
    const { asked, reads, read, state } = setUp();
    const one = read();
    await settle();
    reads.onReadState(asked[0]!, 12);
    reads.onApplied(11);
    await settle();
    expect(one.value).toBe('waiting');
    state.applied = 12;
    reads.onApplied(12);
    await settle();
    expect(one.value).toBe('read');
  });

  test('take no answer to another question', async () => {
    const { asked, reads, read } = setUp();
    const one = read();
    await settle();
    const other = asked[0]!.slice();
    other[7] = 99;
    reads.onReadState(other, 0);
    reads.onReadState(new Uint8Array(3), 0);
    await settle();
    expect(one.value).toBe('waiting');
  });

  test('ask again when no answer comes, and give up after the timeout', async () => {
    const { clock, asked, read } = setUp();
    const one = read();
    await settle();
    await clock.run(6999, 100);
    expect(asked.length).toBeGreaterThanOrEqual(13);
    expect(new Set(asked.map(String)).size).toBe(1);
    expect(one.value).toBe('waiting');
    await clock.run(600, 100);
    expect(one.value).toBe('Timeout');
  });

  test('end when the leader changes; those behind them are asked for', async () => {
    const { asked, reads, read } = setUp();
    const one = read();
    await settle();
    const next = read();
    reads.onLeaderChanged();
    await settle();
    expect([one.value, next.value]).toEqual(['LeaderChanged', 'waiting']);
    expect(asked).toHaveLength(2);
    reads.onFirstCommitInTerm();
    expect(asked).toHaveLength(3);
    expect(asked[2]).toEqual(asked[1]);
  });

  test('end when the member stops', async () => {
    const { clock, asked, reads, read } = setUp();
    const confirmed = read();
    await settle();
    reads.onReadState(asked[0]!, 99);
    const asking = read();
    await settle();
    const waiting = read();
    reads.stop();
    await settle();
    expect([confirmed, asking, waiting].map((one) => one.value)).toEqual([
      'Stopped',
      'Stopped',
      'Stopped',
    ]);
    expect(read().value).toBe('waiting');
    expect(clock.pendingTimers).toBe(0);
  });
});

test('whatever happens, no read ends before an index was confirmed after it began and applied', async () => {
  const step = fc.constantFrom('read', 'answer', 'commit', 'apply', 'lose', 'wait');
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { clock, asked, state, reads } = setUp();
      let commit = state.applied;
      let answered = 0;
      /** What was committed when each question was asked: all that raft may answer, and all that the reads may rely on. */
      const commitAtQuestion: number[] = [];
      const note = () => {
        while (commitAtQuestion.length < asked.length) commitAtQuestion.push(commit);
      };
      for (const one of steps) {
        if (one === 'read') {
          const commitAtStart = commit;
          reads.notify().then(
            () => expect(state.applied).toBeGreaterThanOrEqual(commitAtStart),
            () => undefined,
          );
        } else if (one === 'answer' && answered < asked.length) {
          reads.onReadState(asked[answered]!, commitAtQuestion[answered]!);
          answered++;
        } else if (one === 'commit') commit++;
        else if (one === 'apply' && state.applied < commit) reads.onApplied(++state.applied);
        else if (one === 'lose') reads.onLeaderChanged();
        else if (one === 'wait') clock.advance(600);
        await settle();
        note();
      }
      reads.stop();
      await settle();
    }),
    { numRuns: 200 },
  );
});
