// Who hears at once that something is committed, and who with the next append.
import { describe, expect, test } from 'vitest';
import { Entry, type Message, MessageType } from '../wire/gen/raft.ts';
import { PATIENT } from './messages.ts';
import { TestNode } from './testing.ts';

const { MsgApp, MsgAppResp, MsgProp, MsgReadIndex, MsgReadIndexResp, MsgVoteResp } = MessageType;

/** Member 1 leads 2 and 3; both have acknowledged all entries, and said whether they are patient. */
function leaderOf(patience: Readonly<Record<string, boolean>>): TestNode {
  const node = new TestNode([1n, 2n, 3n], { countAskers: true }).lead(
    [2n],
    MsgVoteResp,
    MsgAppResp,
  );
  const { lastIndex } = node.raw.basicStatus();
  for (const id of [2n, 3n]) acknowledge(node, id, lastIndex, patience[`${id}`] === true);
  node.drain();
  return node;
}

function acknowledge(node: TestNode, from: bigint, index: number, isPatient: boolean): void {
  node.receive(MsgAppResp, from, { index, commit: isPatient ? PATIENT : 0 });
}

/** Proposes an entry and has `from` acknowledge it, which commits it. Returns what is sent then, and the entry's index. */
function commitOne(node: TestNode, from: bigint, isPatient: boolean): [Message[], number] {
  node.raw.propose(Uint8Array.of(1));
  node.drain();
  const index = node.raw.basicStatus().lastIndex;
  acknowledge(node, from, index, isPatient);
  return [node.sent(), index];
}

const commitsTo = (messages: readonly Message[]) =>
  messages.filter(({ type }) => type === MsgApp).map(({ to, commit }) => [to, commit]);

describe('a leader', () => {
  test('tells impatient followers at once, and patient ones with the next entries', () => {
    const node = leaderOf({ 2: true });
    const [messages, index] = commitOne(node, 2n, true);
    expect(commitsTo(messages)).toEqual([[3n, index]]);
    expect(node.raw.heldCommit).toBe(index);
    node.raw.propose(Uint8Array.of(2));
    expect(commitsTo(node.sent())).toEqual([
      [2n, index],
      [3n, index],
    ]);
  });

  test('holds a commit back from a patient follower that acknowledges after it was committed', () => {
    const node = leaderOf({ 2: true, 3: true });
    const [, index] = commitOne(node, 2n, true);
    acknowledge(node, 3n, index, true);
    expect(commitsTo(node.sent())).toEqual([]);
    acknowledge(node, 3n, index, false);
    node.raw.tellHeldCommit(index);
    expect(commitsTo(node.sent())).toEqual([
      [2n, index],
      [3n, index],
    ]);
  });

  test('tells what is held when it is asked to, once, and not what was told meanwhile', () => {
    const node = leaderOf({ 2: true, 3: true });
    const [, first] = commitOne(node, 2n, true);
    const [, second] = commitOne(node, 2n, true);
    // The second entry took the first commit along; so only the second is held.
    node.raw.tellHeldCommit(first);
    expect(commitsTo(node.sent())).toEqual([]);
    expect(node.raw.heldCommit).toBe(second);
    node.raw.tellHeldCommit(second);
    expect(commitsTo(node.sent())).toEqual([
      [2n, second],
      [3n, second],
    ]);
    expect(node.raw.heldCommit).toBe(0);
  });

  test('takes a follower that hands on a proposal for impatient', () => {
    const node = leaderOf({ 2: true, 3: true });
    node.receive(MsgProp, 2n, { term: 0, entries: [Entry.create({ data: Uint8Array.of(1) })] });
    node.drain();
    const index = node.raw.basicStatus().lastIndex;
    acknowledge(node, 3n, index, true);
    expect(commitsTo(node.sent())).toEqual([[2n, index]]);
  });

  test('tells a patient follower the commit index before it answers its question for it', () => {
    const node = leaderOf({ 2: true, 3: true });
    const [, index] = commitOne(node, 3n, true);
    const { term } = node.raw.basicStatus();
    const entries = [Entry.create({ data: Uint8Array.of(7) })];
    node.receive(MsgReadIndex, 2n, { term: 0, logTerm: term, entries });
    expect(node.sent()).toMatchObject([
      { type: MsgApp, to: 2n, commit: index },
      { type: MsgReadIndexResp, to: 2n, index },
    ]);
  });

  test('of a new term has heard of nobody’s patience', () => {
    const node = leaderOf({ 2: true, 3: true });
    node.receive(MsgApp, 2n, { term: node.raw.basicStatus().term + 1 });
    node.drain();
    expect(node.raw.heldCommit).toBe(0);
    node.lead([2n], MsgVoteResp, MsgAppResp);
    expect(node.raw.raft.tracker.get(3n)?.isPatient).toBe(false);
  });
});

test('a follower says in its answers to appends whether anybody waits there', () => {
  const node = new TestNode([1n, 2n, 3n]);
  const answerTo = (index: number) => {
    const entries = [Entry.create({ term: 1, index: index + 1, data: Uint8Array.of(1) })];
    node.receive(MsgApp, 2n, { term: 1, index, logTerm: index === 0 ? 0 : 1, entries });
    return node.sent();
  };
  expect(answerTo(0)).toMatchObject([{ type: MsgAppResp, index: 1, commit: 0 }]);
  node.raw.isPatient = true;
  expect(answerTo(1)).toMatchObject([{ type: MsgAppResp, index: 2, commit: PATIENT }]);
  node.raw.isPatient = false;
  expect(answerTo(2)).toMatchObject([{ type: MsgAppResp, index: 3, commit: 0 }]);
});
