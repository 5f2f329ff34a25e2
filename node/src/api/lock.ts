// The v3lock service (etcd: server/etcdserver/api/v3lock/lock.go over client/v3/concurrency/mutex.go).
import {
  EMPTY_BYTES,
  GrpcStatus,
  StatusError,
  bytesFromLatin1,
  latin1FromBytes,
  present,
  type CallContext,
} from '../base/index.ts';
import { RangeRequest, SortOrder } from '../wire/gen/rpc.ts';
import {
  LockResponse,
  LockService,
  UnlockResponse,
  type LockRequest,
  type UnlockRequest,
} from '../wire/gen/v3lock.ts';
import type { RecipeDependencies } from './deps.ts';
import {
  LockQueue,
  byCreation,
  createdAt,
  getOp,
  putOp,
  rangeOp,
  recipe,
  waiterKey,
} from './lock-queue.ts';
import type { MemberApi } from './member-api.ts';
import { unary, type Registration } from './registration.ts';

export function lockService(member: MemberApi, dependencies: RecipeDependencies): Registration[] {
  const queue = new LockQueue(member, dependencies);
  return [
    unary(LockService.lock, (request, call) => recipe(() => lock(queue, request, call))),
    unary(LockService.unlock, (request) => recipe(() => unlock(queue, request))),
  ];
}

async function unlock(queue: LockQueue, request: UnlockRequest): Promise<UnlockResponse> {
  const { header } = await queue.delete(latin1FromBytes(request.key));
  return UnlockResponse.create({ header });
}

async function lock(
  queue: LockQueue,
  request: LockRequest,
  call: CallContext,
): Promise<LockResponse> {
  const lease = await queue.session(request.lease);
  const prefix = `${latin1FromBytes(request.name)}/`;
  const key = waiterKey(prefix, lease);
  const getHolder = rangeOp(byCreation(prefix, SortOrder.ASCEND));
  const entered = await queue.txn({
    compare: [createdAt(key, 0)],
    success: [putOp(key, EMPTY_BYTES, lease), getHolder],
    failure: [getOp(key), getHolder],
  });
  const revision = entered.succeeded
    ? present(entered.header, 'a response has a header').revision
    : present(entered.responses[0]?.responseRange?.kvs[0], 'the key exists').createRevision;
  const holder = entered.responses[1]?.responseRange?.kvs[0];
  if (holder === undefined || holder.createRevision === revision) {
    return LockResponse.create({ header: entered.header, key: bytesFromLatin1(key) });
  }
  return waitForTurn(queue, call, prefix, key, revision);
}

async function waitForTurn(
  queue: LockQueue,
  call: CallContext,
  prefix: string,
  key: string,
  revision: number,
): Promise<LockResponse> {
  let held;
  try {
    await queue.waitDeletes(call, prefix, revision - 1);
    held = await queue.range(RangeRequest.create({ key: bytesFromLatin1(key) }));
  } catch (error) {
    await queue.delete(key);
    throw error;
  }
  if (held.kvs.length === 0) {
    throw new StatusError(GrpcStatus.Unknown, 'mutex: session is expired');
  }
  return LockResponse.create({ header: held.header, key: bytesFromLatin1(key) });
}
