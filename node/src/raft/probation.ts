// A member that begins does not know whether its disk is what it last made durable: a volume may come back from an older copy,
// or empty. Its votes and acknowledgements since then are forgotten, and would be given again, otherwise. So it says and does
// nothing (probation) until the others have told what it may have promised to them, and then keeps those promises as if it
// remembered. Decision 027 has the proof. Messages on the wire are etcd's: what the others tell comes another way.
import { formatId, type MemberId, NO_MEMBER } from '../base/index.ts';
import { ConfChangeType } from '../wire/gen/raft.ts';
import { asV2, confChangeOf } from './confchange/conf-change.ts';
import type { EntryId } from './log.ts';
import { jointVoters } from './quorum/joint.ts';
import type { Raft } from './raft.ts';
import type { ProgressTracker } from './tracker/tracker.ts';

/** What a member can say about the promises of another one. It holds in memory and on the disk, whichever is more. */
export interface Testimony {
  readonly from: MemberId;
  readonly term: number;
  readonly last: EntryId;
  /**
   * Everybody who votes as of `appliedIndex`, and who is about to by a change behind it. With a single voter its learners, too:
   * nobody else knows what it has committed.
   */
  readonly voters: readonly MemberId[];
  readonly appliedIndex: number;
  /**
   * From the leader of `term`: the last entry that the member has acknowledged to it. The term in it is 0 when the entry is
   * compacted. Undefined when there is none.
   */
  readonly acknowledged: EntryId | undefined;
}

/** What all testimonies together come to. */
export interface Verdict {
  /** In no term up to this one may the member give a vote: it may have given it before. */
  readonly term: number;
  /** Every entry that the member may have acknowledged, and that may be committed, comes before this one or is it. */
  readonly last: EntryId;
  /** The disk lacks what the member has acknowledged, for certain. */
  readonly hasForgotten: boolean;
  /** Everybody who votes has testified: the member may go on whatever its disk lacks. */
  readonly isComplete: boolean;
}

export function testify(raft: Raft, about: MemberId): Testimony {
  const { log, term, tracker } = raft;
  const match = raft.role === 'leader' ? (tracker.get(about)?.match ?? 0) : 0;
  return {
    from: raft.id,
    term,
    last: log.lastEntryId(),
    voters: [...presentVoters(tracker), ...comingVoters(raft)],
    appliedIndex: log.applied,
    acknowledged: match === 0 ? undefined : { index: match, term: log.term(match) ?? 0 },
  };
}

function presentVoters({ config, isSingleton }: ProgressTracker): MemberId[] {
  const voters = jointVoters(config.voters).ids;
  return isSingleton ? [...voters, ...config.learners.ids] : [...voters];
}

function comingVoters({ log }: Raft): MemberId[] {
  const found: MemberId[] = [];
  const end = log.lastIndex() + 1;
  if (log.hasPendingSnapshot || log.applied + 1 >= end) return found;
  log.some(log.applied + 1, end, (entry) => {
    const change = confChangeOf(entry);
    for (const { type, nodeId } of change === undefined ? [] : asV2(change).changes) {
      if (type === ConfChangeType.ConfChangeAddNode) found.push(nodeId);
    }
    return false;
  });
  return found;
}

/**
 * A leader of a term that this member has not left knows of an acknowledged entry, and it is not in the log. In a later term,
 * another leader may have had it replaced.
 */
export function hasForgotten(raft: Raft, { term, acknowledged }: Testimony): boolean {
  if (acknowledged === undefined || raft.term > term) return false;
  const { log } = raft;
  if (acknowledged.index > log.lastIndex()) return true;
  const ours = log.term(acknowledged.index);
  return acknowledged.term !== 0 && ours !== undefined && ours !== acknowledged.term;
}

/**
 * Ends the probation. Without a verdict, this is an ordinary start from here on.
 *
 * A vote that may have been given and forgotten is blocked by one for oneself, which is durable and which nobody counts. With
 * proof that promises were forgotten, the member enters a term that no other member has been in: a leader with a wrong idea of
 * its log steps down when it hears that, and the next one begins with none.
 */
export function liftProbation(raft: Raft, verdict: Verdict | undefined): void {
  raft.probation = false;
  if (verdict === undefined) return;
  const { term, last } = verdict;
  if (verdict.hasForgotten) raft.becomeFollower(Math.max(raft.term, term) + 1, NO_MEMBER);
  else if (term > raft.term) raft.becomeFollower(term, NO_MEMBER);
  if (raft.term === term && raft.vote === NO_MEMBER) raft.vote = raft.id;
  if (verdict.isComplete) raft.doubtedTerm = raft.term;
  raft.floor = last;
  if (isBelowFloor(raft)) {
    raft.logger.info(
      `${raft.name} votes for no log that ends before [logterm: ${last.term}, index: ${last.index}] until its own does not`,
    );
  }
}

/**
 * A heartbeat tells the commit index. An acknowledgement from before the disk was put back may have reached the leader only
 * after it testified: then it counts on entries that are not in the log, or are others there. So in that term only what its
 * appends have verified is committed; and counting on more than there is ends the term, as proof in a testimony does.
 * @returns whether this member is still in the term
 */
export function commitByHeartbeat(raft: Raft, commit: number): boolean {
  const { log } = raft;
  if (raft.term !== raft.doubtedTerm) {
    log.commitTo(commit);
    return true;
  }
  log.commitTo(Math.min(commit, raft.verified));
  if (commit <= log.lastIndex()) return true;
  endTerm(raft, `counts on index ${commit}, but the log ends at ${log.lastIndex()}`);
  return false;
}

/** For as long as it takes to elect a leader, this one has sent appends that do not fit: it does not look further back. */
export function countRefusals(raft: Raft): void {
  if (!raft.hasRefused) return;
  raft.hasRefused = false;
  raft.refusedTicks++;
  if (raft.term !== raft.doubtedTerm || raft.refusedTicks < 2 * raft.config.electionTicks) return;
  endTerm(raft, 'keeps sending what does not fit the log');
}

function endTerm(raft: Raft, belief: string): void {
  raft.logger.error(
    `${raft.name} has lost what it acknowledged: ${formatId(raft.leader)}, the leader of term ${raft.term}, ${belief}`,
  );
  raft.becomeFollower(raft.term + 1, NO_MEMBER);
}

/** Whether the log ends before what the member may have acknowledged. That is over for good once it does not. */
export function isBelowFloor(raft: Raft): boolean {
  if (raft.floor === undefined) return false;
  if (!isBefore(raft.log.lastEntryId(), raft.floor)) raft.floor = undefined;
  return raft.floor !== undefined;
}

/** Whether a candidate whose log ends with `last` may have this member's vote, as far as forgotten promises go. */
export function keepsPromises(raft: Raft, last: EntryId): boolean {
  return raft.floor === undefined || !isBelowFloor(raft) || !isBefore(last, raft.floor);
}

function isBefore(one: EntryId, other: EntryId): boolean {
  return one.term < other.term || (one.term === other.term && one.index < other.index);
}

/** Who has testified, and what it comes to. */
export class Witnesses {
  private readonly raft: Raft;
  private readonly byId = new Map<MemberId, Testimony>();
  private forgotten = false;

  constructor(raft: Raft) {
    this.raft = raft;
  }

  add(testimony: Testimony): void {
    if (testimony.from === this.raft.id) return;
    this.byId.set(testimony.from, testimony);
    if (this.forgotten || !hasForgotten(this.raft, testimony)) return;
    this.forgotten = true;
    const { index = 0, term = 0 } = testimony.acknowledged ?? {};
    const last = this.raft.log.lastEntryId();
    this.raft.logger.error(
      `${this.raft.name} has lost what it acknowledged: ${formatId(testimony.from)}, the leader of term ${testimony.term}, was told that [logterm: ${term}, index: ${index}] is on this disk, but the log ends at [logterm: ${last.term}, index: ${last.index}]`,
    );
  }

  /** Ascending. Those who vote by the newest configuration that anybody has told, this member left out. */
  required(): readonly MemberId[] {
    let newest = testify(this.raft, NO_MEMBER);
    for (const testimony of this.byId.values()) {
      if (testimony.appliedIndex > newest.appliedIndex) newest = testimony;
    }
    const others = new Set(newest.voters);
    others.delete(this.raft.id);
    return [...others].sort((a, b) => (a < b ? -1 : 1));
  }

  missing(): readonly MemberId[] {
    return this.required().filter((id) => !this.byId.has(id));
  }

  /** All who vote have testified. Nobody can say who votes while no configuration is known. */
  get isComplete(): boolean {
    const required = this.required();
    if (required.length === 0) return this.raft.tracker.get(this.raft.id) !== undefined;
    return required.every((id) => this.byId.has(id));
  }

  /** Sticks: a leader that steps down forgets what it was told. */
  get hasForgotten(): boolean {
    return this.forgotten;
  }

  /** Undefined when nobody has testified. */
  verdict(): Verdict | undefined {
    if (this.byId.size === 0) return undefined;
    let term = 0;
    let last: EntryId = { term: 0, index: 0 };
    for (const testimony of this.byId.values()) {
      term = Math.max(term, testimony.term, testimony.last.term);
      if (isBefore(last, testimony.last)) last = testimony.last;
    }
    return { term, last, hasForgotten: this.forgotten, isComplete: this.isComplete };
  }
}
