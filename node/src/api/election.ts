// The v3election service (etcd: server/etcdserver/api/v3election/election.go over client/v3/concurrency/election.go).
import {
  GrpcStatus,
  StatusError,
  equalBytes,
  isEtcdError,
  latin1FromBytes,
  bytesFromLatin1,
  present,
  type CallContext,
  type ResponseStream,
} from '../base/index.ts';
import { SortOrder, type ResponseHeader, type TxnResponse } from '../wire/gen/rpc.ts';
import type { KeyValue } from '../wire/gen/kv.ts';
import {
  CampaignResponse,
  ElectionService,
  LeaderResponse,
  ProclaimResponse,
  ResignResponse,
  type CampaignRequest,
  type LeaderKey,
  type LeaderRequest,
} from '../wire/gen/v3election.ts';
import type { RecipeDependencies } from './deps.ts';
import {
  LockQueue,
  byCreation,
  createdAt,
  deleteOp,
  getOp,
  prefixEnd,
  putOp,
  recipe,
  waiterKey,
} from './lock-queue.ts';
import { headerOf, type MemberApi } from './member-api.ts';
import { serverStream, unary, type Registration } from './registration.ts';

const failure = (message: string): StatusError => new StatusError(GrpcStatus.Unknown, message);

export function electionService(
  member: MemberApi,
  dependencies: RecipeDependencies,
): Registration[] {
  const queue = new LockQueue(member, dependencies);
  return [
    unary(ElectionService.campaign, (request, call) =>
      recipe(() => campaign(queue, request, call)),
    ),
    unary(ElectionService.proclaim, ({ leader, value }) =>
      recipe(async () => {
        const header = await proclaim(queue, leaderOf(leader), value);
        return ProclaimResponse.create({ header });
      }),
    ),
    unary(ElectionService.leader, (request) => recipe(() => currentLeader(queue, request))),
    serverStream(ElectionService.observe, (request, call, responses) =>
      recipe(() => new Observer(queue, prefixOf(request), call, responses).run()),
    ),
    unary(ElectionService.resign, ({ leader }) =>
      recipe(async () => {
        const { header } = await resign(queue, leaderOf(leader));
        return ResignResponse.create({ header });
      }),
    ),
  ];
}

async function currentLeader(queue: LockQueue, request: LeaderRequest): Promise<LeaderResponse> {
  const { header, kvs } = await queue.range(byCreation(prefixOf(request), SortOrder.ASCEND));
  if (kvs[0] === undefined) throw failure('election: no leader');
  return LeaderResponse.create({ header, kv: kvs[0] });
}

const prefixOf = (request: LeaderRequest | CampaignRequest): string =>
  `${latin1FromBytes(request.name)}/`;

/** Where a leader stands: its key, and the revision at which it entered. */
type Candidate = Pick<LeaderKey, 'key' | 'rev' | 'lease'>;

function leaderOf(leader: LeaderKey | undefined): Candidate {
  if (leader === undefined) throw failure('"leader" field must be provided');
  return leader;
}

async function campaign(
  queue: LockQueue,
  request: CampaignRequest,
  call: CallContext,
): Promise<CampaignResponse> {
  const lease = await queue.session(request.lease);
  const prefix = prefixOf(request);
  const name = waiterKey(prefix, lease);
  const key = bytesFromLatin1(name);
  const entered = await queue.txn({
    compare: [createdAt(name, 0)],
    success: [putOp(name, request.value, lease)],
    failure: [getOp(name)],
  });
  const candidate = { key, rev: revisionOf(entered), lease };
  const former = entered.responses[0]?.responseRange?.kvs[0];
  if (former !== undefined && !equalBytes(former.value, request.value)) {
    await proclaimOrResign(queue, candidate, request.value);
  }
  try {
    await queue.waitDeletes(call, prefix, candidate.rev - 1);
  } catch (error) {
    if (isEtcdError(error, 'Canceled')) await resign(queue, candidate);
    throw error;
  }
  const leader = { name: request.name, ...candidate };
  return CampaignResponse.create({ header: entered.header, leader });
}

function revisionOf(entered: TxnResponse): number {
  const former = entered.responses[0]?.responseRange?.kvs[0];
  if (former !== undefined) return former.createRevision;
  return present(entered.header, 'a response has a header').revision;
}

async function proclaimOrResign(
  queue: LockQueue,
  candidate: Candidate,
  value: Uint8Array,
): Promise<void> {
  try {
    await proclaim(queue, candidate, value);
  } catch (error) {
    await resign(queue, candidate);
    throw error;
  }
}

async function proclaim(
  queue: LockQueue,
  leader: Candidate,
  value: Uint8Array,
): Promise<ResponseHeader | undefined> {
  const name = latin1FromBytes(leader.key);
  const { succeeded, header } = await queue.txn({
    compare: [createdAt(name, leader.rev)],
    success: [putOp(name, value, leader.lease)],
  });
  if (!succeeded) throw failure('election: not leader');
  return header;
}

/** Without effect, and without an error, for one that does not lead. */
function resign(queue: LockQueue, leader: Candidate): Promise<TxnResponse> {
  const name = latin1FromBytes(leader.key);
  return queue.txn({ compare: [createdAt(name, leader.rev)], success: [deleteOp(name)] });
}

/** Tells a client who leads, and what the leader proclaims; not every value that was, but always the latest. */
class Observer {
  private readonly queue: LockQueue;
  private readonly prefix: string;
  private readonly call: CallContext;
  private readonly responses: ResponseStream<LeaderResponse>;

  constructor(
    queue: LockQueue,
    prefix: string,
    call: CallContext,
    responses: ResponseStream<LeaderResponse>,
  ) {
    this.queue = queue;
    this.prefix = prefix;
    this.call = call;
    this.responses = responses;
  }

  /** Ends with the call, and when a compaction overtakes it. */
  async run(): Promise<void> {
    try {
      while (!this.call.canceled) {
        const { header, kvs } = await this.queue.range(byCreation(this.prefix, SortOrder.ASCEND));
        const revision = present(header, 'a response has a header').revision;
        const found = kvs[0] ?? (await this.firstPut(revision));
        if (found === undefined) return;
        const seen = kvs[0] === undefined ? found.modRevision : revision;
        await this.tell(found, seen);
        await this.follow(latin1FromBytes(found.key), seen + 1);
      }
    } catch (error) {
      if (!isEtcdError(error, 'Compacted')) throw error;
    }
  }

  private async firstPut(revision: number): Promise<KeyValue | undefined> {
    const feed = this.queue.watch(this.call, this.prefix, prefixEnd(this.prefix), revision);
    try {
      for (;;) {
        const batch = await feed.next();
        if (batch === undefined) return undefined;
        const put = batch.events.find((event) => !event.isDelete);
        if (put !== undefined) return put.kv;
      }
    } finally {
      feed.close();
    }
  }

  /** Tells each value of the leader's key until it is deleted. */
  private async follow(key: string, startRevision: number): Promise<void> {
    const feed = this.queue.watch(this.call, key, undefined, startRevision);
    try {
      for (;;) {
        const batch = await feed.next();
        if (batch === undefined) return;
        for (const event of batch.events) {
          if (event.isDelete) return;
          await this.tell(event.kv, batch.revision);
        }
      }
    } finally {
      feed.close();
    }
  }

  private async tell(kv: KeyValue, revision: number): Promise<void> {
    if (this.call.canceled) return;
    const header = headerOf(this.queue.member, revision);
    if (!this.responses.send(LeaderResponse.create({ header, kv }))) await this.responses.drained();
  }
}
