// Names and labels of everything that belongs to one cluster. What members, jobs and users look up by name is here.
import { VERSION } from '../config.ts';
import type { Kit, KubernetesObject } from './types.ts';

/** `member` also for what serves the cluster as a whole. */
export type Component = 'member' | 'reconcile' | 'backup';

export const CLIENT_PORT = 2379;
export const PEER_PORT = 2380;
/** Metrics and probes, plain HTTP. */
export const METRICS_PORT = 2381;

/** The objects' names; R is the name of the cluster. */
export function namesOf({ config: { name, tls } }: Kit) {
  const isProvided = tls.issuer === 'provided';
  const secretOf = (provided: string, suffix: string): string =>
    isProvided && provided !== '' ? provided : `${name}-${suffix}`;
  return {
    statefulSet: name,
    headless: `${name}-headless`,
    client: name,
    config: `${name}-config`,
    record: `${name}-cluster`,
    policy: `${name}-tls`,
    backupStatus: `${name}-backup-status`,
    ca: `${name}-ca`,
    serverTls: secretOf(tls.provided.serverSecret, 'server-tls'),
    peerTls: secretOf(tls.provided.peerSecret, 'peer-tls'),
    clientTls: secretOf(tls.provided.clientSecret, 'client-tls'),
    members: name,
    reconcile: `${name}-reconcile`,
    backup: `${name}-backup`,
    dashboard: `${name}-dashboard`,
  } as const;
}

/** What selects pods. Frozen: a StatefulSet's selector never changes. */
export function selectorOf({ config }: Kit, component: Component): Record<string, string> {
  return {
    'app.kubernetes.io/name': 'binnacle',
    'app.kubernetes.io/instance': config.name,
    'app.kubernetes.io/component': component,
  };
}

/** Labels of pods: those of a new version of the kit alone must not restart a member. */
export function podLabels(kit: Kit, component: Component): Record<string, string> {
  return { ...selectorOf(kit, component), 'app.kubernetes.io/part-of': 'binnacle' };
}

export function metadataOf(
  kit: Kit,
  name: string,
  component: Component = 'member',
): KubernetesObject['metadata'] {
  return {
    name,
    namespace: kit.namespace,
    labels: {
      ...podLabels(kit, component),
      'app.kubernetes.io/managed-by': kit.managedBy,
      'app.kubernetes.io/version': VERSION,
    },
  };
}

/** As container runtimes take it. A digest goes before the tag. */
export function imageOf({ config: { image } }: Kit): string {
  const repository =
    image.registry === '' ? image.repository : `${image.registry}/${image.repository}`;
  return image.digest === '' ? `${repository}:${image.tag}` : `${repository}@${image.digest}`;
}
