// Raft as a member runs it: the limits of its messages, and its clock (etcd: server/etcdserver/bootstrap.go raftConfig,
// server.go adjustTicks).
import { present, type Clock } from '../base/index.ts';
import { RawNode } from '../raft/index.ts';
import type { Bootstrapped } from './bootstrap.ts';
import type { MemberParts } from './member.ts';
import type { RaftLog } from './raft-loop.ts';

const MAX_MESSAGE_BYTES = 1024 * 1024;
const MAX_INFLIGHT_MESSAGES = 512;
/** Followers take this much of committed entries at a time, so that applying them does not hold up everything else. */
const MAX_COMMITTED_BYTES = 256 * 1024;
/** Heartbeats that a leader may miss before it doubts itself. */
const MISSED_TICKS = 3;

export function newRaftNode(parts: MemberParts): RawNode {
  const { config, world, logger, boot } = parts;
  const node = new RawNode({
    id: boot.localId,
    electionTicks: Math.floor(config.electionTimeoutMs / config.heartbeatIntervalMs),
    heartbeatTicks: 1,
    storage: boot.raftStorage,
    applied: boot.appliedIndex,
    maxSizePerMessage: MAX_MESSAGE_BYTES,
    maxCommittedSizePerReady: MAX_COMMITTED_BYTES,
    maxUncommittedEntriesSize: 0,
    maxInflightMessages: MAX_INFLIGHT_MESSAGES,
    maxInflightBytes: 0,
    checkQuorum: true,
    preVote: config.preVote,
    random: world.random,
    logger,
    readOnlyOption: 'safe',
  });
  if (boot.peers.length > 0) node.bootstrap(boot.peers);
  return node;
}

/** Raft's entries: in the WAL, and in raft's own memory of it. */
export function raftLogOf({ wal, raftStorage }: Bootstrapped): RaftLog {
  return {
    save: (hardState, entries, mustSync) => wal.save(hardState, entries, mustSync),
    saveSnapshot: (snapshot) => {
      const { index, term, confState } = present(snapshot.metadata, 'a snapshot has metadata');
      return wal.saveSnapshot({ index, term, confState });
    },
    applySnapshot: (snapshot) => void raftStorage.applySnapshot(snapshot),
    append: (entries) => raftStorage.append(entries),
  };
}

/** Ticks raft. A clock that was held up ticks once for all it missed: a paused leader must not be hasty on waking. */
export class RaftClock {
  private readonly clock: Clock;
  private readonly intervalMs: number;
  private readonly onTick: () => void;
  private lastMs = 0;
  private paused = false;
  private stopped = false;

  constructor(clock: Clock, intervalMs: number, onTick: () => void) {
    this.clock = clock;
    this.intervalMs = intervalMs;
    this.onTick = onTick;
  }

  start(): void {
    this.lastMs = this.clock.monotonicMs();
    this.tick();
  }

  stop(): void {
    this.stopped = true;
  }

  /** True once the clock stood still for several heartbeats, until `forgetPause`. */
  get wasPaused(): boolean {
    const nowMs = this.clock.monotonicMs();
    if (nowMs - this.lastMs > MISSED_TICKS * this.intervalMs) this.paused = true;
    return this.paused;
  }

  forgetPause(): void {
    this.paused = false;
  }

  private tick(): void {
    if (this.stopped) return;
    if (this.wasPaused) this.paused = true;
    this.lastMs = this.clock.monotonicMs();
    this.onTick();
    this.clock.after(this.intervalMs, () => this.tick());
  }
}
