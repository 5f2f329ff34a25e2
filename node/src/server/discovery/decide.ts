// How a pod starts: the decision, as a function of what the pod knows. Two rules stand above all others: an empty disk never
// founds a cluster where there was one, and data that may be the last copy is never put out of use on a guess.
import { formatId } from '../../base/index.ts';
import type { DiskState } from './disk.ts';
import type { ClusterRecord } from './record.ts';
import type { Decision, MembershipAnswer, PeerReport, Situation } from './situation.ts';

/** How long a first member gives the others to say that they hold data after all, when there is no record. */
const FOUNDING_GRACE_MS = 15_000;

type Data = Extract<DiskState, { kind: 'data' }>;

export function decide(situation: Situation): Decision {
  const { disk, record } = situation;
  if (disk.kind === 'data') {
    return record === undefined
      ? withDataAlone(situation, disk)
      : withDataAndRecord(situation, disk, record);
  }
  if (record === undefined) return withNothing(situation);
  if (record.state === 'founding') return whileFounding(situation, record);
  return enter(situation, false, 'its volume is empty');
}

function withDataAndRecord(situation: Situation, disk: Data, record: ClusterRecord): Decision {
  if (disk.generation > record.generation) return { kind: 'resume' }; // the leader brings the record up to date
  if (disk.generation < record.generation) {
    const { recovery, generation } = record;
    // Only for the step from the generation that was looked at: older data was out of date then already.
    if (recovery?.kind === 'recover' && recovery.survivor === situation.name) {
      if (disk.generation === generation - 1 && disk.clusterId === record.clusterId)
        return { kind: 'recover', generation };
    }
    return enter(
      situation,
      true,
      `the cluster was restored or recovered while this member was away: its data is of generation ${disk.generation}, the cluster's is ${record.generation}`,
    );
  }
  if (disk.clusterId !== record.clusterId) {
    return {
      kind: 'refuse',
      code: 'ForeignData',
      reason: `the volume holds data of cluster ${formatId(disk.clusterId)}, but the record names cluster ${formatId(record.clusterId)}. If the volume was attached by mistake, attach the right one. If its data is not wanted, delete its PersistentVolumeClaim and the pod; the member then joins with an empty volume`,
    };
  }
  return noLongerMember(situation, disk) ?? { kind: 'resume' };
}

/** The record was deleted, or the data comes from elsewhere. The leader writes a record once there is one. */
function withDataAlone(situation: Situation, disk: Data): Decision {
  return noLongerMember(situation, disk) ?? { kind: 'resume' };
}

/** Undefined while nobody has said that the member was removed. */
function noLongerMember(situation: Situation, disk: Data): Decision | undefined {
  if (disk.hasLeft) return enter(situation, true, 'it left the cluster when it was scaled away');
  const own = answersOf(situation).filter(({ clusterId }) => clusterId === disk.clusterId);
  const isRemoved = own.some(
    (answer) =>
      answer.isRemoved ||
      (answer.isConfirmed && !answer.members.some((member) => member.id === disk.memberId)),
  );
  if (!isRemoved) return undefined;
  return enter(situation, true, 'its member was removed from the cluster');
}

/** Neither data nor a record: a new StatefulSet, or one whose record was deleted. */
function withNothing(situation: Situation): Decision {
  const { ordinal, peers, replicas, waitedMs } = situation;
  if (answersOf(situation).length > 0) return enter(situation, false, 'its volume is empty');
  const holding = peers.filter(({ state }) => state.kind === 'holding');
  if (holding.length > 0) {
    return wait('WaitingForData', `${namesOf(holding)} has data, and is about to start`);
  }
  if (ordinal !== 0) return wait('WaitingForFounder', 'the first member founds the cluster');
  if (replicas === undefined) {
    return wait('WaitingForStatefulSet', 'how many members there are to be is not known yet');
  }
  const silent = peers.filter(({ state }) => state.kind === 'silent');
  if (silent.length > 0 && waitedMs < FOUNDING_GRACE_MS) {
    return wait(
      'WaitingForPods',
      `before it founds a cluster, all pods are asked whether they have data; no answer yet from ${namesOf(silent)}`,
    );
  }
  return { kind: 'found' };
}

/** A founder may have died at any point before its log was made. Nothing was acknowledged, nobody has joined. */
function whileFounding(situation: Situation, record: ClusterRecord): Decision {
  if (record.founder !== situation.name) {
    return wait('WaitingForFounder', `${record.founder} founds the cluster`);
  }
  if (answersOf(situation).some(({ clusterId }) => clusterId === record.clusterId)) {
    return enter(situation, false, 'its volume is empty');
  }
  return { kind: 'found' };
}

/** Becoming a member of a cluster that runs. `why` completes "the member has to join because …". */
function enter(situation: Situation, setAside: boolean, why: string): Decision {
  const { name, host, ordinal, record, replicas } = situation;
  if (replicas !== undefined && ordinal >= replicas) {
    return wait(
      'NotWanted',
      `the StatefulSet asks for ${replicas} members, so ${name} does not join`,
    );
  }
  const running = answersOf(situation).filter(
    (answer) =>
      record === undefined ||
      (answer.clusterId === record.clusterId && answer.generation >= record.generation),
  );
  const through = running.find((answer) => answer.isConfirmed);
  if (through === undefined) return nobodyToEnterThrough(situation, running, setAside, why);
  const former = through.members.filter(
    (member) => member.name === name || member.peerUrls.some((url) => hostOf(url) === host),
  );
  return {
    kind: former.length > 0 ? 'replace' : 'join',
    former: former.map((member) => member.id),
    setAside,
    generation: Math.max(record?.generation ?? 1, through.generation),
    clusterId: through.clusterId,
    reason: why,
  };
}

function nobodyToEnterThrough(
  situation: Situation,
  running: readonly MembershipAnswer[],
  setAside: boolean,
  why: string,
): Decision {
  const { name, peers, replicas } = situation;
  if (running.length > 0) {
    return wait(
      'WaitingForQuorum',
      `${name} has to join, because ${why}; but the other members have no quorum without it. When they can't come back, binnacle recover makes one of them the whole cluster`,
    );
  }
  if (replicas !== undefined && peers.every(({ state }) => state.kind === 'empty')) {
    if (setAside) {
      return refuse(
        'NobodyToJoin',
        `${name} has to join, because ${why}; but no other member has data. Its own data is left as it is; binnacle recover can make it the whole cluster`,
      );
    }
    return refuse(
      'AllVolumesEmpty',
      `there was a cluster (ConfigMap ${name.replace(/-\d+$/, '')}-cluster), but no member has data any more, and no new cluster is founded in its place. To get the data back, restore a backup; to give it up, delete that ConfigMap`,
    );
  }
  const said = peers.map(({ name: peer, state }) => `${peer} ${wordsOf(state)}`).join(', ');
  return wait(
    'WaitingForMembers',
    `${name} has to join, because ${why}; but no member of the cluster answers${said === '' ? '' : `: ${said}`}`,
  );
}

function answersOf({ peers }: Situation): MembershipAnswer[] {
  return peers.flatMap(({ state }) => (state.kind === 'running' ? [state.answer] : []));
}

function wordsOf(state: PeerReport['state']): string {
  if (state.kind === 'silent') return `is silent (${state.reason})`;
  if (state.kind === 'empty') return 'has an empty volume';
  if (state.kind === 'holding') return 'has data and is about to start';
  return `is in cluster ${formatId(state.answer.clusterId)} of generation ${state.answer.generation}`;
}

function namesOf(peers: readonly PeerReport[]): string {
  return peers.map(({ name }) => name).join(', ');
}

function hostOf(url: string): string {
  return new URL(url).hostname;
}

const wait = (code: string, reason: string): Decision => ({ kind: 'wait', code, reason });
const refuse = (code: string, reason: string): Decision => ({ kind: 'refuse', code, reason });
