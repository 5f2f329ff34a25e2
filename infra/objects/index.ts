// All objects of a cluster, in the groups that the components are.
import type { ClusterConfig } from '../config.ts';
import { backupAccess, memberAccess, reconcileAccess } from './access.ts';
import { certManagerObjects } from './certificates.ts';
import { disruptionBudget } from './disruption.ts';
import {
  backupClaim,
  backupCronJob,
  hasOwnBackupClaim,
  reconcileCronJob,
  reconcileJob,
} from './jobs.ts';
import { kitConfigMap } from './kit-json.ts';
import { monitoringObjects } from './monitoring.ts';
import { networkPolicy } from './network-policy.ts';
import { clientService, headlessService } from './services.ts';
import { statefulSet } from './stateful-set.ts';
import type { Deployment, Kit, KubernetesObject } from './types.ts';

export type { Deployment, Json, JsonObject, Kit, KubernetesObject } from './types.ts';

/** Groups of objects, each a component of the Pulumi program. */
export interface Groups {
  readonly cluster: readonly KubernetesObject[];
  readonly certificates: readonly KubernetesObject[];
  readonly backup: readonly KubernetesObject[];
  readonly monitoring: readonly KubernetesObject[];
}

export function objectGroups(kit: Kit): Groups {
  const { tls, networkPolicy: policy, disruptionBudget: budget, backup } = kit.config;
  return {
    cluster: [
      ...memberAccess(kit),
      kitConfigMap(kit),
      headlessService(kit),
      ...(policy.enabled ? [networkPolicy(kit)] : []),
      ...(budget.enabled ? [disruptionBudget(kit)] : []),
      statefulSet(kit),
      clientService(kit),
    ],
    certificates: [
      ...reconcileAccess(kit),
      ...(tls.issuer === 'cert-manager' ? certManagerObjects(kit) : []),
      reconcileJob(kit),
      reconcileCronJob(kit),
    ],
    backup: backup.enabled
      ? [
          ...backupAccess(kit),
          ...(hasOwnBackupClaim(kit) ? [backupClaim(kit)] : []),
          backupCronJob(kit),
        ]
      : [],
    monitoring: monitoringObjects(kit),
  };
}

/** Pure: the same configuration gives the same objects. The chart renders these too. */
export function kitObjects(config: ClusterConfig, deployment: Deployment): KubernetesObject[] {
  const groups = objectGroups({ config, ...deployment });
  return [...groups.cluster, ...groups.certificates, ...groups.backup, ...groups.monitoring];
}

/**
 * Names an object among those of its cluster, whatever the cluster is called: `service-headless`. A Job's hash is left
 * out: one after the other are the same resource to Pulumi.
 */
export function keyOf({ kind, metadata }: KubernetesObject, cluster: string): string {
  const word = kind.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
  const rest = metadata.name.slice(cluster.length);
  return `${word}${kind === 'Job' ? rest.replace(/-[0-9a-f]{8}$/, '') : rest}`;
}
