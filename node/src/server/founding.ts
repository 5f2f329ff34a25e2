// Who the members are when this member has no log yet: the first of a new cluster, or one that joins
// (etcd: server/etcdserver/bootstrap.go, cluster_util.go).
import { formatId, type ClusterId, type Logger, type MemberId } from '../base/index.ts';
import { membersFromJson, type ClusterMember } from '../apply/index.ts';
import { clusterIdOf, memberIdOf } from './member-ids.ts';
import { parseInitialCluster, type ServerConfig } from './config.ts';
import { ConfigError } from './flag-values.ts';

/** GETs a path of a member's peer port. @throws Error when it does not answer with 200 */
export type PeerGet = (
  url: string,
  path: string,
) => Promise<{ readonly body: string; readonly clusterId: ClusterId | undefined }>;

export interface Founding {
  readonly clusterId: ClusterId;
  readonly localId: MemberId;
  readonly members: readonly ClusterMember[];
  /** The members that already run, when joining. */
  readonly remotes: readonly ClusterMember[];
}

/** A new cluster: ids follow from the peer URLs and the token. @throws ConfigError */
export async function foundCluster(
  config: ServerConfig,
  initialCluster: string,
  get: PeerGet,
  logger: Logger,
): Promise<Founding> {
  const { clusterId, local, members } = plannedCluster(config, initialCluster);
  const others = members.filter((member) => member !== local).flatMap((member) => member.peerUrls);
  // All are asked: one that is behind may not know yet.
  const answers = await Promise.all(others.map((url) => firstAnswer([url], get, logger, 'debug')));
  const isKnown = answers.some((running) =>
    running?.members.some((member) => member.id === local.id && member.clientUrls.length > 0),
  );
  if (isKnown) {
    throw new ConfigError(
      `member ${formatId(local.id)} has already been bootstrapped: the other members know it, but its data directory is empty, and a cluster is not founded twice. Attach the disk that holds its data; or, if that is lost, remove the member (member remove ${formatId(local.id)}), add it again (member add), and start it with --initial-cluster-state=existing`,
    );
  }
  return { clusterId, localId: local.id, members, remotes: [] };
}

/** What a member has to be told of a cluster in order to found it. */
export type ClusterPlan = Pick<ServerConfig, 'name' | 'initialClusterToken' | 'advertisePeerUrls'>;

/** A new cluster as `--initial-cluster` describes it. @throws ConfigError when the member is not part of it */
export function plannedCluster(
  plan: ClusterPlan,
  initialCluster: string,
): { clusterId: ClusterId; local: ClusterMember; members: ClusterMember[] } {
  const members = configuredMembers(plan, initialCluster);
  const local = localMember(plan, members, initialCluster);
  verifyAdvertised(plan, local, initialCluster);
  return { clusterId: clusterIdOf(members.map((member) => member.id)), local, members };
}

/** A running cluster that was told of this member before. @throws ConfigError */
export async function joinCluster(
  config: ServerConfig,
  initialCluster: string,
  get: PeerGet,
  logger: Logger,
): Promise<Founding> {
  const { local, members: configured } = plannedCluster(config, initialCluster);
  const others = configured
    .filter((member) => member !== local)
    .flatMap((member) => member.peerUrls);
  const answers = await Promise.all(others.map((url) => firstAnswer([url], get, logger, 'warn')));
  const running = mostTold(answers);
  if (running === undefined) {
    throw new ConfigError(
      `cannot fetch cluster info from peer urls: could not retrieve cluster information from the given URLs ${others.join(',')}`,
    );
  }
  // Members that follow a TLS policy may have changed their scheme since --initial-cluster was written.
  const sameUrl = config.tlsDir === '' ? (url: string) => url : withoutScheme;
  const matched = matchMembers(running.members, configured, sameUrl);
  const self = matched.find((member) => member.name === config.name);
  if (self === undefined)
    throw new ConfigError(`member ${config.name} is not part of the running cluster`);
  return {
    clusterId: running.clusterId,
    localId: self.id,
    members: matched,
    remotes: running.members,
  };
}

const withoutScheme = (url: string): string => url.replace(/^https?:/, '');

function configuredMembers(config: ClusterPlan, initialCluster: string): ClusterMember[] {
  return [...parseInitialCluster(initialCluster)].map(([name, peerUrls]) => ({
    id: memberIdOf(peerUrls, config.initialClusterToken),
    peerUrls,
    isLearner: false,
    name,
    clientUrls: [],
  }));
}

function localMember(
  config: ClusterPlan,
  members: readonly ClusterMember[],
  initialCluster: string,
): ClusterMember {
  const local = members.find((member) => member.name === config.name);
  if (local === undefined) {
    throw new ConfigError(
      `couldn't find local name ${JSON.stringify(config.name)} in the initial cluster configuration: --initial-cluster is ${JSON.stringify(initialCluster)}`,
    );
  }
  return local;
}

/** The URLs that this member advertises have to be those that the others know it by. */
function verifyAdvertised(config: ClusterPlan, local: ClusterMember, initialCluster: string): void {
  const advertised = [...config.advertisePeerUrls].sort().join(',');
  const known = [...local.peerUrls]
    .map((url) => url.replace(/\/$/, ''))
    .sort()
    .join(',');
  if (advertised !== known) {
    throw new ConfigError(
      `--initial-cluster has ${config.name}=${known} but missing from --initial-advertise-peer-urls=${advertised} (--initial-cluster=${initialCluster})`,
    );
  }
}

interface RunningCluster {
  readonly clusterId: ClusterId;
  readonly members: readonly ClusterMember[];
}

/** The members as the first of `urls` that answers tells them. */
async function firstAnswer(
  urls: readonly string[],
  get: PeerGet,
  logger: Logger,
  level: 'debug' | 'warn',
): Promise<RunningCluster | undefined> {
  for (const url of urls) {
    try {
      const { body, clusterId } = await get(url, '/members');
      if (clusterId !== undefined) return { clusterId, members: membersFromJson(body) };
    } catch (error) {
      logger[level]('failed to get cluster response', { address: url, error: String(error) });
    }
  }
  return undefined;
}

/**
 * What most of those who answered tell: a change of members is there when most have it. One that is behind may still know
 * this member's predecessor at the same address, whose id is gone for good.
 */
function mostTold(answers: readonly (RunningCluster | undefined)[]): RunningCluster | undefined {
  const told = new Map<string, { readonly running: RunningCluster; count: number }>();
  for (const running of answers) {
    if (running === undefined) continue;
    const ids = running.members.map(({ id }) => id).sort();
    const key = [running.clusterId, ...ids].join(' ');
    const same = told.get(key);
    if (same === undefined) told.set(key, { running, count: 1 });
    else same.count++;
  }
  const [first, ...others] = told.values();
  return others.reduce((most, one) => (one.count > (most?.count ?? 0) ? one : most), first)
    ?.running;
}

/** The configured members under the ids that the running cluster gave them; etcd demands that all are named. */
function matchMembers(
  running: readonly ClusterMember[],
  configured: readonly ClusterMember[],
  sameUrl: (url: string) => string,
): ClusterMember[] {
  const key = ({ peerUrls }: ClusterMember): string => peerUrls.map(sameUrl).sort().join(',');
  if (running.length !== configured.length) {
    throw new ConfigError(
      `error validating peerURLs: member count is unequal: --initial-cluster names ${configured.length}, the cluster has ${running.length}: ${running.map((member) => member.peerUrls.join(',')).join(' ')}`,
    );
  }
  return running.map((member) => {
    const match = configured.find((one) => key(one) === key(member));
    if (match === undefined) {
      throw new ConfigError(
        `error validating peerURLs: no match found for existing member (${formatId(member.id)}, ${member.peerUrls.join(',')}) in --initial-cluster`,
      );
    }
    return { ...match, id: member.id, isLearner: member.isLearner };
  });
}
