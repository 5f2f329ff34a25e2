import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { latin1FromBytes } from '../../../base/index.ts';
import {
  AlarmAction,
  AlarmRequest,
  AlarmType,
  Compare,
  CompareResult,
  CompareTarget,
  CompactionRequest,
  RequestOp,
  SortOrder,
  SortTarget,
} from '../../../wire/gen/rpc.ts';
import {
  bytes,
  grant,
  kv,
  put,
  putOp,
  range,
  remove,
  revoke,
  Script,
  txn,
} from '../testing/script.ts';
import { textOfKeyValue } from '../text.ts';
import { execute, type KvRequest } from './execute.ts';
import { keyRange, KeyStore } from './key-store.ts';
import type { Model } from './model.ts';
import { answerRange } from './range.ts';
import { Workspace } from './workspace.ts';

const all = (model: Model, revision = model.revision): string[] =>
  model.store
    .range({ from: '', to: undefined }, revision)
    .map((one) => `${latin1FromBytes(one.key)}=${latin1FromBytes(one.value)}`);

describe('revisions', () => {
  test('each write makes one, a deletion of nothing none', () => {
    const script = new Script();
    expect(script.commitPut('a', '1')).toBe(2);
    expect(script.commit({ deleteRange: remove('nothing') })).toBe(2);
    expect(script.commitPut('a', '2')).toBe(3);
    expect(script.commit({ deleteRange: remove('a') })).toBe(4);
    expect(script.commitPut('a', '3')).toBe(5);
    const text = (revision: number): string => textOfKeyValue(script.model.store.at('a', revision));
    expect(text(3)).toBe(textOfKeyValue(kv('a', '2', [2, 3])));
    expect(text(4)).toBe('none');
    expect(text(5)).toBe(textOfKeyValue(kv('a', '3', [5, 5])));
    expect([2, 3, 4].map((revision) => all(script.model, revision))).toEqual([
      ['a=1'],
      ['a=2'],
      [],
    ]);
  });

  test('entries without a request change nothing', () => {
    const script = new Script();
    script.commitPut('a', '1');
    script.model.feed({ type: 1, term: 1, index: 2, data: bytes('no request') });
    script.model.feed({ type: 0, term: 2, index: 3, data: bytes('') });
    expect(script.model).toMatchObject({ revision: 2, appliedIndex: 3 });
    expect(script.model.revisionAt(1)).toBe(2);
  });
});

describe('leases', () => {
  test('a revocation deletes the keys in one revision, in the order of keys', () => {
    const script = new Script();
    script.commit({ leaseGrant: grant(7n, 10) });
    for (const key of ['c', 'a', 'b', 'd']) script.commitPut(key, '1', 7n);
    script.commitPut('b', 'taken off');
    script.commit({ deleteRange: remove('d') });
    const before = script.model.revision;
    script.commit({ leaseRevoke: revoke(7n) });
    expect(script.model.revision).toBe(before + 1);
    expect(script.model.store.changes(before + 1).map((one) => one.key)).toEqual(['a', 'c']);
    expect(all(script.model)).toEqual(['b=taken off']);
    expect(script.model.leases.all()).toEqual([]);
  });

  test('one without keys goes without a revision', () => {
    const script = new Script();
    script.commit({ leaseGrant: grant(7n, 10) });
    script.commit({ leaseRevoke: revoke(7n) });
    expect(script.model.revision).toBe(1);
  });

  test('a put on a lease that is not there fails without a trace', () => {
    const script = new Script();
    const logged = script.model.feed(script.entry({ put: put('a', '1', { lease: 9n }) }));
    expect(logged).toMatchObject({ error: 'LeaseNotFound', hasChanged: false, revision: 1 });
  });

  test('a grant of an id that exists fails', () => {
    const script = new Script();
    script.commit({ leaseGrant: grant(7n, 10) });
    const logged = script.model.feed(script.entry({ leaseGrant: grant(7n, 99) }));
    expect(logged?.error).toBe('LeaseExist');
    expect(script.model.leases.get(7n)?.requestedTtl).toBe(10);
  });
});

describe('transactions', () => {
  test('compares see the state before, and operations each other', () => {
    const script = new Script();
    script.commitPut('a', '1');
    const inner = txn({
      compare: [
        Compare.create({ key: bytes('a'), target: CompareTarget.VALUE, value: bytes('1') }),
      ],
      success: [RequestOp.create({ requestRange: range('a') })],
      failure: [putOp('c', 'not this')],
    });
    const request = txn({
      compare: [Compare.create({ key: bytes('z'), target: CompareTarget.VERSION, version: 0 })],
      success: [putOp('a', '2'), RequestOp.create({ requestTxn: inner })],
    });
    const executed = execute(script.model.store, 2, { kind: 'txn', request }, NONE);
    expect(executed).toMatchObject({
      response: {
        header: { revision: 3 },
        succeeded: true,
        responses: [
          { responsePut: { header: { revision: 3 } } },
          {
            responseTxn: {
              header: { revision: 0 },
              responses: [
                { responseRange: { header: { revision: 3 }, kvs: [{ modRevision: 3 }] } },
              ],
            },
          },
        ],
      },
    });
    expect(all(script.model)).toEqual(['a=1']);
  });

  test('one that fails in its middle does nothing', () => {
    const script = new Script();
    const leased = RequestOp.create({ requestPut: put('b', '1', { lease: 5n }) });
    const request = txn({ success: [putOp('a', '1'), leased] });
    const logged = script.model.feed(script.entry({ txn: request }));
    expect(logged?.error).toBe('LeaseNotFound');
    expect(script.model.revision).toBe(1);
  });

  test('a value is never equal to that of a missing key', () => {
    const store = new KeyStore();
    const missing = { key: bytes('a'), target: CompareTarget.VALUE, value: bytes('') };
    const request = txn({ compare: [Compare.create(missing)] });
    const answer = execute(store, 1, { kind: 'txn', request }, NONE);
    expect(answer).toMatchObject({ response: { succeeded: false } });
    const unequal = { ...missing, result: CompareResult.NOT_EQUAL };
    const other = txn({ compare: [Compare.create(unequal)] });
    expect(execute(store, 1, { kind: 'txn', request: other }, NONE)).toMatchObject({
      response: { succeeded: false },
    });
  });

  test('a compare over a range holds when it holds for each key', () => {
    const script = new Script();
    script.commitPut('a', '1');
    script.commitPut('b', '1');
    script.commitPut('b', '2');
    const onVersion = (version: number, result: number): boolean => {
      const compare = Compare.create({
        ...{ key: bytes('a'), rangeEnd: bytes('c'), result },
        ...{ target: CompareTarget.VERSION, version },
      });
      const request: KvRequest = { kind: 'txn', request: txn({ compare: [compare] }) };
      const executed = execute(script.model.store, 4, request, NONE);
      return 'response' in executed && 'succeeded' in executed.response
        ? executed.response.succeeded
        : expect.fail();
    };
    expect(onVersion(0, CompareResult.GREATER)).toBe(true);
    expect(onVersion(1, CompareResult.EQUAL)).toBe(false);
  });
});

const NONE = { hasLease: (): boolean => false, compactRevision: 0 };

describe('ranges', () => {
  const script = new Script();
  script.commitPut('a', '3');
  script.commitPut('b', '2');
  script.commitPut('c', '1');
  script.commitPut('a', '4');
  const { store } = script.model;
  const keys = (init: Parameters<typeof range>[1]): string[] =>
    answerRange(new Workspace(store, 5), range('a', { rangeEnd: bytes('\0'), ...init })).kvs.map(
      (one) => latin1FromBytes(one.key),
    );

  test('limit, more and count', () => {
    const request = range('a', { rangeEnd: bytes('z'), limit: 2 });
    const answer = answerRange(new Workspace(store, 5), request);
    expect(answer).toMatchObject({ more: true, count: 3, header: { revision: 5 } });
    expect(answer.kvs).toHaveLength(2);
  });

  test('orders', () => {
    expect(keys({ sortOrder: SortOrder.DESCEND })).toEqual(['c', 'b', 'a']);
    expect(keys({ sortTarget: SortTarget.MOD, sortOrder: SortOrder.DESCEND, limit: 1 })).toEqual([
      'a',
    ]);
    // Without an order the limit comes first: one more than it is looked up, and those are sorted.
    expect(keys({ sortTarget: SortTarget.VALUE, limit: 1 })).toEqual(['b']);
    expect(keys({ sortTarget: SortTarget.VALUE, sortOrder: SortOrder.ASCEND, limit: 1 })).toEqual([
      'c',
    ]);
  });

  test('filters, the past, keys alone', () => {
    expect(keys({ minModRevision: 4 })).toEqual(['a', 'c']);
    expect(keys({ revision: 3 })).toEqual(['a', 'b']);
    const keyOnly = answerRange(new Workspace(store, 5), range('a', { keysOnly: true }));
    expect(keyOnly.kvs.map(textOfKeyValue)).toEqual([textOfKeyValue(kv('a', '', [2, 5]))]);
  });
});

describe('refusals', () => {
  test('compaction', () => {
    const script = new Script();
    script.commitPut('a', '1');
    const compact = (revision: number) =>
      script.model.feed(script.entry({ compaction: CompactionRequest.create({ revision }) }));
    expect(compact(3)?.error).toBe('FutureRev');
    expect(compact(2)?.error).toBeUndefined();
    expect(compact(2)?.error).toBe('Compacted');
    expect(script.model.compactRevision).toBe(2);
  });

  test('alarms', () => {
    const script = new Script();
    const alarm = (kind: number, action: number) =>
      script.commit({ alarm: AlarmRequest.create({ alarm: kind, action, memberId: 1n }) });
    alarm(AlarmType.NOSPACE, AlarmAction.ACTIVATE);
    expect(script.commitPut('a', '1')).toBe(1);
    expect(script.commit({ txn: txn({ success: [putOp('a', '1')] }) })).toBe(1);
    alarm(AlarmType.NOSPACE, AlarmAction.DEACTIVATE);
    expect(script.commitPut('a', '1')).toBe(2);
    alarm(AlarmType.CORRUPT, AlarmAction.ACTIVATE);
    expect(script.commit({ deleteRange: remove('a') })).toBe(2);
  });
});

test('a restored model holds the snapshot, and compacts what a revision bump leaves behind', () => {
  const script = new Script();
  script.commit({ leaseGrant: grant(7n, 10) });
  script.commitPut('a', '1', 7n);
  script.commitPut('b', '1');
  script.commitPut('a', 'lost');
  const restored = script.model.restoredAt(3, 100);
  expect(all(restored)).toEqual(['a=1', 'b=1']);
  expect(restored).toMatchObject({ revision: 100, compactRevision: 100, appliedIndex: 0 });
  expect(restored.leases.keys(7n)).toEqual(['a']);
  expect(script.model.restoredAt(3, 3)).toMatchObject({ revision: 3, compactRevision: 0 });
});

test('a store tells each of its past states', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd');
  const steps = fc.array(fc.record({ key, isPut: fc.boolean() }), { maxLength: 40 });
  fc.assert(
    fc.property(steps, (list) => {
      const script = new Script();
      const states: string[][] = [[], []];
      const now = new Map<string, string>();
      for (const [i, step] of list.entries()) {
        if (step.isPut) {
          script.commitPut(step.key, `${i}`);
          now.set(step.key, `${i}`);
        } else {
          script.commit({ deleteRange: remove(step.key) });
          if (!now.delete(step.key)) continue;
        }
        states.push([...now].map(([name, value]) => `${name}=${value}`).sort());
      }
      expect(states.map((_, revision) => all(script.model, revision))).toEqual(states);
      const copy = script.model.store.copyUpTo(script.model.revision);
      const everything = keyRange(bytes('\0'), bytes('\0'));
      expect(copy.range(everything, copy.revision)).toEqual(
        script.model.store.range(everything, script.model.revision),
      );
    }),
  );
});
