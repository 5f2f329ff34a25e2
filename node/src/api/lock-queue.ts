// Waiting in line under a prefix, as etcd's client recipes do (client/v3/concurrency: key.go, mutex.go, election.go): each
// waiter puts a key named after its lease; the one with the lowest create revision is first.
import {
  EtcdError,
  GrpcStatus,
  StatusError,
  bytesFromLatin1,
  isEtcdError,
  latin1FromBytes,
  type CallContext,
  type LeaseId,
} from '../base/index.ts';
import { executeRange } from '../apply/index.ts';
import {
  Compare,
  CompareResult,
  CompareTarget,
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  RequestOp,
  SortOrder,
  SortTarget,
  TxnRequest,
  type DeleteRangeResponse,
  type RangeResponse,
  type TxnResponse,
} from '../wire/gen/rpc.ts';
import { proposed } from './applied.ts';
import type { RecipeDependencies } from './deps.ts';
import { grantLease } from './lease.ts';
import { headerOf, type MemberApi } from './member-api.ts';
import { WatchFeed } from './watch-feed.ts';

/** TTL of a lease that is granted because the request names none. Nobody renews it. */
const SESSION_TTL_SECONDS = 60;

/** Keys and prefixes are latin1 here. */
export class LockQueue {
  readonly member: MemberApi;
  private readonly dependencies: RecipeDependencies;

  constructor(member: MemberApi, dependencies: RecipeDependencies) {
    this.member = member;
    this.dependencies = dependencies;
  }

  /** The lease of a session: `lease`, or a new one for 0. */
  async session(lease: LeaseId): Promise<LeaseId> {
    if (lease !== 0n) return lease;
    const request = { ttl: SESSION_TTL_SECONDS, id: 0n };
    return (await grantLease(this.member, this.dependencies.random, request)).id;
  }

  txn(request: Partial<TxnRequest>): Promise<TxnResponse> {
    return proposed<TxnResponse>(this.member, { txn: TxnRequest.create(request) });
  }

  delete(key: string): Promise<DeleteRangeResponse> {
    const request = DeleteRangeRequest.create({ key: bytesFromLatin1(key) });
    return proposed<DeleteRangeResponse>(this.member, { deleteRange: request });
  }

  async range(request: RangeRequest): Promise<RangeResponse> {
    await this.member.linearizableRead();
    const response = executeRange(this.member.store, request);
    response.header = headerOf(this.member, response.header?.revision ?? 0);
    return response;
  }

  watch(call: CallContext, key: string, end: string | undefined, startRevision: number): WatchFeed {
    return new WatchFeed(this.dependencies.hub, call, key, end, startRevision);
  }

  /**
   * Waits until no key of the prefix was created at or before `maxCreateRevision`.
   * @throws EtcdError Canceled when the call ends first; Compacted
   */
  async waitDeletes(call: CallContext, prefix: string, maxCreateRevision: number): Promise<void> {
    for (;;) {
      const request = byCreation(prefix, SortOrder.DESCEND);
      request.maxCreateRevision = maxCreateRevision;
      const { kvs, header } = await this.range(request);
      const last = kvs[0];
      if (last === undefined) return;
      await this.waitDelete(call, latin1FromBytes(last.key), header?.revision ?? 0);
    }
  }

  private async waitDelete(call: CallContext, key: string, revision: number): Promise<void> {
    const feed = this.watch(call, key, undefined, revision);
    try {
      for (;;) {
        const batch = await feed.next();
        if (batch === undefined) throw new EtcdError('Canceled');
        if (batch.events.some((event) => event.isDelete)) return;
      }
    } finally {
      feed.close();
    }
  }
}

/**
 * Runs a recipe. etcd's recipes go through its own client, whose errors have etcd's texts but no gRPC code: all but the end
 * of the call reach the caller as Unknown.
 */
export async function recipe<Res>(run: () => Promise<Res>): Promise<Res> {
  try {
    return await run();
  } catch (error) {
    if (!isEtcdError(error) || error.code === 'Canceled') throw error;
    throw new StatusError(GrpcStatus.Unknown, error.message);
  }
}

/** `<prefix>/<lease in hex>`, as Go's %x prints an int64. */
export function waiterKey(prefix: string, lease: LeaseId): string {
  return `${prefix}${lease.toString(16)}`;
}

/** The first key of a prefix by creation, ascending: the holder. Descending: the last in line. */
export function byCreation(prefix: string, order: number): RangeRequest {
  return RangeRequest.create({
    key: bytesFromLatin1(prefix),
    rangeEnd: bytesFromLatin1(prefixEnd(prefix)),
    limit: 1,
    sortOrder: order,
    sortTarget: SortTarget.CREATE,
  });
}

/** The end of the range of all keys that begin with `prefix`, which ends in a slash or at least not in 0xff. */
export function prefixEnd(prefix: string): string {
  const last = prefix.length - 1;
  return prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1);
}

export function createdAt(key: string, createRevision: number): Compare {
  return Compare.create({
    result: CompareResult.EQUAL,
    target: CompareTarget.CREATE,
    key: bytesFromLatin1(key),
    createRevision,
  });
}

export function putOp(key: string, value: Uint8Array, lease: LeaseId): RequestOp {
  return RequestOp.create({
    requestPut: PutRequest.create({ key: bytesFromLatin1(key), value, lease }),
  });
}

export function getOp(key: string): RequestOp {
  return rangeOp(RangeRequest.create({ key: bytesFromLatin1(key) }));
}

export function rangeOp(requestRange: RangeRequest): RequestOp {
  return RequestOp.create({ requestRange });
}

export function deleteOp(key: string): RequestOp {
  return RequestOp.create({
    requestDeleteRange: DeleteRangeRequest.create({ key: bytesFromLatin1(key) }),
  });
}
