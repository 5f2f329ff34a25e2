// Decisions while a configuration changes: both the old and the new majority have to agree (raft thesis, section 4.3).
import type { MemberId } from '../../base/index.ts';
import { IdSet } from './id-set.ts';
import {
  type AckedIndex,
  majorityCommittedIndex,
  majorityVoteResult,
  type VoteResult,
} from './majority.ts';

/** `outgoing` is empty unless the configuration is joint. */
export interface JointConfig {
  readonly incoming: IdSet;
  readonly outgoing: IdSet;
}

export const NO_VOTERS: JointConfig = { incoming: IdSet.EMPTY, outgoing: IdSet.EMPTY };

/** All voters of both halves. */
export function jointVoters(config: JointConfig): IdSet {
  return config.incoming.union(config.outgoing);
}

export function jointCommittedIndex(config: JointConfig, acked: AckedIndex): number {
  return Math.min(
    majorityCommittedIndex(config.incoming, acked),
    majorityCommittedIndex(config.outgoing, acked),
  );
}

export function jointVoteResult(
  config: JointConfig,
  votes: ReadonlyMap<MemberId, boolean>,
): VoteResult {
  const incoming = majorityVoteResult(config.incoming, votes);
  const outgoing = majorityVoteResult(config.outgoing, votes);
  if (incoming === outgoing) return incoming;
  return incoming === 'lost' || outgoing === 'lost' ? 'lost' : 'pending';
}

/** `(1 2 3)&&(1 2 4)` */
export function formatJoint(config: JointConfig): string {
  const { incoming, outgoing } = config;
  return outgoing.size > 0 ? `${incoming}&&${outgoing}` : incoming.toString();
}
