// Text for what raft puts out, in the form of etcd-io/raft's transcripts (util.go there).
import { formatId, textFromUtf8 } from '../../base/index.ts';
import {
  type ConfChangeSingle,
  ConfChangeType,
  type ConfState,
  type Entry,
  type HardState,
  type Message,
  type Snapshot,
} from '../../wire/gen/raft.ts';
import { asV2, confChangeOf } from '../confchange/conf-change.ts';
import { confStateIn, metadataOf } from '../memory-storage.ts';
import { entryTypeName, messageTypeName } from '../messages.ts';
import type { Ready, Role } from '../ready.ts';

const ROLE_NAMES: Readonly<Record<Role, string>> = {
  follower: 'StateFollower',
  candidate: 'StateCandidate',
  leader: 'StateLeader',
  preCandidate: 'StatePreCandidate',
};

export function roleName(role: Role): string {
  return ROLE_NAMES[role];
}

export function describeReady(ready: Ready): string {
  const { softState, hardState, readStates, entries, snapshot } = ready;
  const lines: string[] = [];
  if (softState !== undefined) {
    lines.push(`Lead:${softState.leader} State:${roleName(softState.role)}`);
  }
  if (hardState !== undefined) lines.push(`HardState ${describeHardState(hardState)}`);
  if (readStates.length > 0) {
    const reads = readStates.map(({ index, context }) => `${index}:${quote(context)}`);
    lines.push(`ReadStates ${reads.join(' ')}`);
  }
  if (entries.length > 0) lines.push('Entries:', ...entries.map(describeEntry));
  if (snapshot !== undefined) lines.push(`Snapshot ${describeSnapshot(snapshot)}`);
  if (ready.committedEntries.length > 0) {
    lines.push('CommittedEntries:', ...ready.committedEntries.map(describeEntry));
  }
  if (ready.messages.length > 0) {
    lines.push('Messages:', ...ready.messages.map((message) => describeMessage(message)));
  }
  if (lines.length === 0) return '<empty Ready>';
  return `Ready MustSync=${ready.mustSync}:\n${lines.join('\n')}\n`;
}

function describeHardState({ term, vote, commit }: HardState): string {
  return `Term:${term}${vote === 0n ? '' : ` Vote:${vote}`} Commit:${commit}`;
}

function describeConfState(confState: ConfState): string {
  const list = (ids: readonly bigint[]): string => `[${ids.join(' ')}]`;
  const { voters, votersOutgoing, learners, learnersNext, autoLeave } = confState;
  return `Voters:${list(voters)} VotersOutgoing:${list(votersOutgoing)} Learners:${list(learners)} LearnersNext:${list(learnersNext)} AutoLeave:${autoLeave}`;
}

function describeSnapshot(snapshot: Snapshot): string {
  const { index, term } = metadataOf(snapshot);
  return `Index:${index} Term:${term} ConfState:${describeConfState(confStateIn(snapshot))}`;
}

export function describeMessage(message: Message): string {
  const { from, to, type, term, logTerm, index, entries, snapshot } = message;
  let text = `${describeTarget(from)}->${describeTarget(to)} ${messageTypeName(type)} Term:${term} Log:${logTerm}/${index}`;
  if (message.reject) text += ` Rejected (Hint: ${message.rejectHint})`;
  if (message.commit !== 0) text += ` Commit:${message.commit}`;
  if (message.vote !== 0n) text += ` Vote:${message.vote}`;
  if (entries.length === 1) {
    text += ` Entries:[${describeEntry(entries[0]!)}]`;
  } else if (entries.length > 1) {
    text += ` Entries:[\n${entries.map((entry) => `  ${describeEntry(entry)}`).join('\n')}\n]`;
  }
  if (snapshot !== undefined && metadataOf(snapshot).index !== 0) {
    text += `\n  Snapshot: ${describeSnapshot(snapshot)}`;
  }
  return text;
}

function describeTarget(id: bigint): string {
  return id === 0n ? 'None' : formatId(id);
}

export function describeEntry(entry: Entry): string {
  const change = confChangeOf(entry);
  const payload = change === undefined ? quote(entry.data) : describeChanges(asV2(change).changes);
  const head = `${entry.term}/${entry.index} ${entryTypeName(entry.type)}`;
  return payload === '' ? head : `${head} ${payload}`;
}

function quote(bytes: Uint8Array): string {
  return JSON.stringify(textFromUtf8(bytes) ?? `${bytes.length} bytes`);
}

const CHANGE_LETTERS: Readonly<Record<number, string>> = {
  [ConfChangeType.ConfChangeAddNode]: 'v',
  [ConfChangeType.ConfChangeAddLearnerNode]: 'l',
  [ConfChangeType.ConfChangeRemoveNode]: 'r',
  [ConfChangeType.ConfChangeUpdateNode]: 'u',
};

function describeChanges(changes: readonly ConfChangeSingle[]): string {
  return changes
    .map(({ type, nodeId }) => `${CHANGE_LETTERS[type] ?? 'unknown'}${nodeId}`)
    .join(' ');
}

/** `v1 l2 r3 u4`: voter, learner, remove, update. Undefined when it is something else. */
export function parseChanges(text: string): ConfChangeSingle[] | undefined {
  const changes: ConfChangeSingle[] = [];
  for (const token of text.trim().split(/\s+/)) {
    if (token === '') continue;
    const type = Object.entries(CHANGE_LETTERS).find(([, letter]) => letter === token[0])?.[0];
    if (type === undefined || !/^\d+$/.test(token.slice(1))) return undefined;
    changes.push({ type: Number(type), nodeId: BigInt(token.slice(1)) });
  }
  return changes;
}
