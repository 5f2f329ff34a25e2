// The configuration of a member, parsed once and frozen. See flag-specs.ts for what each flag means.
import { validateConfig } from './config-validation.ts';
import { durationMs } from './duration.ts';
import { FlagReader, checkUrl } from './flag-reader.ts';
import { FLAG_SPECS } from './flag-specs.ts';
import { ConfigError, type FlagValues } from './flag-values.ts';

export interface TlsConfig {
  readonly certFile: string;
  readonly keyFile: string;
  /** Used when dialling; the server's own where empty. */
  readonly clientCertFile: string;
  readonly clientKeyFile: string;
  readonly clientCertAuth: boolean;
  readonly trustedCaFile: string;
  readonly crlFile: string;
  readonly allowedCommonNames: readonly string[];
  readonly allowedHostnames: readonly string[];
  readonly skipClientSanVerification: boolean;
  readonly auto: boolean;
}

export interface FeatureGates {
  readonly initialCorruptCheck: boolean;
  readonly compactHashCheck: boolean;
  readonly leaseCheckpoint: boolean;
  readonly leaseCheckpointPersist: boolean;
  readonly stopGrpcServiceOnDefrag: boolean;
}

/** --discovery-mode=kubernetes: what is left to say; all addresses follow. */
export interface KubernetesConfig {
  readonly statefulSet: string;
  /** The headless Service. */
  readonly service: string;
  readonly clusterDomain: string;
}

export interface ServerConfig {
  readonly name: string;
  readonly dataDir: string;
  readonly walDir: string;
  readonly snapshotCount: number;
  readonly snapshotCatchupEntries: number;
  readonly heartbeatIntervalMs: number;
  readonly electionTimeoutMs: number;
  readonly initialElectionTickAdvance: boolean;
  readonly listenPeerUrls: readonly string[];
  readonly listenClientUrls: readonly string[];
  readonly listenClientHttpUrls: readonly string[];
  readonly listenMetricsUrls: readonly string[];
  readonly advertisePeerUrls: readonly string[];
  readonly advertiseClientUrls: readonly string[];
  readonly maxSnapshotFiles: number;
  readonly maxWalFiles: number;
  readonly quotaBackendBytes: number;
  readonly backendBatchIntervalMs: number;
  readonly backendBatchLimit: number;
  readonly maxTxnOps: number;
  readonly maxRequestBytes: number;
  readonly maxConcurrentStreams: number;
  /** Threads that serve the connections of clients; 0: the main thread does. */
  readonly clientThreads: number;
  readonly keepaliveMinTimeMs: number;
  readonly keepaliveIntervalMs: number;
  readonly keepaliveTimeoutMs: number;
  readonly raftReadTimeoutMs: number;
  /** How long a member that starts waits for all others to tell what it may have promised. 0: as long as it takes. */
  readonly vouchTimeoutMs: number;
  readonly raftWriteTimeoutMs: number;
  readonly warningApplyMs: number;
  readonly warningUnaryRequestMs: number;
  readonly initialCluster: string;
  readonly initialClusterState: 'new' | 'existing';
  readonly initialClusterToken: string;
  readonly discoverySrv: string;
  readonly discoverySrvName: string;
  readonly strictReconfigCheck: boolean;
  readonly preVote: boolean;
  readonly autoCompactionMode: 'periodic' | 'revision';
  /** Milliseconds or revisions, by the mode; 0 is off. */
  readonly autoCompactionRetention: number;
  readonly maxLearners: number;
  /** Where the TLS policy and its certificates lie; '' for TLS by flags. */
  readonly tlsDir: string;
  readonly clientTls: TlsConfig;
  readonly peerTls: TlsConfig;
  readonly selfSignedCertValidityYears: number;
  readonly cipherSuites: readonly string[];
  readonly tlsMinVersion: string;
  readonly tlsMaxVersion: string;
  readonly cors: readonly string[];
  readonly hostWhitelist: readonly string[];
  readonly logOutputs: readonly string[];
  readonly logLevel: string;
  readonly logFormat: string;
  readonly metrics: 'basic' | 'extensive';
  readonly featureGates: FeatureGates;
  readonly corruptCheckTimeMs: number;
  readonly compactHashCheckTimeMs: number;
  readonly compactionBatchLimit: number;
  readonly compactionSleepIntervalMs: number;
  readonly watchProgressNotifyIntervalMs: number;
  readonly bootstrapDefragThresholdMegabytes: number;
  readonly forceNewCluster: boolean;
  readonly unsafeNoFsync: boolean;
  /** Undefined in etcd's own way, which the flags describe wholly. */
  readonly kubernetes: KubernetesConfig | undefined;
  readonly backupStatusFile: string;
  /** Flags that were set and have no effect here. */
  readonly inertFlags: readonly string[];
}

/** @throws ConfigError naming the flag, what it holds and what it should hold */
export function buildConfig(values: FlagValues): ServerConfig {
  const read = new FlagReader(values);
  const name = read.text('name');
  const advertisePeerUrls = read.urls('initial-advertise-peer-urls');
  const config: ServerConfig = {
    name,
    dataDir: read.text('data-dir') || `${name}.etcd`,
    walDir: read.text('wal-dir'),
    snapshotCount: read.number('snapshot-count', 0),
    snapshotCatchupEntries: read.number('snapshot-catchup-entries', 0),
    heartbeatIntervalMs: read.number('heartbeat-interval', 1),
    electionTimeoutMs: read.number('election-timeout', 1),
    initialElectionTickAdvance: read.bool('initial-election-tick-advance'),
    listenPeerUrls: read.urls('listen-peer-urls'),
    listenClientUrls: read.urls('listen-client-urls'),
    listenClientHttpUrls: read.urls('listen-client-http-urls'),
    listenMetricsUrls: read.urls('listen-metrics-urls'),
    advertisePeerUrls,
    advertiseClientUrls: read.urls('advertise-client-urls'),
    maxSnapshotFiles: read.number('max-snapshots', 0),
    maxWalFiles: read.number('max-wals', 0),
    quotaBackendBytes: read.number('quota-backend-bytes'),
    backendBatchIntervalMs: read.duration('backend-batch-interval') || 100,
    backendBatchLimit: read.number('backend-batch-limit', 0) || 10_000,
    maxTxnOps: read.number('max-txn-ops', 0),
    maxRequestBytes: read.number('max-request-bytes', 0),
    maxConcurrentStreams: read.number('max-concurrent-streams', 0),
    clientThreads: read.number('client-threads', 0),
    keepaliveMinTimeMs: read.duration('grpc-keepalive-min-time'),
    keepaliveIntervalMs: read.duration('grpc-keepalive-interval'),
    keepaliveTimeoutMs: read.duration('grpc-keepalive-timeout'),
    vouchTimeoutMs: read.duration('vouch-timeout'),
    raftReadTimeoutMs: Math.max(5_000, read.duration('raft-read-timeout')),
    raftWriteTimeoutMs: Math.max(5_000, read.duration('raft-write-timeout')),
    warningApplyMs: read.duration('warning-apply-duration'),
    warningUnaryRequestMs: read.duration('warning-unary-request-duration'),
    initialCluster: initialCluster(read, name, advertisePeerUrls),
    initialClusterState: read.choice('initial-cluster-state', ['new', 'existing']),
    initialClusterToken: read.text('initial-cluster-token'),
    discoverySrv: read.text('discovery-srv'),
    discoverySrvName: read.text('discovery-srv-name'),
    strictReconfigCheck: read.bool('strict-reconfig-check'),
    preVote: read.bool('pre-vote'),
    ...autoCompaction(read),
    maxLearners: read.number('max-learners', 0),
    ...security(read),
    cors: read.list('cors'),
    hostWhitelist: read.list('host-whitelist'),
    logOutputs: read.list('log-outputs'),
    logLevel: read.choice('log-level', ['debug', 'info', 'warn', 'error', 'panic', 'fatal']),
    logFormat: read.choice('log-format', ['json', 'console']),
    metrics: read.choice('metrics', ['basic', 'extensive']),
    featureGates: featureGates(read.text('feature-gates')),
    corruptCheckTimeMs: read.duration('corrupt-check-time'),
    compactHashCheckTimeMs: read.duration('compact-hash-check-time'),
    compactionBatchLimit: read.number('compaction-batch-limit', 0) || 1_000,
    compactionSleepIntervalMs: read.duration('compaction-sleep-interval') || 10,
    watchProgressNotifyIntervalMs: read.duration('watch-progress-notify-interval') || 600_000,
    bootstrapDefragThresholdMegabytes: read.number('bootstrap-defrag-threshold-megabytes', 0),
    forceNewCluster: read.bool('force-new-cluster'),
    unsafeNoFsync: read.bool('unsafe-no-fsync'),
    kubernetes: kubernetes(read),
    backupStatusFile: read.text('backup-status-file'),
    inertFlags: inertFlags(values),
  };
  validateConfig(config, values);
  return Object.freeze(config);
}

function security(read: FlagReader) {
  return {
    tlsDir: read.text('tls-dir'),
    clientTls: tlsConfig(read, ''),
    peerTls: tlsConfig(read, 'peer-'),
    selfSignedCertValidityYears: read.number('self-signed-cert-validity', 0) || 1,
    cipherSuites: read.list('cipher-suites'),
    tlsMinVersion: read.choice('tls-min-version', ['TLS1.2', 'TLS1.3']),
    tlsMaxVersion: read.choice('tls-max-version', ['', 'TLS1.2', 'TLS1.3']),
  };
}

function autoCompaction(
  read: FlagReader,
): Pick<ServerConfig, 'autoCompactionMode' | 'autoCompactionRetention'> {
  const mode = read.choice('auto-compaction-mode', ['periodic', 'revision']);
  return { autoCompactionMode: mode, autoCompactionRetention: retention(read, mode) };
}

function kubernetes(read: FlagReader): KubernetesConfig | undefined {
  if (read.choice('discovery-mode', ['static', 'kubernetes']) === 'static') return undefined;
  const statefulSet = read.text('kubernetes-statefulset');
  return {
    statefulSet,
    service: read.text('kubernetes-service') || `${statefulSet}-headless`,
    clusterDomain: read.text('kubernetes-cluster-domain'),
  };
}

const inertFlags = (values: FlagValues): string[] =>
  FLAG_SPECS.filter((spec) => spec.inert === true && values.has(spec.name)).map(({ name }) => name);

function initialCluster(
  read: FlagReader,
  name: string,
  advertisePeerUrls: readonly string[],
): string {
  const given = read.text('initial-cluster');
  if (given !== '' || read.text('discovery-srv') !== '') return given;
  return advertisePeerUrls.map((url) => `${name}=${url}`).join(',');
}

/** `name=url,name=url` as names and their URLs. @throws ConfigError */
export function parseInitialCluster(text: string): Map<string, string[]> {
  const members = new Map<string, string[]>();
  for (const part of text.split(',').filter((one) => one.trim() !== '')) {
    const at = part.indexOf('=');
    const name = part.slice(0, at).trim();
    const url = part.slice(at + 1).trim();
    if (at < 1 || name === '' || url === '')
      throw new ConfigError(`--initial-cluster: ${JSON.stringify(part)} is not NAME=URL`);
    checkUrl('initial-cluster', url);
    members.set(name, [...(members.get(name) ?? []), url]);
  }
  const urls = [...members.values()].flat();
  if (new Set(urls).size !== urls.length)
    throw new ConfigError(`initial cluster ${text} has duplicate url`);
  return members;
}

function retention(read: FlagReader, mode: 'periodic' | 'revision'): number {
  const text = read.text('auto-compaction-retention');
  const number = /^\d+$/.test(text) ? Number(text) : undefined;
  if (mode === 'revision') {
    if (number !== undefined) return number;
  } else {
    // A bare number is hours.
    const ms = number !== undefined ? number * 3_600_000 : durationMs(text);
    if (ms !== undefined && ms >= 0) return ms;
  }
  throw new ConfigError(
    `--auto-compaction-retention: ${JSON.stringify(text)} is not a ${mode === 'periodic' ? 'duration such as 30m, or hours' : 'number of revisions'}`,
  );
}

function tlsConfig(read: FlagReader, prefix: '' | 'peer-'): TlsConfig {
  const peer = prefix === 'peer-';
  return {
    certFile: read.text(`${prefix}cert-file`),
    keyFile: read.text(`${prefix}key-file`),
    clientCertFile: read.text(`${prefix}client-cert-file`),
    clientKeyFile: read.text(`${prefix}client-key-file`),
    clientCertAuth: read.bool(`${prefix}client-cert-auth`),
    trustedCaFile: read.text(`${prefix}trusted-ca-file`),
    crlFile: read.text(peer ? 'peer-crl-file' : 'client-crl-file'),
    allowedCommonNames: peer ? read.list('peer-cert-allowed-cn') : [],
    allowedHostnames: read.list(
      peer ? 'peer-cert-allowed-hostname' : 'client-cert-allowed-hostname',
    ),
    skipClientSanVerification: peer && read.bool('peer-skip-client-san-verification'),
    auto: read.bool(`${prefix}auto-tls`),
  };
}

const KNOWN_GATES = [
  'AllAlpha',
  'AllBeta',
  'StopGRPCServiceOnDefrag',
  'TxnModeWriteWithSharedBuffer',
  'InitialCorruptCheck',
  'CompactHashCheck',
  'LeaseCheckpoint',
  'LeaseCheckpointPersist',
  'SetMemberLocalAddr',
  'FastLeaseKeepAlive',
  'PriorityRequest',
];

function featureGates(text: string): FeatureGates {
  const gates = new Map<string, boolean>();
  for (const part of text.split(',').filter((one) => one.trim() !== '')) {
    const [name = '', value = ''] = part.trim().split('=');
    if (!KNOWN_GATES.includes(name))
      throw new ConfigError(`--feature-gates: unrecognized feature gate: ${name}`);
    if (!['true', 'false'].includes(value)) {
      throw new ConfigError(
        `--feature-gates: ${name} must be true or false, not ${JSON.stringify(value)}`,
      );
    }
    gates.set(name, value === 'true');
  }
  const alpha = gates.get('AllAlpha') ?? false;
  const on = (name: string) => gates.get(name) ?? alpha;
  if (on('LeaseCheckpointPersist') && !on('LeaseCheckpoint')) {
    throw new ConfigError(
      'enabling feature gate LeaseCheckpointPersist requires enabling feature gate LeaseCheckpoint',
    );
  }
  return {
    initialCorruptCheck: on('InitialCorruptCheck'),
    compactHashCheck: on('CompactHashCheck'),
    leaseCheckpoint: on('LeaseCheckpoint'),
    leaseCheckpointPersist: on('LeaseCheckpointPersist'),
    stopGrpcServiceOnDefrag: on('StopGRPCServiceOnDefrag'),
  };
}
