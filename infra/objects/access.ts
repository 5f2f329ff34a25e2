// Who may do what through the API server: members, the reconcile job and the backup job, each with the verbs that it
// uses and, where Kubernetes can tell, the names.
import { MAX_MEMBERS } from '../config.ts';
import { metadataOf, namesOf, type Component } from './names.ts';
import type { JsonObject, Kit, KubernetesObject } from './types.ts';

const RBAC = 'rbac.authorization.k8s.io';

function rule(
  apiGroup: string,
  resource: string,
  verbs: readonly string[],
  resourceNames: readonly string[] = [],
): JsonObject {
  return {
    apiGroups: [apiGroup],
    resources: [resource],
    ...(resourceNames.length === 0 ? {} : { resourceNames }),
    verbs,
  };
}

/** Kubernetes cannot tell by name what does not exist yet. */
const EVENTS = rule('', 'events', ['create', 'patch']);

const ordinals = Array.from({ length: MAX_MEMBERS }, (_, ordinal) => ordinal);

/** A member looks at its StatefulSet, finds the others' addresses, and keeps the cluster's record. */
function memberRules(kit: Kit): JsonObject[] {
  const { statefulSet, record } = namesOf(kit);
  const pods = ordinals.map((ordinal) => `${statefulSet}-${ordinal}`);
  return [
    rule('apps', 'statefulsets', ['get'], [statefulSet]),
    rule('', 'pods', ['get'], pods),
    rule('', 'configmaps', ['create']),
    rule('', 'configmaps', ['get', 'update'], [record]),
    EVENTS,
  ];
}

/** It follows the configuration, issues certificates, writes the policy, has pods refresh their mounts, and grows volumes. */
function reconcileRules(kit: Kit): JsonObject[] {
  const { statefulSet, config, record, policy, ca, serverTls, peerTls, clientTls } = namesOf(kit);
  const pods = ordinals.map((ordinal) => `${statefulSet}-${ordinal}`);
  const claims = pods.map((pod) => `data-${pod}`);
  const isOwn = kit.config.tls.issuer === 'self';
  const secrets = isOwn
    ? [
        rule('', 'secrets', ['create']),
        rule('', 'secrets', ['get', 'update'], [ca, serverTls, peerTls, clientTls]),
      ]
    : [rule('', 'secrets', ['get'], [serverTls, peerTls, clientTls])];
  return [
    rule('apps', 'statefulsets', ['get'], [statefulSet]),
    rule('', 'pods', ['get', 'patch'], pods),
    rule('', 'persistentvolumeclaims', ['get', 'patch'], claims),
    ...secrets,
    rule('', 'configmaps', ['create']),
    rule('', 'configmaps', ['get'], [config, record]),
    rule('', 'configmaps', ['get', 'update'], [policy]),
    EVENTS,
  ];
}

/** It writes down which backup was the last, that it was verified, and which one the cluster was restored from. */
function backupRules(kit: Kit): JsonObject[] {
  const { statefulSet, record, backupStatus } = namesOf(kit);
  return [
    rule('apps', 'statefulsets', ['get'], [statefulSet]),
    rule('', 'configmaps', ['create']),
    rule('', 'configmaps', ['get', 'update'], [record]),
    rule('', 'configmaps', ['get', 'patch'], [backupStatus]),
    EVENTS,
  ];
}

export function memberAccess(kit: Kit): KubernetesObject[] {
  return account(kit, namesOf(kit).members, 'member', memberRules(kit));
}

export function reconcileAccess(kit: Kit): KubernetesObject[] {
  return account(kit, namesOf(kit).reconcile, 'reconcile', reconcileRules(kit));
}

export function backupAccess(kit: Kit): KubernetesObject[] {
  return account(kit, namesOf(kit).backup, 'backup', backupRules(kit));
}

/** A ServiceAccount, a Role and the RoleBinding between them, all of one name. */
function account(
  kit: Kit,
  name: string,
  component: Component,
  rules: readonly JsonObject[],
): KubernetesObject[] {
  const metadata = metadataOf(kit, name, component);
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata, automountServiceAccountToken: false },
    { apiVersion: `${RBAC}/v1`, kind: 'Role', metadata, rules },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: RBAC, kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace: kit.namespace }],
    },
  ];
}
