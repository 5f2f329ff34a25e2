// Range: limit, filters, order (etcd: server/etcdserver/txn/range.go).
import { EMPTY_BYTES, EtcdError, compareBytes } from '../base/index.ts';
import type { KeyValue } from '../wire/gen/kv.ts';
import { RangeResponse, SortOrder, SortTarget, type RangeRequest } from '../wire/gen/rpc.ts';
import { headerAt } from './header.ts';
import type { ReadView } from './store-view.ts';

/**
 * Answers a RangeRequest from `view`. The header holds the revision only.
 * @throws EtcdError Compacted, FutureRev
 */
export function executeRange(view: ReadView, request: RangeRequest): RangeResponse {
  const result = view.range(request.key, request.rangeEnd, {
    revision: request.revision,
    limit: pushedDownLimit(request),
    countOnly: request.countOnly,
    keysOnly: request.keysOnly && request.sortTarget !== SortTarget.VALUE,
  });
  let kvs = hasRevisionFilters(request)
    ? result.kvs.filter((kv) => passes(kv, request))
    : result.kvs;
  sortKeyValues(kvs, request);
  const more = request.limit > 0 && kvs.length > request.limit;
  if (more) kvs = kvs.slice(0, request.limit);
  if (request.keysOnly) kvs = kvs.map(withoutValue);
  return {
    header: headerAt(result.revision),
    kvs,
    more,
    count: result.count,
  };
}

/** Keys come in ascending order from the store, so that a limit can be left to it unless something reorders or filters. */
function pushedDownLimit(request: RangeRequest): number {
  if (!isDefaultOrder(request) || hasRevisionFilters(request)) return 0;
  // One more than asked for tells whether there are more.
  return request.limit > 0 ? request.limit + 1 : 0;
}

export function isDefaultOrder(request: RangeRequest): boolean {
  return (
    request.sortOrder === SortOrder.NONE ||
    (request.sortTarget === SortTarget.KEY && request.sortOrder === SortOrder.ASCEND)
  );
}

export function hasRevisionFilters(request: RangeRequest): boolean {
  return (
    request.minModRevision !== 0 ||
    request.maxModRevision !== 0 ||
    request.minCreateRevision !== 0 ||
    request.maxCreateRevision !== 0
  );
}

function passes(kv: KeyValue, r: RangeRequest): boolean {
  return (
    (r.maxModRevision === 0 || kv.modRevision <= r.maxModRevision) &&
    (r.minModRevision === 0 || kv.modRevision >= r.minModRevision) &&
    (r.maxCreateRevision === 0 || kv.createRevision <= r.maxCreateRevision) &&
    (r.minCreateRevision === 0 || kv.createRevision >= r.minCreateRevision)
  );
}

function withoutValue(kv: KeyValue): KeyValue {
  return { ...kv, value: EMPTY_BYTES };
}

/** Sorts in place. A target other than KEY without an order sorts ascending. */
function sortKeyValues(kvs: KeyValue[], request: RangeRequest): void {
  let order = request.sortOrder;
  if (request.sortTarget !== SortTarget.KEY && order === SortOrder.NONE) order = SortOrder.ASCEND;
  if (order === SortOrder.NONE) return;
  if (order === SortOrder.ASCEND && request.sortTarget === SortTarget.KEY) return;
  const compare = comparison(request.sortTarget);
  kvs.sort(order === SortOrder.DESCEND ? (a, b) => compare(b, a) : compare);
}

function comparison(target: number): (a: KeyValue, b: KeyValue) => number {
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

/** @throws EtcdError when the request's revision cannot be read from `view` */
export function checkRange(view: ReadView, request: RangeRequest): void {
  if (request.revision === 0) return;
  if (request.revision > view.revision) throw new EtcdError('FutureRev');
  if (request.revision < view.firstRevision) throw new EtcdError('Compacted');
}
