// What Pulumi's Kubernetes provider replaces in place of updating (provider/pkg/provider/diff.go in
// pulumi/pulumi-kubernetes, v4.34). Paths of inputs; a change below one counts as well.
import type { Registration } from './capture.ts';

const SELECTOR = 'spec.selector';

const BY_TYPE: Readonly<Record<string, readonly string[]>> = {
  'kubernetes:apps/v1:StatefulSet': [
    ...['spec.podManagementPolicy', 'spec.revisionHistoryLimit', SELECTOR],
    ...['spec.serviceName', 'spec.volumeClaimTemplates'],
  ],
  'kubernetes:batch/v1:Job': [
    ...['spec.completions', 'spec.parallelism', SELECTOR, 'spec.template'],
  ],
  'kubernetes:core/v1:PersistentVolumeClaim': [
    ...['spec.accessModes', SELECTOR, 'spec.storageClassName', 'spec.volumeName'],
  ],
  'kubernetes:core/v1:Service': ['spec.clusterIP'],
  'kubernetes:rbac.authorization.k8s.io/v1:RoleBinding': ['roleRef'],
  'kubernetes:policy/v1beta1:PodDisruptionBudget': ['spec'],
};

/** Unless the provider was told that they may change. */
const MUTABLE: Readonly<Record<string, { flag: string; paths: readonly string[] }>> = {
  'kubernetes:core/v1:ConfigMap': {
    flag: 'enableConfigMapMutable',
    paths: ['data', 'binaryData', 'immutable'],
  },
  'kubernetes:core/v1:Secret': {
    flag: 'enableSecretMutable',
    paths: ['data', 'stringData', 'immutable'],
  },
};

const METADATA = ['metadata.name', 'metadata.namespace', 'apiVersion', 'kind'];

/** @param provider the resource's explicit provider, if it has one */
export function replacingPaths(
  { type }: Registration,
  provider: Registration | undefined,
): readonly string[] {
  const mutable = MUTABLE[type];
  const isMutable = mutable !== undefined && String(provider?.inputs[mutable.flag]) === 'true';
  const ofData = mutable === undefined || isMutable ? [] : mutable.paths;
  const always = mutable !== undefined && type.endsWith('Secret') ? ['type'] : [];
  return [...METADATA, ...(BY_TYPE[type] ?? []), ...ofData, ...always];
}
