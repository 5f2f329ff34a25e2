// What a pod knows when it decides how to start.
import type { ClusterId, MemberId } from '../../base/index.ts';
import type { ClusterMember } from '../../apply/index.ts';
import type { DiskState } from './disk.ts';
import type { ClusterRecord } from './record.ts';

/** What a member that runs says of its cluster. */
export interface MembershipAnswer {
  readonly clusterId: ClusterId;
  readonly generation: number;
  readonly members: readonly ClusterMember[];
  /** The list is the cluster's of this moment: a quorum has confirmed it. */
  readonly isConfirmed: boolean;
  /** The member that was asked about was removed from the cluster, which is for ever. */
  readonly isRemoved: boolean;
  /** 0n when it knows none. */
  readonly leader: MemberId;
  readonly commitIndex: number;
  readonly appliedIndex: number;
}

/** What became of asking another pod. */
export type PeerState =
  | { readonly kind: 'running'; readonly answer: MembershipAnswer }
  /** It has not decided yet; its volume holds data. */
  | { readonly kind: 'holding' }
  /** It has not decided yet; its volume is empty. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'silent'; readonly reason: string };

export interface PeerReport {
  readonly name: string;
  readonly state: PeerState;
}

export interface Situation {
  readonly name: string;
  readonly ordinal: number;
  /** The host in this pod's peer URL. */
  readonly host: string;
  /** spec.replicas of the StatefulSet; undefined when it could not be read. */
  readonly replicas: number | undefined;
  /** Undefined: there is none. */
  readonly record: ClusterRecord | undefined;
  readonly disk: DiskState;
  /** Of all other pods that the StatefulSet asks for. */
  readonly peers: readonly PeerReport[];
  /** Since the pod began to ask. */
  readonly waitedMs: number;
}

/** What a pod that waits, or will not start, tells. */
export interface Standstill {
  /** One word in CamelCase, for Events. */
  readonly code: string;
  readonly reason: string;
}

export type Decision =
  /** Become the first member. With a record, under its token. */
  | { readonly kind: 'found' }
  /** Go on with the data on the disk. */
  | { readonly kind: 'resume' }
  /** Go on with the data on the disk as the only member: `binnacle recover` chose it. */
  | { readonly kind: 'recover'; readonly generation: number }
  /**
   * Become a new member, a learner first. Former selves (a volume was lost, or a join was cut short) are removed before;
   * data of a member that is no longer one is moved aside before.
   */
  | {
      readonly kind: 'join' | 'replace';
      readonly former: readonly MemberId[];
      readonly setAside: boolean;
      readonly generation: number;
      readonly clusterId: ClusterId;
      readonly reason: string;
    }
  /** Something will change by itself: ask again. */
  | ({ readonly kind: 'wait' } & Standstill)
  /** A person has to act. Asking goes on, but it is told as a warning. */
  | ({ readonly kind: 'refuse' } & Standstill);
