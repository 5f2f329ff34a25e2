import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkLinearizable } from './linearizability.ts';
import {
  REGISTER,
  type Operation,
  type RegisterEntry,
  type RegisterState,
  type Result,
} from './testing/register.ts';

const entry = (
  calledMs: number,
  returnedMs: number,
  operation: Operation,
  result: Result | undefined = undefined,
): RegisterEntry => ({
  operation,
  calledMs,
  returnedMs,
  result,
});
const put = (from: number, to: number, value: string) =>
  entry(from, to, { kind: 'put', value }, to === Infinity ? undefined : { kind: 'put' });
const get = (from: number, to: number, value: string | undefined, version = 1) =>
  entry(
    from,
    to,
    { kind: 'get' },
    {
      kind: 'get',
      found: value === undefined ? undefined : { value, version },
    },
  );
const remove = (from: number, to: number, deleted: number) =>
  entry(from, to, { kind: 'delete' }, { kind: 'delete', deleted });
const swap = (from: number, to: number, expected: string | undefined, value: string, ok: boolean) =>
  entry(
    from,
    to,
    { kind: 'compareAndSwap', expected, value },
    {
      kind: 'compareAndSwap',
      succeeded: ok,
    },
  );
const check = (...entries: RegisterEntry[]) => checkLinearizable(REGISTER, entries);

describe('histories that no single copy could have made', () => {
  test('a stale read', () => {
    const entries = [put(0, 1, 'a'), put(2, 3, 'b'), get(4, 5, 'a')];
    expect(check(...entries)).toBe('notLinearizable');
  });

  test('a read that goes back behind another read of the same write', () => {
    const entries = [put(0, 1, 'a'), put(2, 9, 'b'), get(3, 4, 'b', 2), get(5, 6, 'a')];
    expect(check(...entries)).toBe('notLinearizable');
  });

  test('an acknowledged write that is lost', () => {
    expect(check(put(0, 1, 'a'), get(2, 3, undefined))).toBe('notLinearizable');
  });

  test('a write that took effect before it was made', () => {
    expect(check(get(0, 1, 'a'), put(2, 3, 'a'))).toBe('notLinearizable');
  });

  test('a put that was executed twice', () => {
    expect(check(put(0, 1, 'a'), get(2, 3, 'a', 2))).toBe('notLinearizable');
  });

  test('an unknown put that was executed twice, around another one', () => {
    const entries = [put(0, Infinity, 'a'), get(1, 2, 'a'), put(3, 4, 'b'), get(5, 6, 'a', 3)];
    expect(check(...entries)).toBe('notLinearizable');
  });

  test('a key that was deleted twice', () => {
    const entries = [put(0, 1, 'a'), remove(2, 5, 1), remove(3, 4, 1)];
    expect(check(...entries)).toBe('notLinearizable');
  });

  test('two swaps of the same value', () => {
    const entries = [put(0, 1, 'a'), swap(2, 5, 'a', 'b', true), swap(3, 4, 'a', 'c', true)];
    expect(check(...entries)).toBe('notLinearizable');
  });

  test('a swap that failed for no reason', () => {
    expect(check(put(0, 1, 'a'), swap(2, 3, 'a', 'b', false))).toBe('notLinearizable');
  });
});

describe('histories that are explained by some order', () => {
  test('overlapping writes, read in either order', () => {
    expect(check(put(0, 5, 'a'), put(1, 6, 'b'), get(7, 8, 'a', 2))).toBe('linearizable');
    expect(check(put(0, 5, 'a'), put(1, 6, 'b'), get(7, 8, 'b', 2))).toBe('linearizable');
  });

  test('an unknown write may take effect late, or never', () => {
    const late = [put(0, Infinity, 'a'), get(1, 2, undefined), get(50, 51, 'a')];
    expect(check(...late)).toBe('linearizable');
    expect(check(put(0, Infinity, 'a'), get(1, 2, undefined))).toBe('linearizable');
  });

  test('swap, delete and create', () => {
    const entries = [
      swap(0, 1, undefined, 'a', true),
      swap(2, 3, 'a', 'b', true),
      swap(4, 5, 'a', 'c', false),
      remove(6, 7, 1),
      get(8, 9, undefined),
      swap(10, 11, undefined, 'd', true),
      get(12, 13, 'd', 1),
    ];
    expect(check(...entries)).toBe('linearizable');
  });

  test('an operation that returns in the instant in which another one is made overlaps it', () => {
    expect(check(put(0, 1, 'a'), get(1, 2, undefined))).toBe('linearizable');
  });
});

/** Runs operations one after the other at random instants, then stretches their intervals around those instants. */
function sequentialHistory(operations: readonly Operation[], stretches: readonly number[]) {
  let state: RegisterState;
  return operations.map((operation, index) => {
    const before = state;
    const unanswered = entry(0, Infinity, operation);
    state = REGISTER.step(state, unanswered)?.state;
    const stretch = stretches[index] ?? 1;
    return entry(
      index * 10 - stretch,
      index * 10 + stretch,
      operation,
      answerIn(before, operation),
    );
  });
}

function answerIn(state: RegisterState, operation: Operation): Result {
  switch (operation.kind) {
    case 'get':
      return { kind: 'get', found: state };
    case 'put':
      return { kind: 'put' };
    case 'delete':
      return { kind: 'delete', deleted: state === undefined ? 0 : 1 };
    case 'compareAndSwap':
      return { kind: 'compareAndSwap', succeeded: state?.value === operation.expected };
  }
}

const kinds = fc.array(
  fc.record({
    kind: fc.constantFrom('get', 'put', 'delete', 'compareAndSwap'),
    of: fc.nat(20),
    stretch: fc.integer({ min: 1, max: 60 }),
    unknown: fc.nat(9),
  }),
  { minLength: 1, maxLength: 60 },
);

test('any history of a single copy passes, and fails with one answer made wrong', () => {
  fc.assert(
    fc.property(kinds, (rows) => {
      const operations = rows.map(({ kind, of }, index): Operation => {
        if (kind === 'put') return { kind, value: `v${index}` };
        if (kind === 'compareAndSwap') return { kind, expected: `v${of}`, value: `v${index}` };
        return { kind };
      });
      const history = sequentialHistory(
        operations,
        rows.map((row) => row.stretch),
      ).map((one, index) =>
        rows[index]?.unknown === 0 ? { ...one, returnedMs: Infinity, result: undefined } : one,
      );
      expect(check(...history)).toBe('linearizable');
      const impossible = get(10_000, 10_001, 'never written', 1);
      expect(check(...history, impossible)).toBe('notLinearizable');
    }),
    { numRuns: 200 },
  );
});

test('a search that takes too many steps ends without a verdict', () => {
  const unknown = Array.from({ length: 24 }, (_, index) => put(0, Infinity, `v${index}`));
  const entries = [...unknown, get(1, 2, 'never written', 25)];
  expect(checkLinearizable(REGISTER, entries, 10_000)).toBe('outOfSteps');
});
