// What a follower does with a message (etcd-io/raft: raft.go, stepFollower).
import { formatId, NO_MEMBER } from '../base/index.ts';
import { type Message, MessageType } from '../wire/gen/raft.ts';
import { campaignIfAllowed } from './elections.ts';
import { RaftError } from './errors.ts';
import { handleAppend, handleHeartbeat, handleSnapshot } from './from-leader.ts';
import type { Raft } from './raft.ts';

/** @throws RaftError ProposalDropped */
export function stepFollower(raft: Raft, message: Message): void {
  const { logger, name, term } = raft;
  switch (message.type) {
    case MessageType.MsgProp:
      return forwardProposal(raft, message);
    case MessageType.MsgApp:
      hearLeader(raft, message);
      return handleAppend(raft, message);
    case MessageType.MsgHeartbeat:
      hearLeader(raft, message);
      return handleHeartbeat(raft, message);
    case MessageType.MsgSnap:
      hearLeader(raft, message);
      return handleSnapshot(raft, message);
    case MessageType.MsgTransferLeader:
      return forward(raft, message, 'leader transfer msg');
    case MessageType.MsgReadIndex:
      return forward(raft, withTermOfAsking(raft, message), 'index reading msg');
    case MessageType.MsgReadIndexResp:
      return takeReadState(raft, message);
    case MessageType.MsgForgetLeader:
      return forgetLeader(raft);
    case MessageType.MsgTimeoutNow:
      logger.info(
        `${name} [term ${term}] received MsgTimeoutNow from ${formatId(message.from)} and starts an election to get leadership.`,
      );
      // No pre-vote: the leader itself asks for this.
      return campaignIfAllowed(raft, 'transfer');
  }
}

function hearLeader(raft: Raft, message: Message): void {
  raft.electionElapsed = 0;
  raft.leader = message.from;
}

function forwardProposal(raft: Raft, message: Message): void {
  const { logger, name, term, leader } = raft;
  if (leader === NO_MEMBER) {
    logger.info(`${name} no leader at term ${term}; dropping proposal`);
    throw new RaftError('ProposalDropped');
  }
  if (raft.config.disableProposalForwarding) {
    logger.info(
      `${name} not forwarding to leader ${formatId(leader)} at term ${term}; dropping proposal`,
    );
    throw new RaftError('ProposalDropped');
  }
  raft.send({ ...message, to: leader });
}

function forward(raft: Raft, message: Message, what: string): void {
  if (raft.leader === NO_MEMBER) {
    raft.logger.info(`${raft.name} no leader at term ${raft.term}; dropping ${what}`);
    return;
  }
  raft.send({ ...message, to: raft.leader, term: 0 });
}

/** Our own question says at which term we asked; one that we only pass on says what its asker said. */
function withTermOfAsking(raft: Raft, question: Message): Message {
  const isOwn = question.from === NO_MEMBER;
  return isOwn && raft.config.countAskers ? { ...question, logTerm: raft.term } : question;
}

function takeReadState(raft: Raft, message: Message): void {
  const [entry] = message.entries;
  if (entry === undefined || message.entries.length !== 1) {
    raft.logger.error(
      `${raft.name} invalid format of MsgReadIndexResp from ${formatId(message.from)}, entries count: ${message.entries.length}`,
    );
    return;
  }
  raft.readStates.push({ index: message.index, context: entry.data });
}

function forgetLeader(raft: Raft): void {
  if (raft.config.readOnlyOption === 'leaseBased') {
    raft.logger.error('ignoring MsgForgetLeader due to ReadOnlyLeaseBased');
  } else if (raft.leader !== NO_MEMBER) {
    raft.logger.info(
      `${raft.name} forgetting leader ${formatId(raft.leader)} at term ${raft.term}`,
    );
    raft.leader = NO_MEMBER;
  }
}
