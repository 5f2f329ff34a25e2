import { describe, expect, test } from 'vitest';
import { EtcdError, SILENT_LOGGER } from '../base/index.ts';
import { FakeClock } from '../base/testing/fake-clock.ts';
import { Membership, memberChangeFromBytes, type ClusterMember } from '../apply/index.ts';
import { MemoryBackend } from '../storage/mvcc/testing/memory-backend.ts';
import { ConfChangeType, type ConfChange } from '../wire/gen/raft.ts';
import { Reconfiguration } from './reconfiguration.ts';

interface Situation {
  /** Names of voters in order of their ids from 1 on; empty: not started. This member is 1. */
  readonly voters: readonly string[];
  readonly learner?: bigint;
  /** Members that have been reachable for long. */
  readonly connected: readonly bigint[];
  /** Members that have been reachable for a second. */
  readonly reconnected?: readonly bigint[];
  readonly strict?: boolean;
  readonly isLeader?: boolean;
  readonly matches?: ReadonlyMap<bigint, number>;
}

function setUp(situation: Situation) {
  const clock = new FakeClock();
  const membership = new Membership({
    clusterId: 9n,
    localId: 1n,
    maxLearners: 1,
    logger: SILENT_LOGGER,
  });
  membership.recover(new MemoryBackend());
  const add = (id: bigint, fields: Partial<ClusterMember>) =>
    membership.add({
      id,
      peerUrls: [`http://m${id}:1`],
      isLearner: false,
      name: '',
      clientUrls: [],
      ...fields,
    });
  situation.voters.forEach((name, i) => add(BigInt(i + 1), { name }));
  if (situation.learner !== undefined) add(situation.learner, { isLearner: true, name: 'l' });
  const changes: ConfChange[] = [];
  const forwarded: bigint[] = [];
  const reconfiguration = new Reconfiguration({
    membership,
    clock,
    logger: SILENT_LOGGER,
    healthIntervalMs: 5_000,
    strict: situation.strict ?? true,
    clusterToken: 'token',
    activeSinceMs: (id) => {
      if (situation.connected.includes(id)) return clock.wallMs() - 5_000;
      return situation.reconnected?.includes(id) === true ? clock.wallMs() - 1_000 : 0;
    },
    isLeader: () => situation.isLeader ?? true,
    matchIndexes: () => situation.matches ?? new Map(),
    configure: async (change) => void changes.push(change),
    promoteOnLeader: async (id) => void forwarded.push(id),
  });
  return { reconfiguration, changes, forwarded };
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'ok';
  } catch (error) {
    if (error instanceof EtcdError) return error.code;
    throw error;
  }
}

const URLS = ['http://new:1'];
const THREE = ['a', 'b', 'c'];

describe('adding a voter', () => {
  test.each<[string, Situation, string]>([
    ['to one member', { voters: ['a'], connected: [] }, 'ok'],
    ['to three that are connected', { voters: THREE, connected: [2n, 3n] }, 'ok'],
    ['with one of three away', { voters: THREE, connected: [2n] }, 'Unhealthy'],
    [
      'with one of three just back',
      { voters: THREE, connected: [2n], reconnected: [3n] },
      'Unhealthy',
    ],
    [
      'while another has not started',
      { voters: ['a', ''], connected: [2n] },
      'MemberNotEnoughStarted',
    ],
    ['with one away, unchecked', { voters: THREE, connected: [2n], strict: false }, 'ok'],
  ])('%s', async (_, situation, expected) => {
    const { reconfiguration, changes } = setUp(situation);
    expect(await codeOf(reconfiguration.add(URLS, false))).toBe(expected);
    expect(changes.map((change) => change.type)).toEqual(
      expected === 'ok' ? [ConfChangeType.ConfChangeAddNode] : [],
    );
  });
});

test('adding a learner needs no voters that have started, but a quorum that is connected', async () => {
  const { reconfiguration, changes } = setUp({ voters: ['a', ''], connected: [2n] });
  const added = await codeOf(reconfiguration.add(URLS, true));
  expect(added).toBe('ok');
  expect(changes[0]?.type).toBe(ConfChangeType.ConfChangeAddLearnerNode);
  const { member } = memberChangeFromBytes(changes[0]?.context ?? new Uint8Array(0));
  expect(member).toMatchObject({ peerUrls: URLS, isLearner: true, id: changes[0]?.nodeId });
  const lonely = setUp({ voters: THREE, connected: [] });
  expect(await codeOf(lonely.reconfiguration.add(URLS, true))).toBe('Unhealthy');
});

describe('removing', () => {
  test.each<[string, Situation, bigint, string]>([
    ['one of three', { voters: THREE, connected: [2n, 3n] }, 3n, 'ok'],
    ['itself', { voters: THREE, connected: [2n, 3n] }, 1n, 'ok'],
    ['one that is away', { voters: THREE, connected: [2n] }, 3n, 'ok'],
    ['one that is needed', { voters: THREE, connected: [2n] }, 2n, 'Unhealthy'],
    ['one of two', { voters: ['a', 'b'], connected: [2n] }, 2n, 'ok'],
    [
      'a started one beside one that has not',
      { voters: ['a', 'b', ''], connected: [2n] },
      2n,
      'MemberNotEnoughStarted',
    ],
    ['the last', { voters: ['a'], connected: [] }, 1n, 'MemberNotEnoughStarted'],
    ['a learner, whoever is away', { voters: THREE, learner: 9n, connected: [] }, 9n, 'ok'],
    ['one that is needed, unchecked', { voters: THREE, connected: [2n], strict: false }, 2n, 'ok'],
  ])('%s', async (_, situation, id, expected) => {
    const { reconfiguration, changes } = setUp(situation);
    expect(await codeOf(reconfiguration.remove(id))).toBe(expected);
    expect(changes.map((change) => change.nodeId)).toEqual(expected === 'ok' ? [id] : []);
  });
});

describe('promoting', () => {
  const promotion = (matches: [bigint, number][], more: Partial<Situation> = {}) =>
    setUp({ voters: THREE, learner: 9n, connected: [2n, 3n], matches: new Map(matches), ...more });

  test('waits until the learner has nine tenths of the log', async () => {
    expect(
      await codeOf(
        promotion([
          [1n, 100],
          [9n, 89],
        ]).reconfiguration.promote(9n),
      ),
    ).toBe('LearnerNotReady');
    const { reconfiguration, changes } = promotion([
      [1n, 100],
      [9n, 90],
    ]);
    expect(await codeOf(reconfiguration.promote(9n))).toBe('ok');
    expect(changes[0]).toMatchObject({ type: ConfChangeType.ConfChangeAddNode, nodeId: 9n });
    const { isPromote } = memberChangeFromBytes(changes[0]?.context ?? new Uint8Array(0));
    expect(isPromote).toBe(true);
  });

  test("is the leader's, who is asked by others", async () => {
    const { reconfiguration, changes, forwarded } = promotion([], { isLeader: false });
    await reconfiguration.promote(9n);
    expect(forwarded).toEqual([9n]);
    expect(await codeOf(reconfiguration.promoteHere(9n))).toBe('NotLeader');
    expect(changes).toEqual([]);
  });

  test('of a member that nobody knows fails', async () => {
    const { reconfiguration } = promotion([[1n, 100]]);
    expect(await codeOf(reconfiguration.promote(9n))).toBe('MemberNotFound');
  });

  test('needs a quorum that has started', async () => {
    const { reconfiguration } = promotion(
      [
        [1n, 100],
        [9n, 100],
      ],
      { voters: ['a', '', ''] },
    );
    expect(await codeOf(reconfiguration.promote(9n))).toBe('MemberNotEnoughStarted');
  });
});
