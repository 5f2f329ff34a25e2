// Campaigns and votes (raft thesis, sections 3.4, 4.2.3 and 9.6; etcd-io/raft: raft.go).
import { formatId, textFromUtf8, utf8FromText, EMPTY_BYTES, NO_MEMBER } from '../base/index.ts';
import { Message, MessageType } from '../wire/gen/raft.ts';
import { isConfChangeEntry } from './confchange/conf-change.ts';
import { messageTypeName, voteResponseType } from './messages.ts';
import { keepsPromises } from './probation.ts';
import { jointVoters } from './quorum/joint.ts';
import type { Raft } from './raft.ts';
import { broadcastAppend } from './replication.ts';

/** `transfer`: a leader handed over on purpose, so neither a pre-vote nor anyone's lease stands in the way. */
export type CampaignKind = 'preElection' | 'election' | 'transfer';

/** Travels as the context of a vote request; etcd's members look for it too. */
const TRANSFER_CONTEXT = utf8FromText('CampaignTransfer');

export function isTransferCampaign(message: Message): boolean {
  return (
    message.context.length === TRANSFER_CONTEXT.length &&
    textFromUtf8(message.context) === 'CampaignTransfer'
  );
}

/** The election timeout passed, or someone asked for a campaign. */
export function startElection(raft: Raft): void {
  campaignIfAllowed(raft, raft.config.preVote ? 'preElection' : 'election');
}

export function campaignIfAllowed(raft: Raft, kind: CampaignKind): void {
  const { logger, name } = raft;
  if (raft.role === 'leader') {
    logger.debug(`${name} ignoring MsgHup because already leader`);
  } else if (!raft.promotable) {
    logger.warn(`${name} is unpromotable and can not campaign`);
  } else if (hasUnappliedConfChange(raft)) {
    logger.warn(
      `${name} cannot campaign at term ${raft.term} since there are still pending configuration changes to apply`,
    );
  } else {
    logger.info(`${name} is starting a new election at term ${raft.term}`);
    campaign(raft, kind);
  }
}

/** A committed change that is not applied decides who votes: campaigning by the old configuration would be wrong. */
function hasUnappliedConfChange({ log }: Raft): boolean {
  return (
    log.applied < log.committed && log.some(log.applied + 1, log.committed + 1, isConfChangeEntry)
  );
}

function campaign(raft: Raft, kind: CampaignKind): void {
  const isPre = kind === 'preElection';
  if (isPre) raft.becomePreCandidate();
  else raft.becomeCandidate();
  // A pre-vote asks about the term that would come.
  const term = isPre ? raft.term + 1 : raft.term;
  const type = isPre ? MessageType.MsgPreVote : MessageType.MsgVote;
  const last = raft.log.lastEntryId();
  for (const to of jointVoters(raft.tracker.config.voters).ids) {
    if (to === raft.id) {
      // The own vote counts once it is on the disk, like anyone's.
      raft.send(Message.create({ to, term, type: voteResponseType(type) }));
      continue;
    }
    raft.logger.info(
      `${raft.name} [logterm: ${last.term}, index: ${last.index}] sent ${messageTypeName(type)} request to ${formatId(to)} at term ${raft.term}`,
    );
    const context = kind === 'transfer' ? TRANSFER_CONTEXT : EMPTY_BYTES;
    raft.send(Message.create({ to, term, type, index: last.index, logTerm: last.term, context }));
  }
}

/** Candidate or pre-candidate: someone answered. */
export function handleVoteResponse(raft: Raft, message: Message): void {
  const { logger, name, tracker } = raft;
  const kind = messageTypeName(message.type);
  const rejection = message.reject ? ' rejection' : '';
  logger.info(
    `${name} received ${kind}${rejection} from ${formatId(message.from)} at term ${raft.term}`,
  );
  tracker.recordVote(message.from, !message.reject);
  const { granted, rejected, result } = tracker.tallyVotes();
  logger.info(`${name} has received ${granted} ${kind} votes and ${rejected} vote rejections`);
  if (result === 'lost') {
    raft.becomeFollower(raft.term, NO_MEMBER);
  } else if (result === 'won' && raft.role === 'preCandidate') {
    campaign(raft, 'election');
  } else if (result === 'won') {
    raft.becomeLeader();
    broadcastAppend(raft);
  }
}

/**
 * Someone asks for a vote in this term, or a pre-vote. Learners vote as well: a learner may be a voter by now and not
 * know it yet, and the candidate may need just this vote.
 */
export function handleVoteRequest(raft: Raft, message: Message): void {
  const { type, from } = message;
  const mayVote =
    raft.vote === from ||
    (raft.vote === NO_MEMBER && raft.leader === NO_MEMBER) ||
    (type === MessageType.MsgPreVote && message.term > raft.term);
  const last = { term: message.logTerm, index: message.index };
  const granted = mayVote && raft.log.isUpToDate(last) && keepsPromises(raft, last);
  logVote(raft, message, granted ? 'cast' : 'rejected');
  raft.send(
    Message.create({
      to: from,
      // A grant repeats the term it was asked for, which in a pre-vote is not this member's: any other would be ignored.
      term: granted ? message.term : raft.term,
      type: voteResponseType(type),
      reject: !granted,
    }),
  );
  if (granted && type === MessageType.MsgVote) {
    raft.electionElapsed = 0;
    raft.vote = from;
  }
}

/** Logs what became of a request for a vote, in etcd's words. */
export function logVote(
  raft: Raft,
  message: Message,
  outcome: 'cast' | 'rejected' | 'ignored',
  because = '',
): void {
  const { log, vote, name, term } = raft;
  const last = log.lastEntryId();
  const from = formatId(message.from);
  const preposition = outcome === 'cast' ? 'for' : 'from';
  raft.logger.info(
    `${name} [logterm: ${last.term}, index: ${last.index}, vote: ${formatId(vote)}] ${outcome} ${messageTypeName(message.type)} ${preposition} ${from} [logterm: ${message.logTerm}, index: ${message.index}] at term ${term}${because}`,
  );
}
