// What a request does to a store at a revision, and what it answers, as etcd's documentation has it
// (https://etcd.io/docs/v3.6/learning/api/).
import { compareBytes, latin1FromBytes, type ErrorCode } from '../../../base/index.ts';
import type { KeyValue } from '../../../wire/gen/kv.ts';
import {
  CompareResult,
  CompareTarget,
  DeleteRangeResponse,
  PutResponse,
  ResponseHeader,
  ResponseOp,
  TxnResponse,
  type Compare,
  type DeleteRangeRequest,
  type PutRequest,
  type RequestOp,
  type TxnRequest,
} from '../../../wire/gen/rpc.ts';
import type { Change, KeyStore } from './key-store.ts';
import { isSingleKey, keyRange } from './key-store.ts';
import { answerRange } from './range.ts';
import { Workspace } from './workspace.ts';

/** What surrounds the keys. */
export interface Surroundings {
  hasLease(id: bigint): boolean;
  /** Reads below it fail. */
  readonly compactRevision: number;
}

export type KvRequest =
  | { readonly kind: 'put'; readonly request: PutRequest }
  | { readonly kind: 'deleteRange'; readonly request: DeleteRangeRequest }
  | { readonly kind: 'txn'; readonly request: TxnRequest };

export type KvResponse = PutResponse | DeleteRangeResponse | TxnResponse;

/** The answer with what changed, or the error, which changes nothing. */
export type Executed =
  | { readonly response: KvResponse; readonly changes: readonly Change[] }
  | { readonly error: ErrorCode };

/** Runs a request on the store as it was at `revision`; the store itself is left as it is. */
export function execute(
  store: KeyStore,
  revision: number,
  { kind, request }: KvRequest,
  surroundings: Surroundings,
): Executed {
  const workspace = new Workspace(store, revision);
  switch (kind) {
    case 'put': {
      const error = refusalOfPut(workspace, request, surroundings);
      if (error !== undefined) return { error };
      return { response: put(workspace, request), changes: workspace.changes };
    }
    case 'deleteRange':
      return { response: deleteRange(workspace, request), changes: workspace.changes };
    case 'txn':
      return executeTxn(workspace, request, surroundings);
  }
}

function executeTxn(
  workspace: Workspace,
  request: TxnRequest,
  surroundings: Surroundings,
): Executed {
  const path = choosePath(workspace, request);
  const error = refusalOfTxn(workspace, path, surroundings);
  if (error !== undefined) return { error };
  const response = runPath(workspace, path);
  response.header = ResponseHeader.create({ revision: workspace.revision });
  return { response, changes: workspace.changes };
}

/** The branch that a transaction takes, with those of the transactions within. */
interface Path {
  readonly succeeded: boolean;
  readonly steps: readonly { readonly op: RequestOp; readonly inner: Path | undefined }[];
}

/** All compares, nested ones too, see the state before the transaction. */
function choosePath(workspace: Workspace, request: TxnRequest): Path {
  const succeeded = request.compare.every((compare) => holds(workspace, compare));
  const ops = succeeded ? request.success : request.failure;
  const steps = ops.map((op) => {
    const inner = op.requestTxn === undefined ? undefined : choosePath(workspace, op.requestTxn);
    return { op, inner };
  });
  return { succeeded, steps };
}

function refusalOfTxn(
  workspace: Workspace,
  path: Path,
  surroundings: Surroundings,
): ErrorCode | undefined {
  for (const { op, inner } of path.steps) {
    const error =
      inner === undefined
        ? refusalOfOp(workspace, op, surroundings)
        : refusalOfTxn(workspace, inner, surroundings);
    if (error !== undefined) return error;
  }
  return undefined;
}

function refusalOfOp(
  workspace: Workspace,
  op: RequestOp,
  surroundings: Surroundings,
): ErrorCode | undefined {
  if (op.requestPut !== undefined) return refusalOfPut(workspace, op.requestPut, surroundings);
  const revision = op.requestRange?.revision ?? 0;
  if (revision === 0) return undefined;
  if (revision > workspace.revision) return 'FutureRev';
  return revision < surroundings.compactRevision ? 'Compacted' : undefined;
}

function refusalOfPut(
  workspace: Workspace,
  request: PutRequest,
  { hasLease }: Surroundings,
): ErrorCode | undefined {
  if (request.lease !== 0n && !hasLease(request.lease)) return 'LeaseNotFound';
  const needsKey = request.ignoreValue || request.ignoreLease;
  if (needsKey && workspace.get(latin1FromBytes(request.key)) === undefined) return 'KeyNotFound';
  return undefined;
}

function runPath(workspace: Workspace, { succeeded, steps }: Path): TxnResponse {
  const responses = steps.map(({ op, inner }): ResponseOp => {
    if (inner !== undefined) return ResponseOp.create({ responseTxn: runPath(workspace, inner) });
    if (op.requestPut !== undefined)
      return ResponseOp.create({ responsePut: put(workspace, op.requestPut) });
    if (op.requestDeleteRange !== undefined) {
      const response = deleteRange(workspace, op.requestDeleteRange);
      return ResponseOp.create({ responseDeleteRange: response });
    }
    if (op.requestRange !== undefined)
      return ResponseOp.create({ responseRange: answerRange(workspace, op.requestRange) });
    return ResponseOp.create();
  });
  return TxnResponse.create({ header: ResponseHeader.create(), succeeded, responses });
}

function put(workspace: Workspace, request: PutRequest): PutResponse {
  const key = latin1FromBytes(request.key);
  const previous = workspace.get(key);
  workspace.put(
    key,
    request.ignoreValue ? previous!.value : request.value,
    request.ignoreLease ? previous!.lease : request.lease,
  );
  return PutResponse.create({
    header: ResponseHeader.create({ revision: workspace.revision }),
    prevKv: request.prevKv ? previous : undefined,
  });
}

function deleteRange(workspace: Workspace, request: DeleteRangeRequest): DeleteRangeResponse {
  const deleted = workspace.range(keyRange(request.key, request.rangeEnd));
  for (const { key } of deleted) workspace.delete(latin1FromBytes(key));
  return DeleteRangeResponse.create({
    header: ResponseHeader.create({ revision: workspace.revision }),
    deleted: deleted.length,
    prevKvs: request.prevKv ? deleted : [],
  });
}

/** Whether a compare holds: on a range, for every key of it. A missing key has 0 everywhere and no value to compare. */
export function holds(workspace: Workspace, compare: Compare): boolean {
  const range = keyRange(compare.key, compare.rangeEnd);
  const found = isSingleKey(range)
    ? [workspace.get(range.from)].filter((kv) => kv !== undefined)
    : workspace.range(range);
  if (found.length > 0) return found.every((kv) => holdsFor(compare, kv));
  return compare.target !== CompareTarget.VALUE && holdsFor(compare, undefined);
}

function holdsFor(compare: Compare, kv: KeyValue | undefined): boolean {
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

/** Below, at or above 0 as the key's property is to what the compare names. */
function orderOf(compare: Compare, kv: KeyValue | undefined): number {
  switch (compare.target) {
    case CompareTarget.VALUE:
      return compareBytes(kv?.value ?? new Uint8Array(), compare.value ?? new Uint8Array());
    case CompareTarget.CREATE:
      return (kv?.createRevision ?? 0) - (compare.createRevision ?? 0);
    case CompareTarget.MOD:
      return (kv?.modRevision ?? 0) - (compare.modRevision ?? 0);
    case CompareTarget.VERSION:
      return (kv?.version ?? 0) - (compare.version ?? 0);
    case CompareTarget.LEASE:
      return Number((kv?.lease ?? 0n) - (compare.lease ?? 0n));
    default:
      return 0;
  }
}
