// Leases live on the leader: a member that does not lead asks it (etcd: LeaseRenew, LeaseTimeToLive in
// server/etcdserver/v3_server.go).
import { EtcdError, NO_MEMBER, latin1FromBytes, type LeaseId, pause } from '../base/index.ts';
import { NotPrimaryError } from '../lease/index.ts';
import type { LeaseTimes } from '../api/index.ts';
import type { ClusterMember } from '../apply/index.ts';
import type { Member } from './member.ts';
import type { PeerCalls } from './peer-calls.ts';
import { Renewals } from './renewals.ts';

const RETRY_MS = 50;

export class LeasesAnywhere {
  private readonly member: Member;
  private readonly calls: PeerCalls;
  private readonly renewals: Renewals;

  constructor(member: Member, calls: PeerCalls) {
    this.member = member;
    this.calls = calls;
    this.renewals = new Renewals(calls, member.world.clock);
  }

  /** Seconds that the lease has after its renewal. @throws EtcdError LeaseNotFound, Timeout */
  renew(id: LeaseId): number | Promise<number> {
    const { member } = this;
    const ttl = member.leadsForCertain ? member.state.lessor.renewNow(id) : undefined;
    return ttl ?? this.renewOnLeader(id);
  }

  private renewOnLeader(id: LeaseId): Promise<number> {
    return this.onLeader(
      async () => {
        if (!(await this.member.confirmLeadership())) throw new NotPrimaryError();
        // A lease that is not there may be about to be applied.
        if (this.member.state.lessor.lookup(id) === undefined) await this.member.caughtUp();
        return this.member.state.lessor.renew(id);
      },
      (leader) => this.renewals.renew(leader, id),
    );
  }

  /** @throws EtcdError LeaseNotFound, Timeout */
  timeToLive(id: LeaseId, keys: boolean): Promise<LeaseTimes> {
    return this.onLeader(
      async () => {
        await this.member.caughtUp();
        return this.member.state.lessor.timeToLive(id);
      },
      async (leader) => {
        const {
          ttl,
          grantedTtl,
          keys: attached,
        } = await this.calls.leaseTimeToLive(leader, id, keys);
        return { ttl, grantedTtl, keys: attached.map(latin1FromBytes) };
      },
    );
  }

  /** Runs `here` on the leader, or asks it; tries again while the leadership is unclear. */
  private async onLeader<T>(
    here: () => Promise<T>,
    there: (leader: ClusterMember) => Promise<T>,
  ): Promise<T> {
    const { member } = this;
    const { clock } = member.world;
    const deadlineMs = clock.monotonicMs() + member.requestTimeoutMs;
    while (clock.monotonicMs() < deadlineMs) {
      try {
        if (member.isLeader) return await here();
        const leader =
          member.leader === NO_MEMBER ? undefined : member.membership.get(member.leader);
        if (leader !== undefined) return await there(leader);
      } catch (error) {
        if (error instanceof EtcdError && error.code !== 'LeaderChanged') throw error;
        if (error instanceof NotPrimaryError && member.isLeader) {
          await member.caughtUp();
        }
      }
      await pause(clock, RETRY_MS);
    }
    throw new EtcdError('Timeout');
  }
}
