/** What `etcdctl endpoint status -w json` and `member list -w json` tell, in the fields that tests use. */
import type { Cluster } from '../lib/cluster.ts';

export interface EndpointStatus {
  Endpoint: string;
  Status: {
    header: { member_id: number; revision: number; raft_term: number };
    version: string;
    dbSize: number;
    dbSizeInUse: number;
    leader: number;
    raftIndex: number;
    raftAppliedIndex: number;
    isLearner?: boolean;
    errors?: string[];
  };
}

/** Member ids exceed 2^53: they are kept as the text that etcdctl printed. */
const quoteIds = (json: string): string =>
  json.replace(/"(member_id|leader|ID|memberID)":\s*(\d+)/g, '"$1":"$2"');

export const hex = (id: unknown): string => BigInt(String(id)).toString(16);

export async function statuses(cluster: Cluster): Promise<EndpointStatus[]> {
  return JSON.parse(
    quoteIds(await cluster.ctl('endpoint', 'status', '-w', 'json')),
  ) as EndpointStatus[];
}

export interface ListedMember {
  ID: string;
  name?: string;
  peerURLs: string[];
  clientURLs?: string[];
  isLearner?: boolean;
}

export async function memberList(cluster: Cluster): Promise<ListedMember[]> {
  const output = quoteIds(await cluster.ctl('member', 'list', '-w', 'json'));
  return (JSON.parse(output) as { members: ListedMember[] }).members;
}

/** The hex id and the endpoint of the leader. */
export async function leader(cluster: Cluster): Promise<{ id: string; endpoint: string }> {
  const all = await statuses(cluster);
  const found = all.find(({ Status }) => String(Status.header.member_id) === String(Status.leader));
  if (found === undefined) throw new Error('no member says that it leads');
  return { id: hex(found.Status.leader), endpoint: found.Endpoint };
}
