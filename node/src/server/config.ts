// The configuration of a member, parsed once and frozen. See flag-specs.ts for what each flag means.
import { durationMs } from './duration.ts';
import { FLAG_BY_NAME, FLAG_SPECS } from './flag-specs.ts';
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
  readonly keepaliveMinTimeMs: number;
  readonly keepaliveIntervalMs: number;
  readonly keepaliveTimeoutMs: number;
  readonly raftReadTimeoutMs: number;
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
  /** Flags that were set and have no effect here. */
  readonly inertFlags: readonly string[];
}

const MAX_ELECTION_TIMEOUT_MS = 50_000;

/** @throws ConfigError naming the flag, what it holds and what it should hold */
export function buildConfig(values: FlagValues): ServerConfig {
  const read = new FlagReader(values);
  const name = read.text('name');
  const advertisePeerUrls = read.urls('initial-advertise-peer-urls');
  const autoCompactionMode = read.choice('auto-compaction-mode', ['periodic', 'revision']);
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
    keepaliveMinTimeMs: read.duration('grpc-keepalive-min-time'),
    keepaliveIntervalMs: read.duration('grpc-keepalive-interval'),
    keepaliveTimeoutMs: read.duration('grpc-keepalive-timeout'),
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
    autoCompactionMode,
    autoCompactionRetention: retention(read, autoCompactionMode),
    maxLearners: read.number('max-learners', 0),
    clientTls: tlsConfig(read, ''),
    peerTls: tlsConfig(read, 'peer-'),
    selfSignedCertValidityYears: read.number('self-signed-cert-validity', 0) || 1,
    cipherSuites: read.list('cipher-suites'),
    tlsMinVersion: read.choice('tls-min-version', ['TLS1.2', 'TLS1.3']),
    tlsMaxVersion: read.choice('tls-max-version', ['', 'TLS1.2', 'TLS1.3']),
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
    inertFlags: FLAG_SPECS.filter((spec) => spec.inert === true && values.has(spec.name)).map(
      (spec) => spec.name,
    ),
  };
  validate(config, values);
  return Object.freeze(config);
}

function validate(config: ServerConfig, values: FlagValues): void {
  const { heartbeatIntervalMs, electionTimeoutMs } = config;
  if (5 * heartbeatIntervalMs > electionTimeoutMs) {
    throw new ConfigError(
      `--election-timeout[${electionTimeoutMs}ms] should be at least as 5 times as --heartbeat-interval[${heartbeatIntervalMs}ms]`,
    );
  }
  if (electionTimeoutMs > MAX_ELECTION_TIMEOUT_MS) {
    throw new ConfigError(
      `--election-timeout[${electionTimeoutMs}ms] is too long, and should be set less than ${MAX_ELECTION_TIMEOUT_MS}ms`,
    );
  }
  if (values.has('listen-client-urls') && !values.has('advertise-client-urls')) {
    throw new ConfigError(
      '--advertise-client-urls is required when --listen-client-urls is set explicitly',
    );
  }
  if (values.has('initial-cluster') && config.discoverySrv !== '') {
    throw new ConfigError(
      'multiple discovery or bootstrap flags are set. Choose one of "initial-cluster", "discovery-srv" or "discovery-endpoints"',
    );
  }
  if (config.compactHashCheckTimeMs <= 0) {
    throw new ConfigError(
      `--compact-hash-check-time must be >0 (set to ${config.compactHashCheckTimeMs}ms)`,
    );
  }
  if (config.tlsMaxVersion !== '' && config.tlsMinVersion > config.tlsMaxVersion) {
    throw new ConfigError(
      `min version (${config.tlsMinVersion}) is greater than max version (${config.tlsMaxVersion})`,
    );
  }
  if (config.tlsMinVersion === 'TLS1.3' && config.cipherSuites.length > 0) {
    throw new ConfigError('cipher suites cannot be configured when only TLS1.3 is enabled');
  }
  checkListenAddresses(config);
  checkTlsFiles('--', config.clientTls, config.listenClientUrls);
  checkTlsFiles('--peer-', config.peerTls, config.listenPeerUrls);
  for (const name of ['discovery-endpoints', 'discovery-token']) {
    if (values.has(name)) {
      throw new ConfigError(
        `--${name}: discovery through another cluster is not available; use --initial-cluster or --discovery-srv`,
      );
    }
  }
  if (values.get('logger') !== undefined && values.get('logger') !== 'zap') {
    throw new ConfigError(
      `unknown logger option ${JSON.stringify(values.get('logger'))}; only "zap" is possible`,
    );
  }
}

/** A listener is bound to an address, so its URL must not name a host other than localhost. */
function checkListenAddresses(config: ServerConfig): void {
  const urls = [
    ...config.listenPeerUrls,
    ...config.listenClientUrls,
    ...config.listenClientHttpUrls,
    ...config.listenMetricsUrls,
  ];
  for (const url of urls) {
    const { protocol, hostname } = new URL(url);
    if (protocol.startsWith('unix')) continue;
    const isAddress = /^[\d.]+$/.test(hostname) || hostname.startsWith('[');
    if (hostname !== 'localhost' && hostname !== '' && !isAddress) {
      throw new ConfigError(`expected IP in URL for binding (${url})`);
    }
  }
}

function checkTlsFiles(prefix: string, tls: TlsConfig, urls: readonly string[]): void {
  if ((tls.certFile === '') !== (tls.keyFile === '')) {
    throw new ConfigError(`${prefix}cert-file and ${prefix}key-file must be set together`);
  }
  const secure = urls.some((url) => url.startsWith('https:') || url.startsWith('unixs:'));
  if (secure && tls.certFile === '' && !tls.auto) {
    throw new ConfigError(
      `TLS key/cert (${prefix}cert-file, ${prefix}key-file) must be provided for client urls ${urls.join(',')} with HTTPS scheme`,
    );
  }
}

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
    if (at < 1 || url === '')
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

function checkUrl(flag: string, url: string): void {
  if (!URL.canParse(url)) throw new ConfigError(`--${flag}: ${JSON.stringify(url)} is not a URL`);
  const { protocol, port, pathname } = new URL(url);
  if (!['http:', 'https:', 'unix:', 'unixs:'].includes(protocol)) {
    throw new ConfigError(`--${flag}: URL scheme must be http, https, unix, or unixs: ${url}`);
  }
  if (protocol.startsWith('unix')) return;
  // The URL parser drops a scheme's default port, so look for it in the text.
  if (port === '' && !/:\d+\/?$/.test(url)) {
    throw new ConfigError(`--${flag}: URL address does not have the form "host:port": ${url}`);
  }
  if (pathname !== '/' && pathname !== '')
    throw new ConfigError(`--${flag}: URL must not contain a path: ${url}`);
}

/** Gives the text of flags its type, with errors that name the flag. */
class FlagReader {
  private readonly values: FlagValues;

  constructor(values: FlagValues) {
    this.values = values;
  }

  text(name: string): string {
    const spec = FLAG_BY_NAME.get(name);
    if (spec === undefined) throw new Error(`no flag ${name}`);
    return this.values.get(name) ?? spec.fallback;
  }

  list(name: string): string[] {
    return this.text(name)
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== '');
  }

  urls(name: string): string[] {
    const urls = [...new Set(this.list(name))].map((url) => url.replace(/\/$/, ''));
    for (const url of urls) checkUrl(name, url);
    return urls;
  }

  bool(name: string): boolean {
    const text = this.text(name);
    if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true;
    if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text)) return false;
    throw new ConfigError(
      `invalid boolean value ${JSON.stringify(text)} for --${name}: use true or false`,
    );
  }

  number(name: string, min = -Infinity): number {
    const text = this.text(name);
    const value = Number(text);
    if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value)) {
      throw new ConfigError(
        `invalid value ${JSON.stringify(text)} for --${name}: it must be a whole number`,
      );
    }
    if (value < min) throw new ConfigError(`--${name} must be at least ${min} (set to ${value})`);
    return value;
  }

  duration(name: string): number {
    const ms = durationMs(this.text(name));
    if (ms === undefined) {
      throw new ConfigError(
        `invalid value ${JSON.stringify(this.text(name))} for --${name}: it must be a duration such as 100ms, 5s or 2h`,
      );
    }
    return ms;
  }

  choice<const Choice extends string>(name: string, choices: readonly Choice[]): Choice {
    const text = this.text(name);
    const found = choices.find((choice) => choice === text);
    if (found === undefined) {
      const list = choices.map((choice) => JSON.stringify(choice)).join(', ');
      throw new ConfigError(
        `invalid value ${JSON.stringify(text)} for --${name}: it must be one of ${list}`,
      );
    }
    return found;
  }
}
