// What is known about a message from its type alone (etcd-io/raft: util.go).
import { AssertionError } from '../base/index.ts';
import { EntryType, MessageType } from '../wire/gen/raft.ts';

const messageNames = namesByValue(MessageType);
const entryNames = namesByValue(EntryType);

function namesByValue(table: Readonly<Record<string, number>>): readonly string[] {
  const names: string[] = [];
  for (const [name, value] of Object.entries(table)) names[value] = name;
  return names;
}

export function messageTypeName(type: number): string {
  return messageNames[type] ?? String(type);
}

export function entryTypeName(type: number): string {
  return entryNames[type] ?? String(type);
}

/**
 * `commit` in the answer to an append, which etcd-io/raft leaves at 0 and does not look at: nobody at the follower waits to hear
 * what is committed (node/decisions/049).
 */
export const PATIENT = 1;

/** True for what a member only says to itself; such a message from the network is refused. */
export function isLocalMessage(type: number): boolean {
  switch (type) {
    case MessageType.MsgHup:
    case MessageType.MsgBeat:
    case MessageType.MsgUnreachable:
    case MessageType.MsgSnapStatus:
    case MessageType.MsgCheckQuorum:
    case MessageType.MsgStorageAppend:
    case MessageType.MsgStorageAppendResp:
    case MessageType.MsgStorageApply:
    case MessageType.MsgStorageApplyResp:
      return true;
    default:
      return false;
  }
}

/** True for answers, which only make sense from a member of the configuration. */
export function isResponseMessage(type: number): boolean {
  switch (type) {
    case MessageType.MsgAppResp:
    case MessageType.MsgVoteResp:
    case MessageType.MsgHeartbeatResp:
    case MessageType.MsgUnreachable:
    case MessageType.MsgReadIndexResp:
    case MessageType.MsgPreVoteResp:
    case MessageType.MsgStorageAppendResp:
    case MessageType.MsgStorageApplyResp:
      return true;
    default:
      return false;
  }
}

/** True for answers that promise durability: they may leave only after what they promise is on the disk. */
export function promisesDurability(type: number): boolean {
  return (
    type === MessageType.MsgAppResp ||
    type === MessageType.MsgVoteResp ||
    type === MessageType.MsgPreVoteResp
  );
}

export function voteResponseType(type: number): number {
  if (type === MessageType.MsgVote) return MessageType.MsgVoteResp;
  if (type === MessageType.MsgPreVote) return MessageType.MsgPreVoteResp;
  throw new AssertionError(`not a vote message: ${messageTypeName(type)}`);
}
