// What the services need of the member they belong to. server/ provides it; tests fake it.
import type { MemberId, World } from '../base/index.ts';
import type {
  Alarms,
  Applied,
  ClusterMember,
  LeaseView,
  Membership,
  Quota,
  ReadView,
} from '../apply/index.ts';
import type { MvccStore } from '../storage/index.ts';
import type { InternalRaftRequest } from '../wire/gen/raft-internal.ts';
import { ResponseHeader } from '../wire/gen/rpc.ts';

export interface RaftPosition {
  readonly leader: MemberId;
  readonly term: number;
  readonly commitIndex: number;
  readonly appliedIndex: number;
}

export interface StoredState {
  readonly alarms: Alarms;
  readonly quota: Quota;
  readonly sizeBytes: number;
  readonly sizeInUseBytes: number;
  /** `3.7.0`, or empty while it is not known. */
  readonly storageVersion: string;
}

/** A consistent copy of the database as a stream. */
export interface DatabaseCopy {
  readonly sizeBytes: number;
  read(): AsyncIterable<Uint8Array>;
  close(): Promise<void> | void;
}

export interface KeyValueHash {
  readonly hash: number;
  readonly compactRevision: number;
  readonly revision: number;
}

export interface MemberApi {
  readonly membership: Membership;
  readonly store: ReadView & {
    hashKv(revision: number): Promise<KeyValueHash>;
    hash(): Promise<number>;
    openRange: MvccStore['openRange'];
  };
  readonly leases: LeaseView;
  readonly maxRequestBytes: number;
  readonly maxTxnOps: number;
  readonly world: Pick<World, 'clock'>;
  raft(): RaftPosition;
  stored(): StoredState;
  /**
   * Takes one request through raft and answers what this member came to when it applied it.
   * @throws EtcdError RequestTooLarge, TooManyRequests, Timeout, Stopped, …; what applying it threw
   */
  propose(request: Partial<InternalRaftRequest>): Promise<Applied>;
  /** Resolves when a local read is linearizable. @throws EtcdError */
  linearizableRead(): Promise<void>;
  /** Makes what was applied so far durable in the backend. */
  commitBackend(): Promise<void>;
  defragment(): Promise<void>;
  databaseCopy(): Promise<DatabaseCopy>;
  /** SHA-256, made anew for each copy. */
  newDigest(): { update(bytes: Uint8Array): void; digest(): Uint8Array };
  moveLeader(target: MemberId): Promise<void>;
  addMember(peerUrls: readonly string[], isLearner: boolean): Promise<ClusterMember>;
  removeMember(id: MemberId): Promise<void>;
  promoteMember(id: MemberId): Promise<void>;
  updateMember(id: MemberId, peerUrls: readonly string[]): Promise<void>;
}

/** The header of a response of this member, at `revision` or the store's current one. */
export function headerOf(member: MemberApi, revision = 0): ResponseHeader {
  return {
    clusterId: member.membership.clusterId,
    memberId: member.membership.localId,
    revision: revision === 0 ? member.store.revision : revision,
    raftTerm: member.raft().term,
  };
}
