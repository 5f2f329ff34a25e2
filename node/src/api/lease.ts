// The Lease service (etcd: server/etcdserver/api/v3rpc/lease.go and v3_server.go).
import {
  EtcdError,
  bytesFromLatin1,
  isEtcdError,
  type CallContext,
  type LeaseId,
  type Random,
  type RequestStream,
  type ResponseStream,
} from '../base/index.ts';
import {
  LeaseKeepAliveResponse,
  LeaseLeasesResponse,
  LeaseService,
  LeaseTimeToLiveResponse,
  type LeaseGrantRequest,
  type LeaseGrantResponse,
  type LeaseKeepAliveRequest,
  type LeaseRevokeResponse,
  type LeaseTimeToLiveRequest,
} from '../wire/gen/rpc.ts';
import { proposed } from './applied.ts';
import type { LeaseDependencies } from './deps.ts';
import { headerOf, type MemberApi } from './member-api.ts';
import { bidi, unary, type Registration } from './registration.ts';
import { listenForEnd, requiresLeader } from './watch-call-end.ts';

export function leaseService(member: MemberApi, dependencies: LeaseDependencies): Registration[] {
  return [
    unary(LeaseService.leaseGrant, (request) => grantLease(member, dependencies.random, request)),
    unary(LeaseService.leaseRevoke, (request) =>
      proposed<LeaseRevokeResponse>(member, { leaseRevoke: request }),
    ),
    bidi(LeaseService.leaseKeepAlive, (requests, call, responses) => {
      const keep = (): Promise<void> => keepAlive(member, dependencies, requests, call, responses);
      return requiresLeader(call) ? whileLed(member, dependencies, call, keep) : keep();
    }),
    unary(LeaseService.leaseTimeToLive, (request, call) =>
      timeToLive(member, dependencies, request, call),
    ),
    unary(LeaseService.leaseLeases, () =>
      LeaseLeasesResponse.create({
        header: headerOf(member),
        leases: dependencies.lessor.leases().map(({ id }) => ({ id })),
      }),
    ),
  ];
}

/** Grants through raft. The id is chosen here when the client has none, so that all members apply the same one. */
export function grantLease(
  member: MemberApi,
  random: Random,
  request: LeaseGrantRequest,
): Promise<LeaseGrantResponse> {
  const id = request.id === 0n ? randomLeaseId(random) : request.id;
  return proposed<LeaseGrantResponse>(member, { leaseGrant: { ...request, id } });
}

/** A positive int64. */
function randomLeaseId(random: Random): LeaseId {
  let id = 0n;
  while (id === 0n) {
    id = (BigInt(random.uint32() & 0x7fffffff) << 32n) | BigInt(random.uint32());
  }
  return id;
}

/** Runs `keep` until there is no leader any more. */
async function whileLed(
  member: MemberApi,
  dependencies: LeaseDependencies,
  call: CallContext,
  keep: () => Promise<void>,
): Promise<void> {
  const end = listenForEnd(member, dependencies, call, 'Canceled');
  try {
    await Promise.race([keep(), end.ended]);
  } finally {
    end.release();
  }
}

/** One stream for a renewal is what etcd's KeepAliveOnce makes: what happens once a stream counts here. */
async function keepAlive(
  member: MemberApi,
  dependencies: LeaseDependencies,
  requests: RequestStream<LeaseKeepAliveRequest>,
  call: CallContext,
  responses: ResponseStream<LeaseKeepAliveResponse>,
): Promise<void> {
  let wait: RenewalWait | undefined;
  try {
    for await (const { id } of requests) {
      // Filled in before the renewal: its revision is then not after a revocation that the renewal did not see.
      const header = headerOf(member);
      const renewed = dependencies.renewLease(id, call);
      const ttl =
        typeof renewed === 'number' ? renewed : await (wait ??= new RenewalWait(call)).for(renewed);
      if (call.canceled) return;
      const hasRoom = responses.send(LeaseKeepAliveResponse.create({ header, id, ttl }));
      if (!hasRoom) await responses.drained();
    }
  } finally {
    wait?.release();
  }
}

/** Not made for each call: a stack trace costs more than a renewal. */
const CANCELED = new EtcdError('Canceled');

/** Waits for one renewal of a call after the other. A call that ends does not wait for what its renewal comes to. */
class RenewalWait {
  /** Takes back the listening for the call's end. */
  readonly release: () => void;
  private resolve: (ttl: number) => void = () => {};
  private reject: (reason: unknown) => void = () => {};

  constructor(call: CallContext) {
    this.release = call.onCancel(() => this.reject(CANCELED));
  }

  /** What the renewal came to, 0 for a lease that does not exist (any more). */
  for(renewed: Promise<number>): Promise<number> {
    renewed.then(this.renewed, this.failed);
    return new Promise(this.begin);
  }

  private readonly begin = (
    resolve: (ttl: number) => void,
    reject: (reason: unknown) => void,
  ): void => {
    this.resolve = resolve;
    this.reject = reject;
  };

  private readonly renewed = (ttl: number): void => this.resolve(ttl);

  private readonly failed = (error: unknown): void => {
    if (isEtcdError(error, 'LeaseNotFound')) this.resolve(0);
    else this.reject(error);
  };
}

async function timeToLive(
  member: MemberApi,
  dependencies: LeaseDependencies,
  request: LeaseTimeToLiveRequest,
  call: CallContext,
): Promise<LeaseTimeToLiveResponse> {
  const { id } = request;
  try {
    const { ttl, grantedTtl, keys } = await dependencies.leaseTimeToLive(id, request.keys, call);
    return LeaseTimeToLiveResponse.create({
      header: headerOf(member),
      id,
      ttl,
      grantedTtl,
      keys: request.keys ? keys.map(bytesFromLatin1) : [],
    });
  } catch (error) {
    if (!isEtcdError(error, 'LeaseNotFound')) throw error;
    return LeaseTimeToLiveResponse.create({ header: headerOf(member), id, ttl: -1 });
  }
}
