// Configurations with which the chart is compared: each key alone, and the choices that change what objects there are in
// pairs.
import { clusterSchema, type ClusterConfigInput } from '../../config.ts';
import { shownProperties, type JsonSchema } from '../schema.ts';

type Input = ClusterConfigInput;
type Named = readonly [string, Input];

const S3 = { bucket: 'backups', region: 'eu-central-1', endpoint: 'https://s3.example.com' };
const secrets = { serverSecret: 'web-tls', peerSecret: 'peers-tls', clientSecret: 'users-tls' };

/** Sections whose choices bring objects or parts of them; every pair of choices is compared. */
const CHOICES: readonly (readonly Input[])[] = [
  (['plain', 'server', 'mutual'] as const).map((mode) => ({ tls: { mode } })),
  [{}, { tls: { issuer: 'cert-manager' } }, { tls: { issuer: 'provided', provided: secrets } }],
  [
    {},
    { backup: { enabled: true } },
    { backup: { enabled: true, destination: { volume: { existingClaim: 'nas' } } } },
    {
      backup: { enabled: true, destination: { kind: 's3', s3: S3 }, encryption: { secret: 'key' } },
    },
    {
      backup: {
        ...{ enabled: true, verify: false },
        destination: { kind: 's3', s3: { ...S3, credentialsSecret: 's3-login' } },
      },
    },
  ],
  [
    {},
    { monitoring: { serviceMonitor: { enabled: true } } },
    { monitoring: { serviceMonitor: { enabled: true }, prometheusRule: { enabled: false } } },
    { monitoring: { serviceMonitor: { enabled: true }, dashboard: { enabled: false } } },
  ],
  [
    {},
    { networkPolicy: { enabled: false } },
    { networkPolicy: { clients: [{ podSelector: { matchLabels: { app: 'web' } } }] } },
  ],
  [
    { service: { type: 'ClusterIP' } },
    { service: { type: 'NodePort', nodePort: 32379 } },
    { service: { type: 'LoadBalancer', loadBalancerSourceRanges: ['10.0.0.0/8'] } },
  ],
  [{ members: 1 }, { members: 3 }, { members: 5 }, { members: 9 }],
  [{}, { disruptionBudget: { enabled: false } }],
];

const TOLERATION = {
  key: 'dedicated',
  operator: 'Equal',
  value: 'db',
  effect: 'NoSchedule',
} as const;
const AFFINITY = {
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: 'gpu', operator: 'DoesNotExist' }] }],
    },
  },
};

/** Each other key, alone. */
const SINGLE: readonly Input[] = [
  {},
  { image: { registry: '' } },
  { image: { registry: 'registry.example.com:5000/team', repository: 'a/b', tag: '1.10' } },
  { image: { digest: `sha256:${'0a'.repeat(32)}` } },
  { image: { pullPolicy: 'Always', pullSecrets: ['login', 'other'] } },
  {
    resources: { requests: { cpu: '1', memory: '1.5Gi' }, limits: { memory: '3G', cpu: '1500m' } },
  },
  { resources: { requests: { cpu: '', memory: '' }, limits: { memory: '' } } },
  {
    resources: { requests: { 'ephemeral-storage': '1Gi' }, limits: { 'ephemeral-storage': '2Gi' } },
  },
  { storage: { size: '20Gi', templateSize: '8Gi', class: 'fast', quota: '1.5 GiB' } },
  { storage: { quota: '500MB' } },
  {
    tls: {
      caGeneration: 7,
      caLifetimeDays: 100,
      certificateLifetimeDays: 10,
      clientGraceSeconds: 5,
    },
  },
  { tls: { renewal: { schedule: '*/5 1-5 * jan,mar SUN' } } },
  { tls: { extraSans: ['db.example.com', '*.db.example.com', '10.0.0.5', 'fd00::5'] } },
  { tls: { extraSans: ['db.example.com', '10.0.0.5', 'fd00::5'], issuer: 'cert-manager' } },
  { tls: { clusterDomain: 'cluster.example.com' } },
  { tls: { clusterDomain: 'cluster.example.com', issuer: 'cert-manager' } },
  {
    tls: {
      issuer: 'cert-manager',
      certManager: {
        ...{ issuerName: 'corporate', issuerKind: 'ClusterIssuer', issuerGroup: 'ca.example.com' },
      },
    },
  },
  { placement: { nodeSelector: { disktype: 'ssd', 'example.com/on': 'true' } } },
  {
    placement: {
      tolerations: [TOLERATION, { operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 }],
    },
  },
  { placement: { affinity: AFFINITY, priorityClassName: 'high' } },
  { placement: { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule' } },
  { members: 5, disruptionBudget: { maxUnavailable: 2 } },
  { disruptionBudget: { maxUnavailable: 0 } },
  { service: { annotations: { 'example.com/on': 'true', note: '<a> & "b"' } } },
  {
    backup: {
      ...{ enabled: true, schedule: '@daily', maxAgeHours: 72 },
      destination: { volume: { size: '100Gi', class: 'slow' } },
      retention: { count: 3, days: 7 },
    },
    monitoring: { serviceMonitor: { enabled: true } },
  },
  {
    backup: {
      enabled: true,
      destination: {
        kind: 's3',
        s3: {
          ...{ ...S3, prefix: 'a/b<c>&', forcePathStyle: false },
          ...{ serverSideEncryption: 'aws:kms', kmsKeyId: 'arn:aws:kms:1' },
        },
      },
    },
  },
  { autoCompaction: { mode: 'periodic', retention: '2d' } },
  { autoCompaction: { mode: 'periodic', retention: '90m' } },
  { autoCompaction: { mode: 'revision', retention: 10_000_000 } },
  {
    monitoring: {
      serviceMonitor: { enabled: true, interval: '1m', labels: { release: 'prometheus' } },
      prometheusRule: { labels: { role: 'alerts' }, runbookBase: 'https://wiki.example.com/x#' },
      dashboard: { labels: { grafana_folder: 'stores' } },
    },
  },
  { extraFlags: ['--heartbeat-interval=200', '--log-level=debug: "x"'] },
];

export function configurations(): Named[] {
  return [...SINGLE, ...pairs(CHOICES)].map((input) => [JSON.stringify(input), input]);
}

/** Two choices may be of one section: tls. */
function joined(a: Input, b: Input): Input {
  return { ...a, ...b, tls: { ...a.tls, ...b.tls } };
}

/** Few configurations in which each choice of a list meets each of every other list. */
function pairs(lists: readonly (readonly Input[])[]): Input[] {
  const open = new Set<string>();
  const keyOf = (a: number, i: number, b: number, j: number): string => `${a}.${i} ${b}.${j}`;
  lists.forEach((first, a) =>
    lists.slice(a + 1).forEach((second, offset) => {
      for (const i of first.keys())
        for (const j of second.keys()) open.add(keyOf(a, i, a + 1 + offset, j));
    }),
  );
  const found: Input[] = [];
  while (open.size > 0) {
    const chosen = chooseRow(lists, open, keyOf);
    for (let a = 0; a < chosen.length; a++)
      for (let b = a + 1; b < chosen.length; b++) open.delete(keyOf(a, chosen[a]!, b, chosen[b]!));
    found.push(chosen.map((index, list) => lists[list]![index]!).reduce(joined));
  }
  return found;
}

/** Begins with a pair that is still open, and fills the rest in with what meets most of the open ones. */
function chooseRow(
  lists: readonly (readonly Input[])[],
  open: ReadonlySet<string>,
  keyOf: (a: number, i: number, b: number, j: number) => string,
): number[] {
  const [first = ''] = open;
  const row = new Map<number, number>();
  for (const part of first.split(' ')) {
    const [list = 0, index = 0] = part.split('.').map(Number);
    row.set(list, index);
  }
  for (const [list, choices] of lists.entries()) {
    if (row.has(list)) continue;
    const meets = [...choices.keys()].map(
      (index) =>
        [...row].filter(([other, at]) =>
          open.has(other < list ? keyOf(other, at, list, index) : keyOf(list, index, other, at)),
        ).length,
    );
    row.set(list, meets.indexOf(Math.max(...meets)));
  }
  return lists.map((_, list) => row.get(list) ?? 0);
}

/** Keys that no configuration above sets to something of its own. */
export function unusedKeys(): string[] {
  const inputs = configurations().map(([, input]) => input);
  const defaults: unknown = clusterSchema.parse({});
  const shared = new Set(Object.keys(clusterSchema.shape));
  return shownProperties()
    .filter(([key]) => shared.has(key))
    .flatMap(([key, schema]) => leaves(key, schema))
    .filter((path) => {
      const usual = JSON.stringify(valueAt(defaults, path));
      return !inputs.some((input) => {
        const value = valueAt(input, path);
        return value !== undefined && JSON.stringify(value) !== usual;
      });
    });
}

function leaves(path: string, schema: JsonSchema): string[] {
  if (schema.properties === undefined) return [path];
  return Object.entries(schema.properties).flatMap(([key, each]) => leaves(`${path}.${key}`, each));
}

function valueAt(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce((at: unknown, key) => (at as Record<string, unknown> | undefined)?.[key], value);
}
