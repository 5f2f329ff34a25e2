// The members. Nothing in their pods' template depends on the number of members, the TLS mode, the CA or backups: those
// change while the pods run on.
import { compactionFlags, quotaBytes } from '../config.ts';
import {
  CLIENT_PORT,
  METRICS_PORT,
  PEER_PORT,
  metadataOf,
  namesOf,
  podLabels,
  selectorOf,
} from './names.ts';
import {
  certificateSource,
  container,
  env,
  mount,
  podSpec,
  POD_ENV,
  policySource,
  present,
  projected,
  resourcesOf,
  TLS_DIR,
} from './pods.ts';
import type { JsonObject, Kit, KubernetesObject } from './types.ts';

const DATA_DIR = '/var/lib/binnacle';
const BACKUP_STATUS_DIR = '/etc/binnacle/backup';
/** A member leaves the cluster, or hands its leadership over, before it ends. */
const GRACE_SECONDS = 60;

export function statefulSet(kit: Kit): KubernetesObject {
  const { config } = kit;
  const names = namesOf(kit);
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: metadataOf(kit, names.statefulSet),
    spec: {
      replicas: config.members,
      serviceName: names.headless,
      podManagementPolicy: 'Parallel',
      minReadySeconds: 2,
      updateStrategy: { type: 'RollingUpdate' },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      selector: { matchLabels: selectorOf(kit, 'member') },
      template: {
        metadata: { labels: podLabels(kit, 'member') },
        spec: memberSpec(kit),
      },
      volumeClaimTemplates: [claimTemplate(kit)],
    },
  };
}

function memberSpec(kit: Kit): JsonObject {
  const { placement } = kit.config;
  const names = namesOf(kit);
  return {
    ...podSpec(kit, names.members),
    terminationGracePeriodSeconds: GRACE_SECONDS,
    ...present({
      affinity: placement.affinity,
      priorityClassName: placement.priorityClassName,
    }),
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: placement.topologyKey,
        whenUnsatisfiable: placement.whenUnsatisfiable,
        labelSelector: { matchLabels: selectorOf(kit, 'member') },
      },
    ],
    containers: [memberContainer(kit)],
    volumes: [
      projected('tls', [
        certificateSource(names.serverTls, 'server'),
        certificateSource(names.peerTls, 'peer'),
        policySource(names.policy),
      ]),
      { name: 'backup-status', configMap: { name: names.backupStatus, optional: true } },
      { name: 'tmp', emptyDir: {} },
    ],
  };
}

function memberContainer(kit: Kit): JsonObject {
  const port = (name: string, containerPort: number) => ({ name, containerPort, protocol: 'TCP' });
  return {
    ...container(kit, 'binnacle', memberArgs(kit)),
    env: [...POD_ENV, env('BINNACLE_TLS_DIR', TLS_DIR)],
    ports: [port('client', CLIENT_PORT), port('peer', PEER_PORT), port('metrics', METRICS_PORT)],
    ...resourcesOf(kit),
    // A member that joins, or waits for its certificates, is given half an hour; nothing is won by starting it again.
    startupProbe: probe('startup', { periodSeconds: 2, failureThreshold: 900, timeoutSeconds: 2 }),
    livenessProbe: probe('live', { periodSeconds: 10, failureThreshold: 6, timeoutSeconds: 5 }),
    readinessProbe: probe('ready', { periodSeconds: 2, failureThreshold: 2, timeoutSeconds: 2 }),
    volumeMounts: [
      mount('data', DATA_DIR, false),
      mount('tls', TLS_DIR),
      mount('backup-status', BACKUP_STATUS_DIR),
      mount('tmp', '/tmp', false),
    ],
  };
}

function probe(path: string, timing: Readonly<Record<string, number>>): JsonObject {
  return { httpGet: { path: `/probe/${path}`, port: 'metrics' }, ...timing };
}

function memberArgs(kit: Kit): string[] {
  const { config } = kit;
  const names = namesOf(kit);
  const compaction = compactionFlags(config);
  return [
    '--discovery-mode=kubernetes',
    `--kubernetes-statefulset=${names.statefulSet}`,
    `--kubernetes-service=${names.headless}`,
    `--kubernetes-cluster-domain=${config.tls.clusterDomain}`,
    `--data-dir=${DATA_DIR}/data`,
    `--tls-dir=${TLS_DIR}`,
    `--backup-status-file=${BACKUP_STATUS_DIR}/status.json`,
    `--quota-backend-bytes=${quotaBytes(config.storage.quota)}`,
    `--auto-compaction-mode=${compaction.mode}`,
    `--auto-compaction-retention=${compaction.retention}`,
    ...config.extraFlags,
  ];
}

/** Kubernetes never lets it change: volumes that have grown since are the reconcile job's matter. */
function claimTemplate(kit: Kit): JsonObject {
  const { size, templateSize, class: storageClassName } = kit.config.storage;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', labels: selectorOf(kit, 'member') },
    spec: {
      accessModes: ['ReadWriteOnce'],
      ...present({ storageClassName }),
      resources: { requests: { storage: templateSize ?? size } },
      volumeMode: 'Filesystem',
    },
  };
}
