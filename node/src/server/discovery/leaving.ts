// What a member does when its pod is stopped: it hands leadership over; and when the StatefulSet no longer covers it, it
// leaves the cluster first, where the others keep a quorum.
import { EtcdError, formatId, type Logger, type MemberId, pause } from '../../base/index.ts';
import type { KubernetesApi } from '../../kubernetes/index.ts';
import type { Member } from '../member.ts';
import type { Volume } from './disk.ts';
import type { PeerClient } from './peer-client.ts';
import type { Pods } from './pods.ts';
import { isScaledBelow, wantedMembers, type Wanted } from './stateful-set.ts';

/** kubelet kills after 60 s; stopping takes a few of them. */
const LEAVE_LIMIT_MS = 40_000;
const RETRY_MS = 500;
const LOOK_MS = 100;
const ASK_LIMIT_MS = 5_000;
const HAND_OVER_LIMIT_MS = 2_500;

export interface LeavingParts {
  readonly member: Member;
  readonly api: KubernetesApi;
  readonly pods: Pods;
  readonly client: PeerClient;
  readonly volume: Volume;
  readonly logger: Logger;
  readonly warn: (code: string, reason: string) => Promise<void>;
  /** The transport has heard from the others that this member was removed. */
  readonly isRemoved: () => boolean;
}

/** Resolves when the member may be stopped. Never rejects: a pod that is told to stop stops. */
export async function leaveOrHandOver(parts: LeavingParts): Promise<void> {
  const { member, pods, logger } = parts;
  const wanted = await askWanted(parts);
  if (wanted === undefined || !isScaledBelow(wanted, pods.ordinal)) {
    await handOver(parts, () => true);
    return;
  }
  logger.info('the StatefulSet no longer covers this member: leaving the cluster', {
    replicas: wanted.replicas,
    'local-member-id': formatId(member.localId),
  });
  const problem = await leave(parts, wanted.replicas);
  if (problem === '') return;
  if (problem !== undefined) {
    await parts.warn(
      'NotLeft',
      `${pods.nameOf(pods.ordinal)} stops without having left the cluster, because ${problem}. The leader removes it as soon as the others have a quorum; until then, scaling up again brings it back`,
    );
  }
  await handOver(parts, () => true);
}

/** Undefined when the API server does not answer in time: then nothing is changed. */
async function askWanted({ api, pods, member, logger }: LeavingParts): Promise<Wanted | undefined> {
  const { clock } = member.world;
  const deadlineMs = clock.monotonicMs() + ASK_LIMIT_MS;
  for (;;) {
    try {
      return await wantedMembers(api, pods);
    } catch (error) {
      if (clock.monotonicMs() > deadlineMs) {
        logger.warn('could not ask for the StatefulSet; stopping without leaving', {
          error: String(error),
        });
        return undefined;
      }
    }
    await pause(member.world.clock, RETRY_MS);
  }
}

/** Returns why the member could not leave: '' when it has left, undefined when it is wanted again. */
async function leave(parts: LeavingParts, replicas: number): Promise<string | undefined> {
  const { member, pods, volume, logger } = parts;
  const { clock } = member.world;
  const deadlineMs = clock.monotonicMs() + LEAVE_LIMIT_MS;
  const stays = (id: MemberId): boolean => (ordinalOf(parts, id) ?? 0) < replicas;
  let problem = '';
  for (;;) {
    const now = await askWanted(parts);
    if (now === undefined || !isScaledBelow(now, pods.ordinal)) return undefined;
    try {
      await handOver(parts, stays);
      if (!(await hasLeft(parts))) await removeSelf(parts);
      await volume.markLeft(member.localId);
      logger.info('left the cluster', { 'local-member-id': formatId(member.localId) });
      return '';
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== problem) logger.warn('could not leave the cluster yet', { error: reason });
      problem = reason;
    }
    if (clock.monotonicMs() > deadlineMs) return problem;
    await pause(member.world.clock, RETRY_MS);
  }
}

/** A leader has nothing more to say to a member that is removed, so that one may only hear of it by being turned away. */
async function removeSelf(parts: LeavingParts): Promise<void> {
  const { member, isRemoved } = parts;
  let isOver = false;
  const turnedAway = async (): Promise<void> => {
    while (!isOver && !isRemoved()) await pause(member.world.clock, LOOK_MS);
  };
  const removal = askLeader(parts);
  removal.catch(() => {}); // when it is turned away first, the rest is noise
  try {
    await Promise.race([removal, turnedAway()]);
  } finally {
    isOver = true;
  }
}

/** The leader holds a change back until raft takes it; that of another member would be dropped while one is under way. */
async function askLeader({ member, pods, client }: LeavingParts): Promise<void> {
  const leader = member.membership.get(member.leader);
  const ordinal = leader === undefined ? undefined : pods.ordinalOf(leader);
  if (ordinal === undefined) throw new EtcdError('NoLeader');
  if (member.isLeader) await member.removeMember(member.localId);
  else await client.remove(ordinal, member.localId);
}

/** The answer to a removal may be lost with the connections that end by it. */
async function hasLeft({ member, pods, client, isRemoved }: LeavingParts): Promise<boolean> {
  if (isRemoved() || member.membership.isRemoved(member.localId)) return true;
  const others = member.membership.list().filter(({ id }) => id !== member.localId);
  const answers = await Promise.all(
    others.map(async (other) => {
      const ordinal = pods.ordinalOf(other);
      if (ordinal === undefined) return false;
      const answer = client.membership(ordinal, member.localId);
      return answer.then(
        (said) => said.clusterId === member.membership.clusterId && said.isRemoved,
        () => false,
      );
    }),
  );
  return answers.includes(true);
}

/** To the member that has been reachable for longest, of those that are let; quietly where there is none. */
async function handOver(parts: LeavingParts, mayLead: (id: MemberId) => boolean): Promise<void> {
  const { member, logger } = parts;
  const candidates = member.membership
    .voters()
    .map(({ id }) => id)
    .filter((id) => id !== member.localId && member.activeSinceMs(id) !== 0 && mayLead(id))
    .sort((a, b) => member.activeSinceMs(a) - member.activeSinceMs(b));
  for (const target of candidates) {
    if (!member.isLeader) return;
    const moved = member.moveLeader(target).catch((error: unknown) => {
      logger.warn('leadership transfer failed', { error: String(error) });
    });
    await Promise.race([moved, pause(member.world.clock, HAND_OVER_LIMIT_MS)]);
  }
}

function ordinalOf({ member, pods }: LeavingParts, id: MemberId): number | undefined {
  const found = member.membership.get(id);
  return found === undefined ? undefined : pods.ordinalOf(found);
}
