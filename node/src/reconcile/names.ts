// How the objects of a release are called, and which names its certificates carry.
import type { KitFile } from '../kubernetes/index.ts';
import type { WantedLeaf } from '../pki/index.ts';

/** The most members that a release can have; infra/config.ts has the same bound. */
export const MAX_MEMBERS = 9;

/** Server: shown to clients. Peer: members to each other. Client: for users. */
export const ROLES = ['server', 'peer', 'client'] as const;
export type Role = (typeof ROLES)[number];

/** With authentication on, a client certificate's common name is its user: this is the administrator's. */
const CLIENT_NAME = 'root';

export function secretNames({ tls }: KitFile): Record<Role, string> {
  return { server: tls.serverSecret, peer: tls.peerSecret, client: tls.clientSecret };
}

export const authoritySecret = ({ name }: KitFile): string => `${name}-ca`;
export const policyConfigMap = ({ name }: KitFile): string => `${name}-tls`;
export const recordConfigMap = ({ name }: KitFile): string => `${name}-cluster`;
export const kitConfigMap = ({ name }: KitFile): string => `${name}-config`;
export const podName = ({ name }: KitFile, ordinal: number): string => `${name}-${ordinal}`;
export const claimName = ({ name }: KitFile, ordinal: number): string => `data-${name}-${ordinal}`;

/** The ordinal of the pod that a member's URL leads to, or undefined when it leads elsewhere. */
export function ordinalOf({ name }: KitFile, url: string): number | undefined {
  const host = URL.canParse(url) ? new URL(url).hostname : '';
  const [first = ''] = host.split('.');
  const number = first.startsWith(`${name}-`) ? first.slice(name.length + 1) : '';
  return /^\d+$/.test(number) ? Number(number) : undefined;
}

/** What the certificate of each role has to be. */
export function wantedLeaves(kit: KitFile): Record<Role, WantedLeaf> {
  const lifetimeDays = kit.tls.certificateLifetimeDays;
  return {
    server: {
      commonName: `${kit.name}-server`,
      subjectNames: [...new Set([...serverNames(kit), ...kit.tls.extraSans])],
      usages: ['server', 'client'],
      lifetimeDays,
    },
    peer: {
      commonName: `${kit.name}-peer`,
      subjectNames: peerNames(kit),
      usages: ['server', 'client'],
      lifetimeDays,
    },
    client: { commonName: CLIENT_NAME, subjectNames: [], usages: ['client'], lifetimeDays },
  };
}

function serverNames({ name, namespace, clusterDomain }: KitFile): string[] {
  const service = [name, `${name}.${namespace}`, `${name}.${namespace}.svc`];
  return [
    ...['localhost', '127.0.0.1', '::1'],
    ...service,
    `${name}.${namespace}.svc.${clusterDomain}`,
    `${name}-headless.${namespace}.svc.${clusterDomain}`,
    ...wildcards({ name, namespace, clusterDomain }),
  ];
}

function peerNames(kit: KitFile): string[] {
  const { name, namespace, clusterDomain } = kit;
  const pods = Array.from(
    { length: MAX_MEMBERS },
    (_, i) => `${podName(kit, i)}.${name}-headless.${namespace}.svc.${clusterDomain}`,
  );
  return ['localhost', ...wildcards(kit), ...pods];
}

function wildcards({
  name,
  namespace,
  clusterDomain,
}: Pick<KitFile, 'name' | 'namespace' | 'clusterDomain'>): string[] {
  const headless = `*.${name}-headless`;
  return [
    headless,
    `${headless}.${namespace}`,
    `${headless}.${namespace}.svc`,
    `${headless}.${namespace}.svc.${clusterDomain}`,
  ];
}
