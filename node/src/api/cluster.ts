// The Cluster service (etcd: server/etcdserver/api/v3rpc/member.go).
import { EtcdError } from '../base/index.ts';
import type { ClusterMember } from '../apply/index.ts';
import { ClusterService, type Member } from '../wire/gen/rpc.ts';
import { headerOf, type MemberApi } from './member-api.ts';
import { unary, type Registration } from './registration.ts';

export function clusterService(member: MemberApi): Registration[] {
  const members = () => member.membership.list().map(wireMember);
  // Members have nothing to do with revisions, and etcd tells none.
  const header = () => ({ ...headerOf(member), revision: 0 });
  return [
    unary(ClusterService.memberAdd, async (request) => {
      checkUrls(request.peerUrls);
      const added = await member.addMember(request.peerUrls, request.isLearner);
      return { header: header(), member: wireMember(added), members: members() };
    }),
    unary(ClusterService.memberRemove, async (request) => {
      await member.removeMember(request.id);
      return { header: header(), members: members() };
    }),
    unary(ClusterService.memberUpdate, async (request) => {
      checkUrls(request.peerUrls);
      await member.updateMember(request.id, request.peerUrls);
      return { header: header(), members: members() };
    }),
    unary(ClusterService.memberList, async (request) => {
      if (request.linearizable) await member.linearizableRead();
      return { header: header(), members: members() };
    }),
    unary(ClusterService.memberPromote, async (request) => {
      await member.promoteMember(request.id);
      return { header: header(), members: members() };
    }),
  ];
}

function wireMember(member: ClusterMember): Member {
  return {
    id: member.id,
    name: member.name,
    peerUrls: [...member.peerUrls],
    clientUrls: [...member.clientUrls],
    isLearner: member.isLearner,
  };
}

/** `http://host:port` or `https://host:port`, as etcd's types.NewURLs demands. @throws EtcdError MemberBadURLs */
function checkUrls(urls: readonly string[]): void {
  const isUrl = (url: string) => /^(https?:\/\/[^/:]*(:[^/:]*)*:\d+|unixs?:\/\/.+)\/?$/.test(url);
  if (urls.length === 0 || !urls.every(isUrl)) throw new EtcdError('MemberBadURLs');
}
