// All objects of a cluster, in an order in which they can be made one after the other.
import type { ClusterConfig } from '../config.ts';
import { accessObjects } from './access.ts';
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

/** Pure: the same configuration gives the same objects. The chart renders these too. */
export function kitObjects(config: ClusterConfig, deployment: Deployment): KubernetesObject[] {
  const kit: Kit = { config, ...deployment };
  const when = (condition: boolean, ...objects: (() => KubernetesObject)[]) =>
    condition ? objects.map((make) => make()) : [];
  return [
    ...accessObjects(kit),
    kitConfigMap(kit),
    ...(config.tls.issuer === 'cert-manager' ? certManagerObjects(kit) : []),
    headlessService(kit),
    clientService(kit),
    ...when(config.networkPolicy.enabled, () => networkPolicy(kit)),
    ...when(config.disruptionBudget.enabled, () => disruptionBudget(kit)),
    reconcileJob(kit),
    reconcileCronJob(kit),
    ...when(hasOwnBackupClaim(kit), () => backupClaim(kit)),
    ...when(config.backup.enabled, () => backupCronJob(kit)),
    statefulSet(kit),
    ...monitoringObjects(kit),
  ];
}
