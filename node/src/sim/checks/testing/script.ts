// A cluster told by hand: a test plants entries, answers and watch events, and sees what the checkers say.
import { bytesFromLatin1, errorCodeFromText, ERRORS, type ErrorCode } from '../../../base/index.ts';
import { encode } from '../../../wire/codec.ts';
import { KeyValue } from '../../../wire/gen/kv.ts';
import { InternalRaftRequest, RequestHeader } from '../../../wire/gen/raft-internal.ts';
import { Entry } from '../../../wire/gen/raft.ts';
import {
  DeleteRangeRequest,
  KVService,
  LeaseGrantRequest,
  LeaseRevokeRequest,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  RequestOp,
  ResponseHeader,
  TxnRequest,
} from '../../../wire/gen/rpc.ts';
import type { CheckContext } from '../context.ts';
import { Model } from '../model/model.ts';
import type { OperationRecord, Outcome } from '../observer.ts';

export const bytes = bytesFromLatin1;

/** A context that keeps what is reported as `check: text`. */
export class Script implements CheckContext {
  atMs = 0;
  model = new Model();
  readonly reported: string[] = [];
  private nextId = 1;

  readonly nowMs = (): number => this.atMs;

  readonly report = (check: string, text: string): void => {
    this.reported.push(`${check}: ${text}`);
  };

  /** The next entry of the log; every request has an id of its own. */
  entry(request: Partial<InternalRaftRequest>, term = 1): Entry {
    const index = this.model.appliedIndex + 1;
    const header = RequestHeader.create({ id: BigInt(index) });
    const data = encode(InternalRaftRequest, InternalRaftRequest.create({ header, ...request }));
    return Entry.create({ index, term, data });
  }

  commit(request: Partial<InternalRaftRequest>): number {
    this.model.feed(this.entry(request));
    return this.model.revision;
  }

  commitPut(key: string, value: string, lease = 0n): number {
    return this.commit({ put: put(key, value, { lease }) });
  }

  record(path: string, request: unknown, host = 'm0'): OperationRecord {
    return {
      ...{ id: this.nextId++, client: 'client-0', host, path, request, calledMs: this.atMs },
      ...{ returnedMs: Infinity, outcome: 'pending', response: undefined },
      ...{ errorCode: undefined, errorText: undefined },
    };
  }
}

export function settle(record: OperationRecord, outcome: Outcome, response?: unknown): void {
  record.outcome = outcome;
  record.response = response;
}

export function settleWithError(record: OperationRecord, code: ErrorCode): void {
  record.outcome = 'error';
  record.errorText = ERRORS[code].text;
  record.errorCode = ERRORS[errorCodeFromText(record.errorText) ?? code].status;
}

export const header = (revision: number): ResponseHeader => ResponseHeader.create({ revision });

export const put = (key: string, value: string, init: Partial<PutRequest> = {}): PutRequest =>
  PutRequest.create({ key: bytes(key), value: bytes(value), ...init });

export const putAnswer = (revision: number, prevKv?: KeyValue): PutResponse =>
  PutResponse.create({ header: header(revision), prevKv });

export const range = (key: string, init: Partial<RangeRequest> = {}): RangeRequest =>
  RangeRequest.create({ key: bytes(key), ...init });

export const rangeAnswer = (
  revision: number,
  kvs: KeyValue[],
  init: Partial<RangeResponse> = {},
): RangeResponse =>
  RangeResponse.create({ header: header(revision), kvs, count: kvs.length, ...init });

export const remove = (key: string, init: Partial<DeleteRangeRequest> = {}): DeleteRangeRequest =>
  DeleteRangeRequest.create({ key: bytes(key), ...init });

/** `revisions`: created, modified; version 1 when they are equal. */
export function kv(
  key: string,
  value: string,
  revisions: readonly [createRevision: number, modRevision: number],
  init: Partial<KeyValue> = {},
): KeyValue {
  const [createRevision, modRevision] = revisions;
  const version = createRevision === modRevision ? 1 : 2;
  const named = { key: bytes(key), value: bytes(value), createRevision, modRevision, version };
  return KeyValue.create({ ...named, ...init });
}

export const grant = (id: bigint, ttl: number): LeaseGrantRequest =>
  LeaseGrantRequest.create({ id, ttl });

export const revoke = (id: bigint): LeaseRevokeRequest => LeaseRevokeRequest.create({ id });

export const putOp = (key: string, value: string): RequestOp =>
  RequestOp.create({ requestPut: put(key, value) });

export const txn = (init: Partial<TxnRequest>): TxnRequest => TxnRequest.create(init);

export const PUT = KVService.put.path;
export const RANGE = KVService.range.path;
export const DELETE = KVService.deleteRange.path;
export const TXN = KVService.txn.path;
