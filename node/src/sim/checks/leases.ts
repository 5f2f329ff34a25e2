// A lease lives at least as long as was promised, in true time, and once nothing is broken any more not much longer.
// Only the leader counts, by its own monotonic clock, and begins anew when it changes: that makes leases longer, never
// shorter (etcd: server/lease/lessor.go).
import { latin1FromBytes } from '../../base/index.ts';
import {
  LeaseService,
  type LeaseGrantRequest,
  type LeaseGrantResponse,
  type LeaseKeepAliveRequest,
  type LeaseKeepAliveResponse,
  type LeaseLeasesResponse,
  type LeaseRevokeRequest,
  type LeaseTimeToLiveRequest,
  type LeaseTimeToLiveResponse,
} from '../../wire/gen/rpc.ts';
import type { CheckContext } from './context.ts';
import type { LeaseLife } from './model/lease-table.ts';
import type { LoggedRequest } from './model/model.ts';
import type { OperationRecord } from './observer.ts';

const CHECK = 'lease';
/** Rounding of clocks and of seconds. */
const TOLERANCE_MS = 2;
/** A new leader gives every lease an election timeout more (etcd: lessor.go, Promote). */
const PROMOTION_SECONDS = 2;
/** How many revisions a TimeToLive may be behind. */
const KEYS_LAG = 200;

interface Promised {
  grantedMs: number;
  /** It may not expire before. */
  safeUntilMs: number;
  /** The last time that it may have been renewed. */
  renewedMs: number;
  ttl: number;
  /** When it expired; undefined while it lives, or when somebody revoked it. */
  expiredMs: number | undefined;
}

export interface LeaseOptions {
  /** By how much a member's clock may be fast or slow, in millionths. */
  readonly clockDriftPpm: number;
  /** A lease is gone so many ms behind its time at the latest, in a cluster at rest. */
  readonly expiryBoundMs: number;
}

interface Call {
  readonly life: LeaseLife | undefined;
  readonly revision: number;
  /** Index of the latest entry. */
  readonly index: number;
}

export class LeaseCheck {
  private readonly context: CheckContext;
  private readonly options: LeaseOptions;
  private promises = new Map<LeaseLife, Promised>();
  private calls = new Map<OperationRecord, Call>();
  private revocations = new Map<bigint, { record: OperationRecord; life: Call['life'] }[]>();
  private ledSinceMs = 0;
  private calmSinceMs = Infinity;

  constructor(context: CheckContext, options: LeaseOptions) {
    this.context = context;
    this.options = options;
  }

  becameLeader(): void {
    this.ledSinceMs = this.context.nowMs();
  }

  faultsEnded(): void {
    this.calmSinceMs = this.context.nowMs();
  }

  /** A new cluster begins with the leases of the snapshot, and with their full time. */
  restored(): void {
    this.promises = new Map();
    this.calls = new Map();
    this.revocations = new Map();
    this.ledSinceMs = this.context.nowMs();
  }

  /** An entry was committed. */
  logged({ kind, error, index }: LoggedRequest): void {
    if (error !== undefined) return;
    if (kind === 'leaseGrant') this.granted(index);
    if (kind === 'leaseRevoke') this.revoked(index);
  }

  called(record: OperationRecord): void {
    const id = idOf(record);
    if (id === undefined) return;
    const { leases, revision, appliedIndex } = this.context.model;
    const life = leases.get(id);
    this.calls.set(record, { life, revision, index: appliedIndex });
    if (record.path !== LeaseService.leaseRevoke.path) return;
    const asked = this.revocations.get(id);
    if (asked === undefined) this.revocations.set(id, [{ record, life }]);
    else asked.push({ record, life });
  }

  returned(record: OperationRecord): void {
    const call = this.calls.get(record);
    this.calls.delete(record);
    if (record.outcome !== 'ok') {
      if (record.path === LeaseService.leaseKeepAlive.path) this.mayHaveRenewed(call);
      return;
    }
    switch (record.path) {
      case LeaseService.leaseGrant.path:
        this.acknowledged(record, call);
        break;
      case LeaseService.leaseKeepAlive.path:
        this.keptAlive(record, call);
        break;
      case LeaseService.leaseTimeToLive.path:
        this.timeToLive(record, call);
        break;
      case LeaseService.leaseLeases.path:
        this.listed(record);
        break;
      default:
    }
  }

  /** At rest, whatever had to expire is gone. */
  finish(): void {
    const nowMs = this.context.nowMs();
    for (const call of this.calls.values()) this.mayHaveRenewed(call);
    for (const life of this.context.model.leases.all()) {
      const promise = this.promises.get(life);
      const ttl = promise?.ttl ?? life.requestedTtl;
      const renewedMs = promise?.renewedMs ?? 0;
      const countedFromMs = Math.max(renewedMs, this.ledSinceMs, this.calmSinceMs);
      const dueMs = countedFromMs + this.slow(ttl * 1000) + this.options.expiryBoundMs;
      if (nowMs <= dueMs) continue;
      const text = `lease ${life.id} of ${ttl} s still lives at ${nowMs} ms`;
      this.report(`${text}; renewed at ${renewedMs} ms, it was due by ${dueMs} ms`);
    }
  }

  private granted(index: number): void {
    const life = this.context.model.leases.all().find((one) => one.grantedIndex === index);
    if (life === undefined) return;
    const grantedMs = this.context.nowMs();
    this.promises.set(life, {
      ...{ grantedMs, renewedMs: grantedMs, ttl: life.requestedTtl, expiredMs: undefined },
      safeUntilMs: grantedMs + this.fast(life.requestedTtl * 1000),
    });
  }

  /** Nobody asked for it, so the member says that its time is over. */
  private revoked(index: number): void {
    const life = [...this.promises.keys()].find((one) => one.revokedIndex === index);
    const promise = life === undefined ? undefined : this.promises.get(life);
    if (life === undefined || promise === undefined) return;
    const asked = this.revocations.get(life.id) ?? [];
    if (asked.some((one) => mayHaveRevoked(one, life))) return;
    promise.expiredMs = this.context.nowMs();
    this.checkExpiry(life, promise);
  }

  private checkExpiry({ id }: LeaseLife, { expiredMs, safeUntilMs, ttl }: Promised): void {
    if (expiredMs === undefined || expiredMs >= safeUntilMs - TOLERANCE_MS) return;
    const text = `lease ${id} of ${ttl} s expired at ${expiredMs} ms`;
    this.report(`${text}, promised until ${safeUntilMs} ms`);
  }

  private acknowledged(record: OperationRecord, call: Call | undefined): void {
    const { id, ttl } = record.response as LeaseGrantResponse; // the path's response
    const [life, ...others] = this.context.model.leases
      .livesOf(id)
      .filter((one) => one.grantedIndex > (call?.index ?? 0));
    const promise = life === undefined ? undefined : this.promises.get(life);
    // The id may have been given twice since the call: whose grant was it?
    if (life === undefined || promise === undefined || others.length > 0) return;
    promise.ttl = ttl;
    this.promise(life, promise, promise.grantedMs);
  }

  private keptAlive(record: OperationRecord, call: Call | undefined): void {
    const { ttl } = record.response as LeaseKeepAliveResponse; // the path's response
    const life = call?.life;
    const promise = life === undefined ? undefined : this.promises.get(life);
    if (life === undefined || promise === undefined || ttl <= 0) return;
    // The id may have been given anew since the call: whose life was it that was made longer?
    const now = this.context.model.leases.get(life.id);
    if (now !== undefined && now !== life) return;
    promise.ttl = Math.max(promise.ttl, ttl);
    promise.renewedMs = Math.max(promise.renewedMs, this.context.nowMs());
    this.promise(life, promise, record.calledMs);
  }

  /** It was renewed at `fromMs` at the earliest. */
  private promise(life: LeaseLife, promise: Promised, fromMs: number): void {
    const safeUntilMs = fromMs + this.fast(promise.ttl * 1000);
    if (safeUntilMs <= promise.safeUntilMs) return;
    promise.safeUntilMs = safeUntilMs;
    this.checkExpiry(life, promise);
  }

  private mayHaveRenewed(call: Call | undefined): void {
    const promise = call?.life === undefined ? undefined : this.promises.get(call.life);
    if (promise !== undefined) promise.renewedMs = this.context.nowMs();
  }

  private timeToLive(record: OperationRecord, call: Call | undefined): void {
    // The path's messages.
    const request = record.request as LeaseTimeToLiveRequest;
    const { id, ttl, grantedTtl, keys } = record.response as LeaseTimeToLiveResponse;
    if (id !== request.id) this.report(`TimeToLive of ${request.id} answered for ${id}`);
    if (ttl <= 0 || id !== request.id) return;
    const lives = this.context.model.leases.livesOf(id);
    if (lives.length === 0) {
      this.report(`TimeToLive knows lease ${id}, which never was`);
      return;
    }
    if (ttl > grantedTtl + PROMOTION_SECONDS)
      this.report(`lease ${id} has ${ttl} s left of ${grantedTtl} s`);
    const least = Math.min(...lives.map((life) => life.requestedTtl));
    if (grantedTtl < least) this.report(`lease ${id} lasts ${grantedTtl} s instead of ${least} s`);
    if (!request.keys && keys.length > 0) this.report(`TimeToLive of ${id} lists keys unasked`);
    if (request.keys && call !== undefined) this.checkKeys(id, keys.map(latin1FromBytes), call);
  }

  /** The keys of some moment: the leader that answers may be one of before the call. */
  private checkKeys(id: bigint, keys: readonly string[], { revision }: Call): void {
    const { store } = this.context.model;
    const seen = [...keys].sort().join(' ');
    for (let at = store.revision; at >= Math.max(1, revision - KEYS_LAG); at--) {
      const attached = store
        .range({ from: '', to: undefined }, at)
        .filter((kv) => kv.lease === id)
        .map((kv) => latin1FromBytes(kv.key));
      if (attached.join(' ') === seen) return;
    }
    this.report(`TimeToLive of ${id} lists [${seen}], which it never had at once`);
  }

  private listed({ response }: OperationRecord): void {
    for (const { id } of (response as LeaseLeasesResponse).leases) {
      if (this.context.model.leases.livesOf(id).length > 0) continue;
      this.report(`LeaseLeases lists ${id}, which never was`);
    }
  }

  /** The shortest that a time may be when a member's clock is fast. */
  private fast(durationMs: number): number {
    return durationMs * (1 - this.options.clockDriftPpm / 1_000_000);
  }

  /** The longest that a time may be when a member's clock is slow. */
  private slow(durationMs: number): number {
    return durationMs * (1 + (2 * this.options.clockDriftPpm) / 1_000_000);
  }

  private report(text: string): void {
    this.context.report(CHECK, text);
  }
}

function mayHaveRevoked(
  { record, life }: { readonly record: OperationRecord; readonly life: Call['life'] },
  revoked: LeaseLife,
): boolean {
  if (record.outcome === 'refused') return false;
  return life === revoked || record.outcome === 'pending' || record.outcome === 'unknown';
}

/** Which lease an operation is about; undefined for one that is about none in particular. */
function idOf({ path, request }: OperationRecord): bigint | undefined {
  // Each path has its own request message.
  switch (path) {
    case LeaseService.leaseGrant.path:
      return (request as LeaseGrantRequest).id;
    case LeaseService.leaseRevoke.path:
      return (request as LeaseRevokeRequest).id;
    case LeaseService.leaseKeepAlive.path:
      return (request as LeaseKeepAliveRequest).id;
    case LeaseService.leaseTimeToLive.path:
      return (request as LeaseTimeToLiveRequest).id;
    default:
      return undefined;
  }
}
