// When a failed call may be made again. The rules are etcd's (client/v3/retry.go): a call that only reads, or that may be
// repeated without harm, on any Unavailable; a write only when it provably never reached a server's application.
import { EtcdError, GrpcStatus, isEtcdError, StatusError } from '../base/errors.ts';

/** `repeatable`: executing it twice does no harm. `once`: it must not be executed twice. */
export type RetryPolicy = 'repeatable' | 'once';

// grpc-js's own texts for calls that did not leave the process, or that the peer refused before processing (RFC 9113,
// 8.7). A server does not send these.
const NOT_SENT = [
  'No connection established',
  'Name resolution failed',
  'Channel closed before call started',
  'Stream refused by server',
];

/** True when the server can't have executed the call that ended so. */
export function wasNotExecuted(error: unknown): boolean {
  if (!(error instanceof StatusError) || error.status !== GrpcStatus.Unavailable) return false;
  return NOT_SENT.some((text) => error.message.startsWith(text));
}

/** @param endpoints how many there are to choose from */
export function mayRetry(error: unknown, policy: RetryPolicy, endpoints: number): boolean {
  // A learner refuses before it executes; another member may be none.
  if (isEtcdError(error, 'NotSupportedForLearner')) return endpoints > 1;
  if (policy === 'once') return wasNotExecuted(error);
  if (error instanceof EtcdError || error instanceof StatusError) {
    return error.status === GrpcStatus.Unavailable;
  }
  return false;
}

/** The token that came with the call is worth nothing now; the call was not executed. */
export function isTokenError(error: unknown): boolean {
  return (
    isEtcdError(error, 'InvalidAuthToken') ||
    isEtcdError(error, 'AuthOldRevision') ||
    isEtcdError(error, 'UserEmpty')
  );
}

/** True when a stream that ended so may be opened again, here or elsewhere. */
export function mayReopen(error: unknown, endpoints: number): boolean {
  if (isEtcdError(error, 'NotSupportedForLearner')) return endpoints > 1;
  if (!(error instanceof EtcdError || error instanceof StatusError)) return false;
  switch (error.status) {
    case GrpcStatus.Unavailable:
    case GrpcStatus.Internal:
    case GrpcStatus.Canceled:
    case GrpcStatus.Unknown:
    case GrpcStatus.Aborted:
    case GrpcStatus.DeadlineExceeded:
    case GrpcStatus.ResourceExhausted:
      return true;
    default:
      return false;
  }
}

const FIRST_BACKOFF_MS = 25;
const LAST_BACKOFF_MS = 500;

/** How long to wait before attempt `attempt` (1 is the first repetition), with a tenth of jitter. */
export function backoffMs(attempt: number): number {
  const delayMs = Math.min(FIRST_BACKOFF_MS * 2 ** (attempt - 1), LAST_BACKOFF_MS);
  return delayMs * (0.9 + 0.2 * Math.random());
}

/** Resolves after `delayMs`; rejects with the signal's reason when that comes first. */
export function pause(delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', aborted);
      resolve();
    }, delayMs);
    if (signal?.aborted) aborted();
    else signal?.addEventListener('abort', aborted, { once: true });
  });
}
