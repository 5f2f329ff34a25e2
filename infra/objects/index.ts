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
import { dashboardConfigMap, prometheusRule, serviceMonitor } from './monitoring.ts';
import { networkPolicy } from './network-policy.ts';
import { clientService, headlessService } from './services.ts';
import { statefulSet } from './stateful-set.ts';
import type { Deployment, Kit, KubernetesObject } from './types.ts';

export type { Deployment, Json, JsonObject, Kit, KubernetesObject } from './types.ts';

/** Makes a few objects that belong together. */
export type Maker = (kit: Kit) => readonly KubernetesObject[];

/** Groups of objects, each a component of the Pulumi program. */
export interface Groups<Member> {
  readonly cluster: readonly Member[];
  readonly certificates: readonly Member[];
  readonly backup: readonly Member[];
  readonly monitoring: readonly Member[];
}

const one =
  (make: (kit: Kit) => KubernetesObject): Maker =>
  (kit) => [make(kit)];

/** Which objects there are. Only what a program says in plain, not in outputs, is looked at: switches and kinds. */
export function makersOf(config: ClusterConfig): Groups<Maker> {
  const { tls, networkPolicy: policy, disruptionBudget: budget, backup, monitoring } = config;
  return {
    cluster: [
      memberAccess,
      one(kitConfigMap),
      one(headlessService),
      ...(policy.enabled ? [one(networkPolicy)] : []),
      ...(budget.enabled ? [one(disruptionBudget)] : []),
      one(statefulSet),
      one(clientService),
    ],
    certificates: [
      reconcileAccess,
      ...(tls.issuer === 'cert-manager' ? [certManagerObjects] : []),
      one(reconcileJob),
      one(reconcileCronJob),
    ],
    backup: backup.enabled
      ? [backupAccess, ...(hasOwnBackupClaim(backup) ? [one(backupClaim)] : []), one(backupCronJob)]
      : [],
    monitoring: monitoring.serviceMonitor.enabled
      ? [
          one(serviceMonitor),
          ...(monitoring.prometheusRule.enabled ? [one(prometheusRule)] : []),
          ...(monitoring.dashboard.enabled ? [one(dashboardConfigMap)] : []),
        ]
      : [],
  };
}

/** Pure: the same configuration gives the same objects. The chart renders these too. */
export function kitObjects(config: ClusterConfig, deployment: Deployment): KubernetesObject[] {
  const { cluster, certificates, backup, monitoring } = makersOf(config);
  const makers = [...cluster, ...certificates, ...backup, ...monitoring];
  return makers.flatMap((make) => make({ config, ...deployment }));
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
