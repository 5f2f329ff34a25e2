// How a raft member is set up (etcd-io/raft: raft.go, Config).
import { assert, type Logger, type MemberId, type Random } from '../base/index.ts';
import type { MemoryStorage } from './memory-storage.ts';

export interface RaftConfig {
  /** This member. Not 0. */
  id: MemberId;
  /**
   * Ticks without a word from the leader until a follower campaigns; the actual number is drawn anew each time from
   * [electionTicks, 2 * electionTicks). Greater than heartbeatTicks, by about ten times.
   */
  electionTicks: number;
  /** Ticks between the heartbeats of a leader. Greater than 0. */
  heartbeatTicks: number;
  /** Holds the state that this member starts from. Raft only reads it; whoever handles a Ready writes to it. */
  storage: MemoryStorage;
  /**
   * The last index that the application applied before it restarted: nothing up to here is handed out again. With 0,
   * everything behind the storage's compacted index is.
   */
  applied: number;
  /** Limit in bytes for the entries of one append message. Infinity: none. 0: one entry a message. */
  maxSizePerMessage: number;
  /** Limit in bytes for the committed entries of one Ready, at least one entry. 0: the same as maxSizePerMessage. */
  maxCommittedSizePerReady: number;
  /** Limit in bytes for the payloads a leader has appended and not committed; beyond, proposals are dropped. 0: none. */
  maxUncommittedEntriesSize: number;
  /** Append messages to one follower that may be unanswered. Greater than 0. */
  maxInflightMessages: number;
  /** Bytes of entries to one follower that may be unanswered, at least maxSizePerMessage. 0: no limit. */
  maxInflightBytes: number;
  /**
   * A leader steps down when it has not heard of a quorum for an election timeout, and members refuse to vote within
   * an election timeout of having heard from a leader (raft thesis, sections 6.2 and 4.2.3).
   */
  checkQuorum: boolean;
  /** Members ask whether they could win before they disturb the cluster with a new term (raft thesis, section 9.6). */
  preVote: boolean;
  /** Draws election timeouts; nothing else in raft is random. */
  random: Pick<Random, 'uint32'>;
  logger: Logger;
  /** Followers drop proposals instead of handing them to the leader. Default: false. */
  disableProposalForwarding?: boolean;
  /**
   * Skips the check of a proposed configuration change against the active configuration. A change that turns out to be
   * invalid when it is applied ends the process. Default: false.
   */
  disableConfChangeValidation?: boolean;
  /** A leader that is removed or demoted steps down when it applies that. Default: false. */
  stepDownOnRemoval?: boolean;
  /**
   * Begin by neither hearing other members nor counting time, until `RawNode.liftProbation`: for a member that has to learn
   * first what it may have promised and forgotten (see probation.ts). Default: false.
   */
  probation?: boolean;
  /**
   * A follower's question from where on a read is linearizable says at which term it was asked, and so counts as the
   * follower's acknowledgement of the leader of that term (node/decisions/045). etcd-io/raft does not do this; members with
   * and without it understand each other. Default: false.
   */
  countAskers?: boolean;
  /**
   * `safe` asks a quorum before each linearizable read. `leaseBased` trusts the leader's lease, and so the clocks of all
   * members; it needs checkQuorum.
   */
  readOnlyOption: 'safe' | 'leaseBased';
}

/** The configuration with its zeros and defaults spelled out. */
export type ResolvedConfig = Required<RaftConfig>;

/** A configuration that cannot work is a programming error. */
export function resolveConfig(config: RaftConfig): ResolvedConfig {
  assert(config.id !== 0n, 'a member has an id');
  assert(config.heartbeatTicks > 0, 'heartbeatTicks is positive');
  assert(config.electionTicks > config.heartbeatTicks, 'electionTicks exceeds heartbeatTicks');
  assert(config.maxInflightMessages > 0, 'maxInflightMessages is positive');
  assert(
    config.maxInflightBytes === 0 || config.maxInflightBytes >= config.maxSizePerMessage,
    'maxInflightBytes allows for one full message',
  );
  assert(
    config.readOnlyOption === 'safe' || config.checkQuorum,
    'lease based reads need checkQuorum',
  );
  return {
    disableProposalForwarding: false,
    disableConfChangeValidation: false,
    stepDownOnRemoval: false,
    probation: false,
    countAskers: false,
    ...config,
    maxCommittedSizePerReady: config.maxCommittedSizePerReady || config.maxSizePerMessage || 1,
    maxUncommittedEntriesSize: config.maxUncommittedEntriesSize || Infinity,
  };
}
