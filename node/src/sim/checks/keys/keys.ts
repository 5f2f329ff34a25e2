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
import { isInRange, isSingleKey, keyRange } from '../model/key-store.ts';
import { textOfKv, type Model } from '../model/model.ts';
import type { OperationRecord } from '../observer.ts';
import { KEY_OBJECT, type KeyEntry, type KeyState } from './key-object.ts';
import { project, stateOf } from './projection.ts';

const CHECK = 'linearizability';
/** The search is exponential in the worst case; what it does not decide by then is left undecided. */
const MAX_STEPS = 200_000;

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
    const ranges: OperationRecord[] = [];
    for (const record of kept) {
      const key = singleKey(record);
      if (key === undefined) ranges.push(record);
      else if (byKey.has(key)) byKey.get(key)!.push(record);
      else byKey.set(key, [record]);
    }
    for (const key of written) {
      const touching = ranges.filter((record) => touches(record, key));
      this.check(key, [...(byKey.get(key) ?? []), ...touching]);
    }
  }

  private check(key: string, records: readonly OperationRecord[]): void {
    const entries = records.flatMap((record) => project(record, key));
    entries.push(...expiries(entries, this.context.model));
    const object = { ...KEY_OBJECT, initial: this.initial.get(key) };
    const verdict = checkLinearizable(object, entries, MAX_STEPS);
    if (verdict === 'outOfSteps') this.undecided++;
    if (verdict !== 'notLinearizable') return;
    const text = `no order explains the ${entries.length} operations on ${JSON.stringify(key)}`;
    this.context.report(CHECK, `${text}: ${shown(records)}`);
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

/** A key on a lease may go with it, at any time after it was put there. */
function expiries(entries: readonly KeyEntry[], model: Model): KeyEntry[] {
  return entries.flatMap(({ calledMs, steps }) =>
    steps.flatMap((step) => {
      if (step.kind !== 'put' || step.lease === undefined || step.lease === 0n) return [];
      const { lease } = step;
      const isOver = model.leases.livesOf(lease).some((life) => life.revokedIndex !== Infinity);
      if (!isOver) return [];
      return { calledMs, returnedMs: Infinity, guards: [], steps: [{ kind: 'expire', lease }] };
    }),
  );
}

/** The only key that a request is about. */
function singleKey({ path, request }: OperationRecord): string | undefined {
  if (path === KVService.txn.path) return undefined;
  const { key } = request as PutRequest; // of all three other paths
  if (path === KVService.put.path) return latin1FromBytes(key);
  const range = keyRange(key, (request as RangeRequest | DeleteRangeRequest).rangeEnd); // of these
  return isSingleKey(range) ? range.from : undefined;
}

function touches({ path, request }: OperationRecord, key: string): boolean {
  if (path === KVService.txn.path) return true;
  const { key: from, rangeEnd } = request as RangeRequest | DeleteRangeRequest; // of these paths
  return isInRange(keyRange(from, rangeEnd), key);
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

function shown(records: readonly OperationRecord[]): string {
  return records.map(({ id }) => id).join(' ');
}
