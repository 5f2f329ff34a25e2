import { describe, expect, test } from 'vitest';
import { EMPTY_BYTES, SILENT_LOGGER, type Logger, type MemberId } from '../../base/index.ts';
import { FakeClock } from '../../base/testing/fake-clock.ts';
import type { ClusterMember } from '../../apply/index.ts';
import { MemoryStorage, RawNode, type Testimony } from '../../raft/index.ts';
import { ConfState, Message, MessageType } from '../../wire/gen/raft.ts';
import { Vouching, type Reply } from './vouching.ts';

const LAST = { term: 2, index: 5 };

const memberOf = (id: MemberId): ClusterMember => ({
  ...{ id, peerUrls: [`http://m${id}`], isLearner: false, name: `m${id}`, clientUrls: [] },
});

function testimonyOf(from: MemberId, part: Partial<Testimony> = {}): Reply {
  return {
    testimony: {
      ...{ from, term: 2, last: LAST, voters: [1n, 2n, 3n], appliedIndex: 5 },
      acknowledged: undefined,
      ...part,
    },
    members: [],
  };
}

/** Member 1 of three, with a log that ends at LAST; the others answer what `replies` says, or not at all. */
function setUp(timeoutMs: number, voters: MemberId[] = [1n, 2n, 3n], known = voters) {
  const clock = new FakeClock();
  const confState = ConfState.create({ voters });
  const storage = MemoryStorage.from({
    snapshot: { data: EMPTY_BYTES, metadata: { confState, ...LAST } },
    hardState: { term: 2, vote: 0n, commit: LAST.index },
  });
  const node = new RawNode({
    ...{ id: 1n, electionTicks: 10, heartbeatTicks: 1, storage, applied: LAST.index },
    ...{ maxSizePerMessage: 1e6, maxCommittedSizePerReady: 0, maxUncommittedEntriesSize: 0 },
    ...{ maxInflightMessages: 9, maxInflightBytes: 0, checkQuorum: true, preVote: true },
    ...{ random: { uint32: () => 0 }, logger: SILENT_LOGGER, readOnlyOption: 'safe' },
    probation: known.length > 1,
  });
  const replies = new Map<MemberId, Reply>();
  const asked: MemberId[] = [];
  const warnings: string[] = [];
  const state = { ready: 0 };
  const logger: Logger = { ...SILENT_LOGGER, warn: (text) => void warnings.push(text) };
  const vouching = new Vouching({
    ...{ node, localId: 1n, clock, logger, timeoutMs, electionTimeoutMs: 1_000 },
    members: () => known.map(memberOf),
    async ask({ id }) {
      asked.push(id);
      const reply = replies.get(id);
      if (reply === undefined) throw new Error('connection refused');
      return reply;
    },
    onReady: () => void state.ready++,
  });
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 100) {
      clock.advance(100);
      for (let i = 0; i < 10; i++) await Promise.resolve();
    }
  };
  return { node, vouching, replies, asked, warnings, state, pass };
}

describe('a member that starts', () => {
  test('takes part as soon as all others have told, and asks no more', async () => {
    const { node, vouching, replies, asked, state, pass } = setUp(2_000);
    replies.set(2n, testimonyOf(2n));
    vouching.start();
    await pass(100);
    expect([node.isOnProbation, state.ready]).toEqual([true, 0]);
    replies.set(3n, testimonyOf(3n));
    await pass(200);
    expect([node.isOnProbation, state.ready]).toEqual([false, 1]);
    expect(asked.filter((id) => id === 2n)).toHaveLength(1);
    const count = asked.length;
    await pass(3_000);
    expect([asked.length, state.ready]).toEqual([count, 1]);
  });

  test('alone takes part at once', () => {
    const { vouching, asked, state } = setUp(0, [1n]);
    vouching.start();
    expect([state.ready, asked]).toEqual([1, []]);
  });

  test('waits for the silent as long as it is told, and then goes by what the others said', async () => {
    const { node, vouching, replies, warnings, pass } = setUp(2_000);
    replies.set(2n, testimonyOf(2n, { term: 7, last: { term: 7, index: 9 } }));
    vouching.start();
    await pass(1_900);
    expect(node.isOnProbation).toBe(true);
    await pass(200);
    expect(node.isOnProbation).toBe(false);
    expect(warnings).toEqual([expect.stringContaining('without the testimony of all members')]);
    expect(node.basicStatus()).toMatchObject({ term: 7, vote: 1n });
    expect(node.isBelowFloor).toBe(true);
  });

  test('waits for ever where that is asked for, and says for whom', async () => {
    const { node, vouching, replies, warnings, pass } = setUp(0);
    replies.set(2n, testimonyOf(2n));
    replies.set(3n, { cannotTell: 'it is etcd' });
    vouching.start();
    await pass(60_000);
    expect(node.isOnProbation).toBe(true);
    expect(warnings[0]).toContain('--vouch-timeout=0');
    replies.set(3n, testimonyOf(3n));
    await pass(1_100);
    expect(node.isOnProbation).toBe(false);
  });

  test('does not wait for members that can’t tell, as etcd’s', async () => {
    const { node, vouching, replies, pass } = setUp(2_000);
    for (const id of [2n, 3n]) replies.set(id, { cannotTell: 'it is etcd' });
    vouching.start();
    await pass(100);
    expect(node.isOnProbation).toBe(false);
    expect(node.basicStatus().term).toBe(2);
  });

  test('whose disk is from when it was alone waits for who else is known', async () => {
    const { node, vouching, replies, pass } = setUp(2_000, [1n], [1n, 2n]);
    vouching.start();
    await pass(500);
    expect(node.isOnProbation).toBe(true);
    replies.set(2n, testimonyOf(2n, { term: 6, voters: [1n, 2n], appliedIndex: 9 }));
    await pass(200);
    expect(node.isOnProbation).toBe(false);
    expect(node.basicStatus().term).toBe(6);
  });

  test('asks members that it did not know', async () => {
    const { node, vouching, replies, asked, pass } = setUp(2_000);
    const reply = testimonyOf(2n, { voters: [1n, 2n, 4n], appliedIndex: 8 });
    replies.set(2n, { ...reply, members: [memberOf(4n)] } as Reply); // it is a testimony
    replies.set(4n, testimonyOf(4n));
    vouching.start();
    await pass(200);
    expect(asked).toContain(4n);
    expect(node.isOnProbation).toBe(false);
  });

  test('with a disk that lacks what it acknowledged waits for all, and says what helps', async () => {
    const { node, vouching, replies, warnings, pass } = setUp(2_000);
    replies.set(2n, testimonyOf(2n, { acknowledged: { term: 2, index: 9 } }));
    vouching.start();
    await pass(200);
    // A leader that steps down knows nothing any more.
    await pass(30_000);
    expect(node.isOnProbation).toBe(true);
    expect(warnings[0]).toContain('add it anew');
    replies.set(3n, testimonyOf(3n));
    await pass(1_100);
    expect(node.isOnProbation).toBe(false);
    expect(node.basicStatus().term).toBe(3);
  });

  test('that is stopped asks no more', async () => {
    const { vouching, asked, state, pass } = setUp(2_000);
    vouching.start();
    vouching.stop();
    const count = asked.length;
    await pass(5_000);
    expect([asked.length, state.ready]).toEqual([count, 0]);
  });
});

describe('a member whose log may lack what it acknowledged', () => {
  const ahead = { last: { term: 2, index: 9 } };

  test('hears when nobody has that any more', async () => {
    const { node, vouching, replies, pass } = setUp(2_000);
    replies.set(2n, testimonyOf(2n, ahead));
    replies.set(3n, testimonyOf(3n));
    vouching.start();
    await pass(100);
    expect([node.isOnProbation, node.isBelowFloor]).toEqual([false, true]);
    await pass(20_000);
    expect(node.isBelowFloor).toBe(true);
    replies.set(2n, testimonyOf(2n));
    await pass(2_100);
    expect(node.isBelowFloor).toBe(false);
  });

  test.each([
    { timeoutMs: 2_000, outcome: false },
    { timeoutMs: 0, outcome: true },
  ])(
    'waits for who has it and is silent: $outcome with timeout $timeoutMs',
    async ({ timeoutMs, outcome }) => {
      const { node, vouching, replies, pass } = setUp(timeoutMs);
      replies.set(2n, testimonyOf(2n, ahead));
      replies.set(3n, testimonyOf(3n));
      vouching.start();
      await pass(100);
      replies.delete(2n);
      await pass(8_000);
      expect(node.isBelowFloor).toBe(true);
      await pass(12_000);
      expect(node.isBelowFloor).toBe(outcome);
    },
  );

  test('waits for as long as there is a leader, who may bring it', async () => {
    const { node, vouching, replies, pass } = setUp(2_000);
    replies.set(2n, testimonyOf(2n, ahead));
    replies.set(3n, testimonyOf(3n));
    vouching.start();
    await pass(100);
    const heartbeat = { type: MessageType.MsgHeartbeat, from: 3n, to: 1n, term: 2 };
    node.step(Message.create(heartbeat));
    replies.clear();
    await pass(60_000);
    expect(node.isBelowFloor).toBe(true);
  });
});
