// What runs beside the members: the reconcile job (certificates, TLS mode, volumes), and backups.
import type { ClusterConfig } from '../config.ts';
import { jobHash, BACKUP_KEY_DIR, BACKUP_VOLUME_PATH } from './kit-json.ts';
import { metadataOf, namesOf } from './names.ts';
import {
  certificateSource,
  container,
  cronSpec,
  env,
  jobPod,
  KIT_DIR,
  mount,
  podSpec,
  POD_ENV,
  policySource,
  present,
  projected,
  resourcesOf,
  SECRET_MODE,
  TLS_DIR,
} from './pods.ts';
import type { JsonObject, Kit, KubernetesObject } from './types.ts';

const KIT_ENV = env('BINNACLE_KIT_FILE', `${KIT_DIR}/kit.json`);
const CLIENT_TLS_DIR = '/etc/binnacle/client';
const RECONCILE_RESOURCES: JsonObject = {
  requests: { cpu: '50m', memory: '96Mi' },
  limits: { memory: '256Mi' },
};
const FAILED_BACKUPS_KEPT = 3;
/** A backup that takes longer is stuck. */
const BACKUP_DEADLINE_SECONDS = 6 * 3600;

const kitVolume = (kit: Kit): JsonObject => ({
  name: 'kit',
  configMap: { name: namesOf(kit).config },
});

const reconcileJobSpec = (template: JsonObject): JsonObject => ({ backoffLimit: 20, template });

function reconcilePod(kit: Kit): JsonObject {
  return jobPod(kit, 'reconcile', {
    ...podSpec(kit, namesOf(kit).reconcile),
    restartPolicy: 'OnFailure',
    containers: [
      {
        ...container(kit, 'reconcile', ['reconcile']),
        env: [...POD_ENV, KIT_ENV],
        resources: RECONCILE_RESOURCES,
        volumeMounts: [mount('kit', KIT_DIR), mount('tmp', '/tmp', false)],
      },
    ],
    volumes: [kitVolume(kit), { name: 'tmp', emptyDir: {} }],
  });
}

/** Carries out one configuration: another one, or another way to run, is another Job, by its name. */
export function reconcileJob(kit: Kit): KubernetesObject {
  const template = reconcilePod(kit);
  const name = `${namesOf(kit).reconcile}-${jobHash(kit, template)}`;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: metadataOf(kit, name, 'reconcile'),
    spec: reconcileJobSpec(template),
  };
}

/** Renews certificates, and sees to what has changed since. */
export function reconcileCronJob(kit: Kit): KubernetesObject {
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: metadataOf(kit, namesOf(kit).reconcile, 'reconcile'),
    spec: cronSpec(kit.config.tls.renewal.schedule, 1, reconcileJobSpec(reconcilePod(kit))),
  };
}

export function backupCronJob(kit: Kit): KubernetesObject {
  const { backup } = kit.config;
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: metadataOf(kit, namesOf(kit).backup, 'backup'),
    spec: cronSpec(backup.schedule, FAILED_BACKUPS_KEPT, {
      backoffLimit: 3,
      activeDeadlineSeconds: BACKUP_DEADLINE_SECONDS,
      template: jobPod(kit, 'backup', backupSpec(kit)),
    }),
  };
}

function backupSpec(kit: Kit): JsonObject {
  const { destination, encryption } = kit.config.backup;
  const names = namesOf(kit);
  const isVolume = destination.kind === 'volume';
  const hasKey = encryption.secret !== '';
  const claimName = destination.volume.existingClaim || names.backup;
  const secretVolume = (name: string, secretName: string, more: JsonObject = {}): JsonObject => ({
    name,
    secret: { secretName, defaultMode: SECRET_MODE, ...more },
  });
  return {
    ...podSpec(kit, names.backup),
    restartPolicy: 'OnFailure',
    containers: [
      {
        ...container(kit, 'backup', ['backup', 'run']),
        env: [...POD_ENV, KIT_ENV, env('BINNACLE_TLS_DIR', TLS_DIR), ...credentials(kit)],
        ...resourcesOf(kit), // it restores what it verifies
        volumeMounts: [
          mount('kit', KIT_DIR),
          mount('client', CLIENT_TLS_DIR),
          mount('tls', TLS_DIR),
          ...(isVolume ? [mount('backup', BACKUP_VOLUME_PATH, false)] : []),
          ...(hasKey ? [mount('backup-key', BACKUP_KEY_DIR)] : []),
          mount('tmp', '/tmp', false),
        ],
      },
    ],
    volumes: [
      kitVolume(kit),
      secretVolume('client', names.clientTls, { optional: true }),
      projected('tls', [certificateSource(names.peerTls, 'peer'), policySource(names.policy)]),
      ...(isVolume ? [{ name: 'backup', persistentVolumeClaim: { claimName } }] : []),
      ...(hasKey ? [secretVolume('backup-key', encryption.secret)] : []),
      { name: 'tmp', emptyDir: {} },
    ],
  };
}

function credentials({ config }: Kit): JsonObject[] {
  const { kind, s3 } = config.backup.destination;
  if (kind !== 's3' || s3.credentialsSecret === '') return [];
  return ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].map((key) => ({
    name: key,
    valueFrom: { secretKeyRef: { name: s3.credentialsSecret, key } },
  }));
}

/** Where backups go that no claim was named for. It stays when the cluster is deleted. */
export function backupClaim(kit: Kit): KubernetesObject {
  const { size, class: storageClassName } = kit.config.backup.destination.volume;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: metadataOf(kit, namesOf(kit).backup, 'backup'),
    spec: {
      accessModes: ['ReadWriteOnce'],
      ...present({ storageClassName }),
      resources: { requests: { storage: size } },
    },
  };
}

/** Whether `backupClaim` is wanted. */
export function hasOwnBackupClaim({ destination }: ClusterConfig['backup']): boolean {
  return destination.kind === 'volume' && destination.volume.existingClaim === '';
}
