// Who leads, and how long nobody has: streams that require a leader end when there was none for three election timeouts
// (etcd: monitorLeader in server/etcdserver/api/v3rpc/interceptor.go).
import { NO_MEMBER, type Clock, type MemberId, type Timer } from '../base/index.ts';

const ELECTION_TIMEOUTS = 3;

export class LeaderWatch {
  leader: MemberId = NO_MEMBER;
  /** Times that somebody became the leader. */
  changes = 0;
  private readonly clock: Clock;
  private readonly patienceMs: number;
  private readonly listeners = new Set<() => void>();
  private timer: Timer | undefined;

  constructor(clock: Clock, electionTimeoutMs: number) {
    this.clock = clock;
    this.patienceMs = ELECTION_TIMEOUTS * electionTimeoutMs;
  }

  get hasLeader(): boolean {
    return this.leader !== NO_MEMBER;
  }

  /** Returns whether that is a change. */
  set(leader: MemberId): boolean {
    if (leader === this.leader) return false;
    if (leader !== NO_MEMBER) this.changes++;
    this.leader = leader;
    this.timer?.cancel();
    this.timer =
      leader === NO_MEMBER ? this.clock.after(this.patienceMs, () => this.lost()) : undefined;
    return true;
  }

  /** Calls `callback` when there was no leader for too long. Returns a function that takes it back. */
  onLeaderLost(callback: () => void): () => void {
    this.listeners.add(callback);
    return () => this.listeners.delete(callback);
  }

  stop(): void {
    this.timer?.cancel();
  }

  private lost(): void {
    for (const listener of [...this.listeners]) listener();
  }
}
