// The header of a response as apply makes it; who answers the client fills in cluster, member and term.
import type { ResponseHeader } from '../wire/gen/rpc.ts';

/** Written out: it is made for each write on each member, and `create` copies properties ten times slower. */
export function headerAt(revision: number): ResponseHeader {
  return { clusterId: 0n, memberId: 0n, revision, raftTerm: 0 };
}
