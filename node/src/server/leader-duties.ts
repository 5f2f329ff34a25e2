// What the leader does beside raft: ends leases whose time is up, and raises the cluster's version when all members speak
// a newer one (etcd: revokeExpiredLeases, monitorClusterVersions in server/etcdserver/server.go).
import { formatId, type Logger, type Timer } from '../base/index.ts';
import { LEASE_POLL_INTERVAL_MS } from '../lease/index.ts';
import { ClusterVersionSetRequest } from '../wire/gen/membership.ts';
import { LeaseCheckpointRequest, LeaseRevokeRequest } from '../wire/gen/rpc.ts';
import type { Member } from './member.ts';
import { ETCD_VERSION, MIN_CLUSTER_VERSION, clusterVersionOf, compareVersions } from './version.ts';

const VERSION_INTERVAL_MS = 4_000;

/** The server version that a member answers at its peer port, or undefined. */
export type VersionProbe = (peerUrls: readonly string[]) => Promise<string | undefined>;

export class LeaderDuties {
  private readonly member: Member;
  private readonly probe: VersionProbe;
  private readonly logger: Logger;
  private timers: Timer[] = [];
  private stopped = false;

  constructor(member: Member, probe: VersionProbe) {
    this.member = member;
    this.probe = probe;
    this.logger = member.logger;
  }

  start(): void {
    const { lessor } = this.member.state;
    if (this.member.config.featureGates.leaseCheckpoint) {
      lessor.setCheckpointer(async (checkpoints) => {
        await this.member.proposeAsLeader({
          leaseCheckpoint: LeaseCheckpointRequest.create({ checkpoints }),
        });
      });
    }
    this.every(LEASE_POLL_INTERVAL_MS, () => this.endLeases());
    this.every(VERSION_INTERVAL_MS, () => this.agreeOnVersion());
    this.watchFirstCommit();
  }

  stop(): void {
    this.stopped = true;
    for (const timer of this.timers) timer.cancel();
  }

  private watchFirstCommit(): void {
    this.member.onFirstCommit(() => {
      this.watchFirstCommit();
      this.agreeOnVersion().catch((error: unknown) => this.warn(error));
    });
  }

  private every(intervalMs: number, work: () => Promise<void>): void {
    let timer: Timer;
    const again = (): void => {
      if (this.stopped) return;
      work()
        .catch((error: unknown) => this.warn(error))
        .finally(() => set());
    };
    const set = (): void => {
      this.timers = this.timers.filter((one) => one !== timer);
      timer = this.member.world.clock.after(intervalMs, again);
      this.timers.push(timer);
    };
    set();
  }

  private warn(error: unknown): void {
    if (!this.stopped) this.logger.warn('a duty of the leader failed', { error: String(error) });
  }

  private async endLeases(): Promise<void> {
    const { member } = this;
    if (!member.isLeader) return;
    const expired = member.state.lessor.expired();
    if (expired.length > 0 && !(await member.confirmLeadership())) return;
    for (const id of expired) {
      const leaseRevoke = LeaseRevokeRequest.create({ id });
      member.proposeAsLeader({ leaseRevoke }).catch((error: unknown) => {
        this.logger.warn('failed to revoke lease', {
          'lease-id': formatId(id),
          error: String(error),
        });
      });
    }
    const checkpoints = member.state.lessor.dueCheckpoints();
    if (checkpoints.length > 0) {
      await member.proposeAsLeader({
        leaseCheckpoint: LeaseCheckpointRequest.create({ checkpoints }),
      });
    }
  }

  /** The lowest version of all members becomes the cluster's; it is never lowered here. */
  private async agreeOnVersion(): Promise<void> {
    const { member } = this;
    if (!member.isLeader) return;
    const current = member.membership.clusterVersion;
    const lowest = await this.lowestVersion();
    const next = lowest === undefined ? MIN_CLUSTER_VERSION : clusterVersionOf(lowest);
    if (current !== undefined && (lowest === undefined || compareVersions(next, current) <= 0))
      return;
    await member.propose({ clusterVersionSet: ClusterVersionSetRequest.create({ ver: next }) });
  }

  /** Undefined when a member does not answer. */
  private async lowestVersion(): Promise<string | undefined> {
    const { member } = this;
    const others = member.membership.list().filter((one) => one.id !== member.localId);
    const versions = await Promise.all(others.map((one) => this.probe(one.peerUrls)));
    let lowest = ETCD_VERSION;
    for (const version of versions) {
      if (version === undefined) return undefined;
      if (compareVersions(version, lowest) < 0) lowest = version;
    }
    return lowest;
  }
}
