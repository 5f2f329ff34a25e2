// What the settings of a member must be to each other (etcd: server/embed/config.go, Validate).
import type { ServerConfig, TlsConfig } from './config.ts';
import { ConfigError, type FlagValues } from './flag-values.ts';

const MAX_ELECTION_TIMEOUT_MS = 50_000;
const MAX_CLIENT_THREADS = 64;

/** @throws ConfigError naming the flags that do not go together */
export function validateConfig(config: ServerConfig, values: FlagValues): void {
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
  if (config.clientThreads > MAX_CLIENT_THREADS) {
    throw new ConfigError(
      `--client-threads[${config.clientThreads}] should be at most ${MAX_CLIENT_THREADS}: a thread for each core is more than enough`,
    );
  }
  checkKubernetes(config, values);
  checkListenAddresses(config);
  if (config.tlsDir !== '') checkTlsDirAlone(values);
  else {
    checkTlsFiles('--', config.clientTls, config.listenClientUrls);
    checkTlsFiles('--peer-', config.peerTls, config.listenPeerUrls);
  }
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

/** What follows from the pod must not be said again, or otherwise. */
const DERIVED_IN_KUBERNETES = [
  'name',
  'listen-peer-urls',
  'listen-client-urls',
  'listen-client-http-urls',
  'listen-metrics-urls',
  'initial-advertise-peer-urls',
  'advertise-client-urls',
  'initial-cluster',
  'initial-cluster-state',
  'initial-cluster-token',
  'discovery-srv',
  'force-new-cluster',
];

function checkKubernetes(config: ServerConfig, values: FlagValues): void {
  const { kubernetes } = config;
  if (kubernetes === undefined) {
    const stray = ['kubernetes-statefulset', 'kubernetes-service'].find((flag) => values.has(flag));
    if (stray === undefined) return;
    throw new ConfigError(`--${stray} has a meaning with --discovery-mode=kubernetes only`);
  }
  if (kubernetes.statefulSet === '') {
    throw new ConfigError(
      '--discovery-mode=kubernetes needs --kubernetes-statefulset: the name of the StatefulSet that this pod belongs to',
    );
  }
  const taken = DERIVED_IN_KUBERNETES.find((flag) => values.has(flag));
  if (taken !== undefined) {
    throw new ConfigError(
      `--${taken} can't be set with --discovery-mode=kubernetes: it follows from the pod's name`,
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

/** Which flags --tls-dir takes the place of, on both sides. */
const REPLACED = [
  'cert-file',
  'key-file',
  'client-cert-file',
  'client-key-file',
  'client-cert-auth',
  'trusted-ca-file',
  'auto-tls',
];

function checkTlsDirAlone(values: FlagValues): void {
  const replaced = [...REPLACED, ...REPLACED.map((name) => `peer-${name}`)];
  const given = [...replaced, 'client-crl-file', 'peer-crl-file'].find((name) => values.has(name));
  if (given !== undefined) {
    throw new ConfigError(
      `--tls-dir and --${given} do not go together: certificates and their use come from the folder`,
    );
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
