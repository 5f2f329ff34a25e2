// From a stored ConfState back to the configuration it describes (etcd-io/raft: confchange/restore.go).
import type { MemberId } from '../../base/index.ts';
import { type ConfChangeSingle, type ConfState, ConfChangeType } from '../../wire/gen/raft.ts';
import { IdSet } from '../quorum/id-set.ts';
import { EMPTY_CONFIG } from '../tracker/tracker.ts';
import { changeSimply, enterJoint, type Membership, type NewMember } from './changer.ts';

/**
 * Replays changes that lead from nothing to `confState`, so that what is restored obeys the same rules as what grew.
 * @throws ConfChangeError when no changes lead there
 */
export function restoreMembership(confState: ConfState, newMember: NewMember): Membership {
  let membership: Membership = { config: EMPTY_CONFIG, progress: new Map() };
  const { voters, learners, votersOutgoing, learnersNext, autoLeave } = confState;
  const { ConfChangeAddNode, ConfChangeRemoveNode, ConfChangeAddLearnerNode } = ConfChangeType;
  const incoming = [
    ...changesOf(ConfChangeRemoveNode, votersOutgoing),
    ...changesOf(ConfChangeAddNode, voters),
    ...changesOf(ConfChangeAddLearnerNode, learners),
    ...changesOf(ConfChangeAddLearnerNode, learnersNext),
  ];
  const oneByOne =
    votersOutgoing.length === 0 ? incoming : changesOf(ConfChangeAddNode, votersOutgoing);
  for (const change of oneByOne) membership = changeSimply(membership, [change], newMember);
  if (votersOutgoing.length === 0) return membership;
  return enterJoint(membership, autoLeave, incoming, newMember);
}

function changesOf(type: number, ids: readonly MemberId[]): ConfChangeSingle[] {
  return ids.map((nodeId) => ({ type, nodeId }));
}

/** Whether both describe the same configuration, in whatever order. */
export function isSameConfState(a: ConfState, b: ConfState): boolean {
  return (
    isSameSet(a.voters, b.voters) &&
    isSameSet(a.learners, b.learners) &&
    isSameSet(a.votersOutgoing, b.votersOutgoing) &&
    isSameSet(a.learnersNext, b.learnersNext) &&
    a.autoLeave === b.autoLeave
  );
}

function isSameSet(a: readonly MemberId[], b: readonly MemberId[]): boolean {
  return a.length === b.length && IdSet.of(a).countDifferences(IdSet.of(b)) === 0;
}
