// Messages as texts: equal texts are equal answers, and a violation shows them.
import { latin1FromBytes } from '../../base/index.ts';
import type { KeyValue } from '../../wire/gen/kv.ts';
import type {
  DeleteRangeResponse,
  PutResponse,
  RangeRequest,
  RangeResponse,
  ResponseHeader,
  ResponseOp,
  RequestOp,
  TxnRequest,
  TxnResponse,
} from '../../wire/gen/rpc.ts';
import { isKeyOrder, sortComparison } from './model/range.ts';

const SHOWN_BYTES = 60;

/** Printable, and short enough for a line. For showing, not for comparing. */
export function show(bytes: Uint8Array | string): string {
  const text = typeof bytes === 'string' ? bytes : latin1FromBytes(bytes);
  const shown = JSON.stringify(text.slice(0, SHOWN_BYTES));
  return text.length > SHOWN_BYTES ? `${shown}… (${text.length} bytes)` : shown;
}

export function textOfKeyValue(kv: KeyValue | undefined): string {
  if (kv === undefined) return 'none';
  const { createRevision, modRevision, version, lease } = kv;
  const value = JSON.stringify(latin1FromBytes(kv.value));
  const key = JSON.stringify(latin1FromBytes(kv.key));
  const onLease = lease === 0n ? '' : ` lease ${lease}`;
  return `${key}=${value} (created ${createRevision}, modified ${modRevision}, version ${version}${onLease})`;
}

function textOfHeader(header: ResponseHeader | undefined): string {
  return `@${header?.revision ?? 0}`;
}

export function textOfPut({ header, prevKv }: PutResponse): string {
  return `put ${textOfHeader(header)} prevKv ${textOfKeyValue(prevKv)}`;
}

export function textOfDeleteRange({ header, deleted, prevKvs }: DeleteRangeResponse): string {
  const before = prevKvs.map(textOfKeyValue).join(', ');
  return `deleted ${deleted} ${textOfHeader(header)} prevKvs [${before}]`;
}

/** Where the order leaves keys equal, any order among them has the same text; and so has any choice of them at the cut. */
export function textOfRange(request: RangeRequest, response: RangeResponse): string {
  const { header, more, count } = response;
  let { kvs } = response;
  let order = '';
  if (!isKeyOrder(request)) {
    const compare = sortComparison(request);
    if (!kvs.every((kv, i) => i === 0 || compare(kvs[i - 1]!, kv) <= 0)) order = ' out of order';
    const last = kvs.at(-1);
    const sure = more && last !== undefined ? kvs.filter((kv) => compare(kv, last) !== 0) : kvs;
    const byKey = (a: KeyValue, b: KeyValue): number =>
      latin1FromBytes(a.key) < latin1FromBytes(b.key) ? -1 : 1;
    kvs = [...sure].sort((a, b) => compare(a, b) || byKey(a, b));
  }
  const shown = kvs.map(textOfKeyValue).join(', ');
  const rest = `${response.kvs.length} of ${count}${more ? ', more' : ''}${order}`;
  return `range ${textOfHeader(header)} ${rest}: [${shown}]`;
}

export function textOfTxn(request: TxnRequest, response: TxnResponse): string {
  const ops = response.succeeded ? request.success : request.failure;
  const parts = response.responses.map((one, i) => textOfOp(ops[i], one));
  const branch = response.succeeded ? 'then' : 'else';
  return `${branch} ${textOfHeader(response.header)} {${parts.join('; ')}}`;
}

function textOfOp(op: RequestOp | undefined, response: ResponseOp): string {
  const { responseRange, responsePut, responseDeleteRange, responseTxn } = response;
  if (responsePut !== undefined) return textOfPut(responsePut);
  if (responseDeleteRange !== undefined) return textOfDeleteRange(responseDeleteRange);
  if (responseRange !== undefined) {
    return op?.requestRange === undefined
      ? 'a range that nobody asked for'
      : textOfRange(op.requestRange, responseRange);
  }
  if (responseTxn !== undefined) {
    return op?.requestTxn === undefined
      ? 'a transaction that nobody asked for'
      : textOfTxn(op.requestTxn, responseTxn);
  }
  return 'nothing';
}
