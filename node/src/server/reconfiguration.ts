// Changes of the membership: checked for the quorum's safety, proposed as configuration changes, awaited
// (etcd: AddMember, RemoveMember, PromoteMember, UpdateMember in server/etcdserver/server.go).
import {
  EMPTY_BYTES,
  EtcdError,
  utf8FromText,
  type Clock,
  type Logger,
  type MemberId,
} from '../base/index.ts';
import {
  bytesFromMemberChange,
  jsonFromMember,
  quorumOf,
  type ClusterMember,
  type Membership,
} from '../apply/index.ts';
import { ConfChange, ConfChangeType } from '../wire/gen/raft.ts';
import type { ServerConfig } from './config.ts';
import { memberIdOf } from './member-ids.ts';

/** etcd's; and for pods, which are scaled by programs that wait. */
const HEALTH_INTERVAL_MS = 5_000;
const POD_HEALTH_INTERVAL_MS = 2_000;
/** A learner may be promoted when it has this part of the leader's log. */
const READY_PART = 0.9;

export interface ReconfigurationParts {
  readonly membership: Membership;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly strict: boolean;
  /** A member counts as connected when it has been so for this long. */
  readonly healthIntervalMs: number;
  readonly clusterToken: string;
  /** Milliseconds since the epoch at which a peer became reachable; 0 while it is not. */
  readonly activeSinceMs: (id: MemberId) => number;
  readonly isLeader: () => boolean;
  /** How far each member's log matches, on the leader. */
  readonly matchIndexes: () => ReadonlyMap<MemberId, number>;
  /** Proposes and resolves when the change is applied. */
  readonly configure: (change: ConfChange) => Promise<void>;
  /** Asks the leader to promote. */
  readonly promoteOnLeader: (id: MemberId) => Promise<void>;
}

export function healthIntervalOf({ kubernetes }: Pick<ServerConfig, 'kubernetes'>): number {
  return kubernetes === undefined ? HEALTH_INTERVAL_MS : POD_HEALTH_INTERVAL_MS;
}

export class Reconfiguration {
  private readonly parts: ReconfigurationParts;

  constructor(parts: ReconfigurationParts) {
    this.parts = parts;
  }

  /** @throws EtcdError */
  async add(peerUrls: readonly string[], isLearner: boolean): Promise<ClusterMember> {
    const { clock, clusterToken, membership } = this.parts;
    const id = memberIdOf(peerUrls, clusterToken, clock.wallMs() / 1000);
    const member: ClusterMember = { id, peerUrls, isLearner, name: '', clientUrls: [] };
    if (this.parts.strict) this.checkAddition(member);
    await this.parts.configure(
      ConfChange.create({
        type: isLearner
          ? ConfChangeType.ConfChangeAddLearnerNode
          : ConfChangeType.ConfChangeAddNode,
        nodeId: id,
        context: bytesFromMemberChange({ member, isPromote: false }),
      }),
    );
    return membership.get(id) ?? member;
  }

  /** @throws EtcdError */
  async remove(id: MemberId): Promise<void> {
    if (this.parts.strict) this.checkRemoval(id);
    await this.parts.configure(
      ConfChange.create({
        type: ConfChangeType.ConfChangeRemoveNode,
        nodeId: id,
        context: EMPTY_BYTES,
      }),
    );
  }

  /** Only the leader knows how far a learner is, so others hand the request on. @throws EtcdError */
  async promote(id: MemberId): Promise<void> {
    if (!this.parts.isLeader()) {
      await this.parts.promoteOnLeader(id);
      return;
    }
    await this.promoteHere(id);
  }

  /** @throws EtcdError NotLeader, LearnerNotReady, MemberNotFound, … */
  async promoteHere(id: MemberId): Promise<void> {
    const { membership } = this.parts;
    if (!this.parts.isLeader()) throw new EtcdError('NotLeader');
    this.checkReady(id);
    if (this.parts.strict && !membership.canPromote) throw this.notEnoughStarted('promote');
    const member: ClusterMember = { id, peerUrls: [], isLearner: false, name: '', clientUrls: [] };
    await this.parts.configure(
      ConfChange.create({
        type: ConfChangeType.ConfChangeAddNode,
        nodeId: id,
        context: bytesFromMemberChange({ member, isPromote: true }),
      }),
    );
  }

  /** @throws EtcdError */
  async update(id: MemberId, peerUrls: readonly string[]): Promise<void> {
    const member: ClusterMember = { id, peerUrls, isLearner: false, name: '', clientUrls: [] };
    await this.parts.configure(
      ConfChange.create({
        type: ConfChangeType.ConfChangeUpdateNode,
        nodeId: id,
        context: utf8FromText(jsonFromMember(member)),
      }),
    );
  }

  private checkAddition(member: ClusterMember): void {
    const { membership } = this.parts;
    if (!member.isLearner && !membership.canAddVoter) throw this.notEnoughStarted('add');
    const voters = membership.voters();
    // The new member counts as unreachable.
    if (voters.length > 1 && this.connected(voters) < quorumOf(voters.length + 1)) {
      this.parts.logger.warn(
        'rejecting member add request; local member has not been connected to majority peers, reconfigure breaks active quorum',
      );
      throw new EtcdError('Unhealthy');
    }
  }

  private checkRemoval(id: MemberId): void {
    const { membership, activeSinceMs } = this.parts;
    if (membership.get(id)?.isLearner === true) return;
    if (!membership.canRemoveVoter(id)) throw this.notEnoughStarted('remove');
    // One that cannot be reached is no part of the active quorum.
    if (id !== membership.localId && activeSinceMs(id) === 0) return;
    const voters = membership.voters();
    if (this.connected(voters) - 1 < 1 + Math.floor((voters.length - 1) / 2)) {
      this.parts.logger.warn(
        'rejecting member remove request; local member has not been connected to all peers, reconfigure breaks active quorum',
      );
      throw new EtcdError('Unhealthy');
    }
  }

  private checkReady(id: MemberId): void {
    const { matchIndexes, membership } = this.parts;
    const matches = matchIndexes();
    const learner = matches.get(id);
    const leader = matches.get(membership.localId);
    if (learner === undefined || leader === undefined) throw new EtcdError('MemberNotFound');
    if (learner < leader * READY_PART) throw new EtcdError('LearnerNotReady');
  }

  /** Voters, this member included, that have been connected for the health interval. */
  private connected(voters: readonly ClusterMember[]): number {
    const { membership, activeSinceMs, clock, healthIntervalMs } = this.parts;
    const since = clock.wallMs() - healthIntervalMs;
    return voters.filter((member) => {
      if (member.id === membership.localId) return true;
      const activeMs = activeSinceMs(member.id);
      return activeMs !== 0 && activeMs <= since;
    }).length;
  }

  private notEnoughStarted(what: string): EtcdError {
    this.parts.logger.warn(`rejecting member ${what} request; not enough healthy members`);
    return new EtcdError('MemberNotEnoughStarted');
  }
}
