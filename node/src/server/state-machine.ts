// Everything that the log makes: store, leases, alarms and members over one backend, and the application of entries to
// them (etcd: applyEntryNormal, applyConfChange in server/etcdserver/server.go).
import {
  EtcdError,
  NO_MEMBER,
  assert,
  textFromUtf8,
  utf8FromText,
  type Logger,
  type MemberId,
  type World,
} from '../base/index.ts';
import {
  Alarms,
  Applier,
  Quota,
  memberChangeFromBytes,
  memberFromJson,
  type Applied,
  type Membership,
} from '../apply/index.ts';
import { Lessor, leaseStoreOf } from '../lease/index.ts';
import { MvccStore, type Backend } from '../storage/index.ts';
import { decode } from '../wire/index.ts';
import {
  ConfChange,
  ConfChangeType,
  EntryType,
  type ConfState,
  type Entry,
} from '../wire/gen/raft.ts';
import { InternalRaftRequest } from '../wire/gen/raft-internal.ts';
import { AlarmType } from '../wire/gen/rpc.ts';
import type { ServerConfig } from './config.ts';
import { ConsistentIndex, readStorageVersion, writeStorageVersion } from './consistent-index.ts';
import { clusterVersionOf, compareVersions } from './version.ts';

/** What happens outside of the state machine when an entry is applied. */
export interface StateEvents {
  /** Raft's part of a configuration change. */
  applyConfChange(change: ConfChange): ConfState;
  peerAdded(id: MemberId, peerUrls: readonly string[]): void;
  peerUpdated(id: MemberId, peerUrls: readonly string[]): void;
  peerRemoved(id: MemberId): void;
  /** This member was removed from the cluster, and has to stop. */
  selfRemoved(): void;
  /** The first entry of a term is committed: its leader can answer reads now. */
  firstCommitInTerm(term: number): void;
  /** A request was applied; somebody here may wait for it. */
  applied(requestId: bigint, applied: Applied): void;
  /** A request went over the quota: the alarm has to be raised before it is answered. */
  quotaExceeded(requestId: bigint, applied: Applied): void;
  /** A configuration change was applied. It is answered after raft has advanced over it. */
  configured(requestId: bigint, error: Error | undefined): void;
  /** All entries of one batch are applied. */
  progressed(): void;
}

export interface StateOptions {
  readonly config: ServerConfig;
  readonly world: World;
  readonly logger: Logger;
  readonly membership: Membership;
  readonly consistentIndex: ConsistentIndex;
  /** The last entry that the log held at the start. Up to it, nobody waits for what is applied. */
  readonly replayTo?: number;
}

/** etcd makes all of its buckets at the first start; the hash of the whole backend counts their names. */
const BUCKETS = [
  'key',
  'meta',
  'lease',
  'alarm',
  'cluster',
  'members',
  'members_removed',
  'auth',
  'authUsers',
  'authRoles',
];

const AUTH_REVISION_KEY = utf8FromText('authRevision');
const FIRST_AUTH_REVISION = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 1]);

/** What etcd writes at the first start. */
function prepare(backend: Backend): void {
  for (const bucket of BUCKETS) backend.createBucket(bucket);
  const auth = backend.bucket('auth');
  if (auth.get(AUTH_REVISION_KEY) === undefined) auth.put(AUTH_REVISION_KEY, FIRST_AUTH_REVISION);
}

export class StateMachine {
  readonly membership: Membership;
  readonly consistentIndex: ConsistentIndex;
  readonly lessor: Lessor;
  readonly store: MvccStore;
  backend: Backend;
  alarms: Alarms;
  quota: Quota;
  appliedIndex = 0;
  appliedTerm = 0;
  private applier: Applier;
  private events: StateEvents | undefined;
  private readonly options: StateOptions;

  static async open(backend: Backend, options: StateOptions): Promise<StateMachine> {
    const { config, world, logger } = options;
    prepare(backend);
    const electionTimeoutSeconds = config.electionTimeoutMs / 1000;
    const lessor = new Lessor(backend, {
      clock: world.clock,
      logger,
      minTtlSeconds: Math.ceil(1.5 * electionTimeoutSeconds),
      persistCheckpoints: () =>
        config.featureGates.leaseCheckpointPersist ||
        compareVersions(options.membership.clusterVersion ?? '3.0.0', '3.6.0') >= 0,
    });
    const store = await MvccStore.open(backend, {
      clock: world.clock,
      logger,
      compactionBatchLimit: config.compactionBatchLimit,
      compactionSleepIntervalMs: config.compactionSleepIntervalMs,
      lessor,
    });
    return new StateMachine(backend, store, lessor, options);
  }

  private constructor(backend: Backend, store: MvccStore, lessor: Lessor, options: StateOptions) {
    this.options = options;
    this.membership = options.membership;
    this.consistentIndex = options.consistentIndex;
    this.backend = backend;
    this.store = store;
    this.lessor = lessor;
    this.alarms = new Alarms(backend);
    this.quota = this.newQuota();
    this.applier = this.newApplier();
  }

  bind(events: StateEvents): void {
    this.events = events;
  }

  /** Reads everything anew from a backend that the leader sent. */
  async restore(backend: Backend, index: number, term: number): Promise<void> {
    this.backend = backend;
    this.consistentIndex.load(backend.bucket('meta'));
    // Leases first: the store attaches its keys to them.
    this.lessor.recover(backend);
    await this.store.restore(backend);
    this.alarms = new Alarms(backend);
    this.membership.recover(backend);
    this.quota = this.newQuota();
    this.applier = this.newApplier();
    this.appliedIndex = index;
    this.appliedTerm = term;
  }

  /**
   * Applies committed entries, those excepted that the backend holds already. Returns what to wait for before more are
   * applied: a replay would else hold all of it in one batch of the backend.
   */
  applyEntries(entries: readonly Entry[]): Promise<void> | undefined {
    if (entries.length === 0) return undefined;
    for (const entry of entries) {
      if (entry.index <= this.appliedIndex) continue;
      assert(
        this.appliedIndex === 0 || entry.index === this.appliedIndex + 1,
        `entry ${entry.index} follows ${this.appliedIndex}`,
      );
      const isNew = entry.index > this.consistentIndex.index;
      if (entry.type === EntryType.EntryNormal) this.applyNormal(entry, isNew);
      else this.applyChange(entry, isNew);
      if (isNew) this.consistentIndex.set(entry.index, entry.term);
      this.appliedIndex = entry.index;
      this.appliedTerm = entry.term;
    }
    this.bound().progressed();
    return this.appliedIndex < (this.options.replayTo ?? 0) ? this.backend.room() : undefined;
  }

  private applyNormal(entry: Entry, isNew: boolean): void {
    if (entry.data.length === 0) {
      this.bound().firstCommitInTerm(entry.term);
      return;
    }
    if (!isNew) return;
    const request = decode(InternalRaftRequest, entry.data);
    const applied = this.applier.apply(request);
    const id = request.header?.id ?? request.id;
    const overQuota = applied.error instanceof EtcdError && applied.error.code === 'NoSpace';
    if (overQuota && !this.alarms.has(AlarmType.NOSPACE)) this.bound().quotaExceeded(id, applied);
    else this.bound().applied(id, applied);
  }

  private applyChange(entry: Entry, isNew: boolean): void {
    assert(
      entry.type === EntryType.EntryConfChange,
      'configuration changes are of the first version',
    );
    const change = decode(ConfChange, entry.data);
    // The members in the backend, and so raft's configuration at the start, hold the change already.
    if (!isNew) return;
    const events = this.bound();
    try {
      this.membership.validate(change);
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
      events.applyConfChange({ ...change, nodeId: NO_MEMBER });
      events.configured(change.id, error);
      return;
    }
    this.consistentIndex.confState = events.applyConfChange(change);
    this.changeMembers(change);
    events.configured(change.id, undefined);
  }

  private changeMembers(change: ConfChange): void {
    const { membership } = this;
    const events = this.bound();
    const isSelf = change.nodeId === membership.localId;
    switch (change.type) {
      case ConfChangeType.ConfChangeAddNode:
      case ConfChangeType.ConfChangeAddLearnerNode: {
        const { member, isPromote } = memberChangeFromBytes(change.context);
        if (isPromote) membership.promote(member.id);
        else {
          membership.add(member);
          if (!isSelf) events.peerAdded(member.id, member.peerUrls);
        }
        return;
      }
      case ConfChangeType.ConfChangeRemoveNode:
        membership.remove(change.nodeId);
        if (isSelf) events.selfRemoved();
        else events.peerRemoved(change.nodeId);
        return;
      default: {
        const { peerUrls } = memberFromJson(textFromUtf8(change.context) ?? '');
        membership.updatePeerUrls(change.nodeId, peerUrls);
        if (!isSelf) events.peerUpdated(change.nodeId, peerUrls);
      }
    }
  }

  private newQuota(): Quota {
    return new Quota(this.options.config.quotaBackendBytes, () => this.backend.sizeBytes);
  }

  private newApplier(): Applier {
    return new Applier({
      store: this.store,
      leases: leaseStoreOf(this.lessor, this.store),
      alarms: this.alarms,
      membership: this.membership,
      quota: this.quota,
      logger: this.options.logger,
      onClusterVersion: (version) => this.updateStorageVersion(version),
    });
  }

  private updateStorageVersion(clusterVersion: string): void {
    const meta = this.backend.bucket('meta');
    const version = clusterVersionOf(clusterVersion);
    if (readStorageVersion(meta) !== version) writeStorageVersion(meta, version);
  }

  private bound(): StateEvents {
    assert(this.events !== undefined, 'events are bound before entries are applied');
    return this.events;
  }
}
