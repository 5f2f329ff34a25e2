// Transactions: conditions, what happens when all of them hold, and what happens else.
import { assert } from '../base/assert.ts';
import {
  Compare,
  CompareResult,
  CompareTarget,
  KVService,
  RequestOp,
  TxnRequest,
  type ResponseOp,
  type TxnResponse,
} from '../wire/gen/rpc.ts';
import { keyRange, toBytes, type Bytes, type KeySelector } from './keys.ts';
import type { CallOptions } from './options.ts';
import {
  deleteRequest,
  putRequest,
  rangeRequest,
  type DeleteOptions,
  type PutOptions,
  type RangeOptions,
} from './requests.ts';
import {
  deleteResult,
  headerOf,
  putResult,
  rangeResult,
  type DeleteResult,
  type Header,
  type PutResult,
  type RangeResult,
} from './results.ts';
import type { Transport } from './transport.ts';

/** One operation of a transaction, and how its result is read from the response. */
export interface Op<Result> {
  readonly request: RequestOp;
  readonly read: (response: ResponseOp) => Result;
}

/** The results of a list of operations, in their order. */
export type OpResults<Ops extends readonly Op<unknown>[]> = {
  [I in keyof Ops]: Ops[I] extends Op<infer Result> ? Result : never;
};

/** Which branch was taken is `succeeded`; `results` are those of its operations. */
export type TxnResult<
  Then extends readonly Op<unknown>[] = readonly Op<unknown>[],
  Else extends readonly Op<unknown>[] = readonly Op<unknown>[],
> =
  | { header: Header; revision: number; succeeded: true; results: OpResults<Then> }
  | { header: Header; revision: number; succeeded: false; results: OpResults<Else> };

/** The operations a transaction is made of. */
export const op = {
  get(key: Bytes, options?: RangeOptions): Op<RangeResult> {
    const request = RequestOp.create({ requestRange: rangeRequest(key, options) });
    return { request, read: (response) => rangeResult(present(response.responseRange)) };
  },
  put(key: Bytes, value: Bytes, options?: PutOptions): Op<PutResult> {
    const request = RequestOp.create({ requestPut: putRequest(key, value, options) });
    return { request, read: (response) => putResult(present(response.responsePut)) };
  },
  delete(key: Bytes, options?: DeleteOptions): Op<DeleteResult> {
    const request = RequestOp.create({ requestDeleteRange: deleteRequest(key, options) });
    return { request, read: (response) => deleteResult(present(response.responseDeleteRange)) };
  },
  /** A transaction inside: its conditions see the state before the whole. */
  txn<Then extends readonly Op<unknown>[], Else extends readonly Op<unknown>[]>(
    txn: Txn<Then, Else>,
  ): Op<TxnResult<Then, Else>> {
    const request = RequestOp.create({ requestTxn: txn.request() });
    return { request, read: (response) => txn.read(present(response.responseTxn)) };
  },
};

/** How a stored number or value must stand to the given one. */
export type Relation = '=' | '!=' | '<' | '>';

const RELATIONS = {
  '=': CompareResult.EQUAL,
  '!=': CompareResult.NOT_EQUAL,
  '<': CompareResult.LESS,
  '>': CompareResult.GREATER,
} as const;

/** The conditions of a transaction. With a selector, every key of the range must meet it. */
export const compare = {
  /** A key that does not exist has version 0. */
  version: (key: Bytes, is: Relation, version: number, keys?: KeySelector): Compare =>
    condition(key, is, keys, { target: CompareTarget.VERSION, version }),
  /** A key that does not exist has createRevision 0. */
  createRevision: (key: Bytes, is: Relation, createRevision: number, keys?: KeySelector): Compare =>
    condition(key, is, keys, { target: CompareTarget.CREATE, createRevision }),
  /** A key that does not exist has modRevision 0. */
  modRevision: (key: Bytes, is: Relation, modRevision: number, keys?: KeySelector): Compare =>
    condition(key, is, keys, { target: CompareTarget.MOD, modRevision }),
  /** False for a key that does not exist, whatever the relation. */
  value: (key: Bytes, is: Relation, value: Bytes, keys?: KeySelector): Compare =>
    condition(key, is, keys, { target: CompareTarget.VALUE, value: toBytes(value) }),
  /** A key without a lease has lease 0n. */
  lease: (key: Bytes, is: Relation, lease: bigint, keys?: KeySelector): Compare =>
    condition(key, is, keys, { target: CompareTarget.LEASE, lease }),
  exists: (key: Bytes): Compare => compare.version(key, '>', 0),
  missing: (key: Bytes): Compare => compare.version(key, '=', 0),
};

/**
 * Collects a transaction; `commit` sends it. The branches are not named then and else, as a `then` method would make the
 * builder look like a promise to `await`.
 */
export class Txn<
  Then extends readonly Op<unknown>[] = readonly [],
  Else extends readonly Op<unknown>[] = readonly [],
> {
  readonly #transport: Transport;
  readonly #conditions: readonly Compare[];
  readonly #then: Then;
  readonly #else: Else;

  constructor(transport: Transport, conditions: readonly Compare[], thenOps: Then, elseOps: Else) {
    this.#transport = transport;
    this.#conditions = conditions;
    this.#then = thenOps;
    this.#else = elseOps;
  }

  /** More conditions; without any the transaction succeeds. */
  if(...conditions: readonly Compare[]): Txn<Then, Else> {
    const all = [...this.#conditions, ...conditions];
    return new Txn(this.#transport, all, this.#then, this.#else);
  }

  /** What happens when all conditions hold; replaces what was given before. */
  thenDo<const Ops extends readonly Op<unknown>[]>(...ops: Ops): Txn<Ops, Else> {
    return new Txn(this.#transport, this.#conditions, ops, this.#else);
  }

  /** What happens when one does not; replaces what was given before. */
  elseDo<const Ops extends readonly Op<unknown>[]>(...ops: Ops): Txn<Then, Ops> {
    return new Txn(this.#transport, this.#conditions, this.#then, ops);
  }

  /**
   * Runs it: all of a branch or nothing. Repeated by itself only when it surely was not executed, unless it only reads.
   * @throws EtcdError TooManyOps, DuplicateKey, …
   */
  async commit(options: CallOptions = {}): Promise<TxnResult<Then, Else>> {
    const request = this.request();
    const retry = onlyReads(request) ? 'repeatable' : 'once';
    return this.read(await this.#transport.unary(KVService.txn, request, { ...options, retry }));
  }

  request(): TxnRequest {
    return TxnRequest.create({
      compare: [...this.#conditions],
      success: this.#then.map((each) => each.request),
      failure: this.#else.map((each) => each.request),
    });
  }

  read(response: TxnResponse): TxnResult<Then, Else> {
    const header = headerOf(response.header);
    const { succeeded, responses } = response;
    const ops = succeeded ? this.#then : this.#else;
    assert(ops.length === responses.length, 'a transaction answers each operation');
    const results = ops.map((each, index) => each.read(present(responses[index])));
    // `results` was read by the very operations that OpResults maps.
    return { header, revision: header.revision, succeeded, results } as TxnResult<Then, Else>;
  }
}

function condition(
  key: Bytes,
  relation: Relation,
  keys: KeySelector | undefined,
  init: Partial<Compare>,
): Compare {
  return Compare.create({ ...keyRange(key, keys), result: RELATIONS[relation], ...init });
}

function onlyReads(request: TxnRequest): boolean {
  return [...request.success, ...request.failure].every(
    (each) =>
      each.requestRange !== undefined ||
      (each.requestTxn !== undefined && onlyReads(each.requestTxn)),
  );
}

function present<T>(value: T | undefined): T {
  assert(value !== undefined, 'a response of the kind that was asked for');
  return value;
}
