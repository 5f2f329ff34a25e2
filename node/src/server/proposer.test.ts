import { expect, test } from 'vitest';
import { EtcdError } from '../base/index.ts';
import { FakeClock } from '../base/testing/fake-clock.ts';
import { RaftError, type RawNode } from '../raft/index.ts';
import { decode, encode } from '../wire/index.ts';
import { ConfChange, Entry, Message, MessageType } from '../wire/gen/raft.ts';
import { InternalRaftRequest, RequestHeader } from '../wire/gen/raft-internal.ts';
import { RequestIds, Waiters } from './proposals.ts';
import { Proposer } from './proposer.ts';

function setUp() {
  const clock = new FakeClock();
  const batches: InternalRaftRequest[][] = [];
  const changes: ConfChange[] = [];
  const state = {
    canPropose: true,
    canConfigure: true,
    applied: 0,
    commit: 0,
    failure: undefined as Error | undefined,
  };
  const stepped: Message[] = [];
  const node = {
    raft: { term: 3, role: 'leader' },
    step: (message: Message) => {
      if (state.failure !== undefined) throw state.failure;
      stepped.push(message);
    },
    proposeBatch: (datas: Uint8Array[]) => {
      if (state.failure !== undefined) throw state.failure;
      batches.push(datas.map((data) => decode(InternalRaftRequest, data)));
    },
    proposeConfChange: (change: ConfChange) => changes.push(change),
  };
  const waiters = new Waiters(clock, 1000, () => new EtcdError('Timeout'));
  const proposer: Proposer = new Proposer({
    clock,
    node: node as unknown as RawNode, // the proposer uses no more of it
    ids: new RequestIds(1n, 0),
    waiters,
    maxRequestBytes: 200,
    canPropose: () => state.canPropose,
    canConfigure: () => state.canConfigure,
    appliedIndex: () => state.applied,
    commitIndex: () => state.commit,
    wake: () => queueMicrotask(() => proposer.flush()),
  });
  return { clock, batches, changes, state, waiters, proposer, stepped, raft: node.raft };
}

const revoke = (id: bigint) => ({ leaseRevoke: { id } });
const compact = (revision: number) => ({ compaction: { revision, physical: false } });
const settle = async () => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'applied',
    (error: unknown) => (error instanceof EtcdError ? error.code : String(error)),
  );

test('what comes in one turn is proposed as one batch, in order, under ids of its own', async () => {
  const { proposer, batches, waiters } = setUp();
  const results = [1, 2, 3].map((revision) => proposer.propose(compact(revision)));
  await settle();
  expect(batches).toHaveLength(1);
  expect(batches[0]?.map((one) => one.compaction?.revision)).toEqual([1, 2, 3]);
  const ids = batches[0]?.map((one) => one.header?.id ?? 0n) ?? [];
  expect(new Set(ids).size).toBe(3);
  for (const id of ids) waiters.resolve(id, {});
  expect(await Promise.all(results)).toEqual([{}, {}, {}]);
});

test('a configuration change waits for the first entry of the term, which raft demands; requests do not', async () => {
  const { proposer, batches, changes, state } = setUp();
  state.canConfigure = false;
  void proposer.configure(ConfChange.create({ id: 9n })).catch(() => undefined);
  void proposer.propose(compact(1)).catch(() => undefined);
  await settle();
  expect([batches.length, changes.length]).toEqual([1, 0]);
  state.canConfigure = true;
  proposer.retry();
  await settle();
  expect(changes.map((change) => change.id)).toEqual([9n]);
});

test('without a leader requests wait, and go when there is one', async () => {
  const { proposer, batches, changes, state } = setUp();
  state.canPropose = false;
  void proposer.propose(compact(1)).catch(() => undefined);
  void proposer.configure(ConfChange.create({ id: 9n })).catch(() => undefined);
  await settle();
  expect(batches).toEqual([]);
  state.canPropose = true;
  proposer.retry();
  await settle();
  expect(batches).toHaveLength(1);
  expect(changes.map((change) => change.id)).toEqual([9n]);
  proposer.retry();
  await settle();
  expect(batches).toHaveLength(1);
});

test('without a leader for too long they time out', async () => {
  const { proposer, state, clock } = setUp();
  state.canPropose = false;
  const outcome = codeOf(proposer.propose(compact(1)));
  await clock.run(1000);
  expect(await outcome).toBe('Timeout');
});

test('a request that is too large is refused and proposed to nobody', async () => {
  const { proposer, batches } = setUp();
  const put = {
    key: new Uint8Array(300),
    value: new Uint8Array(0),
    lease: 0n,
    prevKv: false,
    ignoreValue: false,
    ignoreLease: false,
  };
  expect(await codeOf(proposer.propose({ put }))).toBe('RequestTooLarge');
  await settle();
  expect(batches).toEqual([]);
});

test('requests are refused while too many wait to be applied; revocations a little later', async () => {
  const { proposer, state } = setUp();
  state.commit = 5001;
  expect(await codeOf(proposer.propose(compact(1)))).toBe('RequestTooManyRequests');
  const revocation = proposer.propose(revoke(1n));
  state.commit = 5501;
  expect(await codeOf(proposer.propose(revoke(1n)))).toBe('RequestTooManyRequests');
  state.commit = 5000;
  const other = proposer.propose(compact(1));
  proposer.stop();
  for (const one of [revocation, other]) void one.catch(() => undefined);
});

test('what raft takes nothing of, as while leadership is handed over, is proposed again, in order', async () => {
  const { proposer, state, batches, waiters } = setUp();
  state.failure = new RaftError('ProposalDropped');
  const first = proposer.propose(compact(1));
  await settle();
  const second = proposer.propose(compact(2));
  await settle();
  state.failure = undefined;
  // The new leader's first entry says nothing of requests that were in nobody's log.
  waiters.lostBefore(9);
  proposer.retry();
  await settle();
  expect(batches.map((one) => one.map(({ compaction }) => compaction?.revision))).toEqual([[1, 2]]);
  for (const { header } of batches[0] ?? []) waiters.resolve(header?.id ?? 0n, {});
  expect(await Promise.all([first, second])).toEqual([{}, {}]);
});

test('a request that timed out meanwhile is not proposed again', async () => {
  const { proposer, state, batches, clock } = setUp();
  state.failure = new RaftError('ProposalDropped');
  const outcome = codeOf(proposer.propose(compact(1)));
  await settle();
  clock.advance(1000);
  expect(await outcome).toBe('Timeout');
  state.failure = undefined;
  proposer.retry();
  await settle();
  expect(batches).toEqual([]);
});

/** A proposal as a follower hands it to the leader. */
function forwarded(id: bigint): Message {
  const request = InternalRaftRequest.create({
    header: RequestHeader.create({ id }),
    ...compact(1),
  });
  const entry = Entry.create({ data: encode(InternalRaftRequest, request) });
  return Message.create({ type: MessageType.MsgProp, from: 1n, to: 2n, entries: [entry] });
}

test('a proposal that never left this member is tried again, and its client is not told that it was lost', async () => {
  const { proposer, state, waiters, stepped } = setUp();
  const answer = waiters.wait(7n);
  waiters.proposed(7n, 3);
  state.canPropose = false;
  proposer.hold(forwarded(7n));
  proposer.retry();
  waiters.lostBefore(4);
  expect(stepped).toEqual([]);
  state.canPropose = true;
  proposer.retry();
  expect(stepped).toMatchObject([{ type: MessageType.MsgProp, to: 0n, from: 1n }]);
  proposer.retry();
  expect(stepped).toHaveLength(1);
  waiters.resolve(7n, {});
  expect(await answer).toEqual({});
});

test('a held proposal outlives a raft that drops it, but not its time', () => {
  const { proposer, state, stepped, clock } = setUp();
  state.failure = new RaftError('ProposalDropped');
  proposer.hold(forwarded(7n));
  proposer.retry();
  state.failure = undefined;
  clock.advance(10_000);
  proposer.retry();
  expect(stepped).toEqual([]);
  proposer.hold(Message.create({ type: MessageType.MsgHeartbeat }));
  proposer.retry();
  expect(stepped).toEqual([]);
});

test('after the stop nothing is taken', async () => {
  const { proposer, batches } = setUp();
  void proposer.propose(compact(1)).catch(() => undefined);
  proposer.stop();
  await settle();
  expect(batches).toEqual([]);
  expect(await codeOf(proposer.propose(compact(1)))).toBe('Stopped');
  expect(await codeOf(proposer.configure(ConfChange.create()))).toBe('Stopped');
});

test.each([
  { role: 'follower', term: 3 },
  { role: 'leader', term: 5 },
])(
  'what was a leader’s to do in its term never goes to a successor: $role of $term',
  async (now) => {
    const { proposer, batches, state, raft } = setUp();
    state.failure = new RaftError('ProposalDropped');
    const revoked = codeOf(proposer.proposeAsLeader(revoke(7n)));
    const compacted = codeOf(proposer.propose(compact(2)));
    await settle();
    state.failure = undefined;
    Object.assign(raft, now);
    proposer.retry();
    await settle();
    expect(await revoked).toBe('LeaderChanged');
    expect(batches.flat().map((one) => one.compaction?.revision)).toEqual([2]);
    proposer.stop();
    void compacted;
  },
);
