// Ids of members and clusters, computed as etcd does, so that all members of a new cluster come to the same ones
// (etcd: server/etcdserver/api/membership/member.go, cluster.go).
import { createHash } from 'node:crypto';
import type { ClusterId, MemberId } from '../base/index.ts';

/** @param nowSeconds given for a member that is added to a running cluster, so that a former one's id is not used again */
export function memberIdOf(
  peerUrls: readonly string[],
  clusterToken: string,
  nowSeconds?: number,
): MemberId {
  const urls = [...peerUrls].sort().join('');
  return firstEightBytes(
    `${urls}${clusterToken}${nowSeconds === undefined ? '' : Math.floor(nowSeconds)}`,
  );
}

export function clusterIdOf(memberIds: readonly MemberId[]): ClusterId {
  const sorted = [...memberIds].sort((a, b) => (a < b ? -1 : 1));
  const bytes = Buffer.alloc(8 * sorted.length);
  sorted.forEach((id, i) => bytes.writeBigUInt64BE(id, 8 * i));
  return firstEightBytes(bytes);
}

function firstEightBytes(input: string | Buffer): bigint {
  return createHash('sha1').update(input).digest().readBigUInt64BE(0);
}
