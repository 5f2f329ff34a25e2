// Compares hashes between members, before serving and while running (etcd: server/etcdserver/corrupt.go).
import { formatId, type Logger, type MemberId, type Timer } from '../base/index.ts';
import type { ClusterMember } from '../apply/index.ts';
import { AlarmAction, AlarmRequest, AlarmType } from '../wire/gen/rpc.ts';
import type { Member } from './member.ts';
import type { PeerCalls, PeerHash } from './peer-calls.ts';

interface PeerResult {
  readonly peer: ClusterMember;
  /** Undefined when the member did not answer, or can't for that revision. */
  readonly hash: PeerHash | undefined;
}

export class CorruptionCheck {
  private readonly member: Member;
  private readonly calls: PeerCalls;
  private readonly logger: Logger;
  private readonly timers: Timer[] = [];
  private checkedRevision = 0;
  private stopped = false;

  constructor(member: Member, calls: PeerCalls) {
    this.member = member;
    this.calls = calls;
    this.logger = member.logger;
  }

  /** @throws Error when a member has another hash for the same history: this one must not serve */
  async beforeServing(): Promise<void> {
    const { member, logger } = this;
    const fields = { 'local-member-id': formatId(member.localId) };
    logger.info('starting initial corruption check', fields);
    const own = await member.store.hashKv(0);
    const peers = await this.askPeers(own.revision);
    const different = peers.filter(
      ({ hash }) =>
        hash !== undefined &&
        hash.hash !== own.hash &&
        hash.compactRevision === own.compactRevision,
    );
    for (const { peer } of different) {
      logger.warn('found different hash values from remote peer', {
        ...fields,
        'remote-peer-id': formatId(peer.id),
      });
    }
    if (different.length > 0) {
      throw new Error(`${formatId(member.localId)} found data inconsistency with peers`);
    }
    logger.info('initial corruption checking passed; no corruption', fields);
  }

  start(): void {
    const { corruptCheckTimeMs, compactHashCheckTimeMs, featureGates } = this.member.config;
    if (corruptCheckTimeMs > 0) this.every(corruptCheckTimeMs, () => this.compareNow());
    if (featureGates.compactHashCheck)
      this.every(compactHashCheckTimeMs, () => this.compareCompactions());
  }

  stop(): void {
    this.stopped = true;
    for (const timer of this.timers) timer.cancel();
  }

  private every(intervalMs: number, check: () => Promise<void>): void {
    const index = this.timers.length;
    const set = (): void => {
      if (this.stopped) return;
      this.timers[index] = this.member.world.clock.after(intervalMs, () => {
        const done = this.member.isLeader ? check() : Promise.resolve();
        done
          .catch((error: unknown) =>
            this.logger.warn('failed to check hash KV', { error: String(error) }),
          )
          .finally(set);
      });
    };
    set();
  }

  /** The leader compares the others' hashes with its own, at the revision it has now. */
  private async compareNow(): Promise<void> {
    const { member } = this;
    const before = await member.store.hashKv(0);
    const peers = await this.askPeers(before.revision);
    await member.linearizableRead();
    const after = await member.store.hashKv(0);
    if (
      after.hash !== before.hash &&
      after.revision === before.revision &&
      after.compactRevision === before.compactRevision
    ) {
      this.raise(member.localId, 'found hash mismatch');
    }
    let checked = 0;
    for (const { peer, hash } of peers) {
      if (hash === undefined) continue;
      checked++;
      if (hash.revision > after.currentRevision) {
        this.raise(peer.id, "revision from follower must be less than or equal to leader's");
      } else if (hash.compactRevision > after.compactRevision) {
        this.raise(
          peer.id,
          "compact revision from follower must be less than or equal to leader's",
        );
      } else if (hash.compactRevision === before.compactRevision && hash.hash !== before.hash) {
        this.raise(peer.id, 'same compact revision then hashes must match');
      }
    }
    this.logger.info('finished peer corruption check', { 'number-of-peers-checked': checked });
  }

  /** The leader compares the hashes that all members took at the same compaction. */
  private async compareCompactions(): Promise<void> {
    this.logger.info('starting compact hash check', {
      'local-member-id': formatId(this.member.localId),
    });
    const hashes = this.member.store
      .hashes()
      .filter((hash) => hash.revision > this.checkedRevision)
      .sort((a, b) => b.revision - a.revision);
    let checked = 0;
    for (const own of hashes) {
      checked++;
      const peers = await this.askPeers(own.revision);
      if (this.compareAt(own, peers)) break;
    }
    this.logger.info('finished compaction hash check', { 'number-of-hashes-checked': checked });
  }

  /** True when there is nothing left to compare: all members agreed, or an alarm was raised. */
  private compareAt(
    own: { readonly hash: number; readonly compactRevision: number; readonly revision: number },
    peers: readonly PeerResult[],
  ): boolean {
    const groups = new Map<number, MemberId[]>([[own.hash, [this.member.localId]]]);
    let compared = 0;
    for (const { peer, hash } of peers) {
      if (hash === undefined || hash.compactRevision !== own.compactRevision) continue;
      compared++;
      groups.set(hash.hash, [...(groups.get(hash.hash) ?? []), peer.id]);
    }
    if (groups.size > 1) {
      const members = 1 + peers.length;
      const majority = [...groups].find(([, ids]) => ids.length > members / 2);
      for (const [hash, ids] of groups) {
        if (hash === majority?.[0]) continue;
        // Without a majority nobody knows who is right; then all who differ from the leader are named.
        if (majority === undefined && hash === own.hash) continue;
        for (const id of ids) this.raise(id, 'compaction hashes differ');
      }
      return true;
    }
    if (compared < peers.length) return false;
    this.checkedRevision = own.revision;
    return true;
  }

  private askPeers(revision: number): Promise<PeerResult[]> {
    const { member, calls } = this;
    const peers = member.membership.list().filter((one) => one.id !== member.localId);
    return Promise.all(
      peers.map(async (peer) => {
        const hash = await calls
          .hashKv(peer, member.membership.clusterId, revision)
          .catch((error: unknown) => {
            this.logger.warn('failed hash kv request', {
              'remote-peer-id': formatId(peer.id),
              'requested-revision': revision,
              error: String(error),
            });
            return undefined;
          });
        return { peer, hash };
      }),
    );
  }

  private raise(memberId: MemberId, reason: string): void {
    this.logger.error('detected corruption; raising the CORRUPT alarm', {
      'corrupt-member-id': formatId(memberId),
      reason,
    });
    const alarm = AlarmRequest.create({
      action: AlarmAction.ACTIVATE,
      memberId,
      alarm: AlarmType.CORRUPT,
    });
    this.member.propose({ alarm }).catch((error: unknown) => {
      this.logger.warn('failed to raise the CORRUPT alarm', { error: String(error) });
    });
  }
}
