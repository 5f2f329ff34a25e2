// What an operation does to one key and tells of it, where that can be said exactly.
import { latin1FromBytes } from '../../../base/index.ts';
import type { KeyValue } from '../../../wire/gen/kv.ts';
import {
  CompareResult,
  CompareTarget,
  KVService,
  type Compare,
  type DeleteRangeRequest,
  type DeleteRangeResponse,
  type PutRequest,
  type PutResponse,
  type RangeRequest,
  type RangeResponse,
  type RequestOp,
  type ResponseOp,
  type TxnRequest,
  type TxnResponse,
} from '../../../wire/gen/rpc.ts';
import { isSerializable } from '../answers/content.ts';
import { isInRange, isSingleKey, keyRange } from '../model/key-store.ts';
import type { OperationRecord } from '../observer.ts';
import type { Guard, KeyEntry, KeyState, Step } from './key-object.ts';

/** Effects on one key: guards and steps. */
type Effect = Pick<KeyEntry, 'guards' | 'steps'>;

const NOTHING: Effect = { guards: [], steps: [] };

/**
 * The entries that stand for an operation in the history of `key`; none when it says nothing about it. An operation of
 * unknown outcome becomes one entry for each way that it may have gone: each may have happened, or not.
 */
export function project(record: OperationRecord, key: string): KeyEntry[] {
  const { calledMs, outcome, id: operation } = record;
  const isKnown = outcome === 'ok';
  const returnedMs = isKnown ? record.returnedMs : Infinity;
  return effectsOf(record, key, isKnown)
    .filter(({ guards, steps }) => steps.length > 0 || (isKnown && guards.some(saysSomething)))
    .map((effect) => ({ operation, calledMs, returnedMs, ...effect }));
}

function saysSomething({ conditions }: Guard): boolean {
  return conditions.length > 0;
}

function effectsOf(
  { path, request, response }: OperationRecord,
  key: string,
  isKnown: boolean,
): Effect[] {
  // Each path has its own messages.
  switch (path) {
    case KVService.range.path: {
      if (!isKnown || (request as RangeRequest).serializable) return [];
      return [
        { guards: [], steps: rangeSteps(request as RangeRequest, response as RangeResponse, key) },
      ];
    }
    case KVService.put.path: {
      const answer = isKnown ? (response as PutResponse) : undefined;
      return [{ guards: [], steps: putSteps(request as PutRequest, answer, key) }];
    }
    case KVService.deleteRange.path: {
      const answer = isKnown ? (response as DeleteRangeResponse) : undefined;
      return [{ guards: [], steps: deleteSteps(request as DeleteRangeRequest, answer, key) }];
    }
    case KVService.txn.path:
      return txnEffects(
        request as TxnRequest,
        isKnown ? (response as TxnResponse) : undefined,
        key,
      );
    default:
      return [];
  }
}

function rangeSteps(request: RangeRequest, { kvs }: RangeResponse, key: string): Step[] {
  const range = keyRange(request.key, request.rangeEnd);
  if (!isInRange(range, key) || request.revision !== 0 || request.keysOnly) return [];
  if (request.countOnly || hasFilters(request)) return [];
  const found = byKey(kvs).get(key);
  // With a limit, a key that is not shown may be there.
  if (found === undefined && request.limit > 0 && !isSingleKey(range)) return [];
  return [{ kind: 'sees', found: stateOf(found) }];
}

/** Every answer is asked for every key: it is looked through once. */
const indexes = new WeakMap<readonly KeyValue[], ReadonlyMap<string, KeyValue>>();

function byKey(kvs: readonly KeyValue[]): ReadonlyMap<string, KeyValue> {
  let index = indexes.get(kvs);
  if (index === undefined) {
    index = new Map(kvs.map((kv) => [latin1FromBytes(kv.key), kv]));
    indexes.set(kvs, index);
  }
  return index;
}

function hasFilters(request: RangeRequest): boolean {
  const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = request;
  return minModRevision + maxModRevision + minCreateRevision + maxCreateRevision !== 0;
}

function putSteps(request: PutRequest, response: PutResponse | undefined, key: string): Step[] {
  if (latin1FromBytes(request.key) !== key) return [];
  const put: Step = {
    kind: 'put',
    value: request.ignoreValue ? undefined : latin1FromBytes(request.value),
    lease: request.ignoreLease ? undefined : request.lease,
  };
  if (response === undefined || !request.prevKv) return [put];
  return [{ kind: 'sees', found: stateOf(response.prevKv) }, put];
}

function deleteSteps(
  request: DeleteRangeRequest,
  response: DeleteRangeResponse | undefined,
  key: string,
): Step[] {
  const range = keyRange(request.key, request.rangeEnd);
  if (!isInRange(range, key)) return [];
  if (response === undefined) return [{ kind: 'delete' }];
  if (request.prevKv) {
    const found = byKey(response.prevKvs).get(key);
    return [{ kind: 'sees', found: stateOf(found) }, { kind: 'delete' }];
  }
  if (!isSingleKey(range)) return [{ kind: 'delete' }];
  return [{ kind: 'exists', exists: response.deleted > 0 }, { kind: 'delete' }];
}

function txnEffects(request: TxnRequest, response: TxnResponse | undefined, key: string): Effect[] {
  // One without any operation counts among them, as for etcd (txn.go: IsTxnSerializable).
  if (isSerializable(request)) return [];
  if (response !== undefined) return [branchEffect(request, response.succeeded, response, key)[0]!];
  return [true, false].flatMap((succeeded) => branchEffect(request, succeeded, undefined, key));
}

/** One branch; where transactions within may go either way, each of these. */
function branchEffect(
  request: TxnRequest,
  succeeded: boolean,
  response: TxnResponse | undefined,
  key: string,
): Effect[] {
  let effects: Effect[] = [{ guards: [guardOf(request.compare, succeeded, key)], steps: [] }];
  const ops = succeeded ? request.success : request.failure;
  for (const [i, op] of ops.entries()) {
    const next = opEffects(op, response?.responses[i], key);
    effects = effects.flatMap(({ guards, steps }) =>
      next.map((one) => ({
        guards: [...guards, ...one.guards],
        steps: [...steps, ...one.steps],
      })),
    );
  }
  return effects;
}

function opEffects(op: RequestOp, response: ResponseOp | undefined, key: string): Effect[] {
  const { requestRange, requestPut, requestDeleteRange, requestTxn } = op;
  if (requestRange !== undefined) {
    const answer = response?.responseRange;
    if (answer === undefined) return [NOTHING];
    return [{ guards: [], steps: rangeSteps(requestRange, answer, key) }];
  }
  if (requestPut !== undefined) {
    return [{ guards: [], steps: putSteps(requestPut, response?.responsePut, key) }];
  }
  if (requestDeleteRange !== undefined) {
    const steps = deleteSteps(requestDeleteRange, response?.responseDeleteRange, key);
    return [{ guards: [], steps }];
  }
  if (requestTxn === undefined) return [NOTHING];
  const answer = response?.responseTxn;
  if (answer !== undefined) return branchEffect(requestTxn, answer.succeeded, answer, key);
  return [true, false].flatMap((one) => branchEffect(requestTxn, one, undefined, key));
}

function guardOf(compares: readonly Compare[], held: boolean, key: string): Guard {
  const own = compares.flatMap((compare) => conditionOf(compare, key) ?? []);
  return { conditions: own, held, isComplete: own.length === compares.length };
}

/** Undefined when the compare is about other keys too, or about revisions. */
function conditionOf(compare: Compare, key: string): ((state: KeyState) => boolean) | undefined {
  const range = keyRange(compare.key, compare.rangeEnd);
  if (!isSingleKey(range) || range.from !== key) return undefined;
  switch (compare.target) {
    case CompareTarget.VERSION:
      return (state) => holds(compare, (state?.version ?? 0) - (compare.version ?? 0));
    case CompareTarget.LEASE:
      return (state) => holds(compare, Number((state?.lease ?? 0n) - (compare.lease ?? 0n)));
    case CompareTarget.VALUE: {
      const value = latin1FromBytes(compare.value ?? new Uint8Array());
      return (state) => state !== undefined && holds(compare, compareText(state.value, value));
    }
    case CompareTarget.CREATE:
      return existence(compare, compare.createRevision ?? 0);
    case CompareTarget.MOD:
      return existence(compare, compare.modRevision ?? 0);
    default:
      return undefined;
  }
}

/** What a compare with revision 0 says: that the key exists, or does not. */
function existence(compare: Compare, revision: number): ((state: KeyState) => boolean) | undefined {
  return revision === 0 ? (state) => holds(compare, state === undefined ? 0 : 1) : undefined;
}

function holds({ result }: Compare, order: number): boolean {
  if (result === CompareResult.EQUAL) return order === 0;
  if (result === CompareResult.NOT_EQUAL) return order !== 0;
  return result === CompareResult.GREATER ? order > 0 : order < 0;
}

/** Latin1 texts are in the order of their bytes. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

export function stateOf(kv: KeyValue | undefined): KeyState {
  if (kv === undefined) return undefined;
  return { value: latin1FromBytes(kv.value), version: kv.version, lease: kv.lease };
}
