// Switching to another configuration: by a change that is applied, or by a snapshot (etcd-io/raft: raft.go).
import { assert, type MemberId, NO_MEMBER } from '../base/index.ts';
import type { ConfChangeV2, ConfState, Snapshot } from '../wire/gen/raft.ts';
import {
  changeSimply,
  enterJoint,
  leaveJoint,
  type Membership,
  type NewMember,
} from './confchange/changer.ts';
import { entersJoint, leavesJoint } from './confchange/conf-change.ts';
import { isSameConfState, restoreMembership } from './confchange/restore.ts';
import { confStateIn, metadataOf } from './memory-storage.ts';
import { jointVoters } from './quorum/joint.ts';
import type { Raft } from './raft.ts';
import { broadcastAppend, maybeCommit, maybeSendAppend } from './replication.ts';
import { confStateOf, formatConfig, ProgressTracker } from './tracker/tracker.ts';

/**
 * @throws ConfChangeError when the change does not fit the active configuration. An applied entry cannot be refused, so
 * that ends the process.
 */
export function applyConfChange(raft: Raft, change: ConfChangeV2): ConfState {
  if (raft.superseded === undefined) {
    return switchTo(raft, changedMembership(raft, raft.tracker, change));
  }
  raft.superseded = changedMembership(raft, raft.superseded, change);
  return confStateOf(raft.superseded.config);
}

function changedMembership(raft: Raft, from: Membership, change: ConfChangeV2): Membership {
  const newMember = newMemberOf(raft);
  if (leavesJoint(change)) return leaveJoint(from, newMember);
  const { joint, autoLeave } = entersJoint(change);
  return joint
    ? enterJoint(from, autoLeave, change.changes, newMember)
    : changeSimply(from, change.changes, newMember);
}

function newMemberOf(raft: Raft): NewMember {
  const { log, tracker } = raft;
  return { lastIndex: log.lastIndex(), newInflights: () => tracker.newInflights() };
}

/** Starts from a stored configuration, which has to come out as it went in. */
export function restoreConfState(raft: Raft, confState: ConfState): void {
  const restored = switchTo(raft, restoreMembership(confState, newMemberOf(raft)));
  assert(isSameConfState(restored, confState), 'a restored configuration equals the stored one');
}

function switchTo(raft: Raft, membership: Membership): ConfState {
  const { tracker, logger } = raft;
  tracker.switchTo(membership.config, membership.progress);
  logger.info(`${raft.name} switched to configuration ${formatConfig(tracker.config)}`);
  const confState = tracker.confState();
  const own = tracker.get(raft.id);
  raft.isLearner = own?.isLearner ?? false;
  if (raft.role !== 'leader') return confState;
  if (own === undefined || own.isLearner) {
    if (raft.config.stepDownOnRemoval) raft.becomeFollower(raft.term, NO_MEMBER);
  } else if (confState.voters.length > 0) {
    announce(raft);
  }
  return confState;
}

/** A leader under a new configuration: the quorum may be another, members may be new, the transferee may be gone. */
function announce(raft: Raft): void {
  if (maybeCommit(raft)) {
    broadcastAppend(raft);
  } else {
    for (const progress of raft.tracker.members) {
      if (progress.id !== raft.id) maybeSendAppend(raft, progress, false);
    }
  }
  if (!jointVoters(raft.tracker.config.voters).has(raft.transferee)) raft.transferee = NO_MEMBER;
}

/** Follower: takes over a leader's snapshot. False when it is of no use. */
export function restoreSnapshot(raft: Raft, snapshot: Snapshot): boolean {
  const { log, logger, name } = raft;
  const { index, term } = metadataOf(snapshot);
  if (index <= log.committed) return false;
  assert(raft.role === 'follower', 'only a follower restores a snapshot');
  const confState = confStateIn(snapshot);
  if (!isIn(raft.id, confState)) {
    logger.warn(
      `${name} attempted to restore snapshot but it is not in the ConfState ${JSON.stringify(confState, (_, value: unknown) => (typeof value === 'bigint' ? value.toString(16) : value))}; should never happen`,
    );
    return false;
  }
  const before = log.lastEntryId();
  if (log.matchTerm(index, term)) {
    logger.info(
      `${name} [commit: ${log.committed}, lastindex: ${before.index}, lastterm: ${before.term}] fast-forwarded commit to snapshot [index: ${index}, term: ${term}]`,
    );
    log.commitTo(index);
    return false;
  }
  log.restore(snapshot);
  const { config, progress, maxInflightMessages, maxInflightBytes } = raft.tracker;
  raft.superseded ??= { config, progress };
  raft.tracker = new ProgressTracker(maxInflightMessages, maxInflightBytes);
  restoreConfState(raft, confState);
  const last = log.lastEntryId();
  logger.info(
    `${name} [commit: ${log.committed}, lastindex: ${last.index}, lastterm: ${last.term}] restored snapshot [index: ${index}, term: ${term}]`,
  );
  return true;
}

/** learnersNext need no look: they are outgoing voters too. */
function isIn(id: MemberId, { voters, learners, votersOutgoing }: ConfState): boolean {
  return voters.includes(id) || learners.includes(id) || votersOutgoing.includes(id);
}
