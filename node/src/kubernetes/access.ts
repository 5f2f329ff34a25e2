// Where the API server is and how a process proves who it is.
import { readFile } from 'node:fs/promises';
import { KubernetesError } from './errors.ts';

const SERVICE_ACCOUNT_DIR = '/var/run/secrets/kubernetes.io/serviceaccount';

/** PEM, all of it. */
export interface Credentials {
  readonly ca?: string | undefined;
  readonly token?: string | undefined;
  readonly clientCert?: string | undefined;
  readonly clientKey?: string | undefined;
}

export interface Access {
  /** `https://host:port`; plain HTTP is for tests. */
  readonly server: string;
  /** What holds now: asked before each request, as tokens are replaced while the process runs. */
  credentials(): Promise<Credentials>;
}

export interface PodAccessOptions {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Where the service account's token and ca.crt are mounted. */
  readonly folder?: string;
}

/**
 * The access that each pod with a service account has.
 * @throws KubernetesError (reason NotInCluster) outside a pod
 */
export function podAccess({
  environment = process.env,
  folder = SERVICE_ACCOUNT_DIR,
}: PodAccessOptions = {}): Access {
  const host = environment['KUBERNETES_SERVICE_HOST'] ?? '';
  const port = environment['KUBERNETES_SERVICE_PORT'] ?? '443';
  if (host === '') {
    throw new KubernetesError(
      0,
      'NotInCluster',
      'KUBERNETES_SERVICE_HOST is not set: this process does not run in a pod',
      'find the API server',
    );
  }
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    credentials: () => mountedCredentials(folder),
  };
}

async function mountedCredentials(folder: string): Promise<Credentials> {
  try {
    const [ca, token] = await Promise.all([
      readFile(`${folder}/ca.crt`, 'utf8'),
      readFile(`${folder}/token`, 'utf8'),
    ]);
    return { ca, token: token.trim() };
  } catch (error) {
    throw new KubernetesError(
      0,
      'NotInCluster',
      `the service account's token can't be read (is automountServiceAccountToken off?): ${String(error)}`,
      'find the API server',
    );
  }
}
