// What the KV service refuses before it proposes: the rules of etcd's key.go.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EtcdError, StatusError, utf8FromText } from '../base/index.ts';
import {
  Compare,
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
} from '../wire/gen/rpc.ts';
import {
  checkDeleteRequest,
  checkPutRequest,
  checkRangeRequest,
  checkRangeStreamRequest,
  checkTxnRequest,
} from './kv-checks.ts';

const bytes = utf8FromText;

function codeOf(check: () => void): string {
  try {
    check();
    return 'ok';
  } catch (error) {
    if (error instanceof EtcdError) return error.code;
    if (error instanceof StatusError) return error.message;
    throw error;
  }
}

const put = (key: string, fields: Partial<PutRequest> = {}): RequestOp =>
  RequestOp.create({ requestPut: PutRequest.create({ key: bytes(key), ...fields }) });
const get = (key: string): RequestOp =>
  RequestOp.create({ requestRange: RangeRequest.create({ key: bytes(key) }) });
const del = (key: string, end = ''): RequestOp =>
  RequestOp.create({
    requestDeleteRange: DeleteRangeRequest.create({ key: bytes(key), rangeEnd: bytes(end) }),
  });
const txn = (success: RequestOp[], failure: RequestOp[] = []): RequestOp =>
  RequestOp.create({ requestTxn: TxnRequest.create({ success, failure }) });

const check = (success: RequestOp[], failure: RequestOp[] = [], maxOps = 128): string =>
  codeOf(() => checkTxnRequest(TxnRequest.create({ success, failure }), maxOps));

describe('single requests', () => {
  const key = bytes('k');

  test('need a key', () => {
    expect(codeOf(() => checkRangeRequest(RangeRequest.create()))).toBe('EmptyKey');
    expect(codeOf(() => checkPutRequest(PutRequest.create()))).toBe('EmptyKey');
    expect(codeOf(() => checkDeleteRequest(DeleteRangeRequest.create()))).toBe('EmptyKey');
  });

  test('have an order that exists', () => {
    const range = (fields: Partial<RangeRequest>) =>
      codeOf(() => checkRangeRequest(RangeRequest.create({ key, ...fields })));
    expect(range({ sortOrder: 2, sortTarget: 4 })).toBe('ok');
    expect(range({ sortOrder: 3 })).toBe('InvalidSortOption');
    expect(range({ sortTarget: 5 })).toBe('InvalidSortOption');
    expect(range({ sortTarget: -1 })).toBe('InvalidSortOption');
  });

  test('do not give what they ask to keep', () => {
    const of = (fields: Partial<PutRequest>) =>
      codeOf(() => checkPutRequest(PutRequest.create({ key, ...fields })));
    expect(of({ ignoreValue: true, value: bytes('v') })).toBe('ValueProvided');
    expect(of({ ignoreLease: true, lease: 1n })).toBe('LeaseProvided');
    expect(of({ ignoreValue: true, lease: 1n })).toBe('ok');
    expect(of({ ignoreLease: true, value: bytes('v') })).toBe('ok');
  });

  test('that stream come in the order of the keys', () => {
    const stream = (fields: Partial<RangeRequest>) =>
      codeOf(() => checkRangeStreamRequest(RangeRequest.create({ key, ...fields })));
    expect(stream({ sortOrder: 1 })).toBe('ok');
    expect(stream({ sortOrder: 2 })).toBe('RangeStream does not support custom sort orders');
    expect(stream({ sortOrder: 1, sortTarget: 1 })).toContain('custom sort orders');
    for (const bound of ['minModRevision', 'maxModRevision', 'minCreateRevision'] as const) {
      expect(stream({ [bound]: 1 })).toBe('RangeStream does not support revision filters');
    }
  });
});

describe('a transaction', () => {
  test.each<[string, RequestOp[], string]>([
    ['puts a key twice', [put('a'), put('a')], 'DuplicateKey'],
    ['puts two keys', [put('a'), put('b')], 'ok'],
    ['puts and deletes a key', [put('a'), del('a')], 'DuplicateKey'],
    ['deletes a range with a put in it', [del('a', 'c'), put('b')], 'DuplicateKey'],
    ['deletes up to a put', [del('a', 'b'), put('b')], 'ok'],
    ['deletes a key twice', [del('a'), del('a'), del('a', 'z')], 'ok'],
    ['deletes a reversed range', [del('c', 'a'), put('b'), put('c')], 'ok'],
    ['reads what it puts', [put('a'), get('a')], 'ok'],
    ['deletes all and puts', [del('a', '\0'), put('a'), put('b')], 'ok'],
    ['puts inside again', [put('a'), txn([put('a')])], 'DuplicateKey'],
    ['puts inside the other side again', [put('a'), txn([], [put('a')])], 'DuplicateKey'],
    ['puts on both sides inside', [txn([put('a')], [put('a')])], 'ok'],
    ['puts in two inner transactions', [txn([put('a')]), txn([], [put('a')])], 'DuplicateKey'],
    ['deletes what is put inside', [del('a'), txn([put('a')])], 'DuplicateKey'],
    ['deletes what the other side puts', [txn([put('a')], [del('a')])], 'ok'],
    ['puts what is deleted inside', [txn([del('a')]), put('a')], 'DuplicateKey'],
    ['deletes inside, then puts inside', [txn([del('a')]), txn([put('a')])], 'DuplicateKey'],
    ['puts inside, then deletes inside', [txn([put('a')]), txn([del('a')])], 'ok'],
    ['has an empty operation', [RequestOp.create()], 'KeyNotFound'],
    ['has an operation without a key', [get('')], 'EmptyKey'],
    ['has one deep inside', [txn([txn([], [put('')])])], 'EmptyKey'],
  ])('that %s', (_, operations, expected) => {
    expect(check(operations)).toBe(expected);
    expect(check([], operations), 'as the other side').toBe(expected);
    expect(check([txn(operations)]), 'nested').toBe(expected);
  });

  test('may delete a key from on, but not keep what it deletes', () => {
    // etcd accepts this and crashes when it applies it.
    for (const keep of [{ ignoreValue: true }, { ignoreLease: true }]) {
      expect(check([del('a', '\0'), put('b', keep)])).toBe('DuplicateKey');
      expect(check([txn([del('a', '\0')]), txn([], [put('b', keep)])])).toBe('DuplicateKey');
      expect(check([del('c', '\0'), put('b', keep)])).toBe('ok');
    }
  });

  test('compares keys that are given', () => {
    const request = TxnRequest.create({ compare: [Compare.create()] });
    expect(codeOf(() => checkTxnRequest(request, 128))).toBe('EmptyKey');
  });

  test('has its operations counted before anything else, each level on what the last one left', () => {
    const three = [get('a'), get('b'), get('c')];
    expect(check(three, three, 3)).toBe('ok');
    expect(check([...three, get('')], [], 3)).toBe('TooManyOps');
    expect(check([txn([txn([get('a')])])], [], 3)).toBe('ok');
    expect(check([txn([txn([get('a')])])], [], 2)).toBe('TooManyOps');
    const compare = ['a', 'b'].map((key) => Compare.create({ key: bytes(key) }));
    const request = TxnRequest.create({ compare, success: [txn([get('a')])] });
    expect(codeOf(() => checkTxnRequest(request, 3))).toBe('ok');
    expect(codeOf(() => checkTxnRequest(request, 2))).toBe('TooManyOps');
  });
});

test('without nesting, a transaction is refused when two writes of a side meet', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd');
  const op = fc.oneof(
    fc.record({ put: key }),
    fc.record({ from: key, to: fc.oneof(key, fc.constant('')) }),
  );
  type Op = typeof op extends fc.Arbitrary<infer T> ? T : never;
  const meet = (a: Op, b: Op): boolean => {
    if ('put' in a) return 'put' in b ? a.put === b.put : meet(b, a);
    if (!('put' in b)) return false;
    return a.to === '' ? a.from === b.put : a.from <= b.put && b.put < a.to;
  };
  fc.assert(
    fc.property(fc.array(op, { maxLength: 6 }), (ops) => {
      const isRefused = ops.some((a, i) => ops.slice(i + 1).some((b) => meet(a, b)));
      const requests = ops.map((one) => ('put' in one ? put(one.put) : del(one.from, one.to)));
      expect(check(requests)).toBe(isRefused ? 'DuplicateKey' : 'ok');
    }),
    { numRuns: 500 },
  );
});
