// Decisions by a majority (etcd-io/raft: quorum/majority.go).
import type { MemberId } from '../../base/index.ts';
import type { IdSet } from './id-set.ts';

/** The highest index a voter is known to hold, or undefined when it has not been heard of. */
export type AckedIndex = (id: MemberId) => number | undefined;

/** 'pending' as long as both outcomes are possible. */
export type VoteResult = 'pending' | 'lost' | 'won';

/**
 * The largest index that a majority of `voters` holds. Infinity without voters, so that an empty half of a joint
 * configuration does not weigh in.
 */
export function majorityCommittedIndex(voters: IdSet, acked: AckedIndex): number {
  const count = voters.size;
  if (count === 0) return Infinity;
  if (count === 1) return acked(voters.ids[0]!) ?? 0;
  const indexes: number[] = [];
  for (const id of voters.ids) insertAscending(indexes, acked(id) ?? 0);
  return indexes[count - (Math.floor(count / 2) + 1)]!;
}

function insertAscending(sorted: number[], value: number): void {
  let position = sorted.length;
  sorted.push(value);
  for (; position > 0 && sorted[position - 1]! > value; position--) {
    sorted[position] = sorted[position - 1]!;
  }
  sorted[position] = value;
}

/** Without voters the vote is won, for the same reason as above. */
export function majorityVoteResult(
  voters: IdSet,
  votes: ReadonlyMap<MemberId, boolean>,
): VoteResult {
  if (voters.size === 0) return 'won';
  let granted = 0;
  let missing = 0;
  for (const id of voters.ids) {
    const vote = votes.get(id);
    if (vote === undefined) missing++;
    else if (vote) granted++;
  }
  const quorum = Math.floor(voters.size / 2) + 1;
  if (granted >= quorum) return 'won';
  return granted + missing >= quorum ? 'pending' : 'lost';
}
