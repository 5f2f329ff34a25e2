// Handing leadership over, and being sure of it (etcd: MoveLeader, TryTransferLeadershipOnShutdown, ensureLeadership in
// server/etcdserver/server.go).
import { EtcdError, formatId, type MemberId, pause } from '../base/index.ts';
import type { Member } from './member.ts';

const HAND_OVER_LIMIT_MS = 1_000;

export class Leadership {
  private readonly member: Member;
  private readonly transfer: (target: MemberId) => void;
  private readonly activeSinceMs: (id: MemberId) => number;

  constructor(
    member: Member,
    transfer: (target: MemberId) => void,
    activeSinceMs: (id: MemberId) => number,
  ) {
    this.member = member;
    this.transfer = transfer;
    this.activeSinceMs = activeSinceMs;
  }

  /** @throws EtcdError BadLeaderTransferee, Timeout */
  async move(target: MemberId): Promise<void> {
    const { member } = this;
    const { clock } = member.world;
    const transferee = member.membership.get(target);
    if (transferee === undefined || transferee.isLearner)
      throw new EtcdError('BadLeaderTransferee');
    const fields = {
      'local-member-id': formatId(member.localId),
      'transferee-member-id': formatId(target),
    };
    member.logger.info('leadership transfer starting', fields);
    const deadlineMs = clock.monotonicMs() + member.requestTimeoutMs;
    this.transfer(target);
    while (member.leader !== target) {
      if (clock.monotonicMs() > deadlineMs) throw new EtcdError('Timeout');
      const pauseMs = member.config.heartbeatIntervalMs / 4;
      await pause(clock, pauseMs);
    }
    member.logger.info('leadership transfer finished', fields);
  }

  /** Before the member stops: to the voter that has been reachable for longest, for a second at most. */
  async handOver(): Promise<void> {
    const { clock } = this.member.world;
    const { logger } = this.member;
    const [transferee] = this.connectedVoters();
    if (transferee === undefined) {
      logger.info('skipped leadership transfer; no other voting member can be reached');
      return;
    }
    const limit = pause(clock, HAND_OVER_LIMIT_MS);
    const moved = this.move(transferee).catch((error: unknown) => {
      logger.warn('leadership transfer failed', { error: String(error) });
    });
    await Promise.race([limit, moved]);
    // What others sent to the old leader before they heard of the new one is handed on from here.
    await pause(clock, 2 * this.member.config.heartbeatIntervalMs);
  }

  /** Whether this member, as the leader, reaches a quorum. */
  get hasQuorum(): boolean {
    const voters = this.member.membership.voters().length;
    return this.connectedVoters().length + 1 > voters / 2;
  }

  /** Voters that can be reached, the one that has been reachable for longest first. */
  private connectedVoters(): MemberId[] {
    const { member, activeSinceMs } = this;
    return member.membership
      .voters()
      .map((voter) => voter.id)
      .filter((id) => id !== member.localId && activeSinceMs(id) !== 0)
      .sort((a, b) => activeSinceMs(a) - activeSinceMs(b));
  }
}
