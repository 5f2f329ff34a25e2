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
];

/** Keys by themselves. */
export const REFUSED: readonly Values[] = [
  { members: 0 },
  { members: 10 },
  { members: '3' },
  { members: 2.5 },
  { replicas: 3 },
  { tls: { mode: 'off' } },
  { tls: { issuer: 'letsencrypt' } },
  { tls: { clusterDomain: 'cluster.local.' } },
  { tls: { renewal: { schedule: 'daily' } } },
  { tls: { extraSans: ['https://x'] } },
  { tls: { caGeneration: 0 } },
  schedule('@often'),
  schedule('* * * *'),
  s3({ bucket: 'My_Bucket' }),
  s3({ endpoint: 's3.example.com' }),
  { backup: { retention: { count: 0 } } },
  { storage: { size: '8GiB' } },
  { storage: { quota: '2KiB' } },
  { storage: { class: 'Fast' } },
  { resources: { requests: { cpu: 'lots' } } },
  { resources: { requests: { cpu: 1 } } },
  { resources: { limits: { 'nvidia.com/gpu': '0' } } },
  { service: { type: 'External' } },
  { service: { loadBalancerSourceRanges: ['x'] } },
  { service: { annotations: { a: 1 } } },
  { extraFlags: ['heartbeat-interval=1'] },
  { image: { registry: 'https://x' } },
  { image: { repository: 'Binnacle' } },
  { image: { digest: 'sha256:12' } },
  { image: { pullSecrets: [''] } },
  { monitoring: { serviceMonitor: { labels: { a: 'b c' } } } },
  { monitoring: { serviceMonitor: { labels: { a: true } } } },
  { placement: { tolerations: [{ effect: 'Never' }] } },
  { networkPolicy: { clients: 'all' } },
  { local: { clientPort: 0 } },
];
