// Renewals of leases on their way to the leader. Those that come while a request is under way go together in the next one:
// the load itself makes the batches, and one request costs both members as much as many renewals.
import { EtcdError, type Clock, type LeaseId, type MemberId } from '../base/index.ts';
import type { ClusterMember } from '../apply/index.ts';
import type { PeerCalls } from './peer-calls.ts';
import { ASK_ALONE, GONE, MAX_RENEWALS } from './renewal-body.ts';

/** Behind a request that takes longer, the next ones do not wait. */
const SLOW_MS = 100;
const MAX_UNDER_WAY = 4;
/** A member that takes one renewal a request is asked again after this time whether it takes more: it may have been upgraded. */
const ALONE_MS = 60_000;

interface Renewal {
  readonly id: LeaseId;
  readonly resolve: (ttlSeconds: number) => void;
  readonly reject: (error: unknown) => void;
}

/** What is on its way to one leader. */
interface Lane {
  waiting: Renewal[];
  underWay: number;
  /** A request will be sent at the end of this turn. */
  scheduled: boolean;
  sentMs: number;
  aloneUntilMs: number;
}

export class Renewals {
  private readonly calls: PeerCalls;
  private readonly clock: Clock;
  private readonly lanes = new Map<MemberId, Lane>();

  constructor(calls: PeerCalls, clock: Clock) {
    this.calls = calls;
    this.clock = clock;
  }

  /** Seconds that the lease has after its renewal. @throws EtcdError LeaseNotFound; Error when the leader does not answer */
  renew(leader: ClusterMember, id: LeaseId): Promise<number> {
    const lane = this.laneTo(leader);
    if (this.clock.monotonicMs() < lane.aloneUntilMs) return this.calls.renewLease(leader, id);
    return new Promise((resolve, reject) => {
      lane.waiting.push({ id, resolve, reject });
      this.schedule(leader, lane);
    });
  }

  private laneTo({ id }: ClusterMember): Lane {
    let lane = this.lanes.get(id);
    if (lane === undefined) {
      lane = { waiting: [], underWay: 0, scheduled: false, sentMs: 0, aloneUntilMs: 0 };
      this.lanes.set(id, lane);
    }
    return lane;
  }

  private schedule(leader: ClusterMember, lane: Lane): void {
    if (lane.scheduled || lane.waiting.length === 0 || !this.mayGo(lane)) return;
    lane.scheduled = true;
    this.clock.soon(() => {
      lane.scheduled = false;
      void this.send(leader, lane);
    });
  }

  private mayGo({ underWay, sentMs }: Lane): boolean {
    if (underWay === 0) return true;
    return underWay < MAX_UNDER_WAY && this.clock.monotonicMs() - sentMs >= SLOW_MS;
  }

  private async send(leader: ClusterMember, lane: Lane): Promise<void> {
    const batch = lane.waiting.splice(0, MAX_RENEWALS);
    lane.underWay++;
    lane.sentMs = this.clock.monotonicMs();
    try {
      const ids = batch.map(({ id }) => id);
      const ttls = await this.calls.renewLeases(leader, ids);
      if (ttls === undefined) lane.aloneUntilMs = this.clock.monotonicMs() + ALONE_MS;
      for (const [i, renewal] of batch.entries()) this.settle(leader, renewal, ttls?.[i]);
    } catch (error) {
      // Those that wait would go the same way: their callers look for the leader anew.
      for (const { reject } of [...batch, ...lane.waiting.splice(0)]) reject(error);
    } finally {
      lane.underWay--;
      this.schedule(leader, lane);
    }
  }

  private settle(
    leader: ClusterMember,
    { id, resolve, reject }: Renewal,
    ttl: number = ASK_ALONE,
  ): void {
    if (ttl === GONE) reject(new EtcdError('LeaseNotFound'));
    else if (ttl === ASK_ALONE) this.calls.renewLease(leader, id).then(resolve, reject);
    else resolve(ttl);
  }
}
