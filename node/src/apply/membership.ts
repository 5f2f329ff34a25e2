// The cluster's members, as the applied log has made them (etcd: server/etcdserver/api/membership, storage/schema).
// They are kept in the backend's buckets `members` and `members_removed`, the cluster version in `cluster`.
import {
  EMPTY_BYTES,
  EtcdError,
  assert,
  formatId,
  parseId,
  present,
  textFromUtf8,
  utf8FromText,
  type ClusterId,
  type Logger,
  type MemberId,
} from '../base/index.ts';
import { ConfChangeType, type ConfChange } from '../wire/gen/raft.ts';
import {
  isStarted,
  jsonFromMember,
  memberChangeFromBytes,
  memberFromJson,
  type ClusterMember,
} from './member-json.ts';
import type { BackendView, BucketView } from './store-view.ts';

const CLUSTER_VERSION_KEY = utf8FromText('clusterVersion');
const DOWNGRADE_KEY = utf8FromText('downgrade');
const REMOVED = utf8FromText('removed');

export interface DowngradeInfo {
  readonly enabled: boolean;
  readonly targetVersion: string;
}

export interface MembershipOptions {
  readonly clusterId: ClusterId;
  readonly localId: MemberId;
  readonly maxLearners: number;
  readonly logger: Logger;
}

export class Membership {
  readonly clusterId: ClusterId;
  readonly localId: MemberId;
  /** `3.7.0`, or undefined before the leader has set it. */
  clusterVersion: string | undefined;
  downgrade: DowngradeInfo = { enabled: false, targetVersion: '' };
  private readonly maxLearners: number;
  private readonly logger: Logger;
  private readonly members = new Map<MemberId, ClusterMember>();
  private readonly removed = new Set<MemberId>();
  private buckets: { members: BucketView; removed: BucketView; cluster: BucketView } | undefined;

  constructor(options: MembershipOptions) {
    this.clusterId = options.clusterId;
    this.localId = options.localId;
    this.maxLearners = options.maxLearners;
    this.logger = options.logger;
  }

  /** Reads everything from a backend, and writes to it from now on. */
  recover(backend: BackendView): void {
    const buckets = {
      members: backend.bucket('members'),
      removed: backend.bucket('members_removed'),
      cluster: backend.bucket('cluster'),
    };
    this.buckets = buckets;
    this.members.clear();
    this.removed.clear();
    buckets.members.forEach(EMPTY_BYTES, undefined, (key, value) => {
      const id = idFromKey(key);
      // The key is the id's authority, as in etcd.
      this.members.set(id, { ...memberFromJson(textFromUtf8(value) ?? ''), id });
    });
    buckets.removed.forEach(EMPTY_BYTES, undefined, (key) => {
      this.removed.add(idFromKey(key));
    });
    const version = buckets.cluster.get(CLUSTER_VERSION_KEY);
    this.clusterVersion = version === undefined ? undefined : textFromUtf8(version);
    this.downgrade = downgradeFrom(buckets.cluster.get(DOWNGRADE_KEY));
  }

  /** Members by ascending id. */
  list(): ClusterMember[] {
    return [...this.members.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  get(id: MemberId): ClusterMember | undefined {
    return this.members.get(id);
  }

  voters(): ClusterMember[] {
    return this.list().filter((member) => !member.isLearner);
  }

  isRemoved(id: MemberId): boolean {
    return this.removed.has(id);
  }

  get isLocalLearner(): boolean {
    return this.members.get(this.localId)?.isLearner === true;
  }

  /** @throws EtcdError when the change does not fit the members as they are now */
  validate(change: ConfChange): void {
    const id = change.nodeId;
    if (this.removed.has(id)) throw new EtcdError('MemberNotFound');
    const member = this.members.get(id);
    switch (change.type) {
      case ConfChangeType.ConfChangeAddNode:
      case ConfChangeType.ConfChangeAddLearnerNode:
        this.validateAddition(change, member);
        return;
      case ConfChangeType.ConfChangeRemoveNode:
        if (member === undefined) throw new EtcdError('MemberNotFound');
        return;
      case ConfChangeType.ConfChangeUpdateNode: {
        if (member === undefined) throw new EtcdError('MemberNotFound');
        const updated = memberFromJson(textFromUtf8(change.context) ?? '');
        this.refuseTakenUrls(updated.peerUrls, id);
        return;
      }
      default:
        assert(false, `configuration change of unknown type ${change.type}`);
    }
  }

  private validateAddition(change: ConfChange, existing: ClusterMember | undefined): void {
    const { member, isPromote } = memberChangeFromBytes(change.context);
    if (isPromote) {
      if (existing === undefined) throw new EtcdError('MemberNotFound');
      if (!existing.isLearner) throw new EtcdError('MemberNotLearner');
      return;
    }
    if (existing !== undefined) throw new EtcdError('MemberExist');
    this.refuseTakenUrls(member.peerUrls, undefined);
    if (member.isLearner && change.type === ConfChangeType.ConfChangeAddLearnerNode) {
      const learners = this.list().filter((one) => one.isLearner).length;
      if (learners + 1 > this.maxLearners) throw new EtcdError('TooManyLearners');
    }
  }

  private refuseTakenUrls(urls: readonly string[], except: MemberId | undefined): void {
    for (const member of this.members.values()) {
      if (member.id === except) continue;
      if (urls.some((url) => member.peerUrls.includes(url))) throw new EtcdError('PeerURLExist');
    }
  }

  add(member: ClusterMember): void {
    this.save(member);
    this.logger.info('added member', {
      ...this.logFields(),
      'added-peer-id': formatId(member.id),
      'added-peer-peer-urls': member.peerUrls,
      'added-peer-is-learner': member.isLearner,
    });
  }

  remove(id: MemberId): void {
    const key = utf8FromText(formatId(id));
    const buckets = this.requireBuckets();
    buckets.members.delete(key);
    buckets.removed.put(key, REMOVED);
    const member = this.members.get(id);
    this.members.delete(id);
    this.removed.add(id);
    this.logger.info('removed member', {
      ...this.logFields(),
      'removed-remote-peer-id': formatId(id),
      'removed-remote-peer-urls': member?.peerUrls ?? [],
    });
  }

  promote(id: MemberId): void {
    const member = present(this.members.get(id), 'a promotion was validated');
    this.save({ ...member, isLearner: false });
    this.logger.info('promote member', {
      ...this.logFields(),
      'promoted-member-id': formatId(id),
    });
  }

  updatePeerUrls(id: MemberId, peerUrls: readonly string[]): void {
    const member = present(this.members.get(id), 'an update was validated');
    this.save({ ...member, peerUrls });
    this.logger.info('updated member', {
      ...this.logFields(),
      'updated-remote-peer-id': formatId(id),
      'updated-remote-peer-urls': peerUrls,
    });
  }

  /** What a member publishes of itself. A member that was removed meanwhile stays removed. */
  updateAttributes(id: MemberId, name: string, clientUrls: readonly string[]): void {
    const member = this.members.get(id);
    if (member !== undefined) {
      this.save({ ...member, name, clientUrls });
      return;
    }
    assert(this.removed.has(id), `attributes of unknown member ${formatId(id)}`);
    this.logger.warn('skipped attributes update of removed member', {
      ...this.logFields(),
      'updated-peer-id': formatId(id),
    });
  }

  setClusterVersion(version: string): void {
    const fields = { ...this.logFields(), 'cluster-version': majorMinor(version) };
    if (this.clusterVersion === undefined) this.logger.info('set initial cluster version', fields);
    else {
      this.logger.info('updated cluster version', {
        ...this.logFields(),
        from: majorMinor(this.clusterVersion),
        to: majorMinor(version),
      });
    }
    this.clusterVersion = version;
    this.requireBuckets().cluster.put(CLUSTER_VERSION_KEY, utf8FromText(version));
  }

  setDowngrade(info: DowngradeInfo): void {
    this.downgrade = info;
    const json = `{"target-version":${JSON.stringify(info.targetVersion)},"enabled":${info.enabled}}`;
    this.requireBuckets().cluster.put(DOWNGRADE_KEY, utf8FromText(json));
  }

  /** Would a quorum of started voters exist with one voter more? (etcd: IsReadyToAddVotingMember) */
  get canAddVoter(): boolean {
    const voters = this.voters();
    const started = voters.filter(isStarted).length;
    // A single member may always grow, for that is how a cluster is restored.
    if (started === 1 && voters.length === 1) return true;
    return started >= quorumOf(voters.length + 1);
  }

  canRemoveVoter(id: MemberId): boolean {
    const others = this.voters().filter((member) => member.id !== id);
    return others.filter(isStarted).length >= quorumOf(others.length);
  }

  /** The learner that is to be promoted counts as started. */
  get canPromote(): boolean {
    const voters = this.voters();
    return voters.filter(isStarted).length + 1 >= quorumOf(voters.length + 1);
  }

  private save(member: ClusterMember): void {
    this.members.set(member.id, member);
    this.requireBuckets().members.put(
      utf8FromText(formatId(member.id)),
      utf8FromText(jsonFromMember(member)),
    );
  }

  private requireBuckets() {
    return present(this.buckets, 'membership has a backend before the log is applied');
  }

  private logFields() {
    return {
      'cluster-id': formatId(this.clusterId),
      'local-member-id': formatId(this.localId),
    };
  }
}

export function quorumOf(members: number): number {
  return Math.floor(members / 2) + 1;
}

/** `3.7.0` → `3.7` */
export function majorMinor(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

function idFromKey(key: Uint8Array): MemberId {
  return present(parseId(textFromUtf8(key) ?? ''), 'a member is stored under its id');
}

function downgradeFrom(value: Uint8Array | undefined): DowngradeInfo {
  if (value === undefined) return { enabled: false, targetVersion: '' };
  const parsed = JSON.parse(textFromUtf8(value) ?? '{}') as Record<string, unknown>; // JSON objects have string keys
  return {
    enabled: parsed['enabled'] === true,
    targetVersion: String(parsed['target-version'] ?? ''),
  };
}
