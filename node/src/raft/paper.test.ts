// The rules of the raft paper ("In Search of an Understandable Consensus Algorithm", extended version), one test each;
// later sections are of the thesis ("Consensus: Bridging Theory and Practice").
import { describe, expect, test } from 'vitest';
import { MessageType } from '../wire/gen/raft.ts';
import { entriesOf, entry, TestNode } from './testing.ts';

const { MsgApp, MsgAppResp, MsgHeartbeat, MsgHeartbeatResp, MsgPreVote, MsgTimeoutNow } =
  MessageType;
const { MsgVote, MsgVoteResp } = MessageType;

const THREE = [1n, 2n, 3n];

function leaderOf(voters: bigint[], options = {}, terms: number[] = []): TestNode {
  return new TestNode(voters, options, terms).lead(voters.slice(1), MsgVoteResp, MsgAppResp);
}

describe('terms (5.1)', () => {
  test.each(['follower', 'candidate', 'leader'])('a %s steps down to a higher one', (role) => {
    const node = role === 'leader' ? leaderOf(THREE) : new TestNode(THREE);
    if (role === 'candidate') node.raw.campaign();
    node.receive(MsgApp, 2n, { term: 7 });
    expect(node.raw.basicStatus()).toMatchObject({ role: 'follower', term: 7, leader: 2n });
  });

  test('a message of a lower one is ignored', () => {
    const node = new TestNode(THREE);
    node.receive(MsgApp, 2n, { term: 3 });
    node.drain();
    node.receive(MsgApp, 3n, { term: 2, entries: entriesOf([2]) });
    expect(node.raw.basicStatus()).toMatchObject({ leader: 2n, lastIndex: 0 });
    expect(node.sent()).toEqual([]);
  });
});

describe('elections (5.2)', () => {
  test('a member starts as follower', () => {
    expect(new TestNode(THREE).raw.basicStatus()).toMatchObject({ role: 'follower', leader: 0n });
  });

  test('a leader sends heartbeats at its interval', () => {
    const leader = leaderOf(THREE, { heartbeatTicks: 2 });
    leader.raw.tick();
    expect(leader.sent()).toEqual([]);
    leader.raw.tick();
    expect(leader.sent()).toMatchObject([
      { type: MsgHeartbeat, to: 2n },
      { type: MsgHeartbeat, to: 3n },
    ]);
  });

  test('a follower that hears nothing raises its term, votes for itself and asks for votes', () => {
    const node = new TestNode(THREE);
    for (let ticks = 0; ticks < 10; ticks++) node.raw.tick();
    expect(node.raw.basicStatus()).toMatchObject({ role: 'candidate', term: 1, vote: 1n });
    expect(node.sent()).toMatchObject([
      { type: MsgVote, to: 2n, term: 1 },
      { type: MsgVote, to: 3n, term: 1 },
    ]);
    for (let ticks = 0; ticks < 10; ticks++) node.raw.tick();
    expect(node.raw.basicStatus()).toMatchObject({ role: 'candidate', term: 2 });
  });

  test.each([
    [1, 0, 0, 'leader'],
    [3, 1, 0, 'leader'],
    [3, 0, 1, 'candidate'],
    [3, 0, 2, 'follower'],
    [5, 1, 2, 'candidate'],
    [5, 2, 2, 'leader'],
    [5, 0, 3, 'follower'],
  ])('of %d voters, %d others grant and %d refuse: %s', (count, granted, refused, role) => {
    const voters = Array.from({ length: count }, (_, position) => BigInt(position + 1));
    const node = new TestNode(voters);
    node.raw.campaign();
    node.drain();
    voters.slice(1, 1 + granted).forEach((id) => node.receive(MsgVoteResp, id));
    voters
      .slice(1 + granted, 1 + granted + refused)
      .forEach((id) => node.receive(MsgVoteResp, id, { reject: true, term: 1 }));
    expect(node.raw.basicStatus().role).toBe(role);
  });

  test('a member votes once a term, first come first served', () => {
    const node = new TestNode(THREE);
    node.receive(MsgVote, 2n, { term: 1 });
    node.receive(MsgVote, 3n, { term: 1 });
    node.receive(MsgVote, 2n, { term: 1 });
    expect(node.sent()).toMatchObject([
      { to: 2n, reject: false },
      { to: 3n, reject: true },
      { to: 2n, reject: false },
    ]);
  });

  test('a candidate that hears from a leader of its term follows it', () => {
    const node = new TestNode(THREE);
    node.raw.campaign();
    node.receive(MsgApp, 2n, { term: 1 });
    expect(node.raw.basicStatus()).toMatchObject({ role: 'follower', leader: 2n, term: 1 });
  });

  test('timeouts are drawn from [electionTicks, 2 * electionTicks)', () => {
    const seen = new Set<number>();
    let drawn = 0;
    const node = new TestNode(THREE, { random: { uint32: () => drawn++ } });
    for (let round = 0; round < 50; round++) {
      node.raw.campaign();
      seen.add(node.raw.raft.randomizedElectionTicks);
    }
    expect([...seen].sort((a, b) => a - b)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  });
});

describe('replication (5.3)', () => {
  test('a leader sends the entry with the index and term before it', () => {
    const leader = leaderOf(THREE);
    leader.raw.propose(new Uint8Array([7]));
    expect(leader.sent()).toMatchObject([
      { type: MsgApp, to: 2n, index: 1, logTerm: 1, commit: 1, entries: [{ term: 1, index: 2 }] },
      { type: MsgApp, to: 3n, index: 1, logTerm: 1, commit: 1, entries: [{ term: 1, index: 2 }] },
    ]);
  });

  test('it commits what a majority has, tells the followers, and all before it is committed too', () => {
    const leader = leaderOf([1n, 2n, 3n, 4n, 5n]);
    leader.raw.propose(new Uint8Array([7]));
    leader.raw.propose(new Uint8Array([8]));
    leader.drain();
    leader.receive(MsgAppResp, 2n, { index: 3 });
    expect(leader.raw.basicStatus().commitIndex).toBe(1);
    leader.receive(MsgAppResp, 3n, { index: 3 });
    const ready = leader.raw.ready();
    expect(ready.committedEntries.map(({ index }) => index)).toEqual([2, 3]);
    expect(ready.messages.every(({ commit }) => commit === 3)).toBe(true);
  });

  test.each([
    [0, 0, [1, 2], 2, false, 'nothing before it always matches'],
    [2, 2, [], 2, false, 'an entry that is there'],
    [2, 1, [], 1, true, 'an entry of another term'],
    [3, 3, [], 2, true, 'an entry that is missing'],
  ])('behind %d (term %d) with %j', (index, logTerm, terms, expected, reject) => {
    const node = new TestNode(THREE, {}, [1, 2]);
    const entries = terms.map((term, position) => entry(term, index + 1 + position));
    node.receive(MsgApp, 2n, { term: 3, index, logTerm, entries });
    const [answer] = node.sent();
    expect(answer).toMatchObject({ type: MsgAppResp, reject });
    expect(reject ? answer?.rejectHint : answer?.index).toBe(expected);
  });

  test('a follower drops what conflicts, and keeps what merely comes later', () => {
    const node = new TestNode(THREE, {}, [1, 1, 1]);
    node.receive(MsgApp, 2n, { term: 3, index: 1, logTerm: 1, entries: [entry(1, 2)] });
    node.drain();
    expect(node.raw.basicStatus().lastIndex).toBe(3);
    node.receive(MsgApp, 2n, { term: 3, index: 1, logTerm: 1, entries: [entry(3, 2)] });
    node.drain();
    expect([node.storage.lastIndex(), node.storage.term(2)]).toEqual([2, 3]);
  });

  test('a follower commits up to the leader’s commit index, as far as it has entries', () => {
    const node = new TestNode(THREE);
    node.receive(MsgApp, 2n, { term: 1, entries: entriesOf([1, 1]), commit: 9 });
    expect(node.raw.basicStatus().commitIndex).toBe(2);
  });

  test('a refusal skips whole terms', () => {
    // The example of etcd-io/raft: the leader has terms 1 3 3 3 5 5 5 5 5, the follower 1 1 1 1 2 2.
    const leader = new TestNode(THREE, {}, [1, 3, 3, 3, 5, 5, 5, 5, 5]);
    leader.storage.setHardState({ term: 5, vote: 0n, commit: 0 });
    leader.receive(MsgHeartbeat, 3n, { term: 5 });
    leader.lead([3n], MsgVoteResp, MsgAppResp);
    leader.receive(MsgAppResp, 2n, { index: 9, reject: true, rejectHint: 6, logTerm: 2 });
    expect(leader.sent()).toMatchObject([{ type: MsgApp, to: 2n, index: 1, logTerm: 1 }]);
  });
});

describe('safety (5.4)', () => {
  test.each([
    [1, 5, true, 'an older last term'],
    [2, 1, true, 'the same term and a shorter log'],
    [2, 2, false, 'the same log'],
    [3, 1, false, 'a newer last term'],
  ])('a candidate whose log ends with term %d at %d is refused: %s', (logTerm, index, reject) => {
    const node = new TestNode(THREE, {}, [1, 2]);
    node.receive(MsgVote, 2n, { term: 4, logTerm, index });
    expect(node.sent()).toMatchObject([{ type: MsgVoteResp, reject }]);
  });

  test('a leader commits only by an entry of its own term', () => {
    const node = new TestNode(THREE, {}, [1, 1]);
    node.receive(MsgHeartbeat, 2n, { term: 1 });
    node.raw.campaign();
    node.drain();
    node.receive(MsgVoteResp, 2n);
    node.drain();
    node.receive(MsgAppResp, 2n, { index: 2 });
    expect(node.raw.basicStatus().commitIndex).toBe(0);
    node.receive(MsgAppResp, 2n, { index: 3 });
    expect(node.raw.basicStatus().commitIndex).toBe(3);
  });
});

describe('leadership transfer (thesis, 3.10)', () => {
  test('the transferee campaigns at once, past leases, without a pre-vote', () => {
    const node = new TestNode(THREE, { preVote: true, checkQuorum: true });
    node.receive(MsgHeartbeat, 2n, { term: 1 });
    node.receive(MsgTimeoutNow, 2n, { term: 1 });
    const requests = node.sent().filter(({ type }) => type === MsgVote);
    expect(requests).toHaveLength(2);
    const other = new TestNode(THREE, { preVote: true, checkQuorum: true });
    other.receive(MsgHeartbeat, 2n, { term: 1 });
    other.receive(MsgVote, 3n, { term: 2 });
    expect(other.raw.basicStatus().term).toBe(1);
    other.receive(MsgVote, 3n, { term: 2, context: requests[0]!.context });
    expect(other.raw.basicStatus()).toMatchObject({ term: 2, vote: 3n });
  });
});

describe('check-quorum and pre-vote (thesis, 6.2 and 9.6)', () => {
  test('a leader that hears from no quorum for an election timeout steps down', () => {
    const leader = leaderOf(THREE, { checkQuorum: true });
    for (let ticks = 0; ticks < 10; ticks++) leader.raw.tick();
    expect(leader.raw.basicStatus().role).toBe('leader');
    leader.receive(MsgHeartbeatResp, 2n);
    for (let ticks = 0; ticks < 10; ticks++) leader.raw.tick();
    expect(leader.raw.basicStatus().role).toBe('leader');
    for (let ticks = 0; ticks < 10; ticks++) leader.raw.tick();
    expect(leader.raw.basicStatus()).toMatchObject({ role: 'follower', leader: 0n, term: 1 });
  });

  test('a pre-vote changes neither term nor vote, on either side', () => {
    const asking = new TestNode(THREE, { preVote: true });
    asking.raw.campaign();
    expect(asking.raw.basicStatus()).toMatchObject({ role: 'preCandidate', term: 0, vote: 0n });
    const asked = new TestNode(THREE, { preVote: true });
    asked.receive(MsgPreVote, 2n, { term: 1 });
    expect(asked.raw.basicStatus()).toMatchObject({ term: 0, vote: 0n });
    expect(asked.sent()).toMatchObject([{ to: 2n, term: 1, reject: false }]);
  });
});
