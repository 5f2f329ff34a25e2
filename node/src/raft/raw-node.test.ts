import { describe, expect, test } from 'vitest';
import { utf8FromText } from '../base/index.ts';
import { ConfChange, ConfChangeType, EntryType, MessageType } from '../wire/gen/raft.ts';
import { RaftError } from './errors.ts';
import { MemoryStorage } from './memory-storage.ts';
import { RawNode } from './raw-node.ts';
import { configOf, entriesOf, entry, snapshotAt, TestNode } from './testing.ts';

const { MsgApp, MsgAppResp, MsgVoteResp, MsgSnap, MsgProp, MsgHup } = MessageType;

function leaderOf(voters: bigint[], options = {}): TestNode {
  return new TestNode(voters, options).lead(voters.slice(1), MsgVoteResp, MsgAppResp);
}

function refusal(body: () => void): string | undefined {
  try {
    body();
    return undefined;
  } catch (error) {
    return error instanceof RaftError ? error.code : String(error);
  }
}

describe('a ready', () => {
  test('of one voter commits when it is advanced, not before', () => {
    const node = leaderOf([1n]);
    node.raw.propose(utf8FromText('a'));
    const first = node.raw.ready();
    expect(first.entries).toHaveLength(1);
    expect(first.mustSync).toBe(true);
    expect(first.committedEntries).toEqual([]);
    expect(node.raw.hasReady()).toBe(false);
    node.finish(first);
    const second = node.raw.ready();
    expect(second.committedEntries).toEqual(first.entries);
    expect(second.mustSync).toBe(false);
    node.finish(second);
    expect(node.raw.hasReady()).toBe(false);
  });

  test('must be advanced before the next is taken', () => {
    const node = leaderOf([1n]);
    node.raw.propose(utf8FromText('a'));
    node.raw.ready();
    expect(() => node.raw.ready()).toThrow('advanced before the next');
  });

  test('leaves out what an earlier one handed out, although more came while that was written', () => {
    const node = leaderOf([1n, 2n]);
    node.raw.propose(utf8FromText('a'));
    const first = node.raw.ready();
    node.raw.propose(utf8FromText('b'));
    node.finish(first);
    const second = node.raw.ready();
    expect(second.entries.map(({ index }) => index)).toEqual([3]);
    node.finish(second);
  });

  test('whose entries are replaced while they are written, is no proof that the new ones are durable', () => {
    const node = new TestNode([1n, 2n, 3n]);
    node.receive(MsgApp, 2n, { term: 1, entries: [entry(1, 1), entry(1, 2)] });
    const first = node.raw.ready();
    node.receive(MsgApp, 3n, { term: 2, entries: [entry(2, 1)] });
    node.finish(first);
    const second = node.raw.ready();
    expect(second.entries.map(({ term, index }) => [term, index])).toEqual([[2, 1]]);
    expect(second.messages).toMatchObject([{ type: MsgAppResp, to: 3n, index: 1, term: 2 }]);
    node.finish(second);
    expect([node.storage.lastIndex(), node.storage.term(1)]).toEqual([1, 2]);
    expect(node.raw.hasReady()).toBe(false);
  });

  test('of a follower holds its answer, to be sent when the entries are durable', () => {
    const node = new TestNode([1n, 2n]);
    node.receive(MsgApp, 2n, { term: 1, entries: entriesOf([1]), commit: 1 });
    const ready = node.raw.ready();
    expect(ready.softState).toEqual({ leader: 2n, role: 'follower' });
    expect(ready.hardState).toEqual({ term: 1, vote: 0n, commit: 1 });
    expect(ready.messages).toMatchObject([{ type: MsgAppResp, to: 2n, index: 1 }]);
    expect(ready.committedEntries).toEqual(ready.entries);
  });

  test('pages committed entries by bytes, one at least', () => {
    const storage = MemoryStorage.from({
      snapshot: snapshotAt(0, 0, [1n]),
      entries: [1, 2, 3, 4].map((index) => entry(1, index, 100)),
      hardState: { term: 1, vote: 1n, commit: 4 },
    });
    const raw = new RawNode(configOf(storage, { maxCommittedSizePerReady: 220 }));
    const pages: number[][] = [];
    while (raw.hasReady()) {
      const ready = raw.ready();
      pages.push(ready.committedEntries.map(({ index }) => index));
      raw.advance(ready);
    }
    expect(pages).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });
});

describe('proposals', () => {
  test('in a batch make one append and one message a follower', () => {
    const node = leaderOf([1n, 2n, 3n]);
    node.raw.proposeBatch(['a', 'b', 'c'].map(utf8FromText));
    const ready = node.raw.ready();
    expect(ready.entries.map(({ index }) => index)).toEqual([2, 3, 4]);
    const appends = ready.messages.filter(({ type }) => type === MsgApp);
    expect(appends.map(({ to, entries }) => [to, entries.length])).toEqual([
      [2n, 3],
      [3n, 3],
    ]);
  });

  test('are dropped without a leader, and all of a batch when too much is uncommitted', () => {
    const follower = new TestNode([1n, 2n]);
    expect(refusal(() => follower.raw.propose(new Uint8Array(1)))).toBe('ProposalDropped');
    const leader = leaderOf([1n, 2n], { maxUncommittedEntriesSize: 10 });
    leader.raw.propose(new Uint8Array(20));
    const batch = [new Uint8Array(1), new Uint8Array(1)];
    expect(refusal(() => leader.raw.proposeBatch(batch))).toBe('ProposalDropped');
    expect(leader.raw.basicStatus().lastIndex).toBe(2);
    leader.drain();
    leader.receive(MsgAppResp, 2n, { index: 2 });
    leader.drain();
    leader.raw.proposeBatch(batch);
    expect(leader.raw.basicStatus().lastIndex).toBe(4);
  });

  test('that another member forwarded are not changed by the log', () => {
    const leader = leaderOf([1n, 2n]);
    const forwarded = [entry(0, 0, 3)];
    leader.receive(MsgProp, 2n, { term: 0, entries: forwarded });
    expect(forwarded).toEqual([entry(0, 0, 3)]);
    expect(leader.raw.ready().entries).toMatchObject([{ term: 1, index: 2 }]);
  });

  test('of a configuration change wait until the last one is applied', () => {
    const leader = leaderOf([1n]);
    const change = (nodeId: bigint): ConfChange =>
      ConfChange.create({ type: ConfChangeType.ConfChangeAddLearnerNode, nodeId });
    leader.raw.proposeConfChange(change(2n));
    leader.raw.proposeConfChange(change(3n));
    const proposed = leader.raw.ready();
    expect(proposed.entries.map(({ type }) => type)).toEqual([
      EntryType.EntryConfChange,
      EntryType.EntryNormal,
    ]);
    leader.finish(proposed);
    leader.drain();
    expect(leader.raw.status().confState).toMatchObject({ voters: [1n], learners: [2n] });
  });
});

describe('messages from outside', () => {
  test('are refused when only the member itself may say so, or when nobody knows the sender', () => {
    const node = new TestNode([1n, 2n]);
    expect(refusal(() => node.receive(MsgHup, 2n))).toBe('StepLocalMsg');
    expect(refusal(() => node.receive(MsgAppResp, 9n))).toBe('StepPeerNotFound');
    expect(refusal(() => node.receive(MsgApp, 9n, { term: 1 }))).toBeUndefined();
  });
});

describe('a new cluster', () => {
  test('starts with one committed change a member', () => {
    const storage = new MemoryStorage();
    const raw = new RawNode(configOf(storage));
    raw.bootstrap([
      { id: 1n, context: utf8FromText('one') },
      { id: 2n, context: utf8FromText('two') },
    ]);
    const ready = raw.ready();
    expect(ready.hardState).toEqual({ term: 1, vote: 0n, commit: 2 });
    expect(ready.entries).toEqual(ready.committedEntries);
    expect(ready.entries.map(({ term, index }) => [term, index])).toEqual([
      [1, 1],
      [1, 2],
    ]);
    expect(raw.status().confState.voters).toEqual([1n, 2n]);
  });
});

describe('a restart', () => {
  test('continues with term, vote and commit index, and applies nothing twice', () => {
    const storage = MemoryStorage.from({
      snapshot: snapshotAt(0, 0, [1n, 2n]),
      entries: entriesOf([1, 1, 2]),
      hardState: { term: 3, vote: 2n, commit: 3 },
    });
    const raw = new RawNode(configOf(storage, { applied: 2 }));
    expect(raw.basicStatus()).toMatchObject({ term: 3, vote: 2n, commitIndex: 3, lastIndex: 3 });
    const ready = raw.ready();
    expect(ready.committedEntries.map(({ index }) => index)).toEqual([3]);
    expect(ready.hardState).toBeUndefined();
    expect(ready.mustSync).toBe(false);
  });

  test('from a disk that lost committed entries is refused', () => {
    const storage = MemoryStorage.from({
      snapshot: snapshotAt(0, 0, [1n]),
      entries: entriesOf([1]),
      hardState: { term: 1, vote: 1n, commit: 2 },
    });
    expect(() => new RawNode(configOf(storage))).toThrow('state.commit 2 is out of range [0, 1]');
  });

  test('with a shorter log than it acknowledged does not follow a commit index beyond it', () => {
    const node = new TestNode([1n, 2n]);
    const type = MessageType.MsgHeartbeat;
    expect(() => node.receive(type, 2n, { term: 1, commit: 5 })).toThrow('corrupted, truncated');
  });
});

test('a change handed out before a snapshot came belongs to the configuration before it', () => {
  const node = new TestNode([1n, 2n, 3n]);
  const remove = ConfChange.create({ type: ConfChangeType.ConfChangeRemoveNode, nodeId: 3n });
  node.receive(MsgApp, 2n, { term: 1, entries: entriesOf([1]), commit: 1 });
  const ready = node.raw.ready();
  // By index 9, member 3 was removed and is back again.
  node.receive(MsgSnap, 2n, { snapshot: snapshotAt(9, 1, [1n, 2n, 3n, 4n]) });
  node.store(ready);
  expect(node.raw.applyConfChange(remove).voters).toEqual([1n, 2n]);
  node.raw.advance(ready);
  expect(node.raw.status().confState.voters).toEqual([1n, 2n, 3n, 4n]);
  node.drain();
  expect(node.raw.applyConfChange(remove).voters).toEqual([1n, 2n, 4n]);
});

test('status tells the progress of all members, on the leader only', () => {
  const leader = leaderOf([1n, 2n]);
  expect(leader.raw.status().progress.get(2n)).toMatchObject({
    match: 1,
    next: 2,
    state: 'replicate',
    recentActive: true,
    isLearner: false,
    inflightCount: 0,
  });
  expect(new TestNode([1n, 2n]).raw.status().progress.size).toBe(0);
});
