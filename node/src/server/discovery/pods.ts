// Where the members of a StatefulSet are: all names and addresses follow from the pod's own name.
import { createServer } from 'node:net';
import type { ClusterMember } from '../../apply/index.ts';
import type { KubernetesConfig, ServerConfig } from '../config.ts';
import { ConfigError } from '../flag-values.ts';

const CLIENT_PORT = 2379;
const PEER_PORT = 2380;
export const PROBE_PORT = 2381;

export type Environment = Readonly<Record<string, string | undefined>>;
export type Scheme = 'http' | 'https';

export interface Pods {
  readonly statefulSet: string;
  readonly namespace: string;
  /** Of the pod that this process runs in. */
  readonly ordinal: number;
  /** Name of a pod, and of the member in it. */
  nameOf(ordinal: number): string;
  hostOf(ordinal: number): string;
  peerUrlOf(ordinal: number, scheme: Scheme): string;
  clientUrlOf(ordinal: number, scheme: Scheme): string;
  /** Metrics and probes, never under TLS. */
  probeUrlOf(ordinal: number): string;
  /** The ordinal of a member of this StatefulSet, by its name or, before it has published one, by its peer URL. */
  ordinalOf(member: Pick<ClusterMember, 'name' | 'peerUrls'>): number | undefined;
}

/**
 * From POD_NAME and POD_NAMESPACE. BINNACLE_TEST_POD_HOSTS, such as `127.0.9.%d`, is for tests that run members without
 * pods: %d is the ordinal and one.
 * @throws ConfigError naming the variable that is missing or does not fit
 */
export function podsOf(config: KubernetesConfig, environment: Environment): Pods {
  const { statefulSet, service, clusterDomain } = config;
  const podName = required(environment, 'POD_NAME');
  const namespace = required(environment, 'POD_NAMESPACE');
  const pattern =
    environment['BINNACLE_TEST_POD_HOSTS'] ??
    `${statefulSet}-%o.${service}.${namespace}.svc.${clusterDomain}`;
  const ordinal = ordinalIn(podName, statefulSet);
  if (ordinal === undefined) {
    throw new ConfigError(
      `POD_NAME is ${JSON.stringify(podName)}, which is not the name of a pod of StatefulSet ${statefulSet} (${statefulSet}-0, ${statefulSet}-1, …)`,
    );
  }
  const hostOf = (of: number): string =>
    pattern.replace('%o', String(of)).replace('%d', String(of + 1));
  const ordinalOfHost = (host: string): number | undefined => {
    const named = ordinalIn(host.split('.')[0] ?? '', statefulSet);
    const candidates = named === undefined ? Array.from({ length: 64 }, (_, i) => i) : [named];
    return candidates.find((candidate) => hostOf(candidate) === host);
  };
  return {
    statefulSet,
    namespace,
    ordinal,
    nameOf: (of) => `${statefulSet}-${of}`,
    hostOf,
    peerUrlOf: (of, scheme) => `${scheme}://${hostOf(of)}:${PEER_PORT}`,
    clientUrlOf: (of, scheme) => `${scheme}://${hostOf(of)}:${CLIENT_PORT}`,
    probeUrlOf: (of) => `http://${hostOf(of)}:${PROBE_PORT}`,
    ordinalOf({ name, peerUrls }) {
      if (name !== '') return ordinalIn(name, statefulSet);
      return peerUrls
        .map((url) => ordinalOfHost(new URL(url).hostname))
        .find((one) => one !== undefined);
    },
  };
}

/** `binnacle-3` → 3 */
function ordinalIn(podName: string, statefulSet: string): number | undefined {
  if (!podName.startsWith(`${statefulSet}-`)) return undefined;
  const rest = podName.slice(statefulSet.length + 1);
  return /^(0|[1-9]\d{0,8})$/.test(rest) ? Number(rest) : undefined;
}

function required(environment: Environment, name: string): string {
  const value = environment[name] ?? '';
  if (value !== '') return value;
  throw new ConfigError(
    `--discovery-mode=kubernetes needs the environment variable ${name}: set it from the pod's metadata (fieldRef)`,
  );
}

/** The configuration with the addresses of this pod. `listenHost` is one to bind to, such as 0.0.0.0. */
export function configOfPod(
  config: ServerConfig,
  pods: Pods,
  scheme: Scheme,
  listenHost: string,
): ServerConfig {
  const { ordinal } = pods;
  const name = pods.nameOf(ordinal);
  const host = listenHost.includes(':') ? `[${listenHost}]` : listenHost;
  const peerUrl = pods.peerUrlOf(ordinal, scheme);
  return Object.freeze({
    ...config,
    name,
    listenPeerUrls: [`${scheme}://${host}:${PEER_PORT}`],
    listenClientUrls: [`${scheme}://${host}:${CLIENT_PORT}`],
    advertisePeerUrls: [peerUrl],
    advertiseClientUrls: [pods.clientUrlOf(ordinal, scheme)],
    initialCluster: `${name}=${peerUrl}`,
  });
}

/** All addresses, of both families where the machine has IPv6; in tests without pods, the pod's own. */
export async function listenHostOf(pods: Pods, environment: Environment): Promise<string> {
  if (environment['BINNACLE_TEST_POD_HOSTS'] !== undefined) return pods.hostOf(pods.ordinal);
  const hasIpv6 = await new Promise<boolean>((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '::', port: 0 }, () => server.close(() => resolve(true)));
  });
  return hasIpv6 ? '::' : '0.0.0.0';
}
