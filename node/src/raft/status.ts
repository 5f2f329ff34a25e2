// What a member tells about itself (etcd-io/raft: status.go).
import type { MemberId } from '../base/index.ts';
import type { ConfState } from '../wire/gen/raft.ts';
import type { Raft } from './raft.ts';
import type { Role } from './ready.ts';
import type { ProgressState } from './tracker/progress.ts';

/** Cheap: to be asked for at any time. */
export interface BasicStatus {
  readonly id: MemberId;
  readonly term: number;
  /** 0 for nobody. */
  readonly vote: MemberId;
  readonly commitIndex: number;
  readonly appliedIndex: number;
  readonly lastIndex: number;
  /** 0 when unknown. */
  readonly leader: MemberId;
  readonly role: Role;
  readonly isLearner: boolean;
  /** Whom leadership is being handed to; 0 for nobody. */
  readonly transferee: MemberId;
}

/** How far a member is, as the leader sees it. */
export interface MemberProgress {
  readonly id: MemberId;
  /** The member's log equals the leader's up to here. */
  readonly match: number;
  /** The next index that is sent to it. */
  readonly next: number;
  readonly state: ProgressState;
  /** Heard of since the last check of the quorum. */
  readonly recentActive: boolean;
  readonly isLearner: boolean;
  /** Index of the snapshot on its way; 0 for none. */
  readonly pendingSnapshot: number;
  /** Append messages that are not answered. */
  readonly inflightCount: number;
  /** Nothing is sent to it right now. */
  readonly paused: boolean;
}

export interface RaftStatus extends BasicStatus {
  readonly confState: ConfState;
  /** Ascending by id, this member included. Empty unless this member leads. */
  readonly progress: ReadonlyMap<MemberId, MemberProgress>;
}

export function basicStatusOf(raft: Raft): BasicStatus {
  const { id, term, vote, log, leader, role, isLearner, transferee } = raft;
  return {
    id,
    term,
    vote,
    commitIndex: log.committed,
    appliedIndex: log.applied,
    lastIndex: log.lastIndex(),
    leader,
    role,
    isLearner,
    transferee,
  };
}

export function statusOf(raft: Raft): RaftStatus {
  const progress = new Map<MemberId, MemberProgress>();
  if (raft.role === 'leader') {
    for (const member of raft.tracker.members) {
      progress.set(member.id, {
        id: member.id,
        match: member.match,
        next: member.next,
        state: member.state,
        recentActive: member.recentActive,
        isLearner: member.isLearner,
        pendingSnapshot: member.pendingSnapshot,
        inflightCount: member.inflights.count,
        paused: member.paused,
      });
    }
  }
  return { ...basicStatusOf(raft), confState: raft.tracker.confState(), progress };
}
