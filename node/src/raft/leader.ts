// What a leader does with a message (etcd-io/raft: raft.go, stepLeader).
import { formatId, type MemberId, NO_MEMBER } from '../base/index.ts';
import { type Message, MessageType } from '../wire/gen/raft.ts';
import { PATIENT } from './messages.ts';
import { proposeAsLeader } from './proposals.ts';
import type { Raft } from './raft.ts';
import { handleReadAck, handleReadIndex, releasePostponedReads } from './read-index.ts';
import {
  announceCommit,
  broadcastHeartbeat,
  maybeCommit,
  maybeSendAppend,
  sendAppend,
  sendTimeoutNow,
  tellOrHold,
} from './replication.ts';
import type { Progress } from './tracker/progress.ts';

/** @throws RaftError ProposalDropped */
export function stepLeader(raft: Raft, message: Message): void {
  switch (message.type) {
    case MessageType.MsgBeat:
      return broadcastHeartbeat(raft);
    case MessageType.MsgCheckQuorum:
      return checkQuorum(raft);
    case MessageType.MsgProp:
      becomesImpatient(raft, message.from);
      // The message may be shared with its sender, but the log changes its entries.
      return proposeAsLeader(
        raft,
        message.entries.map(({ type, data }) => ({ type, term: 0, index: 0, data })),
      );
    case MessageType.MsgReadIndex:
      return handleReadIndex(raft, message);
    case MessageType.MsgForgetLeader:
      return;
    default:
      return stepFromMember(raft, message);
  }
}

/** Somebody at this member has begun to wait for what will be committed. */
function becomesImpatient(raft: Raft, from: MemberId): void {
  const progress = raft.tracker.get(from);
  if (progress !== undefined) progress.isPatient = false;
}

/** Steps down unless a quorum was heard since the last check. */
export function checkQuorum(raft: Raft): void {
  if (!raft.tracker.isQuorumActive()) {
    raft.logger.warn(`${raft.name} stepped down to follower since quorum is not active`);
    raft.becomeFollower(raft.term, NO_MEMBER);
  }
  for (const progress of raft.tracker.members) {
    if (progress.id !== raft.id) progress.recentActive = false;
  }
}

function stepFromMember(raft: Raft, message: Message): void {
  const progress = raft.tracker.get(message.from);
  if (progress === undefined) {
    raft.logger.debug(`${raft.name} no progress available for ${formatId(message.from)}`);
    return;
  }
  switch (message.type) {
    case MessageType.MsgAppResp:
      progress.recentActive = true;
      return message.reject
        ? handleRejection(raft, message, progress)
        : handleAcknowledgement(raft, message, progress);
    case MessageType.MsgHeartbeatResp:
      return handleHeartbeatResponse(raft, message, progress);
    case MessageType.MsgSnapStatus:
      return handleSnapshotStatus(raft, message, progress);
    case MessageType.MsgUnreachable:
      return handleUnreachable(raft, progress);
    case MessageType.MsgTransferLeader:
      return startTransfer(raft, progress);
  }
}

/**
 * The follower's log does not match. Its hint names the last index, and the term there, at which it might; the leader
 * knows that it cannot match where its own terms are higher than that, and skips those. So a probe costs one round trip
 * a term at most, not one an entry.
 */
function handleRejection(raft: Raft, message: Message, progress: Progress): void {
  const { logger, name } = raft;
  const { rejectHint, logTerm, index } = message;
  const from = formatId(message.from);
  logger.debug(
    `${name} received MsgAppResp(rejected, hint: (index ${rejectHint}, term ${logTerm})) from ${from} for index ${index}`,
  );
  const hint = logTerm > 0 ? raft.log.findConflictByTerm(rejectHint, logTerm).index : rejectHint;
  if (!progress.maybeDecreaseTo(index, hint)) return;
  logger.debug(`${name} decreased progress of ${from} to [${progress}]`);
  if (progress.state === 'replicate') progress.becomeProbe();
  sendAppend(raft, progress);
}

/** Also how the leader learns that its own entries are durable. */
function handleAcknowledgement(raft: Raft, message: Message, progress: Progress): void {
  const { index, commit } = message;
  const isSelf = progress.id === raft.id;
  progress.isPatient = commit === PATIENT;
  const isNews = progress.maybeUpdate(index);
  // A member in state probe gets out of it by an answer about what is known already.
  if (!isNews && !(progress.match === index && progress.state === 'probe')) return;
  resumeReplication(raft, index, progress);
  if (maybeCommit(raft)) {
    releasePostponedReads(raft);
    announceCommit(raft);
  } else if (!isSelf && progress.canBumpCommit(raft.log.committed)) {
    tellOrHold(raft, progress);
  }
  // The answer may have made room for several messages.
  if (!isSelf) while (maybeSendAppend(raft, progress, false));
  if (progress.id === raft.transferee && progress.match === raft.log.lastIndex()) {
    raft.logger.info(
      `${raft.name} sent MsgTimeoutNow to ${formatId(progress.id)} after received MsgAppResp`,
    );
    sendTimeoutNow(raft, progress.id);
  }
}

function resumeReplication(raft: Raft, index: number, progress: Progress): void {
  if (progress.state === 'probe') {
    progress.becomeReplicate();
  } else if (progress.state === 'replicate') {
    progress.inflights.freeTo(index);
  } else if (progress.match + 1 >= raft.log.firstIndex()) {
    // Whatever snapshot the follower got, and from whom: the log can take it from here.
    raft.logger.debug(
      `${raft.name} recovered from needing snapshot, resumed sending replication messages to ${formatId(progress.id)} [${progress}]`,
    );
    progress.becomeProbe();
    progress.becomeReplicate();
  }
}

function handleHeartbeatResponse(raft: Raft, message: Message, progress: Progress): void {
  progress.recentActive = true;
  progress.appendPaused = false;
  // An append (maybe an empty one) gets a follower going whose messages were lost, or that is probed for nothing.
  if (progress.match < raft.log.lastIndex() || progress.state === 'probe') {
    sendAppend(raft, progress);
  }
  if (raft.config.readOnlyOption === 'safe' && message.context.length > 0) {
    handleReadAck(raft, message);
  }
}

function handleSnapshotStatus(raft: Raft, message: Message, progress: Progress): void {
  if (progress.state !== 'snapshot') return;
  const outcome = message.reject ? 'failed' : 'succeeded';
  // A snapshot that did not arrive is nothing to probe behind.
  if (message.reject) progress.pendingSnapshot = 0;
  progress.becomeProbe();
  raft.logger.debug(
    `${raft.name} snapshot ${outcome}, resumed sending replication messages to ${formatId(progress.id)} [${progress}]`,
  );
  // After a success the follower's own answer comes first; after a failure a heartbeat interval passes.
  progress.appendPaused = true;
}

function handleUnreachable(raft: Raft, progress: Progress): void {
  // What was sent ahead is probably lost.
  if (progress.state === 'replicate') progress.becomeProbe();
  raft.logger.debug(
    `${raft.name} failed to send message to ${formatId(progress.id)} because it is unreachable [${progress}]`,
  );
}

/** Raft thesis, section 3.10: the transferee is brought up to date, then told to campaign at once. */
function startTransfer(raft: Raft, progress: Progress): void {
  const { logger, name, term } = raft;
  const to = formatId(progress.id);
  if (progress.isLearner) {
    logger.debug(`${name} is learner. Ignored transferring leadership`);
    return;
  }
  if (raft.transferee === progress.id) {
    logger.info(
      `${name} [term ${term}] transfer leadership to ${to} is in progress, ignores request to same node ${to}`,
    );
    return;
  }
  if (raft.transferee !== NO_MEMBER) {
    const previous = formatId(raft.transferee);
    raft.transferee = NO_MEMBER;
    logger.info(`${name} [term ${term}] abort previous transferring leadership to ${previous}`);
  }
  if (progress.id === raft.id) {
    logger.debug(`${name} is already leader. Ignored transferring leadership to self`);
    return;
  }
  logger.info(`${name} [term ${term}] starts to transfer leadership to ${to}`);
  // It has an election timeout to succeed.
  raft.electionElapsed = 0;
  raft.transferee = progress.id;
  if (progress.match === raft.log.lastIndex()) {
    sendTimeoutNow(raft, progress.id);
    logger.info(
      `${name} sends MsgTimeoutNow to ${to} immediately as ${to} already has up-to-date log`,
    );
  } else {
    sendAppend(raft, progress);
  }
}
