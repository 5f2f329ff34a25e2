import { describe, expect, test } from 'vitest';
import {
  Compare,
  CompareTarget,
  CompactionRequest,
  CompactionResponse,
  DeleteRangeResponse,
  KVService,
  LeaseGrantResponse,
  LeaseService,
  RequestOp,
  ResponseOp,
  SortOrder,
  SortTarget,
  TxnResponse,
} from '../../../wire/gen/rpc.ts';
import type { OperationRecord } from '../observer.ts';
import {
  bytes,
  DELETE,
  grant,
  header,
  kv,
  put,
  PUT,
  putAnswer,
  putOp,
  RANGE,
  range,
  rangeAnswer,
  remove,
  revoke,
  Script,
  settle,
  settleWithError,
  txn,
  TXN,
} from '../testing/script.ts';
import { Answers } from './answers.ts';

class Told {
  readonly script = new Script();
  readonly answers = new Answers(this.script);

  call(path: string, request: unknown, host = 'm0'): OperationRecord {
    const record = this.script.record(path, request, host);
    this.answers.called(record);
    return record;
  }

  answer(record: OperationRecord, response: unknown): void {
    settle(record, 'ok', response);
    this.answers.returned(record);
  }

  end(record: OperationRecord, outcome: 'refused' | 'unknown'): void {
    settle(record, outcome);
    this.answers.returned(record);
  }

  fail(record: OperationRecord, code: Parameters<typeof settleWithError>[1]): void {
    settleWithError(record, code);
    this.answers.returned(record);
  }

  /** A put from call to answer. */
  put(key: string, value: string): number {
    const record = this.call(PUT, put(key, value));
    const revision = this.script.commitPut(key, value);
    this.answer(record, putAnswer(revision));
    return revision;
  }

  read(request: ReturnType<typeof range>, response: ReturnType<typeof rangeAnswer>): void {
    this.answer(this.call(RANGE, request), response);
  }

  violations(): string[] {
    this.answers.finish();
    return this.script.reported;
  }
}

const told = (): Told => new Told();

describe('what is right passes', () => {
  test('writes, reads, transactions, deletions', () => {
    const run = told();
    expect(run.put('a', '1')).toBe(2);
    run.read(range('a'), rangeAnswer(2, [kv('a', '1', [2, 2])]));

    const again = run.call(PUT, put('a', '2', { prevKv: true }));
    run.script.commit({ put: put('a', '2', { prevKv: true }) });
    run.answer(again, putAnswer(3, kv('a', '1', [2, 2])));
    run.read(range('a', { revision: 2 }), rangeAnswer(3, [kv('a', '1', [2, 2])]));

    const request = txn({
      compare: [Compare.create({ key: bytes('a'), target: CompareTarget.MOD, modRevision: 3 })],
      success: [putOp('b', '1'), RequestOp.create({ requestRange: range('b') })],
    });
    const record = run.call(TXN, request);
    run.script.commit({ txn: request });
    const responses = [
      ResponseOp.create({ responsePut: putAnswer(4) }),
      ResponseOp.create({ responseRange: rangeAnswer(4, [kv('b', '1', [4, 4])]) }),
    ];
    const response = TxnResponse.create({ header: header(4), succeeded: true, responses });
    run.answer(record, response);

    const idle = run.call(DELETE, remove('nothing'));
    run.script.commit({ deleteRange: remove('nothing') });
    run.answer(idle, DeleteRangeResponse.create({ header: header(4) }));
    expect(run.violations()).toEqual([]);
  });

  test('a stale serializable read', () => {
    const run = told();
    run.put('a', '1');
    run.put('a', '2');
    const stale = run.call(RANGE, range('a', { serializable: true }), 'm1');
    run.answer(stale, rangeAnswer(2, [kv('a', '1', [2, 2])]));
    expect(run.violations()).toEqual([]);
  });

  test('a write of unknown outcome that is there, one that is not, and two equal ones', () => {
    const run = told();
    run.end(run.call(PUT, put('a', 'lost')), 'unknown');
    run.end(run.call(PUT, put('a', 'there')), 'unknown');
    run.script.commitPut('a', 'there');
    const first = run.call(DELETE, remove('a'));
    const second = run.call(DELETE, remove('a'));
    run.script.commit({ deleteRange: remove('a') });
    run.script.commit({ deleteRange: remove('a') });
    run.answer(second, DeleteRangeResponse.create({ header: header(3), deleted: 1 }));
    run.answer(first, DeleteRangeResponse.create({ header: header(3) }));
    expect(run.violations()).toEqual([]);
  });

  test('any order among keys that the order leaves equal', () => {
    const run = told();
    for (const key of ['a', 'b', 'c']) run.put(key, '1');
    const kvs = ['c', 'a', 'b'].map((key, i) => kv(key, '1', [[4, 2, 3][i]!, [4, 2, 3][i]!]));
    const byVersion = { sortTarget: SortTarget.VERSION, sortOrder: SortOrder.ASCEND };
    run.read(range('a', { rangeEnd: bytes('z'), ...byVersion }), rangeAnswer(4, kvs));
    expect(run.violations()).toEqual([]);
  });

  test('errors that are true', () => {
    const run = told();
    run.put('a', '1');
    run.fail(run.call(RANGE, range('a', { revision: 99 })), 'FutureRev');
    const lost = run.call(PUT, put('a', '2', { lease: 9n }));
    run.script.commitPut('a', '2', 9n);
    run.fail(lost, 'LeaseNotFound');
    run.script.commit({ compaction: CompactionRequest.create({ revision: 2 }) });
    run.fail(run.call(RANGE, range('a', { revision: 1 })), 'Compacted');
    expect(run.violations()).toEqual([]);
  });
});

describe('what is wrong is found', () => {
  /** Runs a plot and expects just this violation. */
  const expectFound = (run: Told, ...patterns: RegExp[]): void => {
    const found = run.violations();
    expect(found).toHaveLength(patterns.length);
    for (const [i, pattern] of patterns.entries()) expect(found[i]).toMatch(pattern);
  };

  test('a write that is not in the log', () => {
    const run = told();
    run.script.commitPut('b', '1');
    run.answer(run.call(PUT, put('a', '1')), putAnswer(2));
    expectFound(run, /^log: .*no entry of the log carries it/);
  });

  test('a write with the revision of another one', () => {
    const run = told();
    const record = run.call(PUT, put('a', '1'));
    run.script.commitPut('a', '1');
    run.script.commitPut('b', '1');
    run.answer(record, putAnswer(3));
    expectFound(
      run,
      /^log: .*none fits: entry 1 at revision 2/,
      /^log: .*more than once|left over/,
    );
  });

  test('a revision that is not there', () => {
    const run = told();
    run.put('a', '1');
    run.read(range('a'), rangeAnswer(5, [kv('a', '1', [2, 2])]));
    expectFound(run, /^revision: .*names revision 5, but the latest is 2/);
  });

  test('an answer to a write that had been made before it was asked for', () => {
    const run = told();
    run.script.commitPut('a', '1');
    run.answer(run.call(PUT, put('a', '1')), putAnswer(2));
    expectFound(run, /^log: .*there before the call/, /^log: .*left over/);
  });

  test('a write that took effect twice', () => {
    const run = told();
    run.put('a', '1');
    run.script.commitPut('a', '1');
    expectFound(run, /^log: .*more than once/);
  });

  test('a refused write that is there', () => {
    const run = told();
    run.end(run.call(PUT, put('a', '1')), 'refused');
    run.script.commitPut('a', '1');
    expectFound(run, /^log: .*ended with refused/);
  });

  test('a failed write that is there', () => {
    const run = told();
    run.fail(run.call(PUT, put('a', '1')), 'RequestTooLarge');
    run.script.commitPut('a', '1');
    expectFound(run, /^log: .*took effect though/);
  });

  test('a stale linearizable read', () => {
    const run = told();
    run.put('a', '1');
    run.put('a', '2');
    run.read(range('a'), rangeAnswer(2, [kv('a', '1', [2, 2])]));
    expectFound(run, /^realTime: .*at revision 2, though 3 had been seen/);
  });

  test('a linearizable read behind what a stale one has shown', () => {
    const run = told();
    run.script.commitPut('a', '1');
    run.answer(
      run.call(RANGE, range('a', { serializable: true }), 'm1'),
      rangeAnswer(2, [kv('a', '1', [2, 2])]),
    );
    run.read(range('a'), rangeAnswer(1, []));
    expectFound(run, /^realTime/);
  });

  test('a serializable read behind what the same run of the member has shown, but not behind another run', () => {
    const run = told();
    run.answers.floors.started('m0', 1);
    run.put('a', '1');
    run.put('a', '2');
    const old = rangeAnswer(2, [kv('a', '1', [2, 2])]);
    run.answers.floors.stopped('m0');
    run.answers.floors.started('m0', 2);
    run.read(range('a', { serializable: true }), old);
    expect(run.script.reported).toEqual([]);
    run.put('a', '3');
    run.read(range('a', { serializable: true }), old);
    expectFound(run, /^realTime: .*m0 had shown 4/);
  });

  test.each([
    ['a wrong value', kv('a', '2', [2, 2])],
    ['a wrong creation', kv('a', '1', [1, 2], { version: 1 })],
    ['a wrong version', kv('a', '1', [2, 2], { version: 2 })],
    ['a wrong lease', kv('a', '1', [2, 2], { lease: 5n })],
  ])('%s', (_, wrong) => {
    const run = told();
    run.put('a', '1');
    run.read(range('a'), rangeAnswer(2, [wrong]));
    expectFound(run, /^answer: .*but it is range @2/);
  });

  test('a missing and a superfluous key, a wrong count, a forgotten more', () => {
    const run = told();
    run.put('a', '1');
    run.put('b', '1');
    const [a, b] = [kv('a', '1', [2, 2]), kv('b', '1', [3, 3])];
    const both = range('a', { rangeEnd: bytes('c') });
    run.read(both, rangeAnswer(3, [a]));
    run.read(range('a'), rangeAnswer(3, [a, b]));
    run.read(both, rangeAnswer(3, [a, b], { count: 3 }));
    run.read({ ...both, limit: 1 }, rangeAnswer(3, [a], { count: 2 }));
    run.read(both, rangeAnswer(3, [b, a]));
    expectFound(run, /^answer/, /^answer/, /^answer/, /^answer/, /^answer/);
  });

  test('a wrong order', () => {
    const run = told();
    run.put('a', '1');
    run.put('b', '1');
    const byRevision = { sortTarget: SortTarget.MOD, sortOrder: SortOrder.DESCEND };
    const kvs = [kv('a', '1', [2, 2]), kv('b', '1', [3, 3])];
    run.read(range('a', { rangeEnd: bytes('c'), ...byRevision }), rangeAnswer(3, kvs));
    expectFound(run, /out of order/);
  });

  test('a wrong prevKv, a wrong number of deleted keys, the wrong branch', () => {
    const run = told();
    run.put('a', '1');
    const over = run.call(PUT, put('a', '2', { prevKv: true }));
    run.script.commit({ put: put('a', '2', { prevKv: true }) });
    run.answer(over, putAnswer(3));
    const gone = run.call(DELETE, remove('a'));
    run.script.commit({ deleteRange: remove('a') });
    run.answer(gone, DeleteRangeResponse.create({ header: header(4), deleted: 2 }));
    const request = txn({ failure: [putOp('c', 'else')], success: [putOp('c', 'then')] });
    const record = run.call(TXN, request);
    run.script.commit({ txn: request });
    const responses = [ResponseOp.create({ responsePut: putAnswer(5) })];
    run.answer(record, TxnResponse.create({ header: header(5), succeeded: false, responses }));
    expectFound(run, /^answer: .*prevKv none/, /^answer: .*deleted 1/, /^answer: .*then @5/);
  });

  test('a read of what was compacted', () => {
    const run = told();
    run.put('a', '1');
    run.put('a', '2');
    const request = CompactionRequest.create({ revision: 3 });
    const record = run.call(KVService.compact.path, request);
    run.script.commit({ compaction: request });
    run.answer(record, CompactionResponse.create({ header: header(3) }));
    run.read(range('a', { revision: 2 }), rangeAnswer(3, [kv('a', '1', [2, 2])]));
    expectFound(run, /^answer: .*compacted at 3/);
  });

  test('errors that are not true', () => {
    const run = told();
    run.put('a', '1');
    run.script.commit({ leaseGrant: grant(7n, 10) });
    run.fail(run.call(RANGE, range('a', { revision: 2 })), 'FutureRev');
    run.fail(run.call(RANGE, range('a', { revision: 1 })), 'Compacted');
    run.fail(run.call(PUT, put('a', '2', { lease: 7n })), 'LeaseNotFound');
    run.fail(run.call(LeaseService.leaseRevoke.path, revoke(7n)), 'LeaseNotFound');
    run.fail(run.call(PUT, put('a', '', { ignoreValue: true })), 'KeyNotFound');
    const five = Array.from({ length: 5 }, () => /^answer: .*failed with .*, but /);
    expectFound(run, ...five);
  });

  test('a lease with another id, and for a shorter time', () => {
    const run = told();
    const record = run.call(LeaseService.leaseGrant.path, grant(7n, 10));
    run.script.commit({ leaseGrant: grant(7n, 10) });
    run.answer(record, LeaseGrantResponse.create({ header: header(1), id: 7n, ttl: 9 }));
    expectFound(run, /^answer: .*granted only 9 s of 10 s/);
  });
});

test('what was asked before a disaster recovery is not judged after it', () => {
  const run = told();
  run.put('a', '1');
  run.put('a', 'lost');
  const record = run.call(RANGE, range('a'));
  run.script.model = run.script.model.restoredAt(1, 2);
  run.answers.restored();
  run.answer(record, rangeAnswer(3, [kv('a', 'lost', [2, 3])]));
  run.read(range('a'), rangeAnswer(2, [kv('a', '1', [2, 2])]));
  expect(run.violations()).toEqual([]);
});
