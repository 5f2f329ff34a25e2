// What a candidate or pre-candidate does with a message (etcd-io/raft: raft.go, stepCandidate).
import { formatId } from '../base/index.ts';
import { type Message, MessageType } from '../wire/gen/raft.ts';
import { handleVoteResponse } from './elections.ts';
import { RaftError } from './errors.ts';
import { handleAppend, handleHeartbeat, handleSnapshot } from './from-leader.ts';
import type { Raft } from './raft.ts';

const STATE_NAMES = { candidate: 'StateCandidate', preCandidate: 'StatePreCandidate' };

/** @throws RaftError ProposalDropped */
export function stepCandidate(
  raft: Raft,
  role: 'candidate' | 'preCandidate',
  message: Message,
): void {
  const { logger, name, term } = raft;
  // A candidate may still get answers to its pre-vote; they count no more.
  const answer = role === 'preCandidate' ? MessageType.MsgPreVoteResp : MessageType.MsgVoteResp;
  switch (message.type) {
    case MessageType.MsgProp:
      logger.info(`${name} no leader at term ${term}; dropping proposal`);
      throw new RaftError('ProposalDropped');
    case MessageType.MsgApp:
      raft.becomeFollower(message.term, message.from);
      return handleAppend(raft, message);
    case MessageType.MsgHeartbeat:
      raft.becomeFollower(message.term, message.from);
      return handleHeartbeat(raft, message);
    case MessageType.MsgSnap:
      raft.becomeFollower(message.term, message.from);
      return handleSnapshot(raft, message);
    case MessageType.MsgTimeoutNow:
      logger.debug(
        `${name} [term ${term} state ${STATE_NAMES[role]}] ignored MsgTimeoutNow from ${formatId(message.from)}`,
      );
      return;
    case answer:
      return handleVoteResponse(raft, message);
  }
}
