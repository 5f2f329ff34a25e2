// From what raft applied to what a client is told.
import { assert } from '../base/index.ts';
import type { Applied } from '../apply/index.ts';
import type { ResponseHeader } from '../wire/gen/rpc.ts';
import type { InternalRaftRequest } from '../wire/gen/raft-internal.ts';
import { headerOf, type MemberApi } from './member-api.ts';

/**
 * Proposes a request and returns its response, header filled in. The kind of response follows from the kind of request:
 * `Res` is the applier's answer to the one field that `request` sets.
 * @throws EtcdError, StatusError: what proposing or applying came to
 */
export async function proposed<Res extends { header: ResponseHeader | undefined }>(
  member: MemberApi,
  request: Partial<InternalRaftRequest>,
): Promise<Res> {
  const applied = await member.propose(request);
  const response = responseOf(applied) as Res; // see above: the applier answers each kind of request with its own kind
  response.header = headerOf(member, response.header?.revision ?? 0);
  return response;
}

function responseOf(applied: Applied): object {
  if (applied.error !== undefined) throw applied.error;
  assert(applied.response !== undefined, 'an applied request has a response or an error');
  return applied.response;
}
