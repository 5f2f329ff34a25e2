// Put, DeleteRange and Txn against the store (etcd: server/etcdserver/txn/).
//
// A transaction is decided before it is executed: all compares, nested ones too, see the state before it, and everything
// that can be refused is refused before the first write. `Decided` carries that decision down the nesting.
import { EtcdError, NO_LEASE, assert, compareBytes } from '../base/index.ts';
import { KeyValue } from '../wire/gen/kv.ts';
import {
  CompareResult,
  CompareTarget,
  ResponseOp,
  type Compare,
  type DeleteRangeRequest,
  type DeleteRangeResponse,
  type PutRequest,
  type PutResponse,
  type RequestOp,
  type TxnRequest,
  type TxnResponse,
} from '../wire/gen/rpc.ts';
import { headerAt } from './header.ts';
import { checkRange, executeRange } from './range.ts';
import type { LeaseView, ReadView, Store, WriteView } from './store-view.ts';

/** @throws EtcdError LeaseNotFound, KeyNotFound (ignore_value or ignore_lease on a missing key) */
export function executePut(store: Store, leases: LeaseView, request: PutRequest): PutResponse {
  checkLease(leases, request);
  const txn = store.beginWrite();
  try {
    return put(txn, request, checkedPrevious(txn, request));
  } finally {
    txn.end();
  }
}

export function executeDeleteRange(store: Store, request: DeleteRangeRequest): DeleteRangeResponse {
  const txn = store.beginWrite();
  try {
    return deleteRange(txn, request);
  } finally {
    txn.end();
  }
}

/**
 * Executes a transaction that may write.
 * @throws EtcdError before anything was written; any other error means that members could differ, and must end the process
 */
export function executeTxn(store: Store, leases: LeaseView, request: TxnRequest): TxnResponse {
  const decided = decide(store, request);
  check(store, leases, decided);
  if (isReadOnly(request)) return readOnlyTxn(store, decided);
  const revision = store.revision;
  const txn = store.beginWrite();
  const response = run(txn, decided);
  const changed = txn.changes.length > 0;
  txn.end();
  return withRevision(response, changed ? revision + 1 : revision);
}

/** Executes a transaction without writes. @throws EtcdError */
export function executeReadOnlyTxn(
  store: ReadView,
  leases: LeaseView,
  request: TxnRequest,
): TxnResponse {
  const decided = decide(store, request);
  check(store, leases, decided);
  return readOnlyTxn(store, decided);
}

function readOnlyTxn(view: ReadView, decided: Decided): TxnResponse {
  return withRevision(run(new ReadOnlyView(view), decided), view.revision);
}

function withRevision(response: TxnResponse, revision: number): TxnResponse {
  response.header = headerAt(revision);
  return response;
}

/** True when every operation, on both sides, is a range. A nested txn counts as a write, as in etcd. */
export function isReadOnly(request: TxnRequest): boolean {
  return (
    request.success.every((op) => op.requestRange !== undefined) &&
    request.failure.every((op) => op.requestRange !== undefined)
  );
}

export function isSerializable(request: TxnRequest): boolean {
  const serializable = (op: RequestOp) => op.requestRange?.serializable === true;
  return request.success.every(serializable) && request.failure.every(serializable);
}

/** A transaction with its branch taken: the operations to run, nested transactions decided likewise. */
interface Decided {
  readonly succeeded: boolean;
  readonly operations: readonly RequestOp[];
  /** Parallel to `operations`: the decision where the operation is a nested txn. */
  readonly nested: readonly (Decided | undefined)[];
}

function decide(view: ReadView, request: TxnRequest): Decided {
  const succeeded = request.compare.every((compare) => holds(view, compare));
  const operations = succeeded ? request.success : request.failure;
  const nested = operations.map((op) =>
    op.requestTxn === undefined ? undefined : decide(view, op.requestTxn),
  );
  return { succeeded, operations, nested };
}

/** What the index knows suffices to compare revisions and versions, which is what nearly all transactions compare. */
const INDEXED = { keysOnly: true } as const;

function holds(view: ReadView, compare: Compare): boolean {
  const isIndexed =
    compare.target !== CompareTarget.VALUE && compare.target !== CompareTarget.LEASE;
  const { kvs } = view.range(compare.key, compare.rangeEnd, isIndexed ? INDEXED : undefined);
  if (kvs.length === 0) {
    // A missing key has no value to compare; every other field of it counts as zero.
    return compare.target !== CompareTarget.VALUE && satisfies(compare, KeyValue.create());
  }
  return kvs.every((kv) => satisfies(compare, kv));
}

function satisfies(compare: Compare, kv: KeyValue): boolean {
  const order = orderOf(compare, kv);
  switch (compare.result) {
    case CompareResult.EQUAL:
      return order === 0;
    case CompareResult.NOT_EQUAL:
      return order !== 0;
    case CompareResult.GREATER:
      return order > 0;
    case CompareResult.LESS:
      return order < 0;
    default:
      return true;
  }
}

function orderOf(compare: Compare, kv: KeyValue): number {
  switch (compare.target) {
    case CompareTarget.VALUE:
      return compareBytes(kv.value, compare.value ?? new Uint8Array(0));
    case CompareTarget.CREATE:
      return kv.createRevision - (compare.createRevision ?? 0);
    case CompareTarget.MOD:
      return kv.modRevision - (compare.modRevision ?? 0);
    case CompareTarget.VERSION:
      return kv.version - (compare.version ?? 0);
    case CompareTarget.LEASE: {
      const lease = compare.lease ?? NO_LEASE;
      return kv.lease < lease ? -1 : kv.lease > lease ? 1 : 0;
    }
    default:
      return 0;
  }
}

/** Refuses what would fail half-way: etcd's checkTxn. */
function check(view: ReadView, leases: LeaseView, decided: Decided): void {
  decided.operations.forEach((op, i) => {
    if (op.requestRange !== undefined) checkRange(view, op.requestRange);
    else if (op.requestPut !== undefined) {
      checkLease(leases, op.requestPut);
      checkedPrevious(view, op.requestPut);
    } else {
      const nested = decided.nested[i];
      if (nested !== undefined) check(view, leases, nested);
    }
  });
}

function run(txn: WriteView, decided: Decided): TxnResponse {
  const responses = decided.operations.map((op, i) => {
    if (op.requestRange !== undefined) {
      return ResponseOp.create({ responseRange: executeRange(txn, op.requestRange) });
    }
    if (op.requestPut !== undefined) {
      return ResponseOp.create({
        responsePut: put(txn, op.requestPut, previous(txn, op.requestPut)),
      });
    }
    if (op.requestDeleteRange !== undefined) {
      return ResponseOp.create({ responseDeleteRange: deleteRange(txn, op.requestDeleteRange) });
    }
    const nested = decided.nested[i];
    return ResponseOp.create(nested === undefined ? {} : { responseTxn: nestedTxn(txn, nested) });
  });
  return { header: undefined, succeeded: decided.succeeded, responses };
}

function nestedTxn(txn: WriteView, decided: Decided): TxnResponse {
  const response = run(txn, decided);
  response.header = headerAt(0);
  return response;
}

function put(txn: WriteView, request: PutRequest, before: KeyValue | undefined): PutResponse {
  let { value, lease } = request;
  if (request.ignoreValue || request.ignoreLease) {
    assert(before !== undefined, 'a put that keeps the value or the lease was checked to have one');
    if (request.ignoreValue) value = before.value;
    if (request.ignoreLease) lease = before.lease;
  }
  const revision = txn.put(request.key, value, lease);
  return {
    header: headerAt(revision),
    prevKv: request.prevKv ? before : undefined,
  };
}

function deleteRange(txn: WriteView, request: DeleteRangeRequest): DeleteRangeResponse {
  const { rangeEnd } = request;
  const prevKvs = request.prevKv ? txn.range(request.key, rangeEnd).kvs : [];
  const { deleted, revision } = txn.deleteRange(request.key, rangeEnd);
  return { header: headerAt(revision), deleted, prevKvs };
}

function checkLease(leases: LeaseView, request: PutRequest): void {
  if (request.lease !== NO_LEASE && leases.lookup(request.lease) === undefined) {
    throw new EtcdError('LeaseNotFound');
  }
}

function checkedPrevious(view: ReadView, request: PutRequest): KeyValue | undefined {
  const before = previous(view, request);
  if ((request.ignoreValue || request.ignoreLease) && before === undefined) {
    throw new EtcdError('KeyNotFound');
  }
  return before;
}

function previous(view: ReadView, request: PutRequest): KeyValue | undefined {
  if (!request.ignoreValue && !request.ignoreLease && !request.prevKv) return undefined;
  return view.range(request.key, undefined).kvs[0];
}

/** Lets the same code run a transaction that only reads. */
class ReadOnlyView implements WriteView {
  readonly changes: readonly unknown[] = [];
  private readonly view: ReadView;

  constructor(view: ReadView) {
    this.view = view;
  }

  get revision(): number {
    return this.view.revision;
  }

  get firstRevision(): number {
    return this.view.firstRevision;
  }

  range: ReadView['range'] = (key, rangeEnd, options) => this.view.range(key, rangeEnd, options);

  put(): number {
    return assertReadOnly();
  }

  deleteRange(): { deleted: number; revision: number } {
    return assertReadOnly();
  }

  end(): void {}
}

function assertReadOnly(): never {
  assert(false, 'a read-only transaction does not write');
  throw new Error('unreachable');
}
