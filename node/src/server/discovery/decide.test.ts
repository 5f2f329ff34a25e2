import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ClusterMember } from '../../apply/index.ts';
import { decide } from './decide.ts';
import type { DiskState } from './disk.ts';
import type { ClusterRecord } from './record.ts';
import type { Decision, MembershipAnswer, PeerReport, PeerState, Situation } from './situation.ts';

const CLUSTER = 0xc1n;
const OTHER_CLUSTER = 0xc2n;

const member = (ordinal: number, more: Partial<ClusterMember> = {}): ClusterMember => ({
  id: BigInt(0x10 + ordinal),
  name: `b-${ordinal}`,
  peerUrls: [`http://host-${ordinal}:2380`],
  clientUrls: [],
  isLearner: false,
  ...more,
});
const MEMBERS = [member(0), member(1), member(2)];

const answer = (more: Partial<MembershipAnswer> = {}): MembershipAnswer => ({
  clusterId: CLUSTER,
  generation: 1,
  members: MEMBERS,
  isConfirmed: true,
  isRemoved: false,
  leader: 0x10n,
  commitIndex: 9,
  appliedIndex: 9,
  ...more,
});
const running = (more: Partial<MembershipAnswer> = {}): PeerState => ({
  kind: 'running',
  answer: answer(more),
});
const EMPTY: PeerState = { kind: 'empty' };
const HOLDING: PeerState = { kind: 'holding' };
const SILENT: PeerState = { kind: 'silent', reason: 'ECONNREFUSED' };
const peers = (...states: PeerState[]): PeerReport[] =>
  states.map((state, i) => ({ name: `peer-${i}`, state }));

const record = (more: Partial<ClusterRecord> = {}): ClusterRecord => ({
  version: 1,
  state: 'founded',
  clusterId: CLUSTER,
  token: 't',
  founder: 'b-0',
  generation: 1,
  foundedAt: '2026-01-01T00:00:00Z',
  recovery: null,
  ...more,
});
const data = (more: Partial<Extract<DiskState, { kind: 'data' }>> = {}): DiskState => ({
  kind: 'data',
  memberId: 0x10n,
  clusterId: CLUSTER,
  generation: 1,
  hasLeft: false,
  ...more,
});

/** Ordinal 0 of three with an empty volume, and nothing else anywhere, for a long time. */
const situation = (more: Partial<Situation> = {}): Situation => ({
  name: `b-${more.ordinal ?? 0}`,
  ordinal: 0,
  host: `host-${more.ordinal ?? 0}`,
  replicas: 3,
  record: undefined,
  disk: { kind: 'empty' },
  peers: peers(EMPTY, EMPTY),
  waitedMs: 60_000,
  ...more,
});
const codeOf = (decision: Decision): string =>
  'code' in decision ? `${decision.kind} ${decision.code}` : decision.kind;
const decided = (more: Partial<Situation>): string => codeOf(decide(situation(more)));

describe('a new StatefulSet', () => {
  test('is founded by its first pod when all others have said that they are empty', () => {
    expect(decided({ waitedMs: 0 })).toBe('found');
  });

  test('waits a while for pods that do not answer: they may hold data', () => {
    expect(decided({ peers: peers(EMPTY, SILENT), waitedMs: 0 })).toBe('wait WaitingForPods');
    expect(decided({ peers: peers(EMPTY, SILENT), waitedMs: 15_000 })).toBe('found');
  });

  test('is not founded by any other pod', () => {
    expect(decided({ ordinal: 1 })).toBe('wait WaitingForFounder');
  });

  test('is not founded before it is known how many pods there are', () => {
    expect(decided({ replicas: undefined })).toBe('wait WaitingForStatefulSet');
  });

  test('of a single pod is founded at once', () => {
    expect(decided({ replicas: 1, peers: [], waitedMs: 0 })).toBe('found');
  });
});

describe('while the first pod founds', () => {
  const founding = record({ state: 'founding' });

  test('it goes on after a crash between the record and the log', () => {
    expect(decided({ record: founding })).toBe('found');
    expect(decided({ record: founding, disk: { kind: 'partial' } })).toBe('found');
  });

  test('it resumes after a crash between the log and the end of founding', () => {
    expect(decided({ record: founding, disk: data() })).toBe('resume');
  });

  test('all others wait, whatever their volume holds that is not of this cluster', () => {
    expect(decided({ ordinal: 1, record: founding })).toBe('wait WaitingForFounder');
    expect(decided({ ordinal: 1, record: founding, disk: { kind: 'partial' } })).toBe(
      'wait WaitingForFounder',
    );
  });
});

describe('an empty volume where there is a cluster', () => {
  test('never founds a second one: the seed was wiped, the others run', () => {
    expect(
      decide(situation({ record: record(), peers: peers(running(), running()) })),
    ).toMatchObject({ kind: 'replace', former: [0x10n], setAside: false, generation: 1 });
  });

  test('never founds a second one: the seed was wiped, the others are away', () => {
    expect(decided({ record: record(), peers: peers(SILENT, SILENT) })).toBe(
      'wait WaitingForMembers',
    );
    expect(decided({ record: record(), peers: peers(HOLDING, SILENT) })).toBe(
      'wait WaitingForMembers',
    );
  });

  test('never founds a second one: all volumes are empty', () => {
    expect(decided({ record: record() })).toBe('refuse AllVolumesEmpty');
    expect(decided({ record: record(), replicas: 1, peers: [] })).toBe('refuse AllVolumesEmpty');
    expect(decided({ record: record(), ordinal: 2 })).toBe('refuse AllVolumesEmpty');
  });

  test('says nothing of all volumes before it is known how many there are', () => {
    expect(decided({ record: record(), replicas: undefined, peers: [] })).toBe(
      'wait WaitingForMembers',
    );
  });

  test('never founds a second one: the record is missing, but others have data', () => {
    expect(decided({ peers: peers(running(), SILENT) })).toBe('replace');
    expect(decided({ peers: peers(HOLDING, EMPTY) })).toBe('wait WaitingForData');
    expect(decided({ ordinal: 1, peers: peers(HOLDING, EMPTY) })).toBe('wait WaitingForData');
  });

  test('joins where nothing is left of a former self, as after a crash between removal and addition', () => {
    const others = running({ members: [member(1), member(2)] });
    expect(decide(situation({ record: record(), peers: peers(others, others) }))).toMatchObject({
      kind: 'join',
      former: [],
    });
  });

  test('replaces a learner that was added and never started: a crash between addition and start', () => {
    const added = member(3, { name: '', isLearner: true });
    const others = running({ members: [...MEMBERS, added] });
    expect(
      decide(situation({ record: record(), ordinal: 3, replicas: 4, peers: peers(others) })),
    ).toMatchObject({ kind: 'replace', former: [0x13n] });
  });

  test('knows its former self under either scheme', () => {
    const former = member(0, { name: '', peerUrls: ['https://host-0:2380'] });
    const others = running({ members: [former, member(1), member(2)] });
    expect(decide(situation({ record: record(), peers: peers(others) }))).toMatchObject({
      former: [0x10n],
    });
  });

  test('waits while the others have no quorum without it', () => {
    const alone = running({ isConfirmed: false });
    expect(decided({ record: record(), peers: peers(alone, SILENT) })).toBe(
      'wait WaitingForQuorum',
    );
  });

  test('does not join through members of another cluster, or of a past that was given up', () => {
    const foreign = running({ clusterId: OTHER_CLUSTER });
    expect(decided({ record: record(), peers: peers(foreign, SILENT) })).toBe(
      'wait WaitingForMembers',
    );
    const past = running({ generation: 1 });
    expect(decided({ record: record({ generation: 2 }), peers: peers(past, SILENT) })).toBe(
      'wait WaitingForMembers',
    );
  });

  test('does not join when the StatefulSet has shrunk meanwhile', () => {
    expect(decided({ record: record(), ordinal: 3, peers: peers(running()) })).toBe(
      'wait NotWanted',
    );
  });
});

describe('a volume with data', () => {
  test('resumes, whether others answer or not', () => {
    for (const state of [running(), SILENT, EMPTY, HOLDING, running({ isConfirmed: false })])
      expect(decided({ record: record(), disk: data(), peers: peers(state, state) })).toBe(
        'resume',
      );
  });

  test('resumes without a record, even alone', () => {
    expect(decided({ disk: data(), peers: peers(SILENT, EMPTY) })).toBe('resume');
    expect(decided({ disk: data(), replicas: undefined, peers: [] })).toBe('resume');
  });

  test('of another cluster is left alone, and nothing is started', () => {
    const foreign = data({ clusterId: OTHER_CLUSTER });
    expect(decided({ record: record(), disk: foreign, peers: peers(running()) })).toBe(
      'refuse ForeignData',
    );
  });

  test('of a removed member is moved aside before it joins anew', () => {
    const others = running({ isRemoved: true, members: [member(1), member(2)] });
    for (const known of [record(), undefined]) {
      expect(
        decide(situation({ record: known, disk: data(), peers: peers(others) })),
      ).toMatchObject({ kind: 'join', former: [], setAside: true });
    }
  });

  test('is not given up because of a member that has not heard of it yet', () => {
    const behind = running({ isConfirmed: false, members: [member(1), member(2)] });
    expect(decided({ record: record(), disk: data(), peers: peers(behind) })).toBe('resume');
  });

  test('is not given up on the word of another cluster', () => {
    const foreign = running({ clusterId: OTHER_CLUSTER, isRemoved: true });
    expect(decided({ record: record(), disk: data(), peers: peers(foreign) })).toBe('resume');
    expect(decided({ disk: data(), peers: peers(foreign) })).toBe('resume');
  });

  test('of a member that left joins anew, and waits when there is nobody', () => {
    const left = data({ hasLeft: true });
    const others = running({ members: [member(1), member(2)] });
    expect(decide(situation({ record: record(), disk: left, peers: peers(others) }))).toMatchObject(
      {
        kind: 'join',
        setAside: true,
      },
    );
    expect(decided({ record: record(), disk: left, peers: peers(SILENT) })).toBe(
      'wait WaitingForMembers',
    );
    expect(decided({ record: record(), disk: left })).toBe('refuse NobodyToJoin');
  });

  test('of an older generation is out of date: the cluster was restored without it', () => {
    const restored = record({ generation: 2, clusterId: OTHER_CLUSTER });
    const others = running({ generation: 2, clusterId: OTHER_CLUSTER, members: [member(1)] });
    expect(
      decide(situation({ record: restored, disk: data(), peers: peers(others) })),
    ).toMatchObject({ kind: 'join', setAside: true, generation: 2, clusterId: OTHER_CLUSTER });
    // Recovery keeps the cluster's id.
    const recovered = running({ generation: 2, members: [member(1)] });
    expect(
      decided({ record: record({ generation: 2 }), disk: data(), peers: peers(recovered) }),
    ).toBe('join');
    expect(decided({ record: restored, disk: data(), peers: peers(SILENT, SILENT) })).toBe(
      'wait WaitingForMembers',
    );
  });

  test('goes on alone when a recovery names its pod, and only from the generation that was surveyed', () => {
    const recovery = { kind: 'recover', survivor: 'b-0' };
    const disk = data();
    expect(decide(situation({ disk, record: record({ generation: 2, recovery }) }))).toEqual({
      kind: 'recover',
      generation: 2,
    });
    const others: Partial<Situation>[] = [
      { disk, ordinal: 1, record: record({ generation: 2, recovery }) },
      { disk, record: record({ generation: 3, recovery }) },
      { disk: data({ clusterId: OTHER_CLUSTER }), record: record({ generation: 2, recovery }) },
      { disk: { kind: 'empty' }, record: record({ generation: 2, recovery }) },
      { disk, record: record({ generation: 2, recovery: { kind: 'restore' } }) },
    ];
    for (const other of others) expect(decide(situation(other)).kind).not.toBe('recover');
    // Once it is done, it is a member like any other.
    const done = data({ generation: 2 });
    expect(
      decide(situation({ disk: done, record: record({ generation: 2, recovery }) })).kind,
    ).toBe('resume');
  });

  test('of a newer generation resumes: the restore died before it could say so', () => {
    const newer = data({ generation: 2, clusterId: OTHER_CLUSTER });
    expect(decided({ record: record(), disk: newer, peers: peers(SILENT) })).toBe('resume');
  });
});

// What holds in every situation.
const anyAnswer = fc.record({
  clusterId: fc.constantFrom(CLUSTER, OTHER_CLUSTER),
  generation: fc.integer({ min: 1, max: 3 }),
  members: fc.subarray([...MEMBERS, member(3, { isLearner: true }), member(0, { name: '' })]),
  isConfirmed: fc.boolean(),
  isRemoved: fc.boolean(),
});
const anyState: fc.Arbitrary<PeerState> = fc.oneof(
  anyAnswer.map((more) => running(more)),
  fc.constantFrom(EMPTY, HOLDING, SILENT),
);
const anyDisk: fc.Arbitrary<DiskState> = fc.oneof(
  fc.constantFrom<DiskState>({ kind: 'empty' }, { kind: 'partial' }),
  fc
    .record({
      clusterId: fc.constantFrom(CLUSTER, OTHER_CLUSTER),
      generation: fc.integer({ min: 1, max: 3 }),
      hasLeft: fc.boolean(),
    })
    .map((more) => data(more)),
);
const anySituation = fc
  .record({
    ordinal: fc.integer({ min: 0, max: 3 }),
    replicas: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }),
    record: fc.option(
      fc
        .record({
          state: fc.constantFrom('founding' as const, 'founded' as const),
          clusterId: fc.constantFrom(CLUSTER, OTHER_CLUSTER),
          generation: fc.integer({ min: 1, max: 3 }),
        })
        .map((more) => record(more)),
      { nil: undefined },
    ),
    disk: anyDisk,
    peers: fc.array(anyState, { maxLength: 3 }).map((states) => peers(...states)),
    waitedMs: fc.constantFrom(0, 60_000),
  })
  .map((more) => situation(more));

const always = (holds: (given: Situation, decision: Decision) => boolean): void => {
  fc.assert(
    fc.property(anySituation, (given) => holds(given, decide(given))),
    { numRuns: 2_000 },
  );
};

describe('in every situation', () => {
  test('only the first pod founds, without data, and never beside a founded record', () => {
    always(
      (given, decision) =>
        decision.kind !== 'found' ||
        (given.ordinal === 0 && given.disk.kind !== 'data' && given.record?.state !== 'founded'),
    );
  });

  test('nobody founds without a record while any pod is known to have data', () => {
    always(
      (given, decision) =>
        decision.kind !== 'found' ||
        given.record !== undefined ||
        !given.peers.some(({ state }) => ['running', 'holding'].includes(state.kind)),
    );
  });

  test('members are removed and data is moved aside only when a quorum answers', () => {
    always(
      (given, decision) =>
        (decision.kind !== 'join' && decision.kind !== 'replace') ||
        given.peers.some(({ state }) => state.kind === 'running' && state.answer.isConfirmed),
    );
  });

  test('data is moved aside only when somebody has said that it does not count', () => {
    always((given, decision) => {
      if ((decision.kind !== 'join' && decision.kind !== 'replace') || !decision.setAside)
        return true;
      const { disk, record: known } = given;
      if (disk.kind !== 'data') return false;
      const isStale = known !== undefined && disk.generation < known.generation;
      const isGone = given.peers.some(
        ({ state }) =>
          state.kind === 'running' &&
          state.answer.clusterId === disk.clusterId &&
          (state.answer.isRemoved || state.answer.isConfirmed),
      );
      return isStale || isGone || disk.hasLeft;
    });
  });

  test('data is never resumed against a record of a newer generation, or of another cluster', () => {
    always(
      ({ disk, record: known }, decision) =>
        decision.kind !== 'resume' ||
        known === undefined ||
        (disk.kind === 'data' &&
          (disk.generation > known.generation ||
            (disk.generation === known.generation && disk.clusterId === known.clusterId))),
    );
  });

  test('a pod that stands still says why', () => {
    always((_, decision) => !('code' in decision) || decision.reason.length > 20);
  });
});
