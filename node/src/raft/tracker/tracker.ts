// The active configuration and what is known of each of its members (etcd-io/raft: tracker/tracker.go).
import type { MemberId } from '../../base/index.ts';
import type { ConfState } from '../../wire/gen/raft.ts';
import { IdSet } from '../quorum/id-set.ts';
import {
  formatJoint,
  type JointConfig,
  jointCommittedIndex,
  jointVoteResult,
  NO_VOTERS,
} from '../quorum/joint.ts';
import type { AckedIndex, VoteResult } from '../quorum/majority.ts';
import { Inflights } from './inflights.ts';
import { Progress } from './progress.ts';

/** Who takes part, and how. Immutable. */
export interface TrackerConfig {
  readonly voters: JointConfig;
  /** Never overlaps with voters, in either half. */
  readonly learners: IdSet;
  /** Voters of the outgoing half that become learners when the joint configuration is left. */
  readonly learnersNext: IdSet;
  /** A joint configuration that the leader leaves by itself as soon as it is applied. */
  readonly autoLeave: boolean;
}

export const EMPTY_CONFIG: TrackerConfig = {
  voters: NO_VOTERS,
  learners: IdSet.EMPTY,
  learnersNext: IdSet.EMPTY,
  autoLeave: false,
};

export function isJoint(config: TrackerConfig): boolean {
  return config.voters.outgoing.size > 0;
}

/** etcd's text, for logs. */
export function formatConfig(config: TrackerConfig): string {
  let text = `voters=${formatJoint(config.voters)}`;
  if (config.learners.size > 0) text += ` learners=${config.learners}`;
  if (config.learnersNext.size > 0) text += ` learners_next=${config.learnersNext}`;
  return config.autoLeave ? `${text} autoleave` : text;
}

/** The configuration as it is stored. */
export function confStateOf(config: TrackerConfig): ConfState {
  const { voters, learners, learnersNext, autoLeave } = config;
  return {
    voters: [...voters.incoming.ids],
    learners: [...learners.ids],
    votersOutgoing: [...voters.outgoing.ids],
    learnersNext: [...learnersNext.ids],
    autoLeave,
  };
}

export type ProgressMap = ReadonlyMap<MemberId, Progress>;

export class ProgressTracker {
  readonly maxInflightMessages: number;
  readonly maxInflightBytes: number;
  /** Ascending by id: what is sent to all goes out in this order. */
  members: readonly Progress[] = [];
  readonly votes = new Map<MemberId, boolean>();
  private current: TrackerConfig = EMPTY_CONFIG;
  private progressById: ProgressMap = new Map();
  private readonly matchOf: AckedIndex = (id) => this.progressById.get(id)?.match;

  constructor(maxInflightMessages: number, maxInflightBytes: number) {
    this.maxInflightMessages = maxInflightMessages;
    this.maxInflightBytes = maxInflightBytes;
  }

  get config(): TrackerConfig {
    return this.current;
  }

  get progress(): ProgressMap {
    return this.progressById;
  }

  switchTo(config: TrackerConfig, progress: ProgressMap): void {
    this.current = config;
    this.progressById = progress;
    this.members = IdSet.of(progress.keys()).ids.map((id) => progress.get(id)!);
  }

  get(id: MemberId): Progress | undefined {
    return this.progressById.get(id);
  }

  newInflights(): Inflights {
    return new Inflights(this.maxInflightMessages, this.maxInflightBytes);
  }

  confState(): ConfState {
    return confStateOf(this.current);
  }

  /** One voter, and no change under way: it decides alone. */
  get isSingleton(): boolean {
    const { incoming, outgoing } = this.current.voters;
    return incoming.size === 1 && outgoing.size === 0;
  }

  /** The largest index that the voters hold, whatever its term. */
  committedIndex(): number {
    return jointCommittedIndex(this.current.voters, this.matchOf);
  }

  /** Whether a quorum has been heard of since the flags were cleared. */
  isQuorumActive(): boolean {
    const active = new Map<MemberId, boolean>();
    for (const { id, isLearner, recentActive } of this.members) {
      if (!isLearner) active.set(id, recentActive);
    }
    return jointVoteResult(this.current.voters, active) === 'won';
  }

  resetVotes(): void {
    this.votes.clear();
  }

  /** A member's first vote counts; later ones change nothing. */
  recordVote(id: MemberId, granted: boolean): void {
    if (!this.votes.has(id)) this.votes.set(id, granted);
  }

  tallyVotes(): { granted: number; rejected: number; result: VoteResult } {
    let granted = 0;
    let rejected = 0;
    for (const { id, isLearner } of this.members) {
      const vote = isLearner ? undefined : this.votes.get(id);
      if (vote === true) granted++;
      else if (vote === false) rejected++;
    }
    return { granted, rejected, result: jointVoteResult(this.current.voters, this.votes) };
  }
}
