// Is there, for each key, one order of all operations that respects real time and explains every answer? Asked in the end,
// without a look at revisions.
import { latin1FromBytes } from '../../../base/index.ts';
import {
  KVService,
  type DeleteRangeRequest,
  type PutRequest,
  type RangeRequest,
  type TxnRequest,
} from '../../../wire/gen/rpc.ts';
import { kvRequestOf } from '../answers/answers.ts';
import type { CheckContext } from '../context.ts';
import { checkLinearizable } from '../linearizability.ts';
import { isInRange, isSingleKey, keyRange, type KeyRange } from '../model/key-store.ts';
import { textOfKv, type Model } from '../model/model.ts';
import type { OperationRecord } from '../observer.ts';
import { explain, MAX_STEPS } from './explain.ts';
import { KEY_OBJECT, type KeyEntry, type KeyState } from './key-object.ts';
import { project, stateOf } from './projection.ts';

const CHECK = 'linearizability';

export class KeysCheck {
  /** Keys whose histories were too hard to decide. */
  undecided = 0;
  private readonly context: CheckContext;
  private records: OperationRecord[] = [];
  /** What the keys held when the era began. */
  private readonly initial = new Map<string, KeyState>();

  constructor(context: CheckContext) {
    this.context = context;
  }

  called(record: OperationRecord): void {
    if (PATHS.has(record.path)) this.records.push(record);
  }

  /** A new era begins with what the snapshot held; what is still asked for may come to be in it. */
  restored(): void {
    this.records = this.records.filter(({ outcome }) => outcome === 'pending');
    const { store } = this.context.model;
    this.initial.clear();
    for (const kv of store.range({ from: '', to: undefined }, store.revision)) {
      this.initial.set(latin1FromBytes(kv.key), stateOf(kv));
    }
  }

  finish(): void {
    const { model } = this.context;
    const kept = this.records.filter((record) => matters(record, model));
    const written = new Set(kept.flatMap(writtenKeys));
    const byKey = new Map<string, OperationRecord[]>();
    const others: { readonly record: OperationRecord; readonly ranges: readonly KeyRange[] }[] = [];
    for (const record of kept) {
      const key = singleKey(record);
      if (key === undefined) others.push({ record, ranges: rangesOf(record) });
      else if (byKey.has(key)) byKey.get(key)!.push(record);
      else byKey.set(key, [record]);
    }
    for (const key of written) {
      const touching = others.filter(({ ranges }) => ranges.some((one) => isInRange(one, key)));
      this.check(key, [...(byKey.get(key) ?? []), ...touching.map(({ record }) => record)]);
    }
  }

  private check(key: string, records: readonly OperationRecord[]): void {
    const entries = records.flatMap((record) => project(record, key));
    const initial = this.initial.get(key);
    entries.push(...expiries(initial, entries, this.context.model));
    const object = { ...KEY_OBJECT, initial };
    const verdict = checkLinearizable(object, entries, MAX_STEPS);
    if (verdict === 'outOfSteps') this.undecided++;
    if (verdict !== 'notLinearizable') return;
    const text = `no order explains the operations on ${JSON.stringify(key)}`;
    this.context.report(CHECK, `${text} up to the last of these: ${explain(object, entries)}`);
  }
}

const PATHS: ReadonlySet<string> = new Set([
  KVService.range.path,
  KVService.put.path,
  KVService.deleteRange.path,
  KVService.txn.path,
]);

/** Of unknown outcome only writes count, and only those that have come into the log. */
function matters(record: OperationRecord, model: Model): boolean {
  if (record.outcome === 'ok') return true;
  const request = kvRequestOf(record);
  if (request === undefined || record.outcome === 'refused') return false;
  return model.requestsOf(textOfKv(request)).some((one) => one.error === undefined);
}

/** A key on a lease may go with it, at any time after it was put there; what it begins with counts as put there. */
function expiries(initial: KeyState, entries: readonly KeyEntry[], model: Model): KeyEntry[] {
  const attached: { lease: bigint; sinceMs: number }[] = [];
  if (initial !== undefined) attached.push({ lease: initial.lease, sinceMs: -Infinity });
  for (const { calledMs, steps } of entries) {
    for (const step of steps) {
      if (step.kind !== 'put' || step.lease === undefined) continue;
      attached.push({ lease: step.lease, sinceMs: calledMs });
    }
  }
  return attached
    .filter(({ lease }) => lease !== 0n && hasEnded(lease, model))
    .map(({ lease, sinceMs }) => ({
      ...{ operation: undefined, calledMs: sinceMs, returnedMs: Infinity, guards: [] },
      steps: [{ kind: 'expire', lease }],
    }));
}

function hasEnded(lease: bigint, { leases }: Model): boolean {
  return leases.livesOf(lease).some((life) => life.revokedIndex !== Infinity);
}

/** The only key that a request is about. */
function singleKey({ path, request }: OperationRecord): string | undefined {
  if (path === KVService.txn.path) return undefined;
  const { key } = request as PutRequest; // of all three other paths
  if (path === KVService.put.path) return latin1FromBytes(key);
  const range = keyRange(key, (request as RangeRequest | DeleteRangeRequest).rangeEnd); // of these
  return isSingleKey(range) ? range.from : undefined;
}

/** All that a request names. */
function rangesOf({ path, request }: OperationRecord): KeyRange[] {
  if (path === KVService.txn.path) return rangesOfTxn(request as TxnRequest); // the path's request
  const { key, rangeEnd } = request as RangeRequest | DeleteRangeRequest; // of the other paths
  return [keyRange(key, rangeEnd)];
}

function rangesOfTxn({ compare, success, failure }: TxnRequest): KeyRange[] {
  const compared = compare.map(({ key, rangeEnd }) => keyRange(key, rangeEnd));
  const named = [...success, ...failure].flatMap((op): KeyRange[] => {
    if (op.requestTxn !== undefined) return rangesOfTxn(op.requestTxn);
    if (op.requestPut !== undefined) return [keyRange(op.requestPut.key, new Uint8Array())];
    const ranged = op.requestRange ?? op.requestDeleteRange;
    return ranged === undefined ? [] : [keyRange(ranged.key, ranged.rangeEnd)];
  });
  return [...compared, ...named];
}

function writtenKeys(record: OperationRecord): string[] {
  const request = kvRequestOf(record);
  if (request === undefined || request.kind === 'deleteRange') return [];
  if (request.kind === 'put') return [latin1FromBytes(request.request.key)];
  return keysPutBy(request.request);
}

function keysPutBy({ success, failure }: TxnRequest): string[] {
  return [...success, ...failure].flatMap(({ requestPut, requestTxn }) => {
    if (requestPut !== undefined) return [latin1FromBytes(requestPut.key)];
    return requestTxn === undefined ? [] : keysPutBy(requestTxn);
  });
}
