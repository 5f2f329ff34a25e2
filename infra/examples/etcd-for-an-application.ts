// A program of your own: a cluster beside the application that uses it, with backups in a bucket that the same program
// makes. What the components need from other resources may be outputs.
import kubernetes from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import { BinnacleCluster } from '../components/index.ts';

export function program(): Record<string, pulumi.Output<unknown>> {
  const namespace = new kubernetes.core.v1.Namespace('shop', { metadata: { name: 'shop' } });
  const backups = new kubernetes.core.v1.Secret('backup-login', {
    metadata: { name: 'backup-login', namespace: namespace.metadata.name },
    stringData: {
      AWS_ACCESS_KEY_ID: new pulumi.Config().requireSecret('backupKeyId'),
      AWS_SECRET_ACCESS_KEY: new pulumi.Config().requireSecret('backupKey'),
    },
  });
  const cluster = new BinnacleCluster('store', {
    namespace: namespace.metadata.name,
    members: 3,
    image: { registry: 'registry.example.com' },
    backup: {
      enabled: true,
      destination: {
        kind: 's3',
        s3: {
          bucket: 'shop-backups',
          endpoint: 'https://s3.example.com',
          credentialsSecret: backups.metadata.name,
        },
      },
    },
  });
  new kubernetes.apps.v1.Deployment('web', {
    metadata: { name: 'web', namespace: namespace.metadata.name },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          containers: [
            {
              name: 'web',
              image: 'registry.example.com/web:1',
              env: [
                { name: 'ETCDCTL_ENDPOINTS', value: cluster.endpoint },
                { name: 'ETCDCTL_CACERT', value: '/etcd/ca.crt' },
                { name: 'ETCDCTL_CERT', value: '/etcd/tls.crt' },
                { name: 'ETCDCTL_KEY', value: '/etcd/tls.key' },
              ],
              volumeMounts: [{ name: 'etcd', mountPath: '/etcd', readOnly: true }],
            },
          ],
          volumes: [{ name: 'etcd', secret: { secretName: cluster.clientSecretName } }],
        },
      },
    },
  });
  return { endpoint: cluster.endpoint };
}
