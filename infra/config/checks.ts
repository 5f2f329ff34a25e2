// What no key can know by itself: keys that contradict each other, and choices that are allowed but rarely meant.
import type { ClusterConfig } from '../config.ts';
import { portClash } from './local.ts';
import { quantityValue, quotaBytes } from './quantity.ts';
import { retentionProblem } from './store.ts';

/** Flags that the kit sets itself, or that would break what it relies on. */
export const OWN_FLAGS: ReadonlySet<string> = new Set([
  ...['name', 'data-dir', 'wal-dir', 'force-new-cluster', 'config-file'],
  ...['quota-backend-bytes', 'auto-compaction-mode', 'auto-compaction-retention'],
  ...['tls-dir', 'cert-file', 'key-file', 'trusted-ca-file', 'client-cert-auth', 'auto-tls'],
  ...['peer-cert-file', 'peer-key-file', 'peer-trusted-ca-file', 'peer-client-cert-auth'],
  ...['peer-auto-tls', 'client-crl-file', 'peer-crl-file', 'peer-cert-allowed-cn'],
  ...['backup-status-file', 'discovery', 'discovery-srv', 'discovery-mode'],
]);
export const OWN_PREFIXES: readonly string[] = ['initial-', 'listen-', 'advertise-', 'kubernetes-'];

export interface Finding {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

type Check = (config: ClusterConfig) => Finding[];

const finding = (path: string, message: string): Finding[] => [{ path: path.split('.'), message }];

const checks: readonly Check[] = [
  ({ members, local }) => {
    const clash = portClash(members, local.clientPort, local.peerPort);
    return clash === undefined ? [] : finding('local.peerPort', clash);
  },
  ({ autoCompaction }) => {
    const problem = retentionProblem(autoCompaction);
    return problem === undefined ? [] : finding('autoCompaction.retention', problem);
  },
  ({ members, disruptionBudget: { enabled, maxUnavailable } }) => {
    const spare = Math.floor((members - 1) / 2);
    if (!enabled || maxUnavailable <= Math.max(1, spare)) return [];
    return finding(
      'disruptionBudget.maxUnavailable',
      `costs the quorum: ${members} members can spare ${spare}; write ${Math.max(1, spare)} or less`,
    );
  },
  ({ storage: { size, templateSize, quota } }) => {
    const sizeBytes = quantityValue(size);
    const found: Finding[] = [];
    if (quotaBytes(quota) >= sizeBytes)
      found.push(
        ...finding(
          'storage.quota',
          `does not fit on a volume of ${size}; lower it to half of storage.size, or raise that`,
        ),
      );
    if (templateSize !== undefined && quantityValue(templateSize) > sizeBytes)
      found.push(
        ...finding(
          'storage.templateSize',
          `is above storage.size (${size}): it is the size that the first installation had`,
        ),
      );
    return found;
  },
  ({ tls }) => {
    if (tls.issuer !== 'provided' || tls.mode === 'plain') return [];
    const missing = (['serverSecret', 'peerSecret', 'clientSecret'] as const).filter(
      (key) => tls.provided[key] === '',
    );
    return missing.flatMap((key) =>
      finding(
        `tls.provided.${key}`,
        'is missing: with issuer: provided, name a Secret with tls.crt, tls.key and ca.crt',
      ),
    );
  },
  ({ tls: { issuer, caGeneration } }) =>
    issuer === 'self' || caGeneration === 1
      ? []
      : finding(
          'tls.caGeneration',
          `has no meaning with issuer: ${issuer}, whose CA is not the kit's; remove it`,
        ),
  ({ backup }) => {
    const { s3, kind, volume } = backup.destination;
    if (!backup.enabled) return [];
    if (kind === 'volume' && s3.bucket !== '')
      return finding(
        'backup.destination.kind',
        'is volume, though s3.bucket is set: write kind: s3, or remove the bucket',
      );
    if (kind === 's3' && volume.existingClaim !== '')
      return finding(
        'backup.destination.kind',
        'is s3, though volume.existingClaim is set: write kind: volume, or remove the claim',
      );
    if (kind === 'volume') return [];
    const found: Finding[] = [];
    if (s3.bucket === '')
      found.push(...finding('backup.destination.s3.bucket', 'is missing: name the bucket'));
    if (s3.serverSideEncryption === 'aws:kms' && s3.kmsKeyId === '')
      found.push(
        ...finding('backup.destination.s3.kmsKeyId', 'is missing: aws:kms needs the id of a key'),
      );
    if (s3.serverSideEncryption !== 'aws:kms' && s3.kmsKeyId !== '')
      found.push(
        ...finding(
          'backup.destination.s3.kmsKeyId',
          'has no meaning unless serverSideEncryption is aws:kms',
        ),
      );
    return found;
  },
  ({ service }) => {
    const found: Finding[] = [];
    if (service.nodePort !== undefined && service.type === 'ClusterIP')
      found.push(...finding('service.nodePort', 'has no meaning with type: ClusterIP'));
    if (service.loadBalancerSourceRanges.length > 0 && service.type !== 'LoadBalancer')
      found.push(
        ...finding(
          'service.loadBalancerSourceRanges',
          'has no meaning unless type is LoadBalancer',
        ),
      );
    return found;
  },
  ({ resources: { requests, limits } }) =>
    Object.entries(requests)
      .filter(([key, value]) => quantityValue(value) > quantityValue(limits[key] ?? value))
      .map(([key, value]) => ({
        path: ['resources', 'requests', key],
        message: `asks for ${value}, above its limit of ${limits[key]}`,
      })),
  ({ extraFlags }) =>
    extraFlags.flatMap((each, index) => {
      const name = each.replace(/^--/, '').split('=')[0]!;
      if (!OWN_FLAGS.has(name) && !OWN_PREFIXES.some((prefix) => name.startsWith(prefix)))
        return [];
      return [
        {
          path: ['extraFlags', index],
          message: `sets --${name}, which the kit sets itself; remove it`,
        },
      ];
    }),
];

/** What makes a configuration wrong as a whole. */
export function contradictions(config: ClusterConfig): Finding[] {
  return checks.flatMap((check) => check(config));
}

/**
 * What is allowed, and said before it is deployed. An even number of members is among it: it is no error (a cluster has
 * one on its way from 3 to 5, and `kubectl scale` asks nobody), but it costs a node and makes nothing safer.
 */
export function warningsOf(config: ClusterConfig): string[] {
  const { members, storage, tls, disruptionBudget, image } = config;
  const found: string[] = [];
  if (members % 2 === 0)
    found.push(
      `members: ${members} members survive the loss of ${Math.floor((members - 1) / 2)}, no more than ${members - 1} do; use ${members - 1} or ${members + 1}`,
    );
  if (members > 7)
    found.push(
      `members: each write waits for ${Math.ceil((members + 1) / 2)} of ${members}; 5 are enough for most`,
    );
  if (2 * quotaBytes(storage.quota) > quantityValue(storage.size))
    found.push(
      `storage.size: ${storage.size} has no room for a second copy of a database of ${storage.quota}, which a restore in place needs`,
    );
  if (tls.certificateLifetimeDays > tls.caLifetimeDays)
    found.push(
      `tls.certificateLifetimeDays: ${tls.certificateLifetimeDays} days are cut to the ${tls.caLifetimeDays} of the CA`,
    );
  if (tls.mode === 'plain')
    found.push('tls.mode: plain lets everybody read and write who reaches the client port');
  if (disruptionBudget.enabled && disruptionBudget.maxUnavailable === 0)
    found.push('disruptionBudget.maxUnavailable: 0 lets no node with a member on it be drained');
  if (image.tag === 'latest' && image.digest === '')
    found.push('image.tag: latest names another image each day; name a version, or a digest');
  return found;
}
