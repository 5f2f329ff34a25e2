// What to do next so that the cluster has as many members as cluster.yaml says. One small step at a time, decided from
// what the cluster itself knows and what was under way: a start after a crash goes on where it stopped.
import type { Member } from '../../node/src/wire/gen/rpc.ts';
import { ordinalOf, type MemberState } from './state.ts';

export type Step =
  | { readonly kind: 'none' }
  /** Note down a new member, which the next steps add. */
  | { readonly kind: 'prepare'; readonly ordinal: number }
  /** Tell the cluster of it, as a learner, and start it. */
  | { readonly kind: 'add'; readonly member: MemberState }
  /** Give it a vote, once it has caught up. */
  | { readonly kind: 'promote'; readonly member: MemberState; readonly id: bigint }
  /** It has its vote: note that down. */
  | { readonly kind: 'joined'; readonly member: MemberState }
  /** Note down that a member will leave. */
  | { readonly kind: 'leave'; readonly member: MemberState }
  /** Take it out of the cluster; when it leads, `successor` leads first. */
  | {
      readonly kind: 'remove';
      readonly member: MemberState;
      readonly id: bigint;
      readonly successor: bigint | undefined;
    }
  /** It is no member any more: stop it and put its data aside. */
  | { readonly kind: 'clear'; readonly member: MemberState };

export interface Situation {
  readonly desired: number;
  readonly members: readonly MemberState[];
  /** The cluster's own list. */
  readonly cluster: readonly Member[];
  /** 0 when there is none. */
  readonly leaderId: bigint;
  readonly peerUrlOf: (member: MemberState) => string;
}

export function nextStep(situation: Situation): Step {
  const { desired, members, cluster, leaderId, peerUrlOf } = situation;
  const inCluster = (member: MemberState) =>
    cluster.find((each) => each.name === member.name || each.peerUrls.includes(peerUrlOf(member)));
  const isTooMany = members.length > desired;

  const leaving = members.find((member) => member.phase === 'leaving');
  if (leaving !== undefined) {
    const known = inCluster(leaving);
    if (known === undefined) return { kind: 'clear', member: leaving };
    const successor = known.id === leaderId ? heirOf(situation, known.id) : undefined;
    return { kind: 'remove', member: leaving, id: known.id, successor };
  }
  // Somebody else removed it.
  const gone = members.find(
    (member) => member.phase === 'member' && inCluster(member) === undefined,
  );
  if (gone !== undefined && members.length > 1) return { kind: 'clear', member: gone };

  const joining = members.find((member) => member.phase === 'joining');
  if (joining !== undefined) {
    if (isTooMany) return { kind: 'leave', member: joining };
    const known = inCluster(joining);
    if (known === undefined) return { kind: 'add', member: joining };
    if (known.isLearner) return { kind: 'promote', member: joining, id: known.id };
    return { kind: 'joined', member: joining };
  }
  if (isTooMany) {
    const last = members.reduce((a, b) => (ordinalOf(a) > ordinalOf(b) ? a : b));
    return { kind: 'leave', member: last };
  }
  if (members.length < desired) return { kind: 'prepare', ordinal: freeOrdinal(members) };
  return { kind: 'none' };
}

/** The voter that leaves last, if ever. */
function heirOf({ members, cluster, peerUrlOf }: Situation, leaverId: bigint): bigint | undefined {
  const rank = ({ name, peerUrls }: Member) => {
    const own = members.find((each) => each.name === name || peerUrls.includes(peerUrlOf(each)));
    return own === undefined ? 0 : ordinalOf(own); // one that we do not run, we do not remove
  };
  const heirs = cluster.filter((each) => each.id !== leaverId && !each.isLearner);
  return heirs.sort((a, b) => rank(a) - rank(b))[0]?.id;
}

/** The lowest number from 1 on that no member has. */
function freeOrdinal(members: readonly MemberState[]): number {
  const taken = new Set(members.map(ordinalOf));
  let ordinal = 1;
  while (taken.has(ordinal)) ordinal++;
  return ordinal;
}
