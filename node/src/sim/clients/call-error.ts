// How a call failed, and what a careful client may conclude from it.
import { GrpcStatus, errorCodeFromText } from '../../base/index.ts';

/** How a call ended, as its connection tells it. */
export interface CallEnd {
  readonly status: GrpcStatus;
  readonly text: string;
  /** Whether the member said so; otherwise the client gave up or lost the connection. */
  readonly fromMember: boolean;
  /** Whether the request was put on its way to the member. */
  readonly sent: boolean;
}

/** refused: it surely never reached a handler. answered: the member's error proves that it has no effect. */
export type FailedOutcome = 'refused' | 'answered' | 'unknown';

/** Statuses under which a member may have proposed the request and lost sight of it. */
const UNSURE: ReadonlySet<GrpcStatus> = new Set([
  GrpcStatus.Canceled,
  GrpcStatus.Unknown,
  GrpcStatus.DeadlineExceeded,
  GrpcStatus.Aborted,
  GrpcStatus.Internal,
  GrpcStatus.Unavailable,
]);

/** What recipes answer under Unknown without having changed anything. */
const RECIPE_REFUSALS: ReadonlySet<string> = new Set([
  'election: no leader',
  'election: not leader',
  'mutex: session is expired',
]);

export class CallError extends Error {
  readonly code: GrpcStatus;
  readonly outcome: FailedOutcome;

  constructor(end: CallEnd) {
    super(end.text);
    this.name = 'CallError';
    this.code = end.status;
    this.outcome = outcomeOf(end);
  }
}

function outcomeOf({ status, text, fromMember, sent }: CallEnd): FailedOutcome {
  if (!fromMember) return sent ? 'unknown' : 'refused';
  // Only the guard before the handlers answers a unary call so.
  const isGuard = status === GrpcStatus.Unavailable && errorCodeFromText(text) === 'NoLeader';
  if (isGuard || RECIPE_REFUSALS.has(text)) return 'answered';
  return UNSURE.has(status) ? 'unknown' : 'answered';
}
