// The state of one member and the few moves that all roles share (etcd-io/raft: raft.go). What a role does with a
// message is in leader.ts, follower.ts and candidate.ts; step.ts decides which.
import { assert, formatId, type Logger, type MemberId, NO_MEMBER } from '../base/index.ts';
import { Entry, Message, MessageType } from '../wire/gen/raft.ts';
import type { Membership } from './confchange/changer.ts';
import type { ResolvedConfig } from './config.ts';
import { type EntryId, RaftLog } from './log.ts';
import { promisesDurability } from './messages.ts';
import { isBelowFloor } from './probation.ts';
import { ReadOnly } from './read-only.ts';
import type { ReadState, Role } from './ready.ts';
import { payloadsSize } from './sizes.ts';
import { ProgressTracker } from './tracker/tracker.ts';

export class Raft {
  readonly config: ResolvedConfig;
  readonly id: MemberId;
  /** The id as logs show it. */
  readonly name: string;
  readonly logger: Logger;
  readonly log: RaftLog;
  tracker: ProgressTracker;
  /**
   * The configuration before a snapshot that came in and is not applied yet. Changes that were handed out before the
   * snapshot came, and are applied after, belong to this one: the snapshot's holds them already. (etcd-io/raft applies
   * them to the snapshot's, which may end the process.)
   */
  superseded: Membership | undefined;

  term = 0;
  /** Who got this member's vote in this term; 0 for nobody. */
  vote: MemberId = NO_MEMBER;
  role: Role = 'follower';
  /** 0 when unknown. */
  leader: MemberId = NO_MEMBER;
  isLearner = false;
  /** Not lifted yet: see probation.ts. */
  probation: boolean;
  /**
   * Set while the log may lack what this member acknowledged: until the log ends there or behind, nobody whose log ends before
   * gets its vote.
   */
  floor: EntryId | undefined;
  /**
   * The term in which the probation ended with everybody's testimony; otherwise 0. What its leader believes of this member may
   * be about another disk. Leaders of later terms begin with no belief.
   */
  doubtedTerm = 0;
  /** The log equals that of this term's leader up to here, as its appends have shown. */
  verified = 0;
  /** In how many ticks appends were refused since one was accepted. */
  refusedTicks = 0;
  hasRefused = false;

  /** To other members, at once. */
  messages: Message[] = [];
  /** To others or to this member, after everything that is unstable now is on the disk. */
  messagesAfterAppend: Message[] = [];
  readStates: ReadState[] = [];

  /** Whom the leader is handing leadership to; 0 for nobody (raft thesis, section 3.10). */
  transferee: MemberId = NO_MEMBER;
  /** Leader: no configuration change may be proposed until this index is applied. */
  pendingConfIndex = 0;
  /** Leader: bytes of payload that were appended and not yet applied. An estimate that is never too high. */
  uncommittedSize = 0;
  /** Follower: nobody here waits to hear what is committed. Its answers to appends say so. */
  isPatient = false;
  /** Leader: the commit index that a patient follower has not been told; 0 for none. */
  heldCommit = 0;
  readonly readOnly = new ReadOnly();
  /** Leader: reads that came before it committed an entry of its term. */
  postponedReads: Message[] = [];

  /** Ticks since the last election timeout, or, in a follower, since the leader was last heard. */
  electionElapsed = 0;
  heartbeatElapsed = 0;
  randomizedElectionTicks = 0;

  constructor(config: ResolvedConfig) {
    this.config = config;
    this.id = config.id;
    this.name = formatId(config.id);
    this.logger = config.logger;
    this.probation = config.probation;
    this.log = new RaftLog(config.storage, config.logger, config.maxCommittedSizePerReady);
    this.tracker = new ProgressTracker(config.maxInflightMessages, config.maxInflightBytes);
  }

  /** Queues a message and fills in who sends it at which term. Votes come with the term they are about. */
  send(message: Message): void {
    const { type } = message;
    if (message.from === NO_MEMBER) message.from = this.id;
    if (isCampaignMessage(type)) {
      assert(message.term !== 0, 'a vote names its term');
    } else {
      assert(message.term === 0, 'only votes name their term');
      // Proposals and read requests are forwarded as if they were the leader's own, whatever its term.
      if (type !== MessageType.MsgProp && type !== MessageType.MsgReadIndex) {
        message.term = this.term;
      }
    }
    if (promisesDurability(type)) {
      this.messagesAfterAppend.push(message);
    } else {
      assert(message.to !== this.id, 'only answers are sent to oneself');
      this.messages.push(message);
    }
  }

  /** Enters `term` without a role in it yet. */
  private reset(term: number): void {
    if (this.term !== term) {
      this.term = term;
      this.vote = NO_MEMBER;
      this.verified = 0;
      this.refusedTicks = 0;
    }
    this.leader = NO_MEMBER;
    this.electionElapsed = 0;
    this.heartbeatElapsed = 0;
    this.drawElectionTimeout();
    this.transferee = NO_MEMBER;
    this.tracker.resetVotes();
    const lastIndex = this.log.lastIndex();
    for (const progress of this.tracker.members) {
      progress.restart(progress.id === this.id ? lastIndex : 0, lastIndex + 1);
    }
    this.pendingConfIndex = 0;
    this.uncommittedSize = 0;
    this.heldCommit = 0;
    this.readOnly.reset();
  }

  private drawElectionTimeout(): void {
    const { electionTicks, random } = this.config;
    this.randomizedElectionTicks = electionTicks + (random.uint32() % electionTicks);
  }

  becomeFollower(term: number, leader: MemberId): void {
    this.reset(term);
    this.leader = leader;
    this.role = 'follower';
    this.logger.info(`${this.name} became follower at term ${this.term}`);
  }

  becomeCandidate(): void {
    assert(this.role !== 'leader', 'a leader does not campaign');
    this.reset(this.term + 1);
    this.vote = this.id;
    this.role = 'candidate';
    this.logger.info(`${this.name} became candidate at term ${this.term}`);
  }

  /** Changes neither term nor vote: a pre-vote leaves no trace. */
  becomePreCandidate(): void {
    assert(this.role !== 'leader', 'a leader does not campaign');
    this.tracker.resetVotes();
    this.leader = NO_MEMBER;
    this.role = 'preCandidate';
    this.logger.info(`${this.name} became pre-candidate at term ${this.term}`);
  }

  becomeLeader(): void {
    assert(this.role !== 'follower', 'a follower does not become leader without a vote');
    this.reset(this.term);
    this.leader = this.id;
    this.role = 'leader';
    const own = this.tracker.get(this.id);
    assert(own !== undefined, 'a leader is a member when it is elected');
    own.becomeReplicate();
    own.recentActive = true;
    // There may be a configuration change among the entries that are not applied. Not proposing another until all of
    // them are is cheaper than to look for it.
    this.pendingConfIndex = this.log.lastIndex();
    const accepted = this.append([Entry.create()]);
    assert(accepted, 'an empty entry is never refused');
    this.logger.info(`${this.name} became leader at term ${this.term}`);
  }

  /**
   * Leader: gives the entries their place in the log, and acknowledges them to itself for the time when they are
   * durable. The entries belong to the log from then on. False when they exceed the limit on uncommitted entries.
   */
  append(entries: readonly Entry[]): boolean {
    const size = payloadsSize(entries);
    // An empty tail takes a proposal of any size, and an empty payload always fits: a new leader's first entry and
    // leaving a joint configuration must not fail.
    const limit = this.config.maxUncommittedEntriesSize;
    if (this.uncommittedSize > 0 && size > 0 && this.uncommittedSize + size > limit) {
      this.logger.warn(
        `${this.name} appending new entries to log would exceed uncommitted entry size limit; dropping proposal`,
      );
      return false;
    }
    this.uncommittedSize += size;
    let index = this.log.lastIndex();
    for (const entry of entries) {
      entry.term = this.term;
      entry.index = ++index;
    }
    this.log.append(entries);
    this.send(Message.create({ to: this.id, type: MessageType.MsgAppResp, index }));
    return true;
  }

  /** Entries with `size` bytes of payload were applied. */
  reduceUncommittedSize(size: number): void {
    this.uncommittedSize = Math.max(0, this.uncommittedSize - size);
  }

  /**
   * Whether this member may become leader: a voter without a snapshot still to be applied, and whose log holds all that it may
   * have acknowledged.
   */
  get promotable(): boolean {
    const own = this.tracker.get(this.id);
    if (own === undefined || own.isLearner || this.log.hasPendingSnapshot) return false;
    return !this.probation && !isBelowFloor(this);
  }
}

function isCampaignMessage(type: number): boolean {
  return (
    type === MessageType.MsgVote ||
    type === MessageType.MsgVoteResp ||
    type === MessageType.MsgPreVote ||
    type === MessageType.MsgPreVoteResp
  );
}
