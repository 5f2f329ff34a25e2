// Values that the configuration refuses, for the chart has to refuse them too.
import type { Values } from './helm.ts';

const s3 = (more: object): Values => ({
  backup: { enabled: true, destination: { kind: 's3', s3: { bucket: 'backups', ...more } } },
});
const schedule = (text: string): Values => ({ backup: { schedule: text } });

/** Keys against each other: the chart's own words are those of the configuration. */
export const CONTRADICTIONS: readonly Values[] = [
  { tls: { issuer: 'provided' } },
  { tls: { issuer: 'provided', mode: 'server', provided: { serverSecret: 'a' } } },
  { tls: { issuer: 'cert-manager', caGeneration: 2 } },
  s3({ bucket: '' }),
  s3({ serverSideEncryption: 'aws:kms' }),
  s3({ kmsKeyId: 'abc' }),
  { backup: { enabled: true, destination: { s3: { bucket: 'backups' } } } },
  {
    backup: {
      enabled: true,
      destination: { kind: 's3', s3: { bucket: 'abc' }, volume: { existingClaim: 'x' } },
    },
  },
  { storage: { size: '1Gi', quota: '2GiB' } },
  { storage: { size: '2Gi', quota: '2GiB' } },
  { storage: { quota: '1MiB' } },
  { storage: { size: '1Mi', quota: '16MiB' } },
  { storage: { size: '8Gi', templateSize: '9Gi' } },
  { backup: { destination: { volume: { size: '1Mi' } } } },
  { members: 5, disruptionBudget: { maxUnavailable: 3 } },
  { disruptionBudget: { maxUnavailable: 2 } },
  { members: 2, disruptionBudget: { maxUnavailable: 2 } },
  { resources: { requests: { memory: '4Gi' } } },
  { resources: { requests: { cpu: '2' }, limits: { cpu: '1500m' } } },
  { service: { nodePort: 30000 } },
  { service: { loadBalancerSourceRanges: ['10.0.0.0/8'] } },
  { extraFlags: ['--heartbeat-interval=200', '--data-dir=/x', '--initial-cluster=x'] },
  { autoCompaction: { mode: 'periodic' } },
  { autoCompaction: { mode: 'periodic', retention: 5 } },
  { autoCompaction: { mode: 'periodic', retention: '5' } },
  { autoCompaction: { mode: 'revision', retention: '1h' } },
  { autoCompaction: { mode: 'revision', retention: 0 } },
  { autoCompaction: { retention: '1h' } },
  ...['0 25 * * *', '60 * * * *', '* * 0 * *', '* * * 13 *', '* * * * 8', '*/0 * * * *'].map(
    schedule,
  ),
  ...['5-1 * * * *', '1-2-3 * * * *', '1/2/3 * * * *', '1,,2 * * * *', 'mon * * * *'].map(schedule),
  { tls: { renewal: { schedule: '* * * foo *' } } },
  { resources: { limits: { 'nvidia.com/gpu': '0' } } },
];

/** Keys by themselves. Several fit into one set of values, since the schema names all that is wrong. */
export const REFUSED: readonly Values[] = [
  {
    ...{ members: 0, replicas: 3, local: { clientPort: 0 }, extraFlags: ['heartbeat-interval=1'] },
    tls: {
      ...{ mode: 'off', issuer: 'letsencrypt', clusterDomain: 'cluster.local.', caGeneration: 0 },
      renewal: { schedule: 'daily' },
      extraSans: ['https://x'],
    },
    backup: {
      schedule: '@often',
      retention: { count: 0 },
      destination: { s3: { bucket: 'My_Bucket', endpoint: 's3.example.com' } },
    },
    storage: { size: '8GiB', quota: '2KiB', class: 'Fast' },
    resources: { requests: { cpu: 'lots' } },
    service: {
      ...{ type: 'External', loadBalancerSourceRanges: ['x'], annotations: { a: 1 } },
    },
    image: {
      ...{ registry: 'https://x', repository: 'Binnacle', digest: 'sha256:12' },
      pullSecrets: [''],
    },
    monitoring: { serviceMonitor: { labels: { a: 'b c' } } },
    placement: { tolerations: [{ effect: 'Never' }] },
    networkPolicy: { clients: 'all' },
  },
  {
    members: 10,
    backup: { schedule: '* * * *' },
    resources: { requests: { cpu: 1 } },
    monitoring: { serviceMonitor: { labels: { a: true } } },
  },
  { members: '3' },
  { members: 2.5 },
];
