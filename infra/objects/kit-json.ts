// kit.json: what the jobs read, and its hash, by which a change of it becomes a new Job.
import { createHash } from 'node:crypto';
import type { KitBackup, KitFile, KitTls } from '../../node/src/kubernetes/index.ts';
import { metadataOf, namesOf } from './names.ts';
import type { JsonObject, Kit, KubernetesObject } from './types.ts';

export const BACKUP_VOLUME_PATH = '/backup';
export const BACKUP_KEY_DIR = '/etc/binnacle/backup-key';

export function kitFileOf(kit: Kit): KitFile {
  const { config, namespace } = kit;
  return {
    name: config.name,
    namespace,
    clusterDomain: config.tls.clusterDomain,
    members: config.members,
    tls: tlsOf(kit),
    storage: { size: config.storage.size },
    backup: config.backup.enabled ? backupOf(kit) : null,
  };
}

function tlsOf(kit: Kit): KitTls {
  const { tls } = kit.config;
  const { serverTls, peerTls, clientTls } = namesOf(kit);
  return {
    mode: tls.mode,
    issuer: tls.issuer,
    caGeneration: tls.caGeneration,
    caLifetimeDays: tls.caLifetimeDays,
    certificateLifetimeDays: tls.certificateLifetimeDays,
    clientGraceSeconds: tls.clientGraceSeconds,
    extraSans: tls.extraSans,
    serverSecret: serverTls,
    peerSecret: peerTls,
    clientSecret: clientTls,
  };
}

function backupOf({ config }: Kit): KitBackup {
  const { destination, retention, encryption, verify } = config.backup;
  const { bucket, prefix, endpoint, region, forcePathStyle, serverSideEncryption, kmsKeyId } =
    destination.s3;
  return {
    destination:
      destination.kind === 'volume'
        ? { kind: 'volume', path: BACKUP_VOLUME_PATH }
        : {
            ...{ kind: 's3', bucket, prefix: prefix === '' ? `${config.name}/` : prefix, endpoint },
            ...{ region, forcePathStyle, serverSideEncryption, kmsKeyId },
          },
    retention,
    encryptionKeyFile: encryption.secret === '' ? '' : `${BACKUP_KEY_DIR}/key`,
    verify,
  };
}

/** JSON with sorted keys and no spaces: the chart, written in another language, has the same bytes. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}

/**
 * Names the Job that carries out this configuration: eight hexadecimal digits. Kubernetes lets no Job change, so what its
 * pods are made from counts too, the image among it.
 */
export function jobHash(kit: Kit, podTemplate: JsonObject): string {
  const text = `${canonicalJson(podTemplate)}\n${canonicalJson(kitFileOf(kit))}`;
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

export function kitConfigMap(kit: Kit): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metadataOf(kit, namesOf(kit).config),
    data: { 'kit.json': canonicalJson(kitFileOf(kit)) },
  };
}
