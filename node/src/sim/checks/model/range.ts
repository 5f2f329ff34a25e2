// What a Range answers: filters, order, limit and count (rpc.proto: RangeRequest).
import { compareBytes } from '../../../base/index.ts';
import { KeyValue } from '../../../wire/gen/kv.ts';
import {
  RangeResponse,
  ResponseHeader,
  SortOrder,
  SortTarget,
  type RangeRequest,
} from '../../../wire/gen/rpc.ts';
import { keyRange } from './key-store.ts';
import type { Workspace } from './workspace.ts';

type Comparison = (a: KeyValue, b: KeyValue) => number;

/** The header names the state's revision, also for a read of the past; `count` knows neither limit nor filters. */
export function answerRange(workspace: Workspace, request: RangeRequest): RangeResponse {
  const revision = request.revision > 0 ? request.revision : workspace.revision;
  const all = workspace.range(keyRange(request.key, request.rangeEnd), revision);
  const header = ResponseHeader.create({ revision: workspace.revision });
  if (request.countOnly) return RangeResponse.create({ header, count: all.length });
  const kvs = candidates(request, all).sort(sortComparison(request));
  const more = request.limit > 0 && kvs.length > request.limit;
  if (more) kvs.length = request.limit;
  return RangeResponse.create({
    header,
    kvs: request.keysOnly ? kvs.map((kv) => keyOnly(request, kv)) : kvs,
    more,
    count: all.length,
  });
}

/**
 * What is put in order and cut at the limit. Without an order the limit already holds for the keys that are looked up, so
 * that another sort target orders only the first ones (etcd: txn/range.go, rangeLimit).
 */
function candidates(request: RangeRequest, all: readonly KeyValue[]): KeyValue[] {
  const kept = all.filter((kv) => passes(request, kv));
  const isCutFirst =
    request.limit > 0 && request.sortOrder === SortOrder.NONE && !hasFilters(request);
  return isCutFirst ? kept.slice(0, request.limit + 1) : kept;
}

function hasFilters(request: RangeRequest): boolean {
  const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = request;
  return minModRevision + maxModRevision + minCreateRevision + maxCreateRevision !== 0;
}

function passes(request: RangeRequest, { modRevision, createRevision }: KeyValue): boolean {
  const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = request;
  if (minModRevision !== 0 && modRevision < minModRevision) return false;
  if (maxModRevision !== 0 && modRevision > maxModRevision) return false;
  if (minCreateRevision !== 0 && createRevision < minCreateRevision) return false;
  return maxCreateRevision === 0 || createRevision <= maxCreateRevision;
}

/** Answered from the index, which knows no leases, unless values are needed for the order. */
function keyOnly(request: RangeRequest, kv: KeyValue): KeyValue {
  const { key, createRevision, modRevision, version } = kv;
  const lease = request.sortTarget === SortTarget.VALUE ? kv.lease : 0n;
  return KeyValue.create({ key, createRevision, modRevision, version, lease });
}

/** Order of the answer. Keys that it calls equal may stand in any order among themselves. */
export function sortComparison({ sortOrder, sortTarget }: RangeRequest): Comparison {
  const ascending = comparisonOf(sortTarget);
  return sortOrder === SortOrder.DESCEND ? (a, b) => -ascending(a, b) : ascending;
}

/** Whether the order is that of the keys, in which no two are equal. */
export function isKeyOrder({ sortOrder, sortTarget }: RangeRequest): boolean {
  if (sortTarget !== SortTarget.KEY) return false;
  return sortOrder === SortOrder.NONE || sortOrder === SortOrder.ASCEND;
}

function comparisonOf(target: number): Comparison {
  switch (target) {
    case SortTarget.VERSION:
      return (a, b) => a.version - b.version;
    case SortTarget.CREATE:
      return (a, b) => a.createRevision - b.createRevision;
    case SortTarget.MOD:
      return (a, b) => a.modRevision - b.modRevision;
    case SortTarget.VALUE:
      return (a, b) => compareBytes(a.value, b.value);
    default:
      return (a, b) => compareBytes(a.key, b.key);
  }
}
