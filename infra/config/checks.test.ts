import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkConfig, clusterSchema, quantityValue, VERSION, warningsOf } from '../config.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { cronProblem } from './cron.ts';

/** `path: message`, one a line. */
function problemsOf(value: unknown): string {
  const result = checkConfig(value);
  if (result.success) return '';
  return result.error.issues.map((each) => `${each.path.join('.')}: ${each.message}`).join('\n');
}

const s3 = (more: object) => ({
  backup: { enabled: true, destination: { kind: 's3', s3: { bucket: 'backups', ...more } } },
});

describe('a configuration is refused', () => {
  it.each<[string, unknown, string]>([
    ['old words', { tls: { mode: 'off' } }, 'tls.mode: off is called plain'],
    ['a YAML boolean', { tls: { mode: false } }, 'tls.mode: off is called plain'],
    ['old words', { autoCompaction: { mode: false } }, 'mode: off is called none'],
    ['an issuer', { tls: { issuer: 'letsencrypt' } }, 'must be self, cert-manager or provided'],
    ['no Secrets', { tls: { issuer: 'provided' } }, 'tls.provided.peerSecret: is missing'],
    [
      'a CA of others',
      { tls: { issuer: 'cert-manager', caGeneration: 2 } },
      "caGeneration: has no meaning with issuer: cert-manager, whose CA is not the kit's",
    ],
    ['a domain', { tls: { clusterDomain: 'cluster.local.' } }, 'without a dot at its end'],
    ['a schedule', { tls: { renewal: { schedule: 'daily' } } }, 'a schedule of five fields'],
    ['a schedule', { backup: { schedule: '0 25 * * *' } }, '25 is no hour from 0 to 23'],
    ['a bucket', s3({ bucket: '' }), 'backup.destination.s3.bucket: is missing'],
    ['a bucket', s3({ bucket: 'My_Bucket' }), 'must be the name of a bucket'],
    ['a key', s3({ serverSideEncryption: 'aws:kms' }), 'kmsKeyId: is missing: aws:kms needs'],
    ['a key', s3({ kmsKeyId: 'abc' }), 'has no meaning unless serverSideEncryption is aws:kms'],
    ['an endpoint', s3({ endpoint: 's3.example.com' }), 'must be a URL'],
    [
      'two destinations',
      { backup: { enabled: true, destination: { s3: { bucket: 'backups' } } } },
      'destination.kind: is volume, though s3.bucket is set',
    ],
    [
      'two destinations',
      {
        backup: {
          enabled: true,
          destination: { kind: 's3', s3: { bucket: 'abc' }, volume: { existingClaim: 'x' } },
        },
      },
      'destination.kind: is s3, though volume.existingClaim is set',
    ],
    ['retention', { backup: { retention: { count: 0 } } }, 'must be a number of backups'],
    ['a quota', { storage: { size: '1Gi', quota: '2GiB' } }, 'does not fit on a volume of 1Gi'],
    ['a size', { storage: { size: '8GiB' } }, 'Kubernetes quantity, such as 8Gi (Gi, not GiB)'],
    ['a size', { storage: { size: '1Mi' } }, 'must be 128Mi at least'],
    [
      'a template',
      { storage: { size: '8Gi', templateSize: '9Gi' } },
      'templateSize: is above storage.size (8Gi)',
    ],
    [
      'a budget',
      { members: 5, disruptionBudget: { maxUnavailable: 3 } },
      'costs the quorum: 5 members can spare 2; write 2 or less',
    ],
    ['a budget', { disruptionBudget: { maxUnavailable: 2 } }, '3 members can spare 1; write 1'],
    ['a quantity', { resources: { requests: { cpu: 'lots' } } }, 'above zero, such as 250m'],
    ['a number', { resources: { requests: { cpu: 1 } } }, 'must be a quantity in quotes'],
    [
      'a request',
      { resources: { requests: { memory: '4Gi' } } },
      'resources.requests.memory: asks for 4Gi, above its limit of 2Gi',
    ],
    ['a port', { service: { nodePort: 30000 } }, 'has no meaning with type: ClusterIP'],
    ['ranges', { service: { loadBalancerSourceRanges: ['10.0.0.0/8'] } }, 'type is LoadBalancer'],
    ['a range', { service: { loadBalancerSourceRanges: ['x'] } }, '10.0.0.0/8 or like it'],
    ['a flag', { extraFlags: ['heartbeat-interval=1'] }, 'must be --name=value'],
    ['a flag of ours', { extraFlags: ['--data-dir=/x'] }, 'sets --data-dir, which the kit sets'],
    ['a flag of ours', { extraFlags: ['--initial-cluster=x'] }, 'extraFlags.0: sets --initial-c'],
    ['a registry', { image: { registry: 'https://x' } }, 'no https://'],
    ['a repository', { image: { repository: 'Binnacle' } }, 'in lower case'],
    ['a digest', { image: { digest: 'sha256:12' } }, '64 hexadecimal digits'],
    ['a label', { monitoring: { serviceMonitor: { labels: { a: 'b c' } } } }, 'must have values'],
    ['a label', { monitoring: { serviceMonitor: { labels: { a: true } } } }, 'in quotes'],
    ['a taint', { placement: { tolerations: [{ effect: 'Never' }] } }, 'NoSchedule, Prefer'],
    ['a name', { name: 'Binnacle' }, 'lower-case letters'],
    ['a name', { name: 'a'.repeat(41) }, '40 characters at most'],
    ['a clash', { local: { peerPort: 2379 } }, 'meets the client ports'],
    ['a key', { replicas: 3 }, 'Unrecognized key'],
  ])('for %s in %j', (_, value, expected) => {
    expect(problemsOf(value)).toContain(expected);
  });
});

describe('a configuration is taken', () => {
  it.each<[string, unknown]>([
    ['empty sections', { tls: null, backup: { destination: null } }],
    [
      'plain with an issuer that has no Secrets yet',
      { tls: { mode: 'plain', issuer: 'provided' } },
    ],
    ['backups that are switched off', { backup: { destination: { kind: 's3' } } }],
    ['one member, and a budget that lets it be drained', { members: 1 }],
    ['a drain that is forbidden', { disruptionBudget: { maxUnavailable: 0 } }],
    ['etcd’s own flags', { extraFlags: ['--heartbeat-interval=200', '--log-level=debug'] }],
  ])('with %s', (_, value) => {
    expect(problemsOf(value)).toBe('');
  });

  it('with a word on what is rarely meant', () => {
    const warnings = (value: object) => warningsOf(clusterSchema.parse(value)).join('\n');
    expect(warnings({})).toBe('');
    expect(warnings({ members: 4 })).toContain('survive the loss of 1, no more than 3 do');
    expect(warnings({ members: 9 })).toContain('each write waits for 5 of 9');
    expect(warnings({ storage: { size: '3Gi' } })).toContain('no room for a second copy');
    expect(warnings({ tls: { mode: 'plain' } })).toContain('everybody');
    expect(warnings({ tls: { caLifetimeDays: 30 } })).toContain('cut to the 30 of the CA');
    expect(warnings({ disruptionBudget: { maxUnavailable: 0 } })).toContain('be drained');
    expect(warnings({ image: { tag: 'latest' } })).toContain('another image each day');
  });
});

describe('schedules', () => {
  it.each(['0 */6 * * *', '17 3 * * *', '@daily', '*/5 0-6,12 1 jan-mar MON', '0 0 * * 7'])(
    'takes %s',
    (text) => expect(cronProblem(text)).toBeUndefined(),
  );
  it.each([
    '',
    '* * * *',
    '60 * * * *',
    '* * 0 * *',
    '*/0 * * * *',
    '5-1 * * * *',
    '@often',
    'a * * * *',
  ])('refuses %j', (text) => expect(cronProblem(text)).toBeDefined());
});

describe('the schema', () => {
  it('can be written as JSON schema, with a description for each key', () => {
    const json = z.toJSONSchema(clusterSchema, { io: 'input' }) as JsonSchema;
    const undescribed: string[] = [];
    walk(json, '', (path, { description }) => {
      if (description === undefined) undescribed.push(path);
    });
    expect(undescribed.filter((path) => !path.startsWith('.placement.tolerations'))).toEqual([]);
  });

  it('deploys the version of the package', () => {
    expect(VERSION).toBe(packageJson.version);
  });

  it('reads quantities', () => {
    expect(['1', '250m', '1.5Gi', '2k', '8GiB', ''].map(quantityValue)).toEqual([
      ...[1, 0.25, 1.5 * 2 ** 30, 2000, NaN, NaN],
    ]);
  });
});

interface JsonSchema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

function walk(
  schema: JsonSchema,
  path: string,
  visit: (path: string, schema: JsonSchema) => void,
): void {
  for (const [key, each] of Object.entries(schema.properties ?? {})) {
    visit(`${path}.${key}`, each);
    walk(each, `${path}.${key}`, visit);
  }
}
