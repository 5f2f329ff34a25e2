// The cluster that a job in Kubernetes works for, as the kit's mounted files describe it.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TlsOptions } from '../client/index.ts';
import type { KitBackup, KitFile } from '../kubernetes/index.ts';
import { parseTlsPolicy } from '../platform/index.ts';
import type { ClusterAccess } from './access.ts';
import { BackupError } from './errors.ts';
import { s3UrlOf } from './s3-url.ts';

const CLIENT_PORT = 2379;
const CLIENT_DIR = '/etc/binnacle/client';
const TLS_DIR = '/etc/binnacle/tls';

export interface KitFolders {
  /** R-client-tls. */
  readonly clientDir?: string;
  /** policy.json and peer/. */
  readonly tlsDir?: string;
}

export function kitCluster(
  { name, namespace, clusterDomain, members }: KitFile,
  { clientDir = CLIENT_DIR, tlsDir = TLS_DIR }: KitFolders = {},
): ClusterAccess {
  const isSecure = advertisesTls(join(tlsDir, 'policy.json'));
  const scheme = isSecure ? 'https' : 'http';
  const domain = `${namespace}.svc.${clusterDomain}`;
  const hosts = Array.from(
    { length: members },
    (_, i) => `${name}-${i}.${name}-headless.${domain}`,
  );
  return {
    kind: 'kubernetes',
    name,
    endpoints: [`${name}.${domain}`, ...hosts].map((host) => `${scheme}://${host}:${CLIENT_PORT}`),
    peerName: `${name}-peer`,
    tls: isSecure
      ? { client: filesIn(clientDir), peer: peerFilesIn(join(tlsDir, 'peer')) }
      : undefined,
  };
}

/** The URL of the destination that kit.json describes. */
export function kitDestination({ destination }: KitBackup): string {
  return destination.kind === 'volume' ? destination.path : s3UrlOf(destination);
}

function advertisesTls(policyFile: string): boolean {
  try {
    return parseTlsPolicy(readFileSync(policyFile, 'utf8')).advertise === 'https';
  } catch {
    return false; // no policy: no TLS
  }
}

function filesIn(folder: string): TlsOptions {
  const [caFile, certFile, keyFile] = [
    join(folder, 'ca.crt'),
    join(folder, 'tls.crt'),
    join(folder, 'tls.key'),
  ];
  if (!existsSync(caFile)) {
    throw new BackupError(
      'Source',
      `the cluster wants TLS, but ${caFile} is not there: is the client's Secret mounted?`,
    );
  }
  return { caFile, ...(existsSync(certFile) ? { certFile, keyFile } : {}) };
}

function peerFilesIn(folder: string): TlsOptions | undefined {
  return existsSync(join(folder, 'ca.crt')) ? filesIn(folder) : undefined;
}
