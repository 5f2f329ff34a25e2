// One member: its parts, how they hang together, and what the services ask of it (etcd: EtcdServer).
import {
  EtcdError,
  formatId,
  present,
  type Logger,
  type MemberId,
  type World,
} from '../base/index.ts';
import type { DatabaseCopy, MemberApi, RaftPosition, StoredState as Stored } from '../api/index.ts';
import type { Applied, ClusterMember } from '../apply/index.ts';
import { RaftError, type RawNode } from '../raft/index.ts';
import { WatchHub } from '../watch/index.ts';
import type { MemberTransport } from './member-transport.ts';
import { ConfChange, ConfState, type Message } from '../wire/gen/raft.ts';
import type { InternalRaftRequest } from '../wire/gen/raft-internal.ts';
import type { ServerConfig } from './config.ts';
import { readStorageVersion } from './consistent-index.ts';
import { ApplyWait } from './apply-wait.ts';
import { CommitNotices } from './commit-notices.ts';
import { LeaderWatch } from './leader-watch.ts';
import { Leadership } from './leadership.ts';
import { LinearizableReads } from './linearizable-read.ts';
import type { MemberParts } from './member-parts.ts';
import { raiseNoSpace } from './no-space.ts';
import { Proposer } from './proposer.ts';
import { RequestIds, Waiters } from './proposals.ts';
import { RaftLoop } from './raft-loop.ts';
import { RaftClock, canConfigure, isCurrent, newRaftNode, tick, DurableLog } from './raft-node.ts';
import { Reconfiguration, healthIntervalOf } from './reconfiguration.ts';
import { newSha256 } from './sha256.ts';
import { Snapshots } from './snapshots.ts';
import { StateMachine, type StateEvents } from './state-machine.ts';
import { vouchingOf } from './vouching/for-member.ts';
import type { Vouching } from './vouching/vouching.ts';

const APPLY_TIMEOUT_MS = 1_000;
const LATE_PROPOSAL_MS = 300;
const FINISH_MS = 400;

export class Member implements MemberApi, StateEvents {
  readonly config: ServerConfig;
  readonly logger: Logger;
  readonly world: World;
  readonly state: StateMachine;
  readonly hub: WatchHub;
  readonly leaderWatch: LeaderWatch;
  readonly maxRequestBytes: number;
  readonly maxTxnOps: number;
  private readonly parts: MemberParts;
  private readonly node: RawNode;
  private readonly log: DurableLog;
  private readonly loop: RaftLoop;
  private readonly ids: RequestIds;
  private readonly waiters: Waiters;
  private readonly proposer: Proposer;
  private readonly reads: LinearizableReads;
  private readonly notices: CommitNotices;
  private readonly applyWait: ApplyWait;
  private readonly snapshots: Snapshots;
  private readonly reconfiguration: Reconfiguration;
  private readonly clock: RaftClock;
  private readonly leadership: Leadership;
  readonly vouching: Vouching;
  private transport: MemberTransport | undefined;
  private confState: ConfState;
  private firstCommitListeners: (() => void)[] = [];
  private stopping = false;

  constructor(parts: MemberParts) {
    const { config, world, logger, boot, state } = parts;
    this.parts = parts;
    this.config = config;
    this.logger = logger;
    this.world = world;
    this.state = state;
    this.maxRequestBytes = config.maxRequestBytes;
    this.maxTxnOps = config.maxTxnOps;
    this.hub = new WatchHub(state.store, { clock: world.clock, logger });
    this.leaderWatch = new LeaderWatch(world.clock, config.electionTimeoutMs);
    this.node = newRaftNode(parts);
    this.log = new DurableLog(boot);
    this.confState = boot.raftStorage.initialState().confState;
    this.ids = new RequestIds(boot.localId, world.clock.wallMs());
    this.waiters = new Waiters(world.clock, this.requestTimeoutMs, () => this.timeoutError());
    this.loop = this.newLoop();
    this.proposer = new Proposer({
      node: this.node,
      clock: world.clock,
      ids: this.ids,
      waiters: this.waiters,
      maxRequestBytes: config.maxRequestBytes,
      canConfigure: () => canConfigure(this.node.raft, state.appliedTerm, this.isLeader),
      canPropose: () => this.isLeader || this.activeSinceMs(this.loop.leader) !== 0,
      appliedIndex: () => state.appliedIndex,
      commitIndex: () => this.node.raft.log.committed,
      wake: () => this.loop.wake(),
    });
    this.applyWait = new ApplyWait(world.clock, APPLY_TIMEOUT_MS);
    this.reads = new LinearizableReads({
      clock: world.clock,
      timeoutMs: this.requestTimeoutMs,
      requestReadIndex: (context) => {
        this.node.readIndex(context);
        this.loop.wake();
      },
      wake: () => this.loop.wake(),
      appliedIndex: () => state.appliedIndex,
      isCurrent: () => isCurrent(this.node, state.appliedIndex),
      nextId: () => this.ids.next(),
    });
    this.notices = new CommitNotices({
      ...{ clock: world.clock, node: this.node, waiters: this.waiters, hub: this.hub },
      wake: () => this.loop.wake(),
    });
    this.snapshots = this.newSnapshots();
    this.reconfiguration = this.newReconfiguration();
    this.leadership = new Leadership(
      this,
      (target) => {
        this.node.transferLeader(target);
        this.loop.wake();
      },
      (id) => this.activeSinceMs(id),
    );
    this.clock = new RaftClock(world.clock, config.heartbeatIntervalMs, () => {
      tick(this.node, config);
      this.proposer.retry();
      this.loop.wake();
    });
    this.vouching = vouchingOf(parts, this.node, () => this.loop.wake());
    state.appliedIndex = boot.appliedIndex;
    state.appliedTerm = boot.appliedTerm;
    state.bind(this);
  }

  /** etcd's ReqTimeout: for the disk, and for two elections. */
  get requestTimeoutMs(): number {
    return 5_000 + 2 * this.config.electionTimeoutMs;
  }

  get localId(): MemberId {
    return this.parts.boot.localId;
  }

  get isLeader(): boolean {
    return this.loop.leader === this.localId;
  }

  get pendingProposals() {
    return this.waiters.size;
  }

  get leader(): MemberId {
    return this.loop.leader;
  }

  /** Starts the clock of raft. */
  start(transport: MemberTransport): void {
    this.transport = transport;
    const { boot } = this.parts;
    for (const remote of boot.remotes) transport.addRemote(remote.id, remote.peerUrls);
    for (const member of this.membership.list()) {
      if (member.id !== this.localId) transport.addPeer(member.id, member.peerUrls);
    }
    this.clock.start();
    this.vouching.start();
    this.loop.wake();
  }

  /** Raft messages from other members. */
  receive(messages: readonly Message[]): void {
    this.notices.beforeStep();
    for (const message of messages) {
      try {
        this.node.step(message);
      } catch (error) {
        if (!(error instanceof RaftError)) throw error;
        this.proposer.hold(message);
      }
    }
    this.loop.wake();
  }

  /** A proposal on its way to the leader never left this member. */
  proposalUnsent(message: Message): void {
    this.proposer.hold(message);
  }

  reportUnreachable(id: MemberId): void {
    this.node.reportUnreachable(id);
    this.loop.wake();
  }

  reportSnapshot(id: MemberId, ok: boolean): void {
    this.node.reportSnapshot(id, ok ? 'finish' : 'failure');
    this.loop.wake();
  }

  // What the services ask.

  get membership() {
    return this.state.membership;
  }

  get store() {
    return this.state.store;
  }

  get leases() {
    return this.state.lessor;
  }

  raft(): RaftPosition {
    return {
      leader: this.loop.leader,
      term: this.state.appliedTerm,
      commitIndex: this.node.raft.log.committed,
      appliedIndex: this.state.appliedIndex,
    };
  }

  stored(): Stored {
    const { backend, alarms, quota } = this.state;
    return {
      alarms,
      quota,
      sizeBytes: backend.sizeBytes,
      sizeInUseBytes: backend.sizeInUseBytes,
      storageVersion: readStorageVersion(backend.bucket('meta')),
    };
  }

  propose(request: Partial<InternalRaftRequest>): Promise<Applied> {
    return this.proposer.propose(request);
  }

  /** See Proposer. */
  proposeAsLeader(request: Partial<InternalRaftRequest>): Promise<Applied> {
    return this.proposer.proposeAsLeader(request);
  }

  linearizableRead(): Promise<void> {
    return this.reads.notify();
  }

  commitBackend(): Promise<void> {
    return this.state.backend.commitNow();
  }

  defragment(): Promise<void> {
    return this.state.backend.defragment();
  }

  databaseCopy(): Promise<DatabaseCopy> {
    return this.state.backend.snapshot();
  }

  readonly newDigest = newSha256;

  addMember(peerUrls: readonly string[], isLearner: boolean): Promise<ClusterMember> {
    return this.reconfiguration.add(peerUrls, isLearner);
  }

  removeMember(id: MemberId): Promise<void> {
    return this.reconfiguration.remove(id);
  }

  /** Resolves when this member, too, has applied the change, so that the list it answers shows it. */
  async promoteMember(id: MemberId): Promise<void> {
    const isLeader = this.isLeader;
    await this.reconfiguration.promote(id);
    if (!isLeader) await this.linearizableRead();
  }

  /** For another member's request: only the leader can. */
  promoteHere(id: MemberId): Promise<void> {
    return this.reconfiguration.promoteHere(id);
  }

  updateMember(id: MemberId, peerUrls: readonly string[]): Promise<void> {
    return this.reconfiguration.update(id, peerUrls);
  }

  moveLeader(target: MemberId): Promise<void> {
    return this.leadership.move(target);
  }

  /** Resolves when everything that is committed now is applied here. @throws EtcdError TimeoutWaitAppliedIndex */
  caughtUp(): Promise<void> {
    return this.applyWait.until(this.node.raft.log.committed, this.state.appliedIndex);
  }

  /** Runs once when the leader's first entry of this term is committed here. */
  onFirstCommit(callback: () => void): void {
    this.firstCommitListeners.push(callback);
  }

  /** Hands leadership over where there is somebody to take it and `handsOver` says so, and ends everything. */
  async stop(handsOver = true): Promise<void> {
    if (this.stopping) return;
    if (this.isLeader && handsOver) await this.leadership.handOver();
    await this.waiters.settled(FINISH_MS);
    await this.halt();
  }

  private async halt(): Promise<void> {
    this.stopping = true;
    this.clock.stop();
    this.vouching.stop();
    this.loop.stop();
    this.proposer.stop();
    this.reads.stop();
    this.waiters.stop();
    this.leaderWatch.stop();
    await this.loop.idle();
    await this.snapshots.idle();
    await this.log.flush();
    await this.state.store.close();
    await this.state.backend.close();
    await this.parts.boot.wal.close();
  }

  // What the state machine tells.

  applyConfChange(change: ConfChange): ConfState {
    this.confState = this.node.applyConfChange(change);
    return this.confState;
  }

  peerAdded(id: MemberId, peerUrls: readonly string[]): void {
    this.transport?.addPeer(id, peerUrls);
  }

  peerUpdated(id: MemberId, peerUrls: readonly string[]): void {
    this.transport?.updatePeer(id, peerUrls);
  }

  peerRemoved(id: MemberId): void {
    this.transport?.removePeer(id);
  }

  selfRemoved(): void {
    // The others have to hear that the entry arrived here, so this member lives on for a moment.
    this.world.clock.after(this.config.heartbeatIntervalMs * 10, () => this.parts.onRemoved());
  }

  firstCommitInTerm(term: number): void {
    // What the leader before held back while it handed over is still on its way to this one.
    this.world.clock.after(LATE_PROPOSAL_MS, () => this.waiters.lostBefore(term));
    this.proposer.retry();
    this.reads.onFirstCommitInTerm();
    if (this.isLeader) this.state.lessor.promote(this.config.electionTimeoutMs);
    const listeners = this.firstCommitListeners;
    this.firstCommitListeners = [];
    for (const listener of listeners) listener();
  }

  applied(requestId: bigint, applied: Applied): void {
    this.waiters.resolve(requestId, applied);
  }

  quotaExceeded(requestId: bigint, applied: Applied): void {
    void raiseNoSpace(this, this.state.quota.limitBytes).then(() =>
      this.waiters.resolve(requestId, applied),
    );
  }

  configured(id: bigint, error: Error | undefined): void {
    this.waiters.settleLater(id, error);
  }

  progressed(): void {
    this.reads.onApplied(this.state.appliedIndex);
    this.applyWait.onApplied(this.state.appliedIndex);
  }

  // The parts.

  private newLoop(): RaftLoop {
    const { boot, onFatal, state } = this.parts;
    return new RaftLoop({
      node: this.node,
      localId: boot.localId,
      isFounding: boot.peers.length > 0,
      log: this.log,
      transport: () => this.transport,
      isShared: () => this.waiters.size > 1,
      isAwaited: () => this.notices.isAwaited,
      applyEntries: (entries) => state.applyEntries(entries),
      installSnapshot: async (snapshot) => {
        await this.snapshots.install(snapshot);
        this.confState = snapshot.metadata?.confState ?? this.confState;
        this.transport?.removeAllPeers();
        for (const member of this.membership.list()) {
          if (member.id !== this.localId) this.transport?.addPeer(member.id, member.peerUrls);
        }
      },
      sendSnapshot: (message) => this.snapshots.send(message),
      onReadState: (context, index) => this.reads.onReadState(context, index),
      onLeader: (leader, role) => this.onLeader(leader, role),
      onAdvanced: () => this.onAdvanced(),
      gather: () => {
        this.proposer.flush();
        this.reads.gather();
      },
      defer: (callback) => this.world.clock.soon(callback),
      onFatal,
    });
  }

  private newSnapshots(): Snapshots {
    const { boot } = this.parts;
    return new Snapshots(
      {
        ...this.parts,
        ...boot,
        saveRecord: (record) => this.log.saveRecord(record),
        confState: () => this.confState,
        send: (snapshot) =>
          present(this.transport, 'a member that sends has a transport').sendSnapshot(snapshot),
        reportFailure: (to) => this.reportSnapshot(to, false),
      },
      boot.snapshotIndex,
    );
  }

  private newReconfiguration(): Reconfiguration {
    const { config, world, logger, promoteOnLeader } = this.parts;
    return new Reconfiguration({
      membership: this.membership,
      clock: world.clock,
      logger,
      strict: config.strictReconfigCheck,
      healthIntervalMs: healthIntervalOf(config),
      clusterToken: config.initialClusterToken,
      activeSinceMs: (id) => this.activeSinceMs(id),
      isLeader: () => this.isLeader,
      matchIndexes: () => {
        const { progress } = this.node.status();
        return new Map([...progress].map(([id, one]) => [id, one.match]));
      },
      configure: (change) => this.configure(change),
      promoteOnLeader: async (id) => {
        const leader = this.membership.get(this.loop.leader);
        if (leader === undefined) throw new EtcdError('NoLeader');
        await promoteOnLeader(leader, id);
      },
    });
  }

  private async configure(change: ConfChange): Promise<void> {
    const numbered = { ...change, id: this.ids.next() };
    const { error } = await this.proposer.configure(numbered);
    if (error !== undefined) throw error;
    this.logger.info('applied a configuration change through raft', {
      'local-member-id': formatId(this.localId),
      'raft-conf-change-node-id': formatId(change.nodeId),
    });
  }

  /** Milliseconds since the epoch since which a peer can be reached; 0 while it can't. */
  activeSinceMs(id: MemberId): number {
    return this.transport?.activeSince(id) ?? 0;
  }

  private onLeader(leader: MemberId, role: string): void {
    const { lessor } = this.state;
    if (role !== 'leader' && lessor.isPrimary) lessor.demote();
    if (!this.leaderWatch.set(leader)) return;
    this.proposer.retry();
    this.reads.onLeaderChanged();
  }

  private onAdvanced(): void {
    this.notices.afterReady();
    this.waiters.settle();
    this.snapshots.afterApply();
  }

  /** Whether this member leads beyond doubt: nothing has to be asked. */
  get leadsForCertain(): boolean {
    // Raft itself knows first that it leads no more: while a disk stands still, that waits behind the log.
    return this.isLeader && this.node.raft.role === 'leader' && !this.clock.wasPaused;
  }

  /** Whether this member leads: one that was paused may have been succeeded without knowing, so a quorum is asked. */
  async confirmLeadership(): Promise<boolean> {
    if (this.leadsForCertain) return true;
    if (!this.isLeader || this.node.raft.role !== 'leader') return false;
    await this.reads.notify();
    this.clock.forgetPause();
    return this.isLeader;
  }

  private timeoutError(): Error {
    const isCutOff = this.isLeader && !this.leadership.hasQuorum;
    return new EtcdError(isCutOff ? 'TimeoutDueToConnectionLost' : 'Timeout');
  }
}
