// The door to raft: things happen to it, and Readys come out (etcd-io/raft: rawnode.go).
import { assert, type MemberId } from '../base/index.ts';
import { type ConfState, Entry, type HardState, Message, MessageType } from '../wire/gen/raft.ts';
import { type AnyConfChange, asV2, confChangeEntry } from './confchange/conf-change.ts';
import type { RaftConfig } from './config.ts';
import { RaftError } from './errors.ts';
import { applyConfChange } from './membership.ts';
import { metadataOf } from './memory-storage.ts';
import { isLocalMessage, isResponseMessage } from './messages.ts';
import {
  isBelowFloor,
  liftProbation,
  testify,
  type Testimony,
  type Verdict,
  Witnesses,
} from './probation.ts';
import { appliedTo, proposeAsLeader } from './proposals.ts';
import type { Raft } from './raft.ts';
import type { Ready, SoftState } from './ready.ts';
import { tellHeldCommit } from './replication.ts';
import { entriesSize, payloadsSize } from './sizes.ts';
import { bootstrap, type BootstrapPeer, startRaft } from './start.ts';
import { type BasicStatus, basicStatusOf, type RaftStatus, statusOf } from './status.ts';
import { step } from './step.ts';
import { tick } from './tick.ts';

/** What advance has to do for the Ready that is out. */
interface Outstanding {
  /** To this member itself, now that what they promise is durable. */
  readonly toSelf: readonly Message[];
  readonly term: number;
  /** The end of the log when the Ready was taken; index 0 when nothing was unstable. */
  readonly lastIndex: number;
  readonly lastTerm: number;
  /** Index of the snapshot in the Ready; 0 for none. */
  readonly snapshotIndex: number;
  readonly committedEntries: readonly Entry[];
  readonly committedSize: number;
}

/**
 * One member of a raft group. Not reentrant: it is called by one owner, which handles each Ready and calls advance
 * before it takes the next.
 */
export class RawNode {
  /** The state behind the door, for tests that look inside. */
  readonly raft: Raft;
  private previousSoftState: SoftState;
  private previousHardState: HardState;
  private outstanding: Outstanding | undefined;

  constructor(config: RaftConfig) {
    this.raft = startRaft(config);
    this.previousSoftState = { leader: this.raft.leader, role: this.raft.role };
    this.previousHardState = this.hardState();
  }

  /** Starts a new cluster. The storage must be empty, and every member must name the same peers in the same order. */
  bootstrap(peers: readonly BootstrapPeer[]): void {
    // All of the hard state is news to the disk.
    this.previousHardState = { term: 0, vote: 0n, commit: 0 };
    bootstrap(this.raft, peers);
  }

  /** One tick passed. */
  tick(): void {
    tick(this.raft);
  }

  /** Starts an election now, with a pre-vote where that is configured. */
  campaign(): void {
    step(this.raft, Message.create({ type: MessageType.MsgHup }));
  }

  /**
   * Proposes one entry; data belongs to raft from then on.
   * @throws RaftError ProposalDropped: no leader, leadership is handed over, or too much is uncommitted. A follower
   * hands the proposal on, and then nobody says whether it was dropped on the way.
   */
  propose(data: Uint8Array): void {
    this.proposeEntries([Entry.create({ data })]);
  }

  /**
   * Proposes one entry for each of `datas`, in order, with one append and one message to each follower. All or none.
   * @throws RaftError ProposalDropped: see propose
   */
  proposeBatch(datas: readonly Uint8Array[]): void {
    if (datas.length === 0) return;
    const entries: Entry[] = [];
    for (const data of datas) entries.push({ type: 0, term: 0, index: 0, data });
    this.proposeEntries(entries);
  }

  /**
   * At most one change may be under way. One that cannot be made now ends up as an empty entry in the log.
   * @throws RaftError ProposalDropped: see propose
   */
  proposeConfChange(change: AnyConfChange): void {
    this.proposeEntries([confChangeEntry(change)]);
  }

  private proposeEntries(entries: Entry[]): void {
    const { raft } = this;
    if (raft.role === 'leader') {
      proposeAsLeader(raft, entries);
    } else {
      step(raft, Message.create({ type: MessageType.MsgProp, from: raft.id, entries }));
    }
  }

  /**
   * Must be called when a configuration change is applied, unless the application decides to skip the change.
   * @returns the configuration from here on
   */
  applyConfChange(change: AnyConfChange): ConfState {
    return applyConfChange(this.raft, asV2(change));
  }

  /**
   * A message came from another member. It is not changed, but its entries may be kept.
   * @throws RaftError StepLocalMsg, StepPeerNotFound, or ProposalDropped for a proposal that a follower handed on
   */
  step(message: Message): void {
    const { type, from } = message;
    if (isLocalMessage(type)) throw new RaftError('StepLocalMsg');
    if (isResponseMessage(type) && this.raft.tracker.get(from) === undefined) {
      throw new RaftError('StepPeerNotFound');
    }
    // A proposal is refused, so that whoever forwarded it here can hear of it; anything else is as good as lost on the way.
    if (this.raft.probation && type !== MessageType.MsgProp) return;
    step(this.raft, message);
  }

  /** Whether nobody here waits to hear what is committed: answers to appends say so until it is set otherwise. */
  set isPatient(isPatient: boolean) {
    this.raft.isPatient = isPatient;
  }

  /** Leader: a commit index that is held back from patient followers until the next append; 0 for none. */
  get heldCommit(): number {
    return this.raft.heldCommit;
  }

  /** Tells the commit index to those who were not told of `index`. */
  tellHeldCommit(index: number): void {
    tellHeldCommit(this.raft, index);
  }

  /** Whether other members are not heard, and time does not count. */
  get isOnProbation(): boolean {
    return this.raft.probation;
  }

  /** Whether this member votes for nobody, and does not campaign, before it has what it may have acknowledged. */
  get isBelowFloor(): boolean {
    return isBelowFloor(this.raft);
  }

  /** What this member can say about the promises of another. */
  testify(about: MemberId): Testimony {
    return testify(this.raft, about);
  }

  /** A record of what other members say of this one's promises. */
  newWitnesses(): Witnesses {
    return new Witnesses(this.raft);
  }

  /** Takes part from here on, and keeps the promises that the verdict names. Undefined: nobody could say anything. */
  liftProbation(verdict: Verdict | undefined): void {
    assert(this.raft.probation, 'a probation ends once');
    liftProbation(this.raft, verdict);
  }

  /**
   * While below the floor: others have testified again, and what the floor was about may be gone with its last copy, so that
   * nobody has to wait for it. Undefined: go on without it, although somebody may have it.
   */
  reviseFloor(verdict: Verdict | undefined): void {
    this.raft.floor = verdict?.last;
  }

  /**
   * Asks from which index on a read is linearizable. The answer comes as a ReadState with the same context in a later
   * Ready, or never: leaders change and messages get lost, so ask again after a while.
   */
  readIndex(context: Uint8Array): void {
    step(
      this.raft,
      Message.create({
        type: MessageType.MsgReadIndex,
        entries: [Entry.create({ data: context })],
      }),
    );
  }

  /** Hands leadership to `id`, or asks the leader to. Given up after an election timeout. */
  transferLeader(id: MemberId): void {
    step(this.raft, Message.create({ type: MessageType.MsgTransferLeader, from: id }));
  }

  /**
   * A follower forgets its leader, so that it may vote for another at once. It learns of it again from the next
   * heartbeat. Not with lease based reads, which would lose their ground.
   */
  forgetLeader(): void {
    step(this.raft, Message.create({ type: MessageType.MsgForgetLeader }));
  }

  /** The last message to `id` could not be sent. */
  reportUnreachable(id: MemberId): void {
    step(this.raft, Message.create({ type: MessageType.MsgUnreachable, from: id }));
  }

  /** Must follow every MsgSnap: nothing else is sent to `id` until its outcome is known. */
  reportSnapshot(id: MemberId, outcome: 'finish' | 'failure'): void {
    const reject = outcome === 'failure';
    step(this.raft, Message.create({ type: MessageType.MsgSnapStatus, from: id, reject }));
  }

  private hardState(): HardState {
    const { term, vote, log } = this.raft;
    return { term, vote, commit: log.committed };
  }

  private get softStateChanged(): boolean {
    const { leader, role } = this.previousSoftState;
    return this.raft.leader !== leader || this.raft.role !== role;
  }

  private get hardStateChanged(): boolean {
    const { term, vote, commit } = this.previousHardState;
    const { raft } = this;
    return raft.term !== term || raft.vote !== vote || raft.log.committed !== commit;
  }

  /** Whether there is anything to do. */
  hasReady(): boolean {
    const { raft } = this;
    const { log } = raft;
    return (
      raft.messages.length > 0 ||
      raft.messagesAfterAppend.length > 0 ||
      log.unstable.hasNextEntries ||
      log.hasNextCommitted ||
      this.hardStateChanged ||
      this.softStateChanged ||
      raft.readStates.length > 0 ||
      log.unstable.nextSnapshot() !== undefined
    );
  }

  /** All work there is. It must be done as Ready says, and then be handed to advance. */
  ready(): Ready {
    assert(this.outstanding === undefined, 'a Ready is advanced before the next is taken');
    const { raft } = this;
    const { log } = raft;
    const { term, vote } = this.previousHardState;
    const entries = log.unstable.nextEntries();
    const ready: Ready = {
      softState: this.softStateChanged ? { leader: raft.leader, role: raft.role } : undefined,
      hardState: this.hardStateChanged ? this.hardState() : undefined,
      readStates: raft.readStates,
      entries,
      snapshot: log.unstable.nextSnapshot(),
      committedEntries: log.nextCommitted(),
      messages: this.outgoing(),
      mustSync: entries.length > 0 || raft.term !== term || raft.vote !== vote,
    };
    this.accept(ready);
    return ready;
  }

  private outgoing(): Message[] {
    const { messages, messagesAfterAppend, id } = this.raft;
    for (const message of messagesAfterAppend) {
      if (message.to !== id) messages.push(message);
    }
    return messages;
  }

  /** From here on nothing of the Ready is handed out again. */
  private accept(ready: Ready): void {
    const { raft } = this;
    const { log } = raft;
    if (ready.softState !== undefined) this.previousSoftState = ready.softState;
    if (ready.hardState !== undefined) this.previousHardState = ready.hardState;
    // Also what earlier Readys handed out counts: an acknowledgement that was void because the term changed meanwhile
    // is made good by this one.
    const hasUnstable = log.unstable.entries.length > 0;
    const last = hasUnstable ? log.lastEntryId() : { index: 0, term: 0 };
    const committedSize = entriesSize(ready.committedEntries);
    this.outstanding = {
      toSelf: raft.messagesAfterAppend.filter((message) => message.to === raft.id),
      term: raft.term,
      lastIndex: last.index,
      lastTerm: last.term,
      snapshotIndex: ready.snapshot === undefined ? 0 : metadataOf(ready.snapshot).index,
      committedEntries: ready.committedEntries,
      committedSize,
    };
    raft.messages = [];
    raft.messagesAfterAppend = [];
    raft.readStates = [];
    log.unstable.acceptInProgress();
    const lastCommitted = ready.committedEntries.at(-1);
    if (lastCommitted !== undefined) log.acceptApplying(lastCommitted.index, committedSize);
  }

  /** The Ready is saved, sent and applied. */
  advance(_ready: Ready): void {
    const { raft, outstanding } = this;
    assert(outstanding !== undefined, 'a Ready is out');
    this.outstanding = undefined;
    for (const message of outstanding.toSelf) step(raft, message);
    this.acknowledgeStable(outstanding);
    const { committedEntries, committedSize } = outstanding;
    const last = committedEntries.at(-1);
    if (last === undefined) return;
    appliedTo(raft, last.index, committedSize);
    raft.reduceUncommittedSize(payloadsSize(committedEntries));
  }

  private acknowledgeStable(outstanding: Outstanding): void {
    const { raft } = this;
    const { term, lastIndex, lastTerm, snapshotIndex } = outstanding;
    if (lastIndex !== 0 && term !== 0 && term < raft.term) {
      // The entries may have been replaced while they were written; the next Ready tells.
      raft.logger.info(
        `${raft.name} [term: ${raft.term}] ignored entry appends from a MsgStorageAppendResp message with lower term [term: ${term}]`,
      );
    } else if (lastIndex !== 0) {
      raft.log.unstable.stableTo(lastIndex, lastTerm);
    }
    if (snapshotIndex === 0) return;
    raft.log.unstable.snapshotStableTo(snapshotIndex);
    if (!raft.log.hasPendingSnapshot) raft.superseded = undefined;
    appliedTo(raft, snapshotIndex, 0);
  }

  /** Cheap. */
  basicStatus(): BasicStatus {
    return basicStatusOf(this.raft);
  }

  /** Copies the progress of all members. */
  status(): RaftStatus {
    return statusOf(this.raft);
  }
}
