// What confirms a read: heartbeats of a quorum, or the question itself where asker and leader are one.
import { describe, expect, test } from 'vitest';
import { ConfState, Entry, Message, MessageType } from '../wire/gen/raft.ts';
import { MemoryStorage } from './memory-storage.ts';
import { RawNode } from './raw-node.ts';
import { configOf, entriesOf, snapshotAt, TestNode } from './testing.ts';

const { MsgAppResp, MsgHeartbeat, MsgHeartbeatResp, MsgReadIndex, MsgReadIndexResp, MsgVoteResp } =
  MessageType;
const COUNTING = { countAskers: true };
const question = (id: number): Entry => Entry.create({ data: Uint8Array.of(id) });

function leaderOf(size: number, options = {}): TestNode {
  const ids = Array.from({ length: size }, (_, i) => BigInt(i + 1));
  const node = new TestNode(ids, options);
  const quorum = ids.slice(1, Math.floor(size / 2) + 1);
  return node.lead(quorum, MsgVoteResp, MsgAppResp);
}

/** A question of member 2, asked at `logTerm`. */
function asked(node: TestNode, logTerm: number, from = 2n): Message[] {
  node.receive(MsgReadIndex, from, { term: 0, logTerm, entries: [question(7)] });
  return node.sent();
}

describe('a leader that counts askers', () => {
  test('of three answers at once who asks at its term', () => {
    const node = leaderOf(3, COUNTING);
    const { term, commitIndex } = node.raw.basicStatus();
    expect(asked(node, term)).toMatchObject([
      { type: MsgReadIndexResp, to: 2n, index: commitIndex, entries: [question(7)] },
    ]);
  });

  test('asks a quorum when the question is of another term, or names none', () => {
    for (const logTerm of [0, 2]) {
      const node = leaderOf(3, COUNTING);
      expect(asked(node, logTerm).map(({ type }) => type)).toEqual([MsgHeartbeat, MsgHeartbeat]);
    }
  });

  test('of five asks a quorum: two of them are none', () => {
    const node = leaderOf(5, COUNTING);
    const types = asked(node, node.raw.basicStatus().term).map(({ type }) => type);
    expect(types).toEqual([MsgHeartbeat, MsgHeartbeat, MsgHeartbeat, MsgHeartbeat]);
  });

  test('asks a quorum for a learner', () => {
    const confState = ConfState.create({ voters: [1n, 2n, 3n], learners: [4n] });
    const storage = MemoryStorage.from({
      snapshot: { ...snapshotAt(0, 0), metadata: { confState, index: 0, term: 0 } },
      entries: entriesOf([]),
    });
    const raw = new RawNode(configOf(storage, COUNTING));
    const node = Object.assign(Object.create(TestNode.prototype) as TestNode, { storage, raw });
    node.lead([2n], MsgVoteResp, MsgAppResp);
    const types = asked(node, raw.basicStatus().term, 4n).map(({ type }) => type);
    expect(types).not.toContain(MsgReadIndexResp);
    expect(types).toContain(MsgHeartbeat);
  });

  test('confirms no read of its own by somebody else’s question', () => {
    const node = leaderOf(3, COUNTING);
    node.raw.readIndex(Uint8Array.of(1));
    const [heartbeat] = node.sent();
    node.receive(MsgReadIndex, 2n, {
      term: 0,
      logTerm: node.raw.basicStatus().term,
      entries: [question(7)],
    });
    expect(node.drain().flatMap(({ readStates }) => readStates)).toEqual([]);
    node.receive(MsgHeartbeatResp, 3n, { context: heartbeat!.context });
    const confirmed = node.drain().flatMap(({ readStates }) => readStates);
    expect(confirmed.map(({ context }) => context)).toEqual([Uint8Array.of(1)]);
  });
});

test('a leader that does not count askers asks a quorum, as etcd does', () => {
  const node = leaderOf(3);
  const types = asked(node, node.raw.basicStatus().term).map(({ type }) => type);
  expect(types).toEqual([MsgHeartbeat, MsgHeartbeat]);
});

test('a follower names its term in its own question, and leaves those that it passes on as they are', () => {
  const node = new TestNode([1n, 2n, 3n], COUNTING);
  node.receive(MsgHeartbeat, 2n, { term: 5 });
  node.drain();
  node.raw.readIndex(Uint8Array.of(1));
  expect(node.sent()).toMatchObject([{ type: MsgReadIndex, to: 2n, term: 0, logTerm: 5 }]);
  node.receive(MsgReadIndex, 3n, { term: 0, logTerm: 4, entries: [question(7)] });
  expect(node.sent()).toMatchObject([{ type: MsgReadIndex, from: 3n, to: 2n, logTerm: 4 }]);
});
