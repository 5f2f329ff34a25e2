import { describe, expect, test } from 'vitest';
import {
  Compare,
  CompareResult,
  CompareTarget,
  DeleteRangeResponse,
  RequestOp,
  ResponseOp,
  TxnResponse,
  type TxnRequest,
} from '../../../wire/gen/rpc.ts';
import type { OperationRecord } from '../observer.ts';
import {
  bytes,
  DELETE,
  grant,
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
  txn,
  TXN,
} from '../testing/script.ts';
import { KeysCheck } from './keys.ts';

/** Revisions are not looked at, so that all answers here have the same. */
class Told {
  readonly script = new Script();
  readonly check = new KeysCheck(this.script);
  private clockMs = 0;

  /** One behind the other; `response` undefined: of unknown outcome. */
  run(path: string, request: unknown, response?: unknown): OperationRecord {
    this.clockMs += 10;
    this.script.atMs = this.clockMs;
    const record = this.script.record(path, request);
    this.check.called(record);
    settle(record, response === undefined ? 'unknown' : 'ok', response);
    if (response !== undefined) record.returnedMs = this.clockMs + 1;
    return record;
  }

  put(key: string, value: string): void {
    this.run(PUT, put(key, value), putAnswer(9));
  }

  read(key: string, value: string | undefined, version = 1): void {
    const kvs = value === undefined ? [] : [kv(key, value, [9, 9], { version })];
    this.run(RANGE, range(key), rangeAnswer(9, kvs));
  }

  found(): number {
    this.check.finish();
    return this.script.reported.length;
  }
}

const told = (): Told => new Told();

const compare = (key: string, value: string): Compare =>
  Compare.create({ key: bytes(key), target: CompareTarget.VALUE, value: bytes(value) });

const swap = (key: string, from: string, to: string): TxnRequest =>
  txn({ compare: [compare(key, from)], success: [putOp(key, to)] });

const answered = (succeeded: boolean, responses: ResponseOp[] = []): TxnResponse =>
  TxnResponse.create({ succeeded, responses });

const wrote = [ResponseOp.create({ responsePut: putAnswer(9) })];

describe('single operations', () => {
  test('what one copy could have answered passes', () => {
    const run = told();
    run.read('a', undefined);
    run.put('a', '1');
    run.read('a', '1');
    run.run(PUT, put('a', '2', { prevKv: true }), putAnswer(9, kv('a', '1', [9, 9])));
    run.read('a', '2', 2);
    run.run(DELETE, remove('a'), DeleteRangeResponse.create({ deleted: 1 }));
    run.run(DELETE, remove('a'), DeleteRangeResponse.create());
    run.read('a', undefined);
    expect(run.found()).toBe(0);
  });

  test.each<[string, (run: Told) => void]>([
    ['a stale read', (run) => run.read('a', '1')],
    ['a lost write', (run) => run.read('a', undefined)],
    ['a write that took effect twice', (run) => run.read('a', '2', 3)],
    [
      'a wrong previous value',
      (run) =>
        void run.run(PUT, put('a', '3', { prevKv: true }), putAnswer(9, kv('a', '1', [9, 9]))),
    ],
    [
      'a deletion that found nothing',
      (run) => void run.run(DELETE, remove('a'), DeleteRangeResponse.create()),
    ],
    [
      'a range without the key',
      (run) => void run.run(RANGE, range('a', { rangeEnd: bytes('z') }), rangeAnswer(9, [])),
    ],
    [
      'a swap that succeeded wrongly',
      (run) => void run.run(TXN, swap('a', '1', '3'), answered(true, wrote)),
    ],
    [
      'a swap that failed wrongly',
      (run) => void run.run(TXN, swap('a', '2', '3'), answered(false)),
    ],
  ])('%s is found', (_, wrong) => {
    const run = told();
    run.put('a', '1');
    run.put('a', '2');
    run.read('a', '2', 2);
    wrong(run);
    expect(run.found()).toBe(1);
  });
});

describe('what is only partly known', () => {
  test('a write of unknown outcome may be there late, if it is in the log', () => {
    for (const isLogged of [true, false]) {
      const run = told();
      run.run(PUT, put('a', '1'));
      if (isLogged) run.script.commitPut('a', '1');
      run.put('a', '2');
      run.read('a', '1', 2);
      expect(run.found()).toBe(isLogged ? 0 : 1);
    }
  });

  test('a transaction of unknown outcome may have gone either way', () => {
    for (const [value, found] of [
      ['then', 0],
      ['else', 0],
      ['neither', 1],
    ] as const) {
      const run = told();
      const onOther = Compare.create({ key: bytes('z'), target: CompareTarget.VERSION });
      const request = txn({
        compare: [onOther],
        success: [putOp('a', 'then')],
        failure: [putOp('a', 'else')],
      });
      run.run(TXN, request);
      run.script.commit({ txn: request });
      run.read('a', value);
      expect(run.found()).toBe(found);
    }
  });

  test('a failed compare may be due to another key', () => {
    const run = told();
    run.put('a', '1');
    const request = { ...swap('a', '1', '2'), compare: [compare('a', '1'), compare('b', 'x')] };
    run.run(TXN, request, answered(false));
    expect(run.found()).toBe(0);
  });

  test('a key may go with its lease, when that has ended, and not before it was put on it', () => {
    const found = (isEnded: boolean, isLeased: boolean): number => {
      const run = told();
      run.script.commit({ leaseGrant: grant(7n, 5) });
      run.run(PUT, put('a', '1', { lease: isLeased ? 7n : 0n }), putAnswer(9));
      if (isEnded) run.script.commit({ leaseRevoke: revoke(7n) });
      run.read('a', undefined);
      return run.found();
    };
    expect(found(true, true)).toBe(0);
    expect(found(false, true)).toBe(1);
    expect(found(true, false)).toBe(1);
  });
});

describe('transactions', () => {
  test('reads, writes and transactions within are seen in their order', () => {
    const request = (inner: TxnRequest): TxnRequest =>
      txn({
        compare: [
          Compare.create({
            ...{ key: bytes('a'), target: CompareTarget.CREATE },
            ...{ result: CompareResult.GREATER, createRevision: 0 },
          }),
        ],
        success: [
          RequestOp.create({ requestRange: range('a') }),
          RequestOp.create({ requestTxn: inner }),
        ],
      });
    const response = (value: string): TxnResponse =>
      answered(true, [
        ResponseOp.create({ responseRange: rangeAnswer(9, [kv('a', value, [9, 9])]) }),
        ResponseOp.create({ responseTxn: answered(true, wrote) }),
      ]);
    for (const [seen, found] of [
      ['1', 0],
      ['2', 1],
    ] as const) {
      const run = told();
      run.put('a', '1');
      run.run(TXN, request(swap('a', '1', '2')), response(seen));
      run.read('a', '2', 2);
      expect(run.found()).toBe(found);
    }
  });
});

test('what may be stale is no part of the history, and a transaction without operations may be', () => {
  const run = told();
  run.put('a', '1');
  run.put('a', '2');
  const stale = rangeAnswer(9, [kv('a', '1', [9, 9])]);
  run.run(RANGE, range('a', { serializable: true }), stale);
  run.run(TXN, txn({ compare: [compare('a', '1')] }), answered(true));
  expect(run.found()).toBe(0);
});

test('a new era begins with what the snapshot held', () => {
  const run = told();
  run.put('a', '1');
  run.script.commitPut('a', '1');
  run.put('a', 'lost');
  run.script.model = run.script.model.restoredAt(1, 2);
  run.check.restored();
  run.read('a', '1');
  run.put('a', '2');
  run.read('a', '2', 2);
  expect(run.found()).toBe(0);
  run.read('a', 'lost', 2);
  expect(run.found()).toBe(1);
});

test('a key that a new era begins with may go with its lease', () => {
  const run = told();
  run.script.commit({ leaseGrant: grant(7n, 5) });
  run.script.commitPut('a', '1', 7n);
  run.script.model = run.script.model.restoredAt(2, 2);
  run.check.restored();
  run.script.commit({ leaseRevoke: revoke(7n) });
  run.put('b', '1');
  run.put('a', '2');
  run.read('a', '2');
  expect(run.found()).toBe(0);
});
