// Raft as a member runs it: the limits of its messages, and its clock (etcd: server/etcdserver/bootstrap.go raftConfig,
// server.go adjustTicks).
import { present, type Clock } from '../base/index.ts';
import { RawNode, readsAlone, type MemoryStorage } from '../raft/index.ts';
import type { Wal } from '../storage/index.ts';
import type { Entry, HardState, Snapshot } from '../wire/gen/raft.ts';
import type { Snapshot as SnapshotRecord } from '../wire/gen/record.ts';
import type { Bootstrapped } from './bootstrap.ts';
import type { ServerConfig } from './config.ts';
import type { MemberParts } from './member-parts.ts';
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
    countAskers: true,
    // Who is alone, or is made to be, has nobody to ask.
    probation: !config.forceNewCluster && boot.members.some((member) => member.id !== boot.localId),
  });
  if (boot.peers.length > 0) node.bootstrap(boot.peers);
  return node;
}

/** A single member need not wait for anybody; others leave time to hear of a leader (etcd: advanceTicks). */
export function advanceFirstElection(node: RawNode, config: ServerConfig): void {
  const { initialElectionTickAdvance, electionTimeoutMs, heartbeatIntervalMs } = config;
  if (!initialElectionTickAdvance) return;
  const ticks = Math.floor(electionTimeoutMs / heartbeatIntervalMs) - 2;
  for (let i = 0; i < ticks; i++) node.tick();
}

/** Whether what this member has applied is all that is committed, and no other member could have committed more. */
export function isCurrent(node: RawNode, appliedIndex: number): boolean {
  return appliedIndex === node.raft.log.committed && readsAlone(node.raft);
}

/** Ticks raft. Who alone votes has nobody to hear of: it campaigns as soon as it has applied what is committed. */
export function tick(node: RawNode, config: ServerConfig): void {
  node.tick();
  const { id, role, log, promotable, tracker } = node.raft;
  const { incoming, outgoing } = tracker.config.voters;
  const isAlone = incoming.size === 1 && incoming.has(id) && outgoing.size === 0;
  if (!isAlone || !config.initialElectionTickAdvance) return;
  if (role === 'follower' && promotable && log.applied === log.committed) node.campaign();
}

/** Whether raft would take a configuration change now. It drops one while another may be in the log unapplied. */
export function canConfigure(
  raft: RawNode['raft'],
  appliedTerm: number,
  isLeader: boolean,
): boolean {
  if (isLeader) return raft.pendingConfIndex <= raft.log.applied;
  return appliedTerm === raft.term;
}

/**
 * Raft's entries and votes: in the WAL, and in raft's own memory of it. A commit index that moves on its own is kept back
 * until something else is written: it is worth no write, because the backend knows what was applied.
 */
export class DurableLog implements RaftLog {
  private readonly wal: Wal;
  private readonly storage: MemoryStorage;
  private unwritten: HardState | undefined;

  constructor({ wal, raftStorage }: Bootstrapped) {
    this.wal = wal;
    this.storage = raftStorage;
  }

  save(
    hardState: HardState | undefined,
    entries: readonly Entry[],
    mustSync: boolean,
    isAlone = false,
  ): Promise<void> {
    const newest = hardState ?? this.unwritten;
    if (entries.length === 0 && !mustSync) {
      this.unwritten = newest;
      return Promise.resolve();
    }
    this.unwritten = undefined;
    return this.wal.save(newest, entries, mustSync, isAlone);
  }

  saveSnapshot(snapshot: Snapshot): Promise<void> {
    const { index, term, confState } = present(snapshot.metadata, 'a snapshot has metadata');
    return this.saveRecord({ index, term, confState });
  }

  /** A snapshot counts at the next start only when the commit index on the disk covers it (etcd: ValidSnapshotEntries). */
  async saveRecord(record: SnapshotRecord): Promise<void> {
    await this.flush();
    await this.wal.saveSnapshot(record);
  }

  async flush(): Promise<void> {
    const hardState = this.unwritten;
    this.unwritten = undefined;
    if (hardState !== undefined) await this.wal.save(hardState, [], false);
  }

  applySnapshot(snapshot: Snapshot): void {
    this.storage.applySnapshot(snapshot);
  }

  append(entries: readonly Entry[]): void {
    this.storage.append(entries);
  }
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
