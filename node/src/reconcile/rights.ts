// What the job asks of the API, as rules for a Role. The deployment code's Role gives exactly these; a test holds the job to them.
import type { KitFile } from '../kubernetes/index.ts';
import {
  MAX_MEMBERS,
  authoritySecret,
  claimName,
  kitConfigMap,
  podName,
  policyConfigMap,
  recordConfigMap,
  secretNames,
} from './names.ts';

/** A rule of rbac.authorization.k8s.io/v1. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  /** Absent: all names. `create` can't be limited to names. */
  readonly resourceNames?: readonly string[];
}

export function rightsOf(kit: KitFile): Rule[] {
  const ordinals = Array.from({ length: MAX_MEMBERS }, (_, i) => i);
  const leaves = Object.values(secretNames(kit));
  const isOwn = kit.tls.issuer === 'self';
  const core = (resources: string, verbs: string[], resourceNames?: string[]): Rule => ({
    apiGroups: [''],
    resources: [resources],
    verbs,
    ...(resourceNames !== undefined && { resourceNames }),
  });
  return [
    core('configmaps', ['get'], [kitConfigMap(kit), policyConfigMap(kit), recordConfigMap(kit)]),
    core('configmaps', ['update'], [policyConfigMap(kit)]),
    core('configmaps', ['create']),
    ...(isOwn
      ? [
          core('secrets', ['get', 'update'], [authoritySecret(kit), ...leaves]),
          core('secrets', ['create']),
        ]
      : [core('secrets', ['get'], leaves)]),
    core(
      'pods',
      ['get', 'patch'],
      ordinals.map((i) => podName(kit, i)),
    ),
    core(
      'persistentvolumeclaims',
      ['get', 'patch'],
      ordinals.map((i) => claimName(kit, i)),
    ),
    core('events', ['create', 'patch']),
    {
      apiGroups: ['apps'],
      resources: ['statefulsets'],
      verbs: ['get'],
      resourceNames: [kit.name],
    },
  ];
}
