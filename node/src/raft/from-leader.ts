// What anyone does with a message of the leader of the term (etcd-io/raft: raft.go).
import { formatId } from '../base/index.ts';
import { Message, MessageType, Snapshot } from '../wire/gen/raft.ts';
import { restoreSnapshot } from './membership.ts';
import { metadataOf } from './memory-storage.ts';
import { PATIENT } from './messages.ts';
import { commitByHeartbeat } from './probation.ts';
import type { Raft } from './raft.ts';

export function handleAppend(raft: Raft, message: Message): void {
  const { log } = raft;
  const { from: to, index, logTerm } = message;
  const type = MessageType.MsgAppResp;
  if (index < log.committed) {
    raft.send(Message.create({ to, type, index: log.committed }));
    return;
  }
  const previous = { index, term: logTerm };
  const last = log.maybeAppend(previous, message.entries, message.commit);
  if (last !== undefined) {
    raft.verified = Math.max(raft.verified, last);
    raft.refusedTicks = 0;
    raft.hasRefused = false;
    raft.send(Message.create({ to, type, index: last, commit: raft.isPatient ? PATIENT : 0 }));
    return;
  }
  raft.logger.debug(
    `${raft.name} [logterm: ${log.term(index) ?? 0}, index: ${index}] rejected MsgApp [logterm: ${logTerm}, index: ${index}] from ${formatId(to)}`,
  );
  raft.hasRefused = true;
  // The hint leaves out all entries of terms that the leader cannot have before its index.
  const hint = log.findConflictByTerm(Math.min(index, log.lastIndex()), logTerm);
  raft.send(
    Message.create({
      to,
      type,
      index,
      reject: true,
      rejectHint: hint.index,
      logTerm: hint.term,
    }),
  );
}

export function handleHeartbeat(raft: Raft, message: Message): void {
  if (!commitByHeartbeat(raft, message.commit)) return;
  raft.send(
    Message.create({
      to: message.from,
      type: MessageType.MsgHeartbeatResp,
      context: message.context,
    }),
  );
}

export function handleSnapshot(raft: Raft, message: Message): void {
  const { log } = raft;
  const snapshot = message.snapshot ?? Snapshot.create();
  const { index, term } = metadataOf(snapshot);
  const restored = restoreSnapshot(raft, snapshot);
  if (restored) raft.verified = index;
  raft.logger.info(
    `${raft.name} [commit: ${log.committed}] ${restored ? 'restored' : 'ignored'} snapshot [index: ${index}, term: ${term}]`,
  );
  raft.send(
    Message.create({
      to: message.from,
      type: MessageType.MsgAppResp,
      index: restored ? log.lastIndex() : log.committed,
    }),
  );
}
