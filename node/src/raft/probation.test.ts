import { describe, expect, test } from 'vitest';
import { EMPTY_BYTES } from '../base/index.ts';
import { encode } from '../wire/codec.ts';
import {
  ConfChange,
  ConfChangeType,
  ConfState,
  Entry,
  EntryType,
  HardState,
  type Message,
  MessageType,
} from '../wire/gen/raft.ts';
import type { RaftConfig } from './config.ts';
import { RaftError } from './errors.ts';
import { MemoryStorage } from './memory-storage.ts';
import type { Testimony } from './probation.ts';
import { RawNode } from './raw-node.ts';
import { configOf, entriesOf, entry, snapshotAt, TestNode } from './testing.ts';

const { MsgApp, MsgAppResp, MsgHeartbeat, MsgPreVote, MsgTimeoutNow, MsgVote, MsgVoteResp } =
  MessageType;
const VOTERS = [1n, 2n, 3n];

interface Disk {
  readonly term: number;
  readonly vote?: bigint;
  readonly commit?: number;
  readonly terms?: readonly number[];
}

/** Member 1 with a disk as given. */
class Returned extends TestNode {
  static on(disk: Disk, options: Partial<RaftConfig> = {}): Returned {
    const { term, vote = 0n, commit = 0, terms = [] } = disk;
    const node = new Returned(VOTERS);
    const storage = MemoryStorage.from({
      snapshot: snapshotAt(0, 0, VOTERS),
      entries: entriesOf(terms),
      hardState: HardState.create({ term, vote, commit }),
    });
    const config = configOf(storage, {
      ...{ probation: true, checkQuorum: true, preVote: true },
      ...options,
    });
    return Object.assign(node, { storage, raw: new RawNode(config) });
  }

  /** What both others say is all there is to know. */
  lift(...told: Partial<Testimony>[]): this {
    const witnesses = this.raw.newWitnesses();
    for (const one of told) witnesses.add(testimony(one));
    this.raw.liftProbation(witnesses.verdict());
    return this;
  }

  /** What became of a request for a vote. */
  votes(term: number, from: bigint, last = { term: 0, index: 0 }): boolean {
    this.receive(MsgVote, from, { term, logTerm: last.term, index: last.index });
    const answer = this.sent().find(({ type }) => type === MsgVoteResp);
    expect(answer, 'a request is answered').toBeDefined();
    return answer?.reject === false;
  }
}

function testimony(part: Partial<Testimony>): Testimony {
  return {
    ...{ from: 2n, term: 1, last: { term: 0, index: 0 } },
    ...{ voters: VOTERS, appliedIndex: 1, acknowledged: undefined },
    ...part,
  };
}

describe('a member on probation', () => {
  const node = Returned.on({ term: 3, terms: [1, 3] });

  test('hears nobody, and time does not count', () => {
    for (let i = 0; i < 100; i++) node.raw.tick();
    node.receive(MsgVote, 2n, { term: 4, logTerm: 3, index: 9 });
    node.receive(MsgPreVote, 2n, { term: 4, logTerm: 3, index: 9 });
    node.receive(MsgApp, 2n, { term: 4, logTerm: 3, index: 2, commit: 2 });
    node.receive(MsgTimeoutNow, 2n, { term: 3 });
    node.raw.campaign();
    expect(node.sent()).toEqual([]);
    expect(node.raw.basicStatus()).toMatchObject({ term: 3, commitIndex: 0, role: 'follower' });
  });

  test('tells those who propose that nothing comes of it', () => {
    expect(() => node.raw.propose(EMPTY_BYTES)).toThrow(RaftError);
    expect(() => node.receive(MessageType.MsgProp, 2n, { term: 0 })).toThrow(RaftError);
  });
});

describe('a vote that was given and forgotten', () => {
  // In term 3 it voted for 2, which leads; then the disk of term 2 came back.
  const disk = { term: 2 };

  test('is given again by a member that trusts its disk', () => {
    expect(Returned.on(disk, { probation: false }).votes(3, 3n)).toBe(true);
  });

  test('is not given again after the others were asked, and those of later terms are', () => {
    const node = Returned.on(disk).lift({ from: 2n, term: 3 }, { from: 3n, term: 2 });
    expect(node.votes(3, 3n)).toBe(false);
    expect(node.storage.initialState().hardState).toMatchObject({ term: 3, vote: 1n });
    expect(node.votes(4, 3n)).toBe(true);
  });

  test('may be repeated where the disk still has it', () => {
    const node = Returned.on({ term: 3, vote: 2n }).lift({ from: 2n, term: 3 });
    expect(node.votes(3, 3n)).toBe(false);
    expect(node.votes(3, 2n)).toBe(true);
  });
});

describe('entries that were acknowledged and forgotten', () => {
  const old = { term: 2, terms: [1, 2] };
  const holder = { from: 2n, term: 2, last: { term: 2, index: 4 } };
  const behind = { from: 3n, term: 2, last: { term: 2, index: 2 } };

  test('are lost with the vote of a member that trusts its disk', () => {
    expect(Returned.on(old, { probation: false }).votes(3, 3n, behind.last)).toBe(true);
  });

  test('are kept by voting only for those who have them', () => {
    const node = Returned.on(old).lift(holder, behind);
    expect(node.raw.isBelowFloor).toBe(true);
    expect(node.votes(3, 3n, behind.last)).toBe(false);
    expect(node.votes(4, 2n, holder.last)).toBe(true);
  });

  test('are not overwritten by campaigning, whoever asks for it', () => {
    const node = Returned.on(old).lift(holder, behind);
    for (let i = 0; i < 100; i++) node.raw.tick();
    node.raw.campaign();
    node.receive(MsgTimeoutNow, 2n, { term: 2 });
    expect(node.sent()).toEqual([]);
    expect(node.raw.basicStatus().role).toBe('follower');
  });

  test('are made up for by a leader’s appends', () => {
    const node = Returned.on(old).lift(holder, behind);
    const entries = [entry(2, 3), entry(2, 4)];
    node.receive(MsgApp, 2n, { term: 2, logTerm: 2, index: 2, entries, commit: 4 });
    expect(node.raw.isBelowFloor).toBe(false);
    node.raw.campaign();
    expect(node.raw.basicStatus().role).toBe('preCandidate');
  });

  test('are waited for no more when whoever had them has lost them, too', () => {
    const node = Returned.on(old).lift(holder, behind);
    const witnesses = node.raw.newWitnesses();
    for (const one of [{ ...holder, last: behind.last }, behind]) witnesses.add(testimony(one));
    node.raw.reviseFloor(witnesses.verdict());
    expect(node.votes(3, 3n, behind.last)).toBe(true);
  });
});

describe('proof that a disk lacks what was acknowledged', () => {
  const forgotten = (disk: Disk, told: Partial<Testimony>): boolean => {
    const witnesses = Returned.on(disk).raw.newWitnesses();
    witnesses.add(testimony(told));
    return witnesses.hasForgotten;
  };
  const disk = { term: 3, terms: [1, 1, 2, 3] };

  test('is a leader’s belief that the log goes on, or is another', () => {
    expect(forgotten(disk, { term: 3, acknowledged: { term: 3, index: 5 } })).toBe(true);
    expect(forgotten(disk, { term: 4, acknowledged: { term: 3, index: 3 } })).toBe(true);
    expect(forgotten(disk, { term: 4, acknowledged: { term: 0, index: 9 } })).toBe(true);
  });

  test('is not a belief that fits, nor one of a term that this member has left', () => {
    expect(forgotten(disk, { term: 3, acknowledged: { term: 3, index: 4 } })).toBe(false);
    expect(forgotten(disk, { term: 3, acknowledged: { term: 0, index: 2 } })).toBe(false);
    expect(forgotten(disk, { term: 2, acknowledged: { term: 2, index: 9 } })).toBe(false);
    expect(forgotten(disk, { term: 9 })).toBe(false);
  });

  test('comes from what a leader knows of its follower', () => {
    const leader = new TestNode(VOTERS, {}, [1, 1]).lead([2n], MsgVoteResp, MsgAppResp);
    expect(leader.raw.testify(2n)).toMatchObject({ from: 1n, acknowledged: { term: 1, index: 3 } });
    expect(leader.raw.testify(3n).acknowledged).toBeUndefined();
  });

  test('makes it enter a term in which no leader believes anything of it', () => {
    const told = { term: 3, last: { term: 3, index: 5 }, acknowledged: { term: 3, index: 5 } };
    const node = Returned.on(disk).lift(told, { from: 3n, term: 3 });
    expect(node.raw.basicStatus()).toMatchObject({ term: 4, vote: 0n });
    node.receive(MsgHeartbeat, 2n, { term: 3, commit: 5 });
    // A leader that hears of a later term steps down.
    expect(node.sent()).toMatchObject([{ to: 2n, type: MsgAppResp, term: 4 }]);
  });
});

describe('an acknowledgement from before, which reaches the leader after it testified,', () => {
  const started = (): Returned =>
    Returned.on({ term: 3, terms: [1, 1, 2] }).lift({ term: 3 }, { from: 3n, term: 3 });
  const terms = (sent: readonly Message[]): number[] => sent.map(({ term }) => term);

  test('commits nothing that the leader’s appends have not shown', () => {
    const node = started();
    node.receive(MsgHeartbeat, 2n, { commit: 3 });
    expect(node.raw.basicStatus().commitIndex).toBe(0);
    node.receive(MsgApp, 2n, { logTerm: 1, index: 2, entries: [], commit: 0 });
    node.receive(MsgHeartbeat, 2n, { commit: 3 });
    expect(node.raw.basicStatus().commitIndex).toBe(2);
  });

  test('ends the term when the leader counts on more than there is', () => {
    const node = started();
    node.receive(MsgHeartbeat, 2n, { commit: 4 });
    expect(node.raw.basicStatus()).toMatchObject({ term: 4, commitIndex: 0 });
  });

  test('ends the term when the leader keeps sending what does not fit', () => {
    const node = started();
    for (let i = 0; i < 25; i++) {
      node.receive(MsgApp, 2n, { term: 3, logTerm: 3, index: 9 });
      node.raw.tick();
    }
    expect(node.raw.basicStatus().term).toBe(4);
    expect(terms(node.sent()).at(-1)).toBe(4);
  });

  test('is none of a later leader’s: what that one says is taken as it is', () => {
    const node = started();
    node.receive(MsgHeartbeat, 3n, { term: 4, commit: 3 });
    expect(node.raw.basicStatus().commitIndex).toBe(3);
    expect(() => node.receive(MsgHeartbeat, 3n, { term: 4, commit: 9 })).toThrow('out of range');
  });
});

describe('who has to testify', () => {
  function witnessesOf(confState: Partial<ConfState>) {
    const snapshot = {
      data: EMPTY_BYTES,
      metadata: { confState: ConfState.create(confState), index: 1, term: 1 },
    };
    const storage = MemoryStorage.from({ snapshot });
    return new RawNode(configOf(storage, { probation: true })).newWitnesses();
  }

  test('all who vote: a quorum of five is not enough', () => {
    // 2 asked for a vote in term 3, got it, and is silent now. The others have not heard of that term: one of them may ask
    // for a vote in it, and win, while the vote that 2 has may still make it win, too.
    const witnesses = witnessesOf({ voters: [1n, 2n, 3n, 4n, 5n] });
    for (const from of [3n, 4n, 5n]) witnesses.add(testimony({ from, term: 2 }));
    expect(witnesses.isComplete).toBe(false);
    expect(witnesses.missing()).toEqual([2n]);
    witnesses.add(testimony({ from: 2n, term: 3 }));
    expect(witnesses.isComplete).toBe(true);
    expect(witnesses.verdict()).toMatchObject({ term: 3, isComplete: true });
  });

  test('by the newest configuration that anybody knows', () => {
    const witnesses = witnessesOf({ voters: VOTERS });
    witnesses.add(testimony({ from: 2n, voters: [1n, 2n, 4n], appliedIndex: 9 }));
    witnesses.add(testimony({ from: 3n, voters: VOTERS, appliedIndex: 5 }));
    expect(witnesses.missing()).toEqual([4n]);
  });

  test('those who are about to vote as well', () => {
    const data = encode(
      ConfChange,
      ConfChange.create({ type: ConfChangeType.ConfChangeAddNode, nodeId: 4n }),
    );
    const change = Entry.create({ type: EntryType.EntryConfChange, term: 1, index: 1, data });
    const storage = MemoryStorage.from({ snapshot: snapshotAt(0, 0, VOTERS), entries: [change] });
    expect(new RawNode(configOf(storage)).testify(2n).voters).toEqual([...VOTERS, 4n]);
  });

  test('the learners of a single voter, who know what it has committed alone', () => {
    expect(witnessesOf({ voters: [1n], learners: [2n] }).missing()).toEqual([2n]);
    expect(witnessesOf({ voters: [1n] }).isComplete).toBe(true);
  });

  test('somebody, where the disk names no configuration', () => {
    const witnesses = witnessesOf({});
    expect(witnesses.isComplete).toBe(false);
    expect(witnesses.verdict()).toBeUndefined();
    witnesses.add(testimony({ from: 2n, voters: [2n, 3n], appliedIndex: 2 }));
    expect(witnesses.missing()).toEqual([3n]);
  });
});
