// When a long call ends by itself: the client went away, or it asked for a leader and there is none (etcd:
// newStreamInterceptor in api/v3rpc/interceptor.go).
import { EtcdError, NO_MEMBER, type CallContext, type ErrorCode } from '../base/index.ts';
import type { LeaderWatch } from './deps.ts';
import type { MemberApi } from './member-api.ts';

export interface CallEnd {
  /** Rejects with the reason when the call ends; never resolves. */
  readonly ended: Promise<never>;
  /** Stops listening; `ended` stays as it is. */
  release(): void;
}

export function requiresLeader(call: CallContext): boolean {
  return call.header('hasleader') === 'true';
}

/**
 * Listens for the end of a call.
 * @throws EtcdError NoLeader when the call requires a leader and none is known
 */
export function listenForEnd(
  member: MemberApi,
  leader: LeaderWatch,
  call: CallContext,
  canceledCode: ErrorCode,
): CallEnd {
  const withLeader = requiresLeader(call);
  if (withLeader && member.raft().leader === NO_MEMBER) throw new EtcdError('NoLeader');
  const releases: (() => void)[] = [];
  const ended = new Promise<never>((_resolve, reject) => {
    releases.push(call.onCancel(() => reject(new EtcdError(canceledCode))));
    if (withLeader) releases.push(leader.onLeaderLost(() => reject(new EtcdError('NoLeader'))));
  });
  // It may reject when nobody waits any more.
  ended.catch(() => {});
  return {
    ended,
    release: () => {
      for (const release of releases) release();
    },
  };
}
