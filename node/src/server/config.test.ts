// The command line, the environment and the configuration file, as etcd reads them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildConfig, parseInitialCluster, type ServerConfig } from './config.ts';
import { FLAG_SPECS, environmentName, helpText } from './flag-specs.ts';
import { ConfigError, collectFlags } from './flag-values.ts';

type Environment = Record<string, string>;

const configOf = (argv: string[], environment: Environment = {}): ServerConfig =>
  buildConfig(collectFlags({ argv, environment }));

function refusal(argv: string[], environment: Environment = {}): string {
  try {
    configOf(argv, environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('the command line', () => {
  test.each([
    [['-name', 'm1']],
    [['--name', 'm1']],
    [['-name=m1']],
    [['--name=m1']],
    [['--name=other', '--name', 'm1']],
  ])('takes %j', (argv) => {
    expect(configOf(argv).name).toBe('m1');
    expect(configOf(argv).dataDir).toBe('m1.etcd');
  });

  test('gives booleans a value only with =', () => {
    expect(configOf(['--pre-vote=false']).preVote).toBe(false);
    expect(configOf(['--pre-vote=0']).preVote).toBe(false);
    expect(configOf(['--force-new-cluster', '--name', 'x']).forceNewCluster).toBe(true);
    expect(refusal(['--pre-vote', 'false'])).toBe('"false" is not a valid flag');
    expect(refusal(['--pre-vote=maybe'])).toContain('"maybe" for --pre-vote');
  });

  test('keeps = in values and takes values that look like flags', () => {
    const cluster = 'a=http://x:1,b=http://y:1';
    expect(configOf([`--initial-cluster=${cluster}`]).initialCluster).toBe(cluster);
    expect(configOf(['--initial-cluster-token', '--x=y']).initialClusterToken).toBe('--x=y');
  });

  test.each([
    [['--nmae', 'x'], 'flag provided but not defined: -nmae; did you mean --name?'],
    [['--data-dri=x'], 'flag provided but not defined: -data-dri'],
    [['--data-dr=x'], 'did you mean --data-dir?'],
    [['--listen-client-url=x'], 'did you mean --listen-client-urls?'],
    [['--completely-other'], '--help lists the flags'],
    [['--name'], 'flag needs an argument: -name'],
    [['stray'], '"stray" is not a valid flag'],
    [['---name=x'], '"---name=x" is not a valid flag'],
  ])('refuses %j', (argv, message) => {
    expect(refusal(argv)).toContain(message);
  });

  test('knows help and version, by their short names too', () => {
    for (const name of ['-h', '--help', '-help']) {
      expect(collectFlags({ argv: [name], environment: {} }).has('help')).toBe(true);
    }
    expect(collectFlags({ argv: ['--version'], environment: {} }).get('version')).toBe('true');
  });
});

describe('values', () => {
  test.each([
    ['--heartbeat-interval=fast', '"fast" for --heartbeat-interval'],
    ['--heartbeat-interval=0', '--heartbeat-interval must be at least 1'],
    ['--snapshot-count=1.5', '"1.5" for --snapshot-count'],
    ['--grpc-keepalive-interval=2', '"2" for --grpc-keepalive-interval'],
    ['--log-level=loud', '"loud" for --log-level'],
    ['--initial-cluster-state=maybe', '"maybe" for --initial-cluster-state'],
    ['--auto-compaction-retention=often', '"often"'],
    ['--listen-peer-urls=127.0.0.1:2380', '--listen-peer-urls'],
    ['--listen-peer-urls=ftp://127.0.0.1:1', 'URL scheme must be http'],
    ['--listen-peer-urls=http://127.0.0.1', 'host:port'],
    ['--listen-peer-urls=http:2380', 'host:port'],
    ['--listen-peer-urls=http://127.0.0.1:1/x', 'must not contain a path'],
    ['--listen-peer-urls=http://example.com:1', 'expected IP in URL for binding'],
    ['--feature-gates=Nonsense=true', 'unrecognized feature gate: Nonsense'],
    ['--feature-gates=InitialCorruptCheck=yes', 'InitialCorruptCheck must be true or false'],
    [
      '--feature-gates=LeaseCheckpointPersist=true',
      'requires enabling feature gate LeaseCheckpoint',
    ],
    ['--logger=capnslog', '"capnslog"'],
    ['--tls-min-version=TLS1.0', '"TLS1.0" for --tls-min-version'],
    ['--discovery-token=x', '--discovery-token'],
  ])('%s is refused', (argument, message) => {
    expect(refusal([argument])).toContain(message);
  });

  test('have the defaults of etcd', () => {
    expect(configOf([])).toMatchObject({
      name: 'default',
      dataDir: 'default.etcd',
      heartbeatIntervalMs: 100,
      electionTimeoutMs: 1000,
      snapshotCount: 10_000,
      snapshotCatchupEntries: 5_000,
      maxRequestBytes: 1_572_864,
      maxTxnOps: 128,
      quotaBackendBytes: 0,
      keepaliveMinTimeMs: 5_000,
      keepaliveIntervalMs: 7_200_000,
      keepaliveTimeoutMs: 20_000,
      initialCluster: 'default=http://localhost:2380',
      initialClusterState: 'new',
      initialClusterToken: 'etcd-cluster',
      listenClientUrls: ['http://localhost:2379'],
      strictReconfigCheck: true,
      preVote: true,
      backendBatchIntervalMs: 100,
      backendBatchLimit: 10_000,
      maxLearners: 1,
      autoCompactionRetention: 0,
    });
  });

  test('of durations, lists and retention are read', () => {
    const compaction = (mode: string, retention: string) =>
      configOf([`--auto-compaction-mode=${mode}`, `--auto-compaction-retention=${retention}`])
        .autoCompactionRetention;
    expect(compaction('periodic', '2')).toBe(7_200_000);
    expect(compaction('periodic', '30m')).toBe(1_800_000);
    expect(compaction('revision', '1000')).toBe(1000);
    expect(configOf(['--grpc-keepalive-interval=1m30s']).keepaliveIntervalMs).toBe(90_000);
    expect(
      configOf(['--listen-peer-urls=http://127.0.0.1:1/, http://127.0.0.1:2,http://127.0.0.1:1'])
        .listenPeerUrls,
    ).toEqual(['http://127.0.0.1:1', 'http://127.0.0.1:2']);
  });

  test('that do not go together are refused', () => {
    expect(refusal(['--heartbeat-interval=300'])).toContain('--election-timeout[1000ms]');
    expect(refusal(['--election-timeout=60000'])).toContain('too long');
    expect(refusal(['--listen-client-urls=http://127.0.0.1:1'])).toContain(
      '--advertise-client-urls',
    );
    expect(refusal(['--cert-file=x'])).toContain('--cert-file and --key-file');
    expect(refusal(['--peer-key-file=x'])).toContain('--peer-cert-file and --peer-key-file');
    expect(refusal(['--listen-peer-urls=https://127.0.0.1:1'])).toContain('--peer-cert-file');
    expect(refusal(['--tls-min-version=TLS1.3', '--tls-max-version=TLS1.2'])).toContain('greater');
    expect(refusal(['--discovery-srv=x', '--initial-cluster=a=http://b:1'])).toContain('multiple');
    expect(refusal(['--compact-hash-check-time=0s'])).toContain('--compact-hash-check-time');
    expect(refusal(['--client-threads=65'])).toContain('--client-threads[65]');
  });
});

describe('the environment', () => {
  test('stands for every flag', () => {
    expect(environmentName('quota-backend-bytes')).toBe('ETCD_QUOTA_BACKEND_BYTES');
    const environment = { ETCD_NAME: 'env', ETCD_QUOTA_BACKEND_BYTES: '7', ETCD_PRE_VOTE: 'false' };
    expect(configOf([], environment)).toMatchObject({
      name: 'env',
      quotaBackendBytes: 7,
      preVote: false,
    });
  });

  test('gives way to the command line, and counts only when it holds something', () => {
    expect(configOf(['--name=argv'], { ETCD_NAME: 'env' }).name).toBe('argv');
    expect(configOf([], { ETCD_NAME: '' }).name).toBe('default');
    expect(refusal([], { ETCD_SNAPSHOT_COUNT: 'x' })).toContain('"x" for --snapshot-count');
  });
});

describe('the configuration file', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'binnacle-config-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const write = (text: string): string => {
    const path = join(folder, 'config.yaml');
    writeFileSync(path, text);
    return path;
  };

  test('holds flags, security sections, and durations as text or nanoseconds', () => {
    const path = write(`
name: from-file
heartbeat-interval: 50
listen-peer-urls: [http://127.0.0.1:1, http://127.0.0.1:2]
pre-vote: false
grpc-keepalive-interval: 3s
watch-progress-notify-interval: 60000000000
client-transport-security:
  cert-file: c.crt
  key-file: c.key
  client-cert-auth: true
peer-transport-security:
  cert-file: p.crt
  key-file: p.key
  trusted-ca-file: p.ca
  allowed-cn: peer
`);
    expect(configOf([`--config-file=${path}`])).toMatchObject({
      name: 'from-file',
      heartbeatIntervalMs: 50,
      listenPeerUrls: ['http://127.0.0.1:1', 'http://127.0.0.1:2'],
      preVote: false,
      keepaliveIntervalMs: 3_000,
      watchProgressNotifyIntervalMs: 60_000,
      clientTls: { certFile: 'c.crt', keyFile: 'c.key', clientCertAuth: true },
      peerTls: { certFile: 'p.crt', trustedCaFile: 'p.ca', allowedCommonNames: ['peer'] },
    });
  });

  test('is all that counts when it is given, here or in the environment', () => {
    const path = write('name: from-file\n');
    const argv = ['--name=argv', `--config-file=${path}`];
    expect(configOf(argv, { ETCD_NAME: 'env' }).name).toBe('from-file');
    expect(configOf(['--name=argv'], { ETCD_CONFIG_FILE: path }).name).toBe('from-file');
  });

  test.each([
    ['nmae: x', 'unknown key "nmae"'],
    ['client-transport-security: {cret-file: x}', 'unknown key "cret-file"'],
    ['client-transport-security: yes', 'must hold keys and values'],
    ['name: {a: 1}', 'name must be a single value'],
    ['- a', 'must hold keys and values'],
    ['a: [', 'not valid YAML'],
    ['snapshot-count: many', '"many" for --snapshot-count'],
  ])('%s is refused', (text, message) => {
    const path = write(text);
    expect(refusal([`--config-file=${path}`])).toContain(message);
  });

  test('has to be there', () => {
    expect(refusal([`--config-file=${join(folder, 'none')}`])).toContain('cannot read');
  });
});

test('an initial cluster names members and their URLs', () => {
  expect(parseInitialCluster('a=http://x:1,b=http://y:1,a=http://x:2')).toEqual(
    new Map([
      ['a', ['http://x:1', 'http://x:2']],
      ['b', ['http://y:1']],
    ]),
  );
  expect(() => parseInitialCluster('a')).toThrow('"a" is not NAME=URL');
  expect(() => parseInitialCluster('=http://x:1')).toThrow('is not NAME=URL');
  expect(() => parseInitialCluster(' =http://x:1')).toThrow('is not NAME=URL');
  expect(() => parseInitialCluster('a=x:1')).toThrow('--initial-cluster');
  expect(() => parseInitialCluster('a=http://x:1,b=http://x:1')).toThrow('duplicate url');
});

test('flags without effect are told when they are set', () => {
  expect(configOf(['--bcrypt-cost=5', '--name=x']).inertFlags).toEqual(['bcrypt-cost']);
});

test('help lists every flag that has an effect, and the subcommands', () => {
  const help = helpText();
  for (const { name } of FLAG_SPECS.filter((spec) => spec.inert !== true)) {
    expect(help).toContain(`--${name} `);
  }
  for (const command of ['ctl', 'util', 'up']) expect(help).toContain(`binnacle ${command}`);
});
