// The ready loop: what raft wants persisted goes to the WAL, what it wants sent goes to the peers, what is committed goes
// to the state machine; then raft advances (etcd: server/etcdserver/raft.go).
//
// One Ready is handled at a time. While its WAL write is on the way to the disk, messages and proposals go on arriving in
// raft, and all of them together make the next Ready: one write and one sync for everything that came meanwhile.
import { NO_MEMBER, assert, type MemberId } from '../base/index.ts';
import {
  MessageType,
  type Entry,
  type HardState,
  type Message,
  type Snapshot,
} from '../wire/gen/raft.ts';
import type { Ready, RawNode } from '../raft/index.ts';
import type { MemberTransport } from './member-transport.ts';

export interface RaftLoopParts {
  readonly node: RawNode;
  readonly localId: MemberId;
  readonly log: RaftLog;
  /** The first Ready brings the entries that found the cluster: committed by convention, though no disk has them yet. */
  readonly isFounding: boolean;
  /** Undefined before the member has started. */
  readonly transport: () => Pick<MemberTransport, 'send' | 'flush'> | undefined;
  /** Whether several of this member's clients have written and wait. */
  readonly isShared: () => boolean;
  /** Whether any of its clients waits for what is applied. */
  readonly isAwaited: () => boolean;
  /** Called for each committed entry, in order; must not wait. Returns what is waited for before there are more. */
  readonly applyEntries: (entries: readonly Entry[]) => Promise<void> | undefined;
  /** Installs a snapshot that the leader sent and that is already recorded. */
  readonly installSnapshot: (snapshot: Snapshot) => Promise<void>;
  /** Sends the state of this member in place of an MsgSnap, which raft can't fill. */
  readonly sendSnapshot: (message: Message) => void;
  readonly onReadState: (context: Uint8Array, index: number) => void;
  readonly onLeader: (leader: MemberId, role: string) => void;
  readonly onAdvanced: () => void;
  /** Hands raft what was gathered for it. Called before raft is asked for a Ready. */
  readonly gather: () => void;
  /** Runs `callback` after the events that are already queued. */
  readonly defer: (callback: () => void) => void;
  readonly onFatal: (error: unknown) => void;
}

/** Where raft's entries are kept: the WAL, and raft's own memory of it. */
export interface RaftLog {
  /** Durable when it resolves, where `mustSync`. `isAlone`: nobody has anything else to do meanwhile. */
  save(
    hardState: HardState | undefined,
    entries: readonly Entry[],
    mustSync: boolean,
    isAlone: boolean,
  ): Promise<void>;
  saveSnapshot(snapshot: Snapshot): Promise<void>;
  applySnapshot(snapshot: Snapshot): void;
  append(entries: readonly Entry[]): void;
}

export class RaftLoop {
  private readonly parts: RaftLoopParts;
  private scheduled = false;
  private running = false;
  private stopped = false;
  private isLeader = false;
  private isFounding: boolean;
  private current: Promise<void> = Promise.resolve();
  private readonly answers = new AppendAnswers();
  leader: MemberId = NO_MEMBER;

  constructor(parts: RaftLoopParts) {
    this.parts = parts;
    this.isFounding = parts.isFounding;
  }

  /** To be called after anything was given to raft. The loop runs once for all that is given in this turn. */
  wake(): void {
    if (this.scheduled || this.running || this.stopped) return;
    this.scheduled = true;
    this.parts.defer(() => {
      this.scheduled = false;
      this.run().catch((error: unknown) => this.parts.onFatal(error));
    });
  }

  stop(): void {
    this.stopped = true;
  }

  /** Resolves when the Ready that is being handled is done. */
  async idle(): Promise<void> {
    await this.current;
  }

  private async run(): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      this.current = this.handleAll();
      await this.current;
    } finally {
      this.running = false;
    }
    if (!this.stopped && this.hasReady()) this.wake();
  }

  private hasReady(): boolean {
    this.parts.gather();
    return this.parts.node.hasReady();
  }

  private async handleAll(): Promise<void> {
    const { node } = this.parts;
    while (!this.stopped && this.hasReady()) await this.handle(node.ready());
  }

  private async handle(ready: Ready): Promise<void> {
    const { node, log } = this.parts;
    const transport = this.parts.transport();
    if (ready.softState !== undefined) {
      this.leader = ready.softState.leader;
      this.isLeader = ready.softState.role === 'leader';
      this.parts.onLeader(ready.softState.leader, ready.softState.role);
    }
    for (const state of ready.readStates) this.parts.onReadState(state.context, state.index);

    // A leader replicates while it writes; everybody else answers only for what is on the disk (Raft thesis §10.2.1).
    const sentAsLeader = this.isLeader;
    if (sentAsLeader) transport?.send(this.outgoing(ready));

    if (ready.snapshot !== undefined) await log.saveSnapshot(ready.snapshot);
    const saved = this.save(ready);
    // A database must not be ahead of a log that nobody else has.
    if (this.isFounding) await saved;
    this.isFounding = false;
    const room =
      ready.snapshot === undefined ? this.parts.applyEntries(ready.committedEntries) : undefined;
    if (saved !== undefined) await saved;
    if (ready.snapshot !== undefined) {
      log.applySnapshot(ready.snapshot);
      await this.parts.installSnapshot(ready.snapshot);
    }
    log.append(ready.entries);
    if (!sentAsLeader) transport?.send(this.outgoing(ready));
    if (ready.snapshot !== undefined) void this.parts.applyEntries(ready.committedEntries);

    node.advance(ready);
    this.parts.onAdvanced();
    if (room !== undefined) await room;
  }

  /** Undefined when nothing has to be waited for. The WAL keeps the order, so an unsynced write need not be awaited. */
  private save(ready: Ready): Promise<void> | undefined {
    if (ready.hardState === undefined && ready.entries.length === 0) return undefined;
    // The record of a snapshot counts only under a commit index that covers it, so that has to be on the disk as well.
    const mustSync = ready.mustSync || ready.snapshot !== undefined;
    const isAlone = this.isAlone(ready);
    // The thread may stand still until the sync is over: what others have to write as well must be on its way.
    if (isAlone) this.parts.transport()?.flush();
    const saved = this.parts.log.save(ready.hardState, ready.entries, mustSync, isAlone);
    if (mustSync) return saved;
    saved.catch((error: unknown) => this.parts.onFatal(error));
    return undefined;
  }

  /** One write, and nobody else who would be served while it goes to the disk. */
  private isAlone({ entries, committedEntries }: Ready): boolean {
    if (entries.length !== 1) return false;
    return committedEntries.length === 0 ? !this.parts.isShared() : !this.parts.isAwaited();
  }

  /** Messages as they go to the wire: snapshots are sent apart, and of several append responses to one member the last suffices. */
  private outgoing(ready: Ready): Message[] {
    const { messages } = ready;
    const kept: Message[] = [];
    let answered = false;
    for (let i = messages.length - 1; i >= 0; i--) {
      const message = messages[i];
      assert(message !== undefined, 'index in range');
      if (message.type === MessageType.MsgSnap) {
        this.parts.sendSnapshot(message);
        continue;
      }
      if (message.type === MessageType.MsgAppResp && !message.reject) {
        if (answered || !this.answers.isNews(message, ready)) continue;
        answered = true;
      }
      kept.push(message);
    }
    return kept.reverse();
  }
}

/**
 * An append that brings no entry but moves commitIndex tells the leader nothing when it is answered: what this member has
 * was said already. Leaving it out saves each write of a cluster a message a follower. Should the leader wait for an answer
 * all the same, because it does not know how far this member is, it asks again after the next heartbeat, and then commitIndex
 * does not move.
 */
class AppendAnswers {
  private to: MemberId = NO_MEMBER;
  private term = 0;
  private index = 0;

  isNews({ to, term, index }: Message, { entries, committedEntries }: Ready): boolean {
    const onlyCommits = entries.length === 0 && committedEntries.length > 0;
    if (onlyCommits && to === this.to && term === this.term && index === this.index) return false;
    this.to = to;
    this.term = term;
    this.index = index;
    return true;
  }
}
