// A message comes in: its term is dealt with first, then the role decides (etcd-io/raft: raft.go, Step).
import { formatId, NO_MEMBER } from '../base/index.ts';
import { Message, MessageType } from '../wire/gen/raft.ts';
import { stepCandidate } from './candidate.ts';
import { handleVoteRequest, isTransferCampaign, logVote, startElection } from './elections.ts';
import { stepFollower } from './follower.ts';
import { stepLeader } from './leader.ts';
import { messageTypeName } from './messages.ts';
import type { Raft } from './raft.ts';

/**
 * Messages without a term are local, or forwarded as if they were. The message is never changed.
 * @throws RaftError ProposalDropped
 */
export function step(raft: Raft, message: Message): void {
  const { term } = message;
  if (term !== 0 && term !== raft.term) {
    if (term < raft.term) return handleLowerTerm(raft, message);
    if (!acceptHigherTerm(raft, message)) return;
  }
  switch (message.type) {
    case MessageType.MsgHup:
      return startElection(raft);
    case MessageType.MsgVote:
    case MessageType.MsgPreVote:
      return handleVoteRequest(raft, message);
    default:
      return stepByRole(raft, message);
  }
}

function stepByRole(raft: Raft, message: Message): void {
  switch (raft.role) {
    case 'leader':
      return stepLeader(raft, message);
    case 'follower':
      return stepFollower(raft, message);
    default:
      return stepCandidate(raft, raft.role, message);
  }
}

/** Steps down where that is due. False when the message is to be ignored. */
function acceptHigherTerm(raft: Raft, message: Message): boolean {
  const { type, from, term } = message;
  const isRequest = type === MessageType.MsgVote || type === MessageType.MsgPreVote;
  if (isRequest && isInLease(raft) && !isTransferCampaign(message)) {
    const remaining = raft.config.electionTicks - raft.electionElapsed;
    logVote(raft, message, 'ignored', `: lease is not expired (remaining ticks: ${remaining})`);
    return false;
  }
  // A pre-vote is about a term that may never come, and so is a grant of one.
  if (type === MessageType.MsgPreVote) return true;
  if (type === MessageType.MsgPreVoteResp && !message.reject) return true;
  raft.logger.info(
    `${raft.name} [term: ${raft.term}] received a ${messageTypeName(type)} message with higher term from ${formatId(from)} [term: ${term}]`,
  );
  raft.becomeFollower(term, isFromLeader(type) ? from : NO_MEMBER);
  return true;
}

/** A leader was heard within the shortest election timeout: nobody else is due (raft thesis, section 4.2.3). */
function isInLease(raft: Raft): boolean {
  return (
    raft.config.checkQuorum &&
    raft.leader !== NO_MEMBER &&
    raft.electionElapsed < raft.config.electionTicks
  );
}

function isFromLeader(type: number): boolean {
  return (
    type === MessageType.MsgApp || type === MessageType.MsgHeartbeat || type === MessageType.MsgSnap
  );
}

function handleLowerTerm(raft: Raft, message: Message): void {
  const { type, from: to } = message;
  const { checkQuorum, preVote } = raft.config;
  if (
    (checkQuorum || preVote) &&
    (type === MessageType.MsgHeartbeat || type === MessageType.MsgApp)
  ) {
    // With these options a member that got ahead of the others' term cannot push them by votes. Its answer makes a
    // leader of a lower term step down, so that a new election frees this member.
    raft.send(Message.create({ to, type: MessageType.MsgAppResp }));
  } else if (type === MessageType.MsgPreVote) {
    // Dropping it could deadlock a cluster in which pre-vote was just turned on.
    logVote(raft, message, 'rejected');
    raft.send(
      Message.create({ to, term: raft.term, type: MessageType.MsgPreVoteResp, reject: true }),
    );
  } else {
    raft.logger.info(
      `${raft.name} [term: ${raft.term}] ignored a ${messageTypeName(type)} message with lower term from ${formatId(to)} [term: ${message.term}]`,
    );
  }
}
