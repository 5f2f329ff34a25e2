// What a leader sends: appends, snapshots, heartbeats (etcd-io/raft: raft.go).
import { assert, formatId, type MemberId } from '../base/index.ts';
import { type Entry, Message, MessageType } from '../wire/gen/raft.ts';
import { metadataOf } from './memory-storage.ts';
import type { Raft } from './raft.ts';
import { payloadsSize } from './sizes.ts';
import type { Progress } from './tracker/progress.ts';

const NO_ENTRIES: Entry[] = [];

/**
 * Sends the next entries to a follower, or a snapshot when those are compacted. A message without entries tells the
 * commit index; `sendIfEmpty` says whether that is wanted. False when nothing was sent.
 */
export function maybeSendAppend(raft: Raft, progress: Progress, sendIfEmpty: boolean): boolean {
  if (progress.paused) return false;
  const { log } = raft;
  const previousIndex = progress.next - 1;
  const previousTerm = log.term(previousIndex);
  if (previousTerm === undefined) return maybeSendSnapshot(raft, progress);
  let entries: Entry[] | undefined = NO_ENTRIES;
  // With full inflights only empty appends go out: when all of them got lost, the answer to an empty one repairs it.
  if (progress.state !== 'replicate' || !progress.inflights.full) {
    entries = log.entriesFrom(progress.next, raft.config.maxSizePerMessage);
  }
  if ((entries === undefined || entries.length === 0) && !sendIfEmpty) return false;
  if (entries === undefined) return maybeSendSnapshot(raft, progress);
  raft.send(
    Message.create({
      to: progress.id,
      type: MessageType.MsgApp,
      index: previousIndex,
      logTerm: previousTerm,
      entries,
      commit: log.committed,
    }),
  );
  progress.sentEntries(entries.length, payloadsSize(entries));
  progress.sentCommitIndex(log.committed);
  return true;
}

function maybeSendSnapshot(raft: Raft, progress: Progress): boolean {
  const { log, logger, name } = raft;
  const to = formatId(progress.id);
  if (!progress.recentActive) {
    logger.debug(`ignore sending snapshot to ${to} since it is not recently active`);
    return false;
  }
  const snapshot = log.snapshot();
  if (snapshot === undefined) {
    logger.debug(
      `${name} failed to send snapshot to ${to} because snapshot is temporarily unavailable`,
    );
    return false;
  }
  const { index, term } = metadataOf(snapshot);
  assert(index !== 0, 'entries are compacted only behind a snapshot');
  logger.debug(
    `${name} [firstindex: ${log.firstIndex()}, commit: ${log.committed}] sent snapshot[index: ${index}, term: ${term}] to ${to} [${progress}]`,
  );
  progress.becomeSnapshot(index);
  logger.debug(`${name} paused sending replication messages to ${to} [${progress}]`);
  raft.send(Message.create({ to: progress.id, type: MessageType.MsgSnap, snapshot }));
  return true;
}

export function sendAppend(raft: Raft, progress: Progress): void {
  maybeSendAppend(raft, progress, true);
}

/** Sends to everyone who lacks entries, and tells everyone the commit index. */
export function broadcastAppend(raft: Raft): void {
  for (const progress of raft.tracker.members) {
    if (progress.id !== raft.id) sendAppend(raft, progress);
  }
}

/** The commit index moved: everyone is told who does not wait for the next append, and gets what it lacks. */
export function announceCommit(raft: Raft): void {
  for (const progress of raft.tracker.members) {
    if (progress.id !== raft.id) tellOrHold(raft, progress);
  }
}

/** Tells one follower the commit index with the entries that it lacks; without any, only where somebody waits for it. */
export function tellOrHold(raft: Raft, progress: Progress): void {
  const { committed } = raft.log;
  if (maybeSendAppend(raft, progress, !progress.isPatient)) return;
  if (progress.isPatient && progress.canBumpCommit(committed)) raft.heldCommit = committed;
}

/** Tells the commit index to the patient followers, too, if they were not told of `index`. */
export function tellHeldCommit(raft: Raft, index: number): void {
  raft.heldCommit = 0;
  if (raft.role !== 'leader') return;
  for (const progress of raft.tracker.members) {
    if (progress.id === raft.id) continue;
    if (progress.canBumpCommit(index)) sendAppend(raft, progress);
    else if (progress.canBumpCommit(raft.log.committed)) raft.heldCommit = raft.log.committed;
  }
}

/** Also asks for the confirmation of all reads that wait. */
export function broadcastHeartbeat(raft: Raft): void {
  const context = raft.readOnly.heartbeatContext();
  for (const progress of raft.tracker.members) {
    if (progress.id !== raft.id) sendHeartbeat(raft, progress, context);
  }
}

function sendHeartbeat(raft: Raft, progress: Progress, context: Uint8Array): void {
  // A follower may only be told to commit what it is known to hold.
  const commit = Math.min(progress.match, raft.log.committed);
  raft.send(Message.create({ to: progress.id, type: MessageType.MsgHeartbeat, commit, context }));
  progress.sentCommitIndex(commit);
}

export function sendTimeoutNow(raft: Raft, to: MemberId): void {
  raft.send(Message.create({ to, type: MessageType.MsgTimeoutNow }));
}

/** Commits what a quorum holds. True when the commit index moved: then everyone should be told. */
export function maybeCommit(raft: Raft): boolean {
  return raft.log.maybeCommit(raft.tracker.committedIndex(), raft.term);
}
