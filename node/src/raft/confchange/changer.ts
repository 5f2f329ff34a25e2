// Computes the configuration that a change leads to, or why it may not (etcd-io/raft: confchange/confchange.go).
import type { MemberId } from '../../base/index.ts';
import { type ConfChangeSingle, ConfChangeType } from '../../wire/gen/raft.ts';
import { IdSet } from '../quorum/id-set.ts';
import type { Inflights } from '../tracker/inflights.ts';
import { Progress } from '../tracker/progress.ts';
import { isJoint, type ProgressMap, type TrackerConfig } from '../tracker/tracker.ts';
import { checkInvariants } from './invariants.ts';

/** A configuration that may not be reached from the present one. */
export class ConfChangeError extends Error {
  override readonly name = 'ConfChangeError';
}

/** A configuration together with the progress of everyone in it. */
export interface Membership {
  readonly config: TrackerConfig;
  readonly progress: ProgressMap;
}

/** What a newly added member's progress starts with. */
export interface NewMember {
  readonly lastIndex: number;
  readonly newInflights: () => Inflights;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The configuration in the making. Progress objects are copies, so that a refused change leaves no trace. */
interface Draft {
  config: Mutable<TrackerConfig>;
  readonly progress: Map<MemberId, Progress>;
  readonly newMember: NewMember;
}

/**
 * Changes the voters by at most one.
 * @throws ConfChangeError
 */
export function changeSimply(
  from: Membership,
  changes: readonly ConfChangeSingle[],
  newMember: NewMember,
): Membership {
  const draft = draftOf(from, newMember);
  if (isJoint(from.config)) {
    throw new ConfChangeError("can't apply simple config change in joint config");
  }
  applyAll(draft, changes);
  const before = from.config.voters.incoming;
  if (before.countDifferences(draft.config.voters.incoming) > 1) {
    throw new ConfChangeError('more than one voter changed without entering joint config');
  }
  return checked(draft);
}

/**
 * Makes the present voters the outgoing half, and applies the changes to the incoming one: C_new,old of the raft
 * thesis, section 4.3.
 * @throws ConfChangeError
 */
export function enterJoint(
  from: Membership,
  autoLeave: boolean,
  changes: readonly ConfChangeSingle[],
  newMember: NewMember,
): Membership {
  const draft = draftOf(from, newMember);
  if (isJoint(from.config)) throw new ConfChangeError('config is already joint');
  const { incoming } = from.config.voters;
  if (incoming.size === 0) throw new ConfChangeError("can't make a zero-voter config joint");
  draft.config.voters = { incoming, outgoing: incoming };
  applyAll(draft, changes);
  draft.config.autoLeave = autoLeave;
  return checked(draft);
}

/**
 * Drops the outgoing half; staged learners become learners, and whoever is neither voter nor learner is forgotten.
 * @throws ConfChangeError
 */
export function leaveJoint(from: Membership, newMember: NewMember): Membership {
  const draft = draftOf(from, newMember);
  if (!isJoint(from.config)) throw new ConfChangeError("can't leave a non-joint config");
  const { config, progress } = draft;
  for (const id of config.learnersNext.ids) progress.get(id)!.isLearner = true;
  config.learners = config.learners.union(config.learnersNext);
  const { incoming, outgoing } = config.voters;
  for (const id of outgoing.ids) {
    if (!incoming.has(id) && !config.learners.has(id)) progress.delete(id);
  }
  draft.config = {
    voters: { incoming, outgoing: IdSet.EMPTY },
    learners: config.learners,
    learnersNext: IdSet.EMPTY,
    autoLeave: false,
  };
  return checked(draft);
}

function draftOf(from: Membership, newMember: NewMember): Draft {
  checkInvariants(from);
  const progress = new Map<MemberId, Progress>();
  for (const [id, member] of from.progress) progress.set(id, member.clone());
  return { config: { ...from.config }, progress, newMember };
}

function checked(draft: Draft): Membership {
  const { config, progress } = draft;
  checkInvariants({ config, progress });
  return { config, progress };
}

function applyAll(draft: Draft, changes: readonly ConfChangeSingle[]): void {
  for (const { type, nodeId } of changes) {
    // The server zeroes the id of a change that it decided, after raft, not to make.
    if (nodeId !== 0n) applyOne(draft, type, nodeId);
  }
  if (draft.config.voters.incoming.size === 0) throw new ConfChangeError('removed all voters');
}

function applyOne(draft: Draft, type: number, id: MemberId): void {
  switch (type) {
    case ConfChangeType.ConfChangeAddNode:
      return makeVoter(draft, id);
    case ConfChangeType.ConfChangeAddLearnerNode:
      return makeLearner(draft, id);
    case ConfChangeType.ConfChangeRemoveNode:
      return remove(draft, id);
    case ConfChangeType.ConfChangeUpdateNode:
      return;
    default:
      throw new ConfChangeError(`unexpected conf type ${type}`);
  }
}

function makeVoter(draft: Draft, id: MemberId): void {
  const { config, progress } = draft;
  const member = progress.get(id);
  if (member === undefined) {
    addMember(draft, id, false);
  } else {
    member.isLearner = false;
    config.learners = config.learners.without(id);
    config.learnersNext = config.learnersNext.without(id);
  }
  const { incoming, outgoing } = config.voters;
  config.voters = { incoming: incoming.with(id), outgoing };
}

/**
 * A voter of the outgoing half cannot be a learner at the same time: it is staged in learnersNext until the joint
 * configuration is left.
 */
function makeLearner(draft: Draft, id: MemberId): void {
  const { config, progress } = draft;
  const member = progress.get(id);
  if (member === undefined) {
    addMember(draft, id, true);
    config.learners = config.learners.with(id);
    return;
  }
  if (member.isLearner) return;
  remove(draft, id);
  progress.set(id, member);
  if (config.voters.outgoing.has(id)) {
    config.learnersNext = config.learnersNext.with(id);
  } else {
    member.isLearner = true;
    config.learners = config.learners.with(id);
  }
}

function remove(draft: Draft, id: MemberId): void {
  const { config, progress } = draft;
  if (!progress.has(id)) return;
  const { incoming, outgoing } = config.voters;
  config.voters = { incoming: incoming.without(id), outgoing };
  config.learners = config.learners.without(id);
  config.learnersNext = config.learnersNext.without(id);
  if (!outgoing.has(id)) progress.delete(id);
}

/** Probing starts at the leader's last index. The member counts as active, or the next check could depose the leader. */
function addMember(draft: Draft, id: MemberId, isLearner: boolean): void {
  const { lastIndex, newInflights } = draft.newMember;
  const member = new Progress(id, Math.max(lastIndex, 1), isLearner, newInflights());
  member.recentActive = true;
  draft.progress.set(id, member);
}
