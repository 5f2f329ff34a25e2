// What raft refuses. What cannot happen at all is an AssertionError and ends the process.
import { AssertionError, type Logger } from '../base/index.ts';

/**
 * - `ProposalDropped`: the proposal entered no log and never will; the proposer may try again.
 * - `StepLocalMsg`: a message type that members only send to themselves came from outside.
 * - `StepPeerNotFound`: a response came from a member that is not in the configuration.
 */
export type RaftErrorCode = 'ProposalDropped' | 'StepLocalMsg' | 'StepPeerNotFound';

/** The texts are etcd's (raft.go, rawnode.go), as they end up in logs. */
const TEXTS: Readonly<Record<RaftErrorCode, string>> = {
  ProposalDropped: 'raft proposal dropped',
  StepLocalMsg: 'raft: cannot step raft local message',
  StepPeerNotFound: 'raft: cannot step as peer not found',
};

/** Match on `code`. */
export class RaftError extends Error {
  readonly code: RaftErrorCode;

  constructor(code: RaftErrorCode) {
    super(TEXTS[code]);
    this.name = 'RaftError';
    this.code = code;
  }
}

/** Tells the operator which invariant broke, and stops: going on could lose committed entries. */
export function panic(logger: Logger, message: string): never {
  logger.error(message);
  throw new AssertionError(message);
}
