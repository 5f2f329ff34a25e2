// A member that starts asks the others what it may have promised on a disk that it does not have any more, and takes no part in
// raft before they have told (decision 027; raft/probation.ts says what the answers are for).
import {
  formatId,
  present,
  type Clock,
  type Logger,
  type MemberId,
  type Timer,
} from '../../base/index.ts';
import type { ClusterMember } from '../../apply/index.ts';
import type { RawNode, Testimony, Witnesses } from '../../raft/index.ts';
import type { Told } from './testimony-json.ts';

const RETRY_MS = 100;
/** Who has not answered by now takes its time. */
const HASTE_MS = 3_000;
const SLOW_RETRY_MS = 1_000;
const COMPLAINT_MS = 5_000;
/** Without a leader for so many election timeouts, a member goes on without entries that only a silent one may have. */
const PATIENCE_ELECTIONS = 10;

/** `cannotTell`: it is etcd, an older version, or of another cluster, and asking again changes nothing. */
export type Reply = Told | { readonly cannotTell: string };

export interface VouchingParts {
  readonly node: RawNode;
  readonly localId: MemberId;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long to wait for all voters. 0: as long as it takes. */
  readonly timeoutMs: number;
  readonly electionTimeoutMs: number;
  /** The members that are known here. */
  readonly members: () => readonly ClusterMember[];
  /** @throws Error when the member does not answer */
  readonly ask: (member: ClusterMember) => Promise<Reply>;
  /** Raft goes on: at once, when nobody has to be asked. */
  readonly onReady: () => void;
}

export class Vouching {
  private readonly parts: VouchingParts;
  private readonly witnesses: Witnesses;
  private readonly learned = new Map<MemberId, ClusterMember>();
  private readonly toldAtMs = new Map<MemberId, number>();
  private readonly cannotTell = new Map<MemberId, string>();
  private readonly asking = new Set<MemberId>();
  private timer: Timer | undefined;
  private startedMs = 0;
  private leaderlessSinceMs = 0;
  private complainedMs = 0;
  private stopped = false;

  constructor(parts: VouchingParts) {
    this.parts = parts;
    this.witnesses = parts.node.newWitnesses();
  }

  start(): void {
    this.startedMs = this.parts.clock.monotonicMs();
    this.complainedMs = this.startedMs;
    if (this.parts.node.isOnProbation) this.round();
    else this.parts.onReady();
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  /** What this member can say about the promises of another. */
  testify(about: MemberId): Testimony {
    return this.parts.node.testify(about);
  }

  private get nowMs(): number {
    return this.parts.clock.monotonicMs();
  }

  private get waitedMs(): number {
    return this.nowMs - this.startedMs;
  }

  private get isStrict(): boolean {
    return this.parts.timeoutMs === 0;
  }

  /** Everyone who may know something is asked, and again after a while. */
  private round(): void {
    if (this.stopped) return;
    const { node, clock, electionTimeoutMs } = this.parts;
    if (node.isOnProbation) this.decide();
    else this.reconsiderFloor();
    if (!node.isOnProbation && !node.isBelowFloor) return;
    for (const member of this.others()) this.askOne(member);
    const pace = this.waitedMs < HASTE_MS ? RETRY_MS : SLOW_RETRY_MS;
    this.timer = clock.after(node.isOnProbation ? pace : electionTimeoutMs, () => this.round());
  }

  private others(): ClusterMember[] {
    const all = new Map(this.learned);
    for (const member of this.parts.members()) all.set(member.id, member);
    all.delete(this.parts.localId);
    return [...all.values()];
  }

  private askOne(member: ClusterMember): void {
    const { id } = member;
    const isEnough = this.parts.node.isOnProbation && this.toldAtMs.has(id);
    if (isEnough || this.asking.has(id)) return;
    this.asking.add(id);
    this.parts
      .ask(member)
      .then((reply) => this.hear(id, reply))
      .catch((error: unknown) => {
        this.parts.logger.debug('a member does not say yet what this one may have promised', {
          'remote-peer-id': formatId(id),
          error: String(error),
        });
      })
      .finally(() => this.asking.delete(id));
  }

  private hear(asked: MemberId, reply: Reply): void {
    if (this.stopped) return;
    if ('cannotTell' in reply) {
      this.cannotTell.set(asked, reply.cannotTell);
    } else {
      const { testimony, members } = reply;
      this.witnesses.add(testimony);
      this.toldAtMs.set(testimony.from, this.nowMs);
      for (const member of members) this.learned.set(member.id, member);
    }
    if (this.parts.node.isOnProbation) this.decide();
    else this.reconsiderFloor();
  }

  private decide(): void {
    const { witnesses } = this;
    // A disk from when this member was alone names nobody: then whoever else is known is asked.
    const isTold = witnesses.required().length > 0 || this.unheard().length === 0;
    if (witnesses.isComplete && isTold) {
      return this.lift('info', 'taking part: all members have told');
    }
    const { timeoutMs } = this.parts;
    if (this.isStrict || witnesses.hasForgotten) return this.complain();
    if (this.unheard().length === 0 && this.cannotTell.size > 0) {
      return this.lift('info', 'taking part: who has not told is not able to');
    }
    if (this.waitedMs < timeoutMs) return;
    this.lift(
      'warn',
      'taking part without the testimony of all members: if this disk is older than it was, that may go unnoticed',
    );
  }

  /** Of those who vote, or, when that is not known, of all. */
  private unheard(): MemberId[] {
    const required = this.witnesses.required();
    const wanted = required.length > 0 ? required : this.others().map(({ id }) => id);
    return wanted.filter((id) => !this.toldAtMs.has(id) && !this.cannotTell.has(id));
  }

  private lift(level: 'info' | 'warn', message: string): void {
    const { node, logger, onReady, localId } = this.parts;
    const verdict = this.witnesses.verdict();
    logger[level](message, {
      'local-member-id': formatId(localId),
      took: `${Math.round(this.waitedMs)}ms`,
      silent: this.unheard().map(formatId),
      ...(verdict?.hasForgotten === true ? { 'had-forgotten': true } : {}),
    });
    node.liftProbation(verdict);
    this.leaderlessSinceMs = this.nowMs;
    onReady();
  }

  private complain(): void {
    if (this.nowMs - this.complainedMs < COMPLAINT_MS) return;
    this.complainedMs = this.nowMs;
    const { logger, localId } = this.parts;
    const isCertain = this.witnesses.hasForgotten;
    logger.warn(
      isCertain
        ? 'this disk is older than what the member has acknowledged: it takes part again when all members have told what it promised. If one of them is gone for good, remove that one from the cluster; or remove this member, empty its data directory, and add it anew'
        : 'waiting for all members to tell what this one may have promised (--vouch-timeout=0)',
      {
        'local-member-id': formatId(localId),
        silent: this.unheard().map(formatId),
        'cannot-tell': [...this.cannotTell].map(([id, reason]) => `${formatId(id)}: ${reason}`),
      },
    );
  }

  /** Who is asked again may tell that nobody needs to wait any more. */
  private reconsiderFloor(): void {
    const { node, logger, localId, electionTimeoutMs } = this.parts;
    if (!node.isBelowFloor) return;
    if (this.witnesses.isComplete) {
      node.reviseFloor(present(this.witnesses.verdict(), 'somebody has testified'));
    }
    const now = this.nowMs;
    const isRecent = (id: MemberId): boolean =>
      now - (this.toldAtMs.get(id) ?? -Infinity) < 3 * electionTimeoutMs;
    if (node.basicStatus().leader !== 0n || this.witnesses.required().every(isRecent)) {
      this.leaderlessSinceMs = now;
    }
    if (this.isStrict || this.witnesses.hasForgotten) return;
    if (now - this.leaderlessSinceMs < PATIENCE_ELECTIONS * electionTimeoutMs) return;
    logger.warn('going on without entries that only a member has that does not answer any more', {
      'local-member-id': formatId(localId),
    });
    node.reviseFloor(undefined);
  }
}
