// The KV service (etcd: server/etcdserver/api/v3rpc/key.go, v3_server.go).
import { EtcdError, type CallContext, type ResponseStream } from '../base/index.ts';
import { executeRange, executeReadOnlyTxn, isReadOnly, isSerializable } from '../apply/index.ts';
import {
  CompactionResponse,
  KVService,
  RangeResponse,
  RangeStreamResponse,
  type CompactionRequest,
  type DeleteRangeResponse,
  type PutResponse,
  type RangeRequest,
  type TxnRequest,
  type TxnResponse,
} from '../wire/gen/rpc.ts';
import { orEncoded } from '../wire/index.ts';
import { proposed } from './applied.ts';
import {
  checkDeleteRequest,
  checkPutRequest,
  checkRangeRequest,
  checkRangeStreamRequest,
  checkTxnRequest,
} from './kv-checks.ts';
import { headerOf, type MemberApi } from './member-api.ts';
import { Ranges } from './range.ts';
import { serverStream, unary, type Registration } from './registration.ts';

const FIRST_CHUNK_KEYS = 10;

export function kvService(member: MemberApi): Registration[] {
  const ranges = new Ranges(member);
  return [
    unary({ ...KVService.range, response: orEncoded(RangeResponse) }, (request, call) => {
      if (!request.serializable) refuseOnLearner(member);
      checkRangeRequest(request);
      if (request.serializable) return ranges.answer(request, call);
      return member.linearizableRead().then(() => ranges.answer(request, call));
    }),
    serverStream(KVService.rangeStream, async (request, call, responses) => {
      checkRangeStreamRequest(request);
      if (!request.serializable) await member.linearizableRead();
      await streamRange(member, request, call, responses);
    }),
    unary(KVService.put, (request) => {
      checkPutRequest(request);
      return proposed<PutResponse>(member, { put: request });
    }),
    unary(KVService.deleteRange, (request) => {
      checkDeleteRequest(request);
      return proposed<DeleteRangeResponse>(member, { deleteRange: request });
    }),
    unary(KVService.txn, (request) => {
      checkTxnRequest(request, member.maxTxnOps);
      return isReadOnly(request)
        ? readOnlyTxn(member, request)
        : proposed<TxnResponse>(member, { txn: request });
    }),
    unary(KVService.compact, (request) => compact(member, request)),
  ];
}

/** A learner may lag without limit, so it answers only those who do not mind. */
function refuseOnLearner(member: MemberApi): void {
  if (member.membership.isLocalLearner) throw new EtcdError('NotSupportedForLearner');
}

function withHeader(member: MemberApi, response: TxnResponse): TxnResponse {
  response.header = headerOf(member, response.header?.revision ?? 0);
  return response;
}

async function readOnlyTxn(member: MemberApi, request: TxnRequest): Promise<TxnResponse> {
  if (!isSerializable(request)) await member.linearizableRead();
  return withHeader(member, executeReadOnlyTxn(member.store, member.leases, request));
}

/** `physical` waits until the space is free and the compaction is durable. */
async function compact(member: MemberApi, request: CompactionRequest): Promise<CompactionResponse> {
  const applied = await member.propose({ compaction: request });
  if (applied.error !== undefined) throw applied.error;
  if (request.physical) {
    await applied.physicalCompaction;
    await member.commitBackend();
  }
  return CompactionResponse.create({ header: headerOf(member) });
}

/**
 * Sends a range in chunks of about maxRequestBytes, all at the revision of the first. The last one carries the header,
 * the count of the whole range and whether there is more behind the limit.
 */
async function streamRange(
  member: MemberApi,
  request: RangeRequest,
  call: CallContext,
  responses: ResponseStream<RangeStreamResponse>,
): Promise<void> {
  const { store } = member;
  if (request.countOnly) {
    const counted = executeRange(store, request);
    const header = headerOf(member, counted.header?.revision ?? 0);
    responses.send({ rangeResponse: RangeResponse.create({ header, count: counted.count }) });
    return;
  }
  const totalLimit = request.limit > 0 ? request.limit : Infinity;
  let { key, revision } = request;
  let limit = Math.min(FIRST_CHUNK_KEYS, totalLimit);
  let sent = 0;
  let headerRevision = 0;
  while (!call.canceled) {
    const chunk = executeRange(store, { ...request, key, revision, limit });
    if (headerRevision === 0) {
      headerRevision = chunk.header?.revision ?? 0;
      if (revision === 0) revision = headerRevision;
    }
    sent += chunk.kvs.length;
    const isLast = !chunk.more || sent === totalLimit;
    const response = RangeResponse.create({ kvs: chunk.kvs });
    if (isLast) {
      response.header = headerOf(member, headerRevision);
      response.more = chunk.more;
      // The chunk counted its own keys and all behind them.
      response.count = sent - chunk.kvs.length + chunk.count;
    }
    const last = chunk.kvs.at(-1);
    if (!responses.send({ rangeResponse: response })) await responses.drained();
    if (isLast || last === undefined) return;
    key = successor(last.key);
    limit = Math.min(
      nextLimit(limit, RangeResponse.sizeOf(response), member.maxRequestBytes),
      totalLimit - sent,
    );
  }
}

/** The key right behind `key`. */
function successor(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}

/** Doubles or halves the chunk when it was off by more than a factor of two; at least one key. */
function nextLimit(limit: number, sizeBytes: number, targetBytes: number): number {
  if (sizeBytes < targetBytes / 2) return limit * 2;
  return sizeBytes > targetBytes * 2 ? Math.max(1, Math.floor(limit / 2)) : limit;
}
