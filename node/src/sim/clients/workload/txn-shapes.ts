// Transactions: their parts, and mixed ones made by chance.
import { bytesFromLatin1, type LeaseId } from '../../../base/index.ts';
import type { KeyValue } from '../../../wire/gen/kv.ts';
import {
  Compare,
  CompareResult,
  CompareTarget,
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
} from '../../../wire/gen/rpc.ts';
import type { Actor } from './actor.ts';
import { oneKey, type KeyRange } from './key-space.ts';
import { rangeRequest } from './kv.ts';

const MAX_DEPTH = 2;

export function putOp(key: string, value: Uint8Array, lease: LeaseId = 0n): RequestOp {
  return RequestOp.create({
    requestPut: PutRequest.create({ key: bytesFromLatin1(key), value, lease }),
  });
}

export function deleteOp(range: KeyRange, prevKv = false): RequestOp {
  const requestDeleteRange = DeleteRangeRequest.create({ ...range, prevKv });
  return RequestOp.create({ requestDeleteRange });
}

export function rangeOp(range: Partial<RangeRequest>): RequestOp {
  return RequestOp.create({ requestRange: RangeRequest.create(range) });
}

export function compareMod(key: string, modRevision: number): Compare {
  return Compare.create({
    result: CompareResult.EQUAL,
    target: CompareTarget.MOD,
    key: bytesFromLatin1(key),
    modRevision,
  });
}

export function compareCreate(key: string, result: number, createRevision: number): Compare {
  return Compare.create({
    result,
    target: CompareTarget.CREATE,
    key: bytesFromLatin1(key),
    createRevision,
  });
}

/** Any compares, then and else, with nested transactions; no key is written twice but by mistake. */
export function mixedTxn(
  actor: Actor,
  seen: ReadonlyMap<string, KeyValue>,
  depth = 0,
): Partial<TxnRequest> {
  const { random } = actor;
  const compare = Array.from({ length: random.below(3) }, () => anyCompare(actor, seen));
  return {
    compare,
    success: anyOps(actor, seen, depth),
    failure: random.chance(0.6) ? anyOps(actor, seen, depth) : [],
  };
}

function anyOps(actor: Actor, seen: ReadonlyMap<string, KeyValue>, depth: number): RequestOp[] {
  const { random, keys } = actor;
  // Each op has a key of its own; one transaction in twenty has the same key twice and is refused.
  const own = keys.several(random, random.between(0, 4));
  if (own.length > 0 && random.chance(0.05)) own.push(own[0]!); // length > 0
  return own.map((key) => anyOp(actor, seen, key, depth));
}

function anyOp(
  actor: Actor,
  seen: ReadonlyMap<string, KeyValue>,
  key: string,
  depth: number,
): RequestOp {
  const { random, values, shared } = actor;
  const kind = random.below(10);
  if (kind < 4) {
    const isLeased = shared.leases.length > 0 && random.chance(0.05);
    const lease = isLeased ? random.pick(shared.leases) : 0n;
    return putOp(key, values.next(random), lease);
  }
  if (kind < 6) return deleteOp(oneKey(key), random.chance(0.3));
  if (kind < 9 || depth >= MAX_DEPTH) return rangeOp({ ...rangeRequest(actor), ...oneKey(key) });
  const requestTxn = TxnRequest.create(mixedTxn(actor, seen, depth + 1));
  return RequestOp.create({ requestTxn });
}

/** About a key or a range, most often with what was seen. */
function anyCompare(actor: Actor, seen: ReadonlyMap<string, KeyValue>): Compare {
  const { random, keys } = actor;
  const key = keys.any(random);
  const known = seen.get(key);
  const target = random.pick(Object.values(CompareTarget));
  const range = random.chance(0.9) ? oneKey(key) : keys.range(random);
  const compare = Compare.create({
    ...range,
    target,
    result: random.chance(0.6) ? CompareResult.EQUAL : random.pick(Object.values(CompareResult)),
  });
  const guess = random.chance(0.8) ? 0 : random.below(3);
  if (target === CompareTarget.VERSION) compare.version = (known?.version ?? 0) + guess;
  if (target === CompareTarget.CREATE)
    compare.createRevision = (known?.createRevision ?? 0) + guess;
  if (target === CompareTarget.MOD) compare.modRevision = (known?.modRevision ?? 0) + guess;
  if (target === CompareTarget.VALUE) compare.value = known?.value ?? bytesFromLatin1('?');
  if (target === CompareTarget.LEASE) compare.lease = known?.lease ?? 0n;
  return compare;
}
