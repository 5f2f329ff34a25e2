// What a program outside the Kubernetes cluster needs to connect.
import kubernetes from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import type { BinnacleCluster } from './binnacle-cluster.ts';

/** What a client shows and trusts, as PEM. */
export interface ClientCredentials {
  /** The CA that the members' certificates are checked with. */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/**
 * Reads the Secret for clients, once it has been made. Whoever calls this takes the key into Pulumi's state, where it is
 * encrypted as every secret; inside Kubernetes, mount the Secret `clientSecretName` instead.
 * @param name of the resource that stands for the Secret
 */
export function readClientCredentials(
  name: string,
  cluster: BinnacleCluster,
): pulumi.Output<ClientCredentials> {
  const id = pulumi
    .all([cluster.namespace, cluster.clientSecretName])
    .apply(([namespace, secret]) => {
      if (secret === '') throw new Error('A cluster without TLS has no Secret for clients.');
      return `${namespace}/${secret}`;
    });
  const secret = kubernetes.core.v1.Secret.get(name, id, { parent: cluster });
  const text = (encoded: string | undefined): string =>
    Buffer.from(encoded ?? '', 'base64').toString('utf8');
  return pulumi.secret(
    secret.data.apply((data) => ({
      ca: text(data['ca.crt']),
      certificate: text(data['tls.crt']),
      key: text(data['tls.key']),
    })),
  );
}
