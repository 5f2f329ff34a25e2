// Linearizable reads, on the leader's side (raft thesis, section 6.4; etcd-io/raft: raft.go).
import { type MemberId, NO_MEMBER } from '../base/index.ts';
import { Message, MessageType } from '../wire/gen/raft.ts';
import { jointCommittedIndex } from './quorum/joint.ts';
import type { Raft } from './raft.ts';
import { broadcastHeartbeat, sendAppend } from './replication.ts';

/** Leader: someone wants to know from which index on a read is linearizable. */
export function handleReadIndex(raft: Raft, request: Message): void {
  if (raft.tracker.isSingleton) answerRead(raft, request, raft.log.committed);
  else if (!hasCommittedInTerm(raft)) raft.postponedReads.push(request);
  else confirmRead(raft, request);
}

/** Whether a read may begin with what this leader has applied of the log up to its commit index, without asking anybody. */
export function readsAlone(raft: Raft): boolean {
  return raft.role === 'leader' && raft.tracker.isSingleton && hasCommittedInTerm(raft);
}

/** Until then, entries may be committed that this leader does not know to be. */
function hasCommittedInTerm({ log, term }: Raft): boolean {
  return log.matchTerm(log.committed, term);
}

function confirmRead(raft: Raft, request: Message): void {
  if (raft.config.readOnlyOption === 'leaseBased' || isConfirmedByAsking(raft, request)) {
    answerRead(raft, request, raft.log.committed);
    return;
  }
  raft.readOnly.add(request, raft.log.committed);
  raft.readOnly.acknowledgeSelf(raft.id);
  broadcastHeartbeat(raft);
}

/**
 * Whoever asks at our term had not voted for a later one, nor had we when the question came: if the two of us are a quorum,
 * nobody else led before it was asked, and whatever had been committed until then, we know of. The question confirms only
 * itself: reads that wait here may have begun after it was sent.
 */
function isConfirmedByAsking(raft: Raft, { from, logTerm }: Message): boolean {
  if (!raft.config.countAskers || logTerm !== raft.term) return false;
  const acked = (id: MemberId): number => (id === from || id === raft.id ? 1 : 0);
  return jointCommittedIndex(raft.tracker.config.voters, acked) === 1;
}

/** The commit index moved: reads that came before the first commit of the term can be dealt with. */
export function releasePostponedReads(raft: Raft): void {
  if (raft.postponedReads.length === 0) return;
  if (!hasCommittedInTerm(raft)) {
    raft.logger.error(
      'pending MsgReadIndex should be released only after first commit in current term',
    );
    return;
  }
  const requests = raft.postponedReads;
  raft.postponedReads = [];
  for (const request of requests) confirmRead(raft, request);
}

/** A follower returned a heartbeat with a context. */
export function handleReadAck(raft: Raft, message: Message): void {
  raft.readOnly.receive(message.from, message.context);
  for (const { request, index } of raft.readOnly.takeConfirmed(raft.tracker.config.voters)) {
    answerRead(raft, request, index);
  }
}

function answerRead(raft: Raft, request: Message, index: number): void {
  const { from, entries } = request;
  if (from === NO_MEMBER || from === raft.id) {
    raft.readStates.push({ index, context: entries[0]!.data });
  } else {
    tellAsker(raft, from, index);
    raft.send(Message.create({ type: MessageType.MsgReadIndexResp, to: from, index, entries }));
  }
}

/** Its readers wait until it has applied what is committed: that must not be held back from it. */
function tellAsker(raft: Raft, asker: MemberId, index: number): void {
  const progress = raft.tracker.get(asker);
  if (progress?.isPatient === true && progress.canBumpCommit(index)) sendAppend(raft, progress);
}
