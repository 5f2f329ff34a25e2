// What a KV request must be before it is proposed (etcd: server/etcdserver/api/v3rpc/key.go).
import { EtcdError, GrpcStatus, StatusError, latin1FromBytes } from '../base/index.ts';
import { hasRevisionFilters, isDefaultOrder } from '../apply/index.ts';
import {
  SortOrder,
  SortTarget,
  type DeleteRangeRequest,
  type PutRequest,
  type RangeRequest,
  type RequestOp,
  type TxnRequest,
} from '../wire/gen/rpc.ts';

const SORT_ORDERS: readonly number[] = Object.values(SortOrder);
const SORT_TARGETS: readonly number[] = Object.values(SortTarget);

/** @throws EtcdError EmptyKey, InvalidSortOption */
export function checkRangeRequest(request: RangeRequest): void {
  if (request.key.length === 0) throw new EtcdError('EmptyKey');
  if (!SORT_ORDERS.includes(request.sortOrder) || !SORT_TARGETS.includes(request.sortTarget)) {
    throw new EtcdError('InvalidSortOption');
  }
}

/** A stream can only hand out what comes in the order of the keys. */
export function checkRangeStreamRequest(request: RangeRequest): void {
  checkRangeRequest(request);
  if (!isDefaultOrder(request)) {
    throw new StatusError(
      GrpcStatus.Unimplemented,
      'RangeStream does not support custom sort orders',
    );
  }
  if (hasRevisionFilters(request)) {
    throw new StatusError(
      GrpcStatus.Unimplemented,
      'RangeStream does not support revision filters',
    );
  }
}

export function checkPutRequest(request: PutRequest): void {
  if (request.key.length === 0) throw new EtcdError('EmptyKey');
  if (request.ignoreValue && request.value.length !== 0) throw new EtcdError('ValueProvided');
  if (request.ignoreLease && request.lease !== 0n) throw new EtcdError('LeaseProvided');
}

export function checkDeleteRequest(request: DeleteRangeRequest): void {
  if (request.key.length === 0) throw new EtcdError('EmptyKey');
}

/** @throws EtcdError TooManyOps, EmptyKey, DuplicateKey, … */
export function checkTxnRequest(request: TxnRequest, maxOps: number): void {
  checkOps(request, maxOps);
  writesOf(request.success);
  writesOf(request.failure);
}

/** The limit shrinks with each level by what the level uses. */
function checkOps(request: TxnRequest, maxOps: number): void {
  const used = Math.max(request.compare.length, request.success.length, request.failure.length);
  if (used > maxOps) throw new EtcdError('TooManyOps');
  for (const compare of request.compare) {
    if (compare.key.length === 0) throw new EtcdError('EmptyKey');
  }
  for (const op of request.success) checkOp(op, maxOps - used);
  for (const op of request.failure) checkOp(op, maxOps - used);
}

function checkOp(op: RequestOp, maxOps: number): void {
  if (op.requestRange !== undefined) checkRangeRequest(op.requestRange);
  else if (op.requestPut !== undefined) checkPutRequest(op.requestPut);
  else if (op.requestDeleteRange !== undefined) checkDeleteRequest(op.requestDeleteRange);
  else if (op.requestTxn !== undefined) checkOps(op.requestTxn, maxOps);
  else throw new EtcdError('KeyNotFound');
}

/** Half-open interval of keys as latin1. */
interface Interval {
  readonly from: string;
  /**
   * Where etcd's check takes it to end. It compares the zero byte of "from the key on" like any other key, so that such a
   * delete collides with no put, and clients rely on deleting everything and putting in one transaction.
   */
  readonly to: string;
  readonly hasNoEnd: boolean;
}

interface Writes {
  /** Each key that is put, and whether the put keeps the value or the lease that is there. */
  readonly puts: Map<string, boolean>;
  readonly deletes: Interval[];
}

/**
 * The keys that one side of a transaction writes. A key that is put twice, or put and deleted, is refused; the two sides
 * of a nested transaction exclude each other, so between them a key may be put on both.
 * @throws EtcdError DuplicateKey
 */
function writesOf(operations: readonly RequestOp[]): Writes {
  const deletes: Interval[] = [];
  for (const { requestDeleteRange } of operations) {
    if (requestDeleteRange !== undefined) deletes.push(intervalOf(requestDeleteRange));
  }
  const puts = new Map<string, boolean>();
  for (const { requestTxn } of operations) {
    if (requestTxn !== undefined) addNested(requestTxn, puts, deletes);
  }
  for (const { requestPut } of operations) {
    if (requestPut === undefined) continue;
    const key = latin1FromBytes(requestPut.key);
    const keeps = requestPut.ignoreValue || requestPut.ignoreLease;
    if (puts.has(key) || covers(deletes, key, keeps)) throw new EtcdError('DuplicateKey');
    puts.set(key, keeps);
  }
  return { puts, deletes };
}

function addNested(txn: TxnRequest, puts: Map<string, boolean>, deletes: Interval[]): void {
  const then = writesOf(txn.success);
  const otherwise = writesOf(txn.failure);
  for (const [key, keeps] of then.puts) {
    if (puts.has(key) || covers(deletes, key, keeps)) throw new EtcdError('DuplicateKey');
    puts.set(key, keeps);
  }
  for (const [key, keeps] of otherwise.puts) {
    if (puts.has(key) && !then.puts.has(key)) throw new EtcdError('DuplicateKey');
    if (covers(deletes, key, keeps)) throw new EtcdError('DuplicateKey');
    puts.set(key, keeps || puts.get(key) === true);
  }
  deletes.push(...then.deletes, ...otherwise.deletes);
}

function intervalOf(request: DeleteRangeRequest): Interval {
  const from = latin1FromBytes(request.key);
  const to = request.rangeEnd.length === 0 ? `${from}\0` : latin1FromBytes(request.rangeEnd);
  return { from, to, hasNoEnd: to === '\0' };
}

/** A put that keeps what is there can't be done once the key is deleted, so for it every delete counts. */
function covers(intervals: readonly Interval[], key: string, keeps: boolean): boolean {
  return intervals.some(
    ({ from, to, hasNoEnd }) => from <= key && (key < to || (keeps && hasNoEnd)),
  );
}
