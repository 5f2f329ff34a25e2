// What the leader puts right every ten seconds, whoever scaled the StatefulSet and however members died: members that are
// no longer wanted and do not answer are removed, learners that caught up are promoted, and the record is kept true.
import { NO_MEMBER, formatId, type Logger, type Timer } from '../../base/index.ts';
import type { ClusterMember } from '../../apply/index.ts';
import type { KubernetesApi } from '../../kubernetes/index.ts';
import type { Member } from '../member.ts';
import type { PeerClient } from './peer-client.ts';
import type { Pods } from './pods.ts';
import type { RecordStore } from './record.ts';
import { isScaledBelow, wantedMembers, type Wanted } from './stateful-set.ts';

const INTERVAL_MS = 10_000;
/** A learner that lags by less is promoted: what is missing is on its way. */
const CLOSE_ENTRIES = 1_000;

export interface ReconcilerParts {
  readonly member: Member;
  readonly api: KubernetesApi;
  readonly pods: Pods;
  readonly client: PeerClient;
  readonly records: RecordStore;
  readonly logger: Logger;
  /** Of this member's data. */
  readonly generation: number;
  /** Another life of the member has to begin. */
  readonly onOver: (reason: string) => void;
  readonly warn: (code: string, reason: string) => Promise<void>;
}

export class Reconciler {
  private readonly parts: ReconcilerParts;
  private timer: Timer | undefined;
  private stopped = false;

  constructor(parts: ReconcilerParts) {
    this.parts = parts;
  }

  start(): void {
    const { member, logger } = this.parts;
    this.timer = member.world.clock.after(INTERVAL_MS, () => {
      this.look()
        .catch((error: unknown) => {
          if (!this.stopped)
            logger.warn('failed to look after the members', { error: String(error) });
        })
        .finally(() => {
          if (!this.stopped) this.start();
        });
    });
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  private async look(): Promise<void> {
    const { member, api, pods } = this.parts;
    if (member.leader === NO_MEMBER) await this.lookForRecovery();
    if (!member.isLeader || !(await member.confirmLeadership())) return;
    await this.keepRecord();
    const wanted = await wantedMembers(api, pods);
    for (const other of member.membership.list()) {
      if (other.id === member.localId || this.stopped) continue;
      if (await this.removeIfGone(other, wanted)) continue;
      if (other.isLearner) await this.promoteIfClose(other);
    }
  }

  /** Without a leader there may be a recovery, which this member has to start anew for. */
  private async lookForRecovery(): Promise<void> {
    const { records, generation, onOver } = this.parts;
    const record = await records.read();
    if (record === undefined || record.generation <= generation || this.stopped) return;
    onOver(`the record is of generation ${record.generation}, this member of ${generation}`);
  }

  /** Returns whether it was removed. Refusals of the quorum's guard come back as errors, and are tried again. */
  private async removeIfGone(other: ClusterMember, wanted: Wanted): Promise<boolean> {
    const { member, pods, client, logger } = this.parts;
    const ordinal = pods.ordinalOf(other);
    if (ordinal === undefined || !isScaledBelow(wanted, ordinal)) return false;
    if (member.activeSinceMs(other.id) !== 0) return false;
    // Raft's connections may be slow to find the pod's new address; asking again does not.
    const answers = await client.membership(ordinal).then(
      () => true,
      () => false,
    );
    if (answers) return false;
    logger.info(
      'removing a member that the StatefulSet no longer covers and that does not answer',
      {
        name: pods.nameOf(ordinal),
        'member-id': formatId(other.id),
        replicas: wanted.replicas,
      },
    );
    await member.removeMember(other.id);
    return true;
  }

  /** A learner promotes itself as soon as it can; this is for one that could not. */
  private async promoteIfClose(other: ClusterMember): Promise<void> {
    const { member, pods, client } = this.parts;
    const ordinal = pods.ordinalOf(other);
    if (ordinal === undefined) return;
    const answer = await client.membership(ordinal).catch(() => undefined);
    if (answer === undefined || answer.appliedIndex + CLOSE_ENTRIES < member.raft().commitIndex)
      return;
    await member.promoteMember(other.id).catch(() => {}); // not in sync yet, or promoted by itself
  }

  /** Written again when it was deleted, and brought up to date when a restore died before it did so. */
  private async keepRecord(): Promise<void> {
    const { member, pods, records, logger, generation, warn } = this.parts;
    const { clusterId } = member.membership;
    const record = await records.read();
    if (record === undefined) {
      await records.create({
        version: 1,
        state: 'founded',
        clusterId,
        token: '',
        founder: pods.nameOf(0),
        generation,
        foundedAt: new Date(member.world.clock.wallMs()).toISOString(),
        recovery: null,
      });
      logger.info('wrote the record of the cluster', { record: records.title });
    } else if (record.generation < generation) {
      await records.update((newest) =>
        newest.generation < generation ? { ...newest, generation, clusterId } : undefined,
      );
      logger.info('brought the record of the cluster up to date', {
        record: records.title,
        generation,
      });
    } else if (record.generation === generation && record.clusterId !== clusterId) {
      await warn(
        'ForeignRecord',
        `${records.title} names cluster ${formatId(record.clusterId)}, but the members that run are cluster ${formatId(clusterId)}. Members with empty volumes can't join until it is put right`,
      );
    }
  }
}
