// etcd's command line: every flag with its kind and default (etcd: server/embed/config.go, etcdmain/help.go).
// `ETCD_` and the name in capitals is its environment variable; the name is its key in the configuration file.

export type FlagKind = 'string' | 'bool' | 'number' | 'duration' | 'list';

export interface FlagSpec {
  readonly name: string;
  readonly kind: FlagKind;
  /** As it would be written on the command line. */
  readonly fallback: string;
  readonly group: string;
  readonly usage: string;
  /** Accepted for compatibility; a warning says that it has no effect when it is set. */
  readonly inert?: boolean;
}

type Row = readonly [
  name: string,
  kind: FlagKind,
  fallback: string,
  usage: string,
  inert?: 'inert',
];

const group = (title: string, rows: readonly Row[]): FlagSpec[] =>
  rows.map(([name, kind, fallback, usage, inert]) => ({
    name,
    kind,
    fallback,
    group: title,
    usage,
    inert: inert === 'inert',
  }));

export const FLAG_SPECS: readonly FlagSpec[] = [
  ...group('Member', [
    ['name', 'string', 'default', 'Human-readable name for this member.'],
    ['data-dir', 'string', '', 'Path to the data directory (default: NAME.etcd).'],
    ['wal-dir', 'string', '', 'Path to a folder for the write-ahead log alone.'],
    ['snapshot-count', 'number', '10000', 'Applied entries between two raft snapshots.'],
    [
      'snapshot-catchup-entries',
      'number',
      '5000',
      'Entries kept in memory for slow followers after a snapshot.',
    ],
    ['heartbeat-interval', 'number', '100', 'Milliseconds between heartbeats.'],
    ['election-timeout', 'number', '1000', 'Milliseconds without a leader before an election.'],
    [
      'initial-election-tick-advance',
      'bool',
      'true',
      'Advance the election clock at start, for a faster first election.',
    ],
    ['listen-peer-urls', 'list', 'http://localhost:2380', 'URLs to listen on for peers.'],
    [
      'listen-client-urls',
      'list',
      'http://localhost:2379',
      'URLs to listen on for clients (gRPC and HTTP).',
    ],
    [
      'listen-client-http-urls',
      'list',
      '',
      'URLs for HTTP clients; gRPC is then served on listen-client-urls only.',
    ],
    ['max-snapshots', 'number', '5', 'Snapshot files to keep (0: all).'],
    ['max-wals', 'number', '5', 'WAL files to keep (0: all).'],
    ['memory-mlock', 'bool', 'false', 'Keep the backend in memory.', 'inert'],
    [
      'quota-backend-bytes',
      'number',
      '0',
      'Size at which the NOSPACE alarm is raised (0: 2 GiB, negative: none).',
    ],
    [
      'backend-bbolt-freelist-type',
      'string',
      '',
      'Free list of the backend: array or map.',
      'inert',
    ],
    [
      'backend-batch-interval',
      'duration',
      '0s',
      'Longest time between two commits of the backend (0: 100ms).',
    ],
    [
      'backend-batch-limit',
      'number',
      '0',
      'Operations after which the backend commits (0: 10000).',
    ],
    ['max-txn-ops', 'number', '128', 'Operations allowed in one transaction.'],
    ['max-request-bytes', 'number', '1572864', 'Largest request that is accepted.'],
    [
      'max-concurrent-streams',
      'number',
      '4294967295',
      'Streams that one client connection may hold open.',
    ],
    [
      'client-threads',
      'number',
      '0',
      'Threads that serve the connections of clients (TLS, HTTP/2, gRPC) beside the one that owns the data (0: that one serves them, too). Linux.',
    ],
    ['grpc-keepalive-min-time', 'duration', '5s', 'Shortest interval at which a client may ping.'],
    ['grpc-keepalive-interval', 'duration', '2h0m0s', 'Interval of pings to clients (0: none).'],
    ['grpc-keepalive-timeout', 'duration', '20s', 'Wait for the answer to a ping before closing.'],
    ['socket-reuse-port', 'bool', 'false', 'Set SO_REUSEPORT on listeners.'],
    ['socket-reuse-address', 'bool', 'false', 'Set SO_REUSEADDR on listeners.', 'inert'],
    ['raft-read-timeout', 'duration', '5s', 'Read timeout of peer connections.'],
    ['raft-write-timeout', 'duration', '5s', 'Write timeout of peer connections.'],
    [
      'warning-apply-duration',
      'duration',
      '100ms',
      'A request that is applied more slowly is logged.',
    ],
    [
      'warning-unary-request-duration',
      'duration',
      '300ms',
      'A request that is answered more slowly is logged.',
    ],
  ]),
  ...group('Clustering', [
    [
      'initial-advertise-peer-urls',
      'list',
      'http://localhost:2380',
      'Peer URLs of this member for the others.',
    ],
    ['initial-cluster', 'string', '', 'NAME=URL,… of all members, for bootstrapping.'],
    ['initial-cluster-state', 'string', 'new', "'new', or 'existing' to join a running cluster."],
    [
      'initial-cluster-token',
      'string',
      'etcd-cluster',
      'Keeps clusters apart that have the same URLs.',
    ],
    [
      'advertise-client-urls',
      'list',
      'http://localhost:2379',
      'Client URLs of this member for the public.',
    ],
    [
      'discovery-endpoints',
      'list',
      '',
      'V3 discovery: endpoints of the discovery service.',
      'inert',
    ],
    ['discovery-token', 'string', '', 'V3 discovery: token of the cluster.', 'inert'],
    ['discovery-fallback', 'string', 'exit', 'Only exit is possible.', 'inert'],
    ['discovery-srv', 'string', '', 'DNS domain whose SRV records name the members.'],
    ['discovery-srv-name', 'string', '', 'Suffix of the SRV service name.'],
    [
      'strict-reconfig-check',
      'bool',
      'true',
      'Refuse membership changes that would cost the quorum.',
    ],
    [
      'vouch-timeout',
      'duration',
      '2s',
      'How long a member that starts waits for all others to tell what it may have promised on a disk that came back older or empty (0s: as long as it takes).',
    ],
    ['pre-vote', 'bool', 'true', 'Ask before an election whether it could be won.'],
    ['auto-compaction-retention', 'string', '0', 'How much history to keep (0: all).'],
    [
      'auto-compaction-mode',
      'string',
      'periodic',
      "'periodic' (durations) or 'revision' (numbers).",
    ],
    ['v2-deprecation', 'string', 'write-only', 'Has no effect.', 'inert'],
    ['max-learners', 'number', '1', 'Learners that the cluster may have.'],
  ]),
  ...group('Security', [
    ['cert-file', 'string', '', 'Certificate for clients.'],
    ['key-file', 'string', '', 'Its key.'],
    ['client-cert-file', 'string', '', 'Certificate to use as a client, where it differs.'],
    ['client-key-file', 'string', '', 'Its key.'],
    ['client-cert-auth', 'bool', 'false', 'Demand certificates of clients.'],
    ['client-crl-file', 'string', '', 'Revoked client certificates.'],
    ['client-cert-allowed-hostname', 'list', '', 'Hostnames allowed in certificates of clients.'],
    ['trusted-ca-file', 'string', '', 'CA that client certificates must come from.'],
    ['auto-tls', 'bool', 'false', 'Serve clients with a self-signed certificate.'],
    [
      'tls-dir',
      'string',
      '',
      'Folder with policy.json, server/ and peer/ (tls.crt, tls.key, ca.crt): TLS that may change while the member runs.',
    ],
    ['peer-cert-file', 'string', '', 'Certificate for peers.'],
    ['peer-key-file', 'string', '', 'Its key.'],
    ['peer-client-cert-file', 'string', '', 'Certificate to dial peers with, where it differs.'],
    ['peer-client-key-file', 'string', '', 'Its key.'],
    ['peer-client-cert-auth', 'bool', 'false', 'Demand certificates of peers.'],
    ['peer-trusted-ca-file', 'string', '', 'CA that peer certificates must come from.'],
    ['peer-cert-allowed-cn', 'list', '', 'Common names allowed in certificates of peers.'],
    ['peer-cert-allowed-hostname', 'list', '', 'Hostnames allowed in certificates of peers.'],
    ['peer-auto-tls', 'bool', 'false', 'Serve peers with a self-signed certificate.'],
    ['peer-crl-file', 'string', '', 'Revoked peer certificates.'],
    ['peer-skip-client-san-verification', 'bool', 'false', 'Do not compare the SANs of peers.'],
    ['self-signed-cert-validity', 'number', '1', 'Years that self-signed certificates are valid.'],
    ['cipher-suites', 'list', '', 'TLS cipher suites, by their Go or IANA names.'],
    ['tls-min-version', 'string', 'TLS1.2', 'TLS1.2 or TLS1.3.'],
    ['tls-max-version', 'string', '', 'TLS1.2 or TLS1.3.'],
    ['cors', 'list', '*', 'Origins allowed for cross-origin HTTP requests.'],
    ['host-whitelist', 'list', '*', 'Hostnames accepted in HTTP requests without TLS.'],
  ]),
  ...group('Auth', [
    ['auth-token', 'string', 'simple', 'Kind of token.', 'inert'],
    ['bcrypt-cost', 'number', '10', 'Cost of password hashing.', 'inert'],
    ['auth-token-ttl', 'number', '300', 'Seconds that a token is valid.', 'inert'],
  ]),
  ...group('Logging and profiling', [
    ['logger', 'string', 'zap', "Only 'zap' is possible."],
    ['log-outputs', 'list', 'default', "'stdout', 'stderr', or files."],
    ['log-level', 'string', 'info', 'debug, info, warn, error, panic or fatal.'],
    ['log-format', 'string', 'json', 'json or console.'],
    ['enable-log-rotation', 'bool', 'false', 'Rotate a single log file.', 'inert'],
    ['log-rotation-config-json', 'string', '', 'How to rotate.', 'inert'],
    ['enable-pprof', 'bool', 'false', 'Serve profiles.', 'inert'],
    ['metrics', 'string', 'basic', "'extensive' adds histograms of every gRPC method."],
    ['listen-metrics-urls', 'list', '', 'URLs for /metrics and the health endpoints alone.'],
    ['enable-distributed-tracing', 'bool', 'false', 'Send traces.', 'inert'],
    ['distributed-tracing-address', 'string', 'localhost:4317', 'Where to.', 'inert'],
    ['distributed-tracing-service-name', 'string', 'etcd', 'As whom.', 'inert'],
    ['distributed-tracing-instance-id', 'string', '', 'As which instance.', 'inert'],
    [
      'distributed-tracing-sampling-rate',
      'number',
      '0',
      'Samples for each million spans.',
      'inert',
    ],
  ]),
  ...group('Kubernetes', [
    [
      'discovery-mode',
      'string',
      'static',
      "'static' (the flags for clustering), or 'kubernetes': membership follows the StatefulSet that the member is a pod of.",
    ],
    ['kubernetes-statefulset', 'string', '', 'The StatefulSet.'],
    ['kubernetes-service', 'string', '', 'Its headless Service (default: STATEFULSET-headless).'],
    ['kubernetes-cluster-domain', 'string', 'cluster.local', "The cluster's DNS domain."],
    [
      'backup-status-file',
      'string',
      '',
      'Status of the last backups, shown among the metrics while it is there.',
    ],
  ]),
  ...group('Features', [
    ['enable-grpc-gateway', 'bool', 'true', 'Serve the JSON gateway.', 'inert'],
    ['feature-gates', 'string', '', 'Name=true|false,… of features.'],
    [
      'corrupt-check-time',
      'duration',
      '0s',
      'Interval of comparing hashes between members (0: never).',
    ],
    ['compact-hash-check-time', 'duration', '1m0s', 'Interval of comparing hashes of compactions.'],
    [
      'compaction-batch-limit',
      'number',
      '0',
      'Revisions removed in one slice of a compaction (0: 1000).',
    ],
    ['compaction-sleep-interval', 'duration', '0s', 'Pause between two slices (0: 10ms).'],
    [
      'watch-progress-notify-interval',
      'duration',
      '0s',
      'Interval of progress notifications (0: 10m).',
    ],
    [
      'downgrade-check-time',
      'duration',
      '5s',
      'Interval of looking whether a downgrade is done.',
      'inert',
    ],
    [
      'bootstrap-defrag-threshold-megabytes',
      'number',
      '0',
      'Defragment at start when it frees this much (0: never).',
    ],
  ]),
  ...group('Unsafe', [
    [
      'force-new-cluster',
      'bool',
      'false',
      'Start as the only member of the cluster on this disk. For disaster recovery.',
    ],
    ['unsafe-no-fsync', 'bool', 'false', 'Do not sync. Data will be lost.'],
  ]),
  ...group('Configuration', [
    [
      'config-file',
      'string',
      '',
      'Read everything from this YAML file; flags and environment are then ignored.',
    ],
    ['version', 'bool', 'false', 'Print the version and exit.'],
    ['help', 'bool', 'false', 'Print this and exit.'],
  ]),
];

export const FLAG_BY_NAME: ReadonlyMap<string, FlagSpec> = new Map(
  FLAG_SPECS.map((spec) => [spec.name, spec]),
);

/** `--quota-backend-bytes` ↔ `ETCD_QUOTA_BACKEND_BYTES` */
export function environmentName(flag: string): string {
  return `ETCD_${flag.toUpperCase().replaceAll('-', '_')}`;
}

/** The text of `--help`. */
export function helpText(): string {
  const groups = [...new Set(FLAG_SPECS.map((spec) => spec.group))];
  const lines = [
    'Usage:',
    '',
    '  binnacle [flags]',
    '    Start a member. The flags are those of etcd.',
    '',
    '  binnacle ctl COMMAND',
    '    Talk to a cluster, as etcdctl does: get, put, watch, member list, endpoint status, …',
    '',
    '  binnacle util COMMAND',
    "    Work on a member's files, as etcdutl does: check, snapshot restore, defrag, …",
    '',
    '  binnacle backup COMMAND',
    '    Verified backups of a running cluster, in a folder or in S3: save, run, list, verify, prune, export.',
    '',
    '  binnacle restore',
    '    Restore a backup, into a new cluster or in place over a running one.',
    '',
    '  binnacle up',
    '    Run a whole cluster on this machine, as cluster.yaml describes it.',
    '',
  ];
  for (const title of groups) {
    lines.push(`${title}:`);
    for (const spec of FLAG_SPECS.filter((one) => one.group === title && one.inert !== true)) {
      lines.push(`  --${spec.name} '${spec.fallback}'`, `    ${spec.usage}`);
    }
    lines.push('');
  }
  return lines.join('\n');
}
