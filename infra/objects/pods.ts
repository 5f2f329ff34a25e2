// What the pods of members and jobs have in common: the restricted profile, the image, mounts.
import { imageOf, podLabels, type Component } from './names.ts';
import type { Json, JsonObject, Kit } from './types.ts';

/** The user of the image. */
const USER_ID = 65_532;
/** Read by the group, which is the pod's own. */
export const SECRET_MODE = 0o440;

export const KIT_DIR = '/etc/binnacle/kit';
export const TLS_DIR = '/etc/binnacle/tls';
export const POLICY_FILE = 'policy.json';

/** Only what is set: an empty list or object, or '', is left out, as the API server would drop it too. */
export function present(value: Readonly<Record<string, unknown>>): JsonObject {
  const entries = Object.entries(value).filter(([, each]) => {
    if (each === undefined || each === '') return false;
    if (typeof each !== 'object' || each === null) return true;
    return Object.keys(each).length > 0;
  });
  return Object.fromEntries(entries) as JsonObject; // the callers' values are JSON, or left out here
}

export const CONTAINER_SECURITY: JsonObject = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  readOnlyRootFilesystem: true,
};

const POD_SECURITY: JsonObject = {
  fsGroup: USER_ID,
  fsGroupChangePolicy: 'OnRootMismatch',
  runAsGroup: USER_ID,
  runAsNonRoot: true,
  runAsUser: USER_ID,
  seccompProfile: { type: 'RuntimeDefault' },
};

/** What a member asks of its node; nothing where that is emptied. */
export function resourcesOf({ config: { resources } }: Kit): JsonObject {
  const { requests, limits } = resources;
  return present({ resources: present({ requests: present(requests), limits: present(limits) }) });
}

export function env(name: string, value: string): JsonObject {
  return { name, value };
}

function fieldEnv(name: string, fieldPath: string): JsonObject {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}

export const POD_ENV: readonly JsonObject[] = [
  fieldEnv('POD_NAME', 'metadata.name'),
  fieldEnv('POD_NAMESPACE', 'metadata.namespace'),
];

/** Everything of a pod's spec but its containers and volumes. */
export function podSpec(kit: Kit, serviceAccountName: string): JsonObject {
  const { image, placement } = kit.config;
  return {
    serviceAccountName,
    automountServiceAccountToken: true,
    enableServiceLinks: false,
    securityContext: POD_SECURITY,
    ...present({
      imagePullSecrets: image.pullSecrets.map((name) => ({ name })),
      nodeSelector: placement.nodeSelector,
      tolerations: placement.tolerations.map(present),
    }),
  };
}

export function container(kit: Kit, name: string, args: readonly string[]): JsonObject {
  return {
    name,
    image: imageOf(kit),
    imagePullPolicy: kit.config.image.pullPolicy,
    args,
    securityContext: CONTAINER_SECURITY,
    terminationMessagePolicy: 'FallbackToLogsOnError',
  };
}

/** A source of the projected volume at TLS_DIR: a Secret's certificate in a folder of its own. */
export function certificateSource(secret: string, folder: string): JsonObject {
  const items = ['tls.crt', 'tls.key', 'ca.crt'].map((key) => ({ key, path: `${folder}/${key}` }));
  return { secret: { name: secret, optional: true, items } };
}

export function policySource(configMap: string): JsonObject {
  const items = [{ key: POLICY_FILE, path: POLICY_FILE }];
  return { configMap: { name: configMap, optional: true, items } };
}

export function projected(name: string, sources: readonly JsonObject[]): JsonObject {
  return { name, projected: { defaultMode: SECRET_MODE, sources } };
}

export const mount = (name: string, mountPath: string, isReadOnly = true): JsonObject =>
  isReadOnly ? { name, mountPath, readOnly: true } : { name, mountPath };

/** The template of a pod that runs once, for `component`. */
export function jobPod(kit: Kit, component: Component, spec: JsonObject): JsonObject {
  return { metadata: { labels: podLabels(kit, component) }, spec };
}

/** A schedule in UTC, one run at a time. */
export function cronSpec(schedule: string, failedJobs: number, job: Json): JsonObject {
  return {
    schedule,
    timeZone: 'Etc/UTC',
    concurrencyPolicy: 'Forbid',
    startingDeadlineSeconds: 3600,
    successfulJobsHistoryLimit: 1,
    failedJobsHistoryLimit: failedJobs,
    jobTemplate: { spec: job },
  };
}
