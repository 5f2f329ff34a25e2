import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Inflights } from './inflights.ts';
import { Progress } from './progress.ts';

function progress(match: number, next: number): Progress {
  const created = new Progress(2n, next, false, new Inflights(2, 0));
  created.restart(match, next);
  return created;
}

describe('inflights', () => {
  test('count like a list that is cut from the left', () => {
    const someStep = fc.record({ bytes: fc.nat(50), free: fc.option(fc.nat(5)) });
    fc.assert(
      fc.property(fc.array(someStep, { maxLength: 400 }), fc.nat(300), (steps, maxBytes) => {
        const inflights = new Inflights(200, maxBytes);
        let list: { index: number; bytes: number }[] = [];
        const total = (): number => list.reduce((sum, { bytes }) => sum + bytes, 0);
        let index = 0;
        for (const { bytes, free } of steps) {
          const isFull = list.length >= 200 || (maxBytes !== 0 && total() >= maxBytes);
          expect(inflights.full).toBe(isFull);
          if (!isFull) {
            inflights.add(++index, bytes);
            list.push({ index, bytes });
          }
          if (free !== null) {
            const to = (list[0]?.index ?? 0) + free;
            inflights.freeTo(to);
            list = list.filter((message) => message.index > to);
          }
          expect(inflights.count).toBe(list.length);
        }
      }),
    );
  });

  test('refuse a message when full', () => {
    const inflights = new Inflights(1, 0);
    inflights.add(5, 0);
    expect(() => inflights.add(6, 0)).toThrow();
    inflights.freeTo(4);
    expect(inflights.full).toBe(true);
    inflights.freeTo(5);
    expect(inflights.full).toBe(false);
  });
});

describe('progress', () => {
  test('a probe pauses until it is answered, replication until its inflights are', () => {
    const follower = progress(1, 2);
    follower.sentEntries(1, 10);
    expect(follower.paused).toBe(true);
    expect(follower.maybeUpdate(2)).toBe(true);
    follower.becomeReplicate();
    follower.sentEntries(1, 10);
    expect(follower).toMatchObject({ next: 4, paused: false });
    follower.sentEntries(3, 10);
    expect(follower).toMatchObject({ next: 7, paused: true });
  });

  test('after a snapshot, probing starts behind it', () => {
    const follower = progress(1, 5);
    follower.becomeSnapshot(10);
    expect(follower).toMatchObject({ paused: true, next: 11, pendingSnapshot: 10 });
    follower.becomeProbe();
    expect(follower).toMatchObject({ state: 'probe', next: 11, pendingSnapshot: 0 });
  });

  test('a stale refusal changes nothing', () => {
    const replicating = progress(5, 10);
    replicating.becomeReplicate();
    expect(replicating.maybeDecreaseTo(5, 5)).toBe(false);
    expect(replicating.maybeDecreaseTo(9, 9)).toBe(true);
    expect(replicating.next).toBe(6);
    const probing = progress(0, 10);
    expect(probing.maybeDecreaseTo(4, 2)).toBe(false);
    expect(probing.maybeDecreaseTo(9, 2)).toBe(true);
    expect(probing.next).toBe(3);
  });

  test('next never falls to match', () => {
    const someEvent = fc.tuple(fc.nat(5), fc.nat(20), fc.nat(20));
    fc.assert(
      fc.property(fc.array(someEvent, { maxLength: 60 }), (events) => {
        const follower = progress(0, 1);
        for (const [kind, a, b] of events) {
          if (kind === 0) follower.maybeUpdate(a);
          else if (kind === 1) follower.maybeDecreaseTo(a, b);
          else if (kind === 2) follower.becomeProbe();
          else if (kind === 3) follower.becomeReplicate();
          else if (kind === 4) follower.becomeSnapshot(Math.max(a, follower.match));
          else if (!follower.paused && !follower.inflights.full) follower.sentEntries(1, b);
          expect(follower.next).toBeGreaterThan(follower.match);
        }
      }),
    );
  });
});
