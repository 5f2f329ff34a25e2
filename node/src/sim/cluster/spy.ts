// Sees what a member does, for the checkers: what it sends, what it makes durable, what it applies.
import type { MemberId } from '../../base/index.ts';
import type { Member, OpenedMember } from '../../server/index.ts';
import { MessageType, type Entry, type HardState, type Message } from '../../wire/gen/raft.ts';
import type { DurableState, MemberObserver } from '../checks/observer.ts';

export interface Spied {
  readonly member: Member;
  readonly boot: OpenedMember['boot'];
  readonly host: string;
  readonly incarnation: number;
  readonly observer: MemberObserver;
}

type MutableDurable = { -readonly [Key in keyof DurableState]: DurableState[Key] };

export interface Spy {
  readonly durable: DurableState;
  readonly sent: (message: Message) => void;
}

export function watchMember(parts: Spied): Spy {
  const { member, boot, host, incarnation, observer } = parts;
  const durable = durableAtStart(boot);
  watchDisk(boot, durable);
  watchState(parts);
  let ledTerm = 0;
  const leads = (term: number): void => {
    if (term === ledTerm) return;
    ledTerm = term;
    observer.becameLeader(host, member.localId, term);
  };
  const { leaderWatch } = member;
  // A single member sends nothing that would show that it leads; the term is nobody else's business.
  const set = leaderWatch.set.bind(leaderWatch);
  leaderWatch.set = (leader: MemberId) => {
    if (leader === member.localId) leads(member['node'].raft.term);
    return set(leader);
  };
  return {
    durable,
    sent(message) {
      const { type, term, from, to } = message;
      if (from === member.localId) {
        if (type === MessageType.MsgVote) observer.voted(host, from, term, from);
        if (type === MessageType.MsgVoteResp && !message.reject)
          observer.voted(host, from, term, to);
        if (type === MessageType.MsgApp || type === MessageType.MsgHeartbeat) leads(term);
      }
      observer.sent(host, message, { ...durable });
    },
  };

  function watchState({ observer: told }: Spied): void {
    const { state } = member;
    const applyEntries = state.applyEntries.bind(state);
    state.applyEntries = (entries: readonly Entry[]) => {
      if (entries.length > 0) told.applied(host, incarnation, entries);
      return applyEntries(entries);
    };
    const restore = state.restore.bind(state);
    state.restore = async (backend, index, term) => {
      told.installed(host, incarnation, index, term);
      await restore(backend, index, term);
    };
  }
}

function durableAtStart({ raftStorage }: OpenedMember['boot']): MutableDurable {
  const { hardState } = raftStorage.initialState();
  const lastIndex = raftStorage.lastIndex();
  const lastTerm = raftStorage.term(lastIndex) ?? 0;
  return { term: hardState.term, vote: hardState.vote, lastIndex, lastTerm };
}

/** What was given to the log is durable once a synced write behind it has ended. */
function watchDisk({ wal }: OpenedMember['boot'], durable: MutableDurable): void {
  const save = wal.save.bind(wal);
  let written: MutableDurable = { ...durable };
  wal.save = async (hardState: HardState | undefined, entries: readonly Entry[], sync: boolean) => {
    written = { ...written };
    if (hardState !== undefined) {
      written.term = hardState.term;
      written.vote = hardState.vote;
    }
    const last = entries.at(-1);
    if (last !== undefined) {
      written.lastIndex = last.index;
      written.lastTerm = last.term;
    }
    const now = written;
    await save(hardState, entries, sync);
    if (sync) Object.assign(durable, now);
  };
  const saveSnapshot = wal.saveSnapshot.bind(wal);
  wal.saveSnapshot = async (record) => {
    written = { ...written };
    if (record.index > written.lastIndex) {
      written.lastIndex = record.index;
      written.lastTerm = record.term;
    }
    const now = written;
    await saveSnapshot(record);
    Object.assign(durable, now);
  };
}
