import * as pulumi from '@pulumi/pulumi';
import { describe, expect, it } from 'vitest';
import { clusterSchema } from '../config.ts';
import { capture, type Capture, type Registration } from '../engine/capture.ts';
import { manifestOf } from '../engine/apply.ts';
import { kitObjects } from '../objects/index.ts';
import { BinnacleCluster, readClientCredentials, type BinnacleClusterArgs } from './index.ts';

const PREFIX = 'urn:pulumi:test::binnacle::';

const run = (args: BinnacleClusterArgs, opts?: pulumi.ComponentResourceOptions) =>
  capture(() => {
    const { endpoint, memberEndpoints, clientSecretName } = new BinnacleCluster('db', args, opts);
    return { endpoint, memberEndpoints, clientSecretName };
  });

const objectsOf = ({ resources }: Capture): Registration[] =>
  resources.filter(({ isCustom, type }) => isCustom && !type.startsWith('pulumi:'));

function named({ resources }: Capture, name: string): Registration {
  const found = resources.filter((each) => each.name === name && each.isCustom);
  expect(found, name).toHaveLength(1);
  return found[0]!;
}

/** An output that is known only when something has been deployed, as another resource's would be. */
const later = <T>(value: T): Promise<T> =>
  new Promise((resolve) => setImmediate(() => resolve(value)));

const ALL: BinnacleClusterArgs = {
  backup: { enabled: true },
  monitoring: { serviceMonitor: { enabled: true } },
};

describe('BinnacleCluster', () => {
  it('needs no arguments', async () => {
    const { outputs } = await capture(() => {
      const { endpoint } = new BinnacleCluster('db');
      return { endpoint };
    });
    expect(outputs['endpoint']).toBe('https://binnacle.default.svc.cluster.local:2379');
  });

  it('registers the objects that infra/objects makes, and nothing else', async () => {
    const captured = await run({ ...ALL, namespace: 'shop' });
    const expected = kitObjects(clusterSchema.parse(ALL), {
      namespace: 'shop',
      managedBy: 'Pulumi',
    });
    const keyed = (objects: readonly object[]) =>
      Object.fromEntries(
        objects.map((each) => {
          const { kind, metadata } = each as { kind: string; metadata: { name: string } }; // all have them
          return [`${kind} ${metadata.name}`, each];
        }),
      );
    const registered = objectsOf(captured).map((each) => withoutPulumisWords(manifestOf(each)));
    expect(keyed(registered)).toEqual(keyed(expected));
  });

  it('gives names that a later version must keep, or alias', async () => {
    const { resources } = await run({ ...ALL, tls: { issuer: 'cert-manager' } });
    const names = resources.map(({ urn }) => urn.slice(PREFIX.length).replace(/^.*\$/, ''));
    expect(names.toSorted()).toMatchInlineSnapshot(`
      [
        "binnacle:index:Backup::db",
        "binnacle:index:BinnacleCluster::db",
        "binnacle:index:CertificateAuthority::db",
        "binnacle:index:Monitoring::db",
        "kubernetes:apps/v1:StatefulSet::db-stateful-set",
        "kubernetes:batch/v1:CronJob::db-cron-job-backup",
        "kubernetes:batch/v1:CronJob::db-cron-job-reconcile",
        "kubernetes:batch/v1:Job::db-job-reconcile",
        "kubernetes:cert-manager.io/v1:Certificate::db-certificate-ca",
        "kubernetes:cert-manager.io/v1:Certificate::db-certificate-client-tls",
        "kubernetes:cert-manager.io/v1:Certificate::db-certificate-peer-tls",
        "kubernetes:cert-manager.io/v1:Certificate::db-certificate-server-tls",
        "kubernetes:cert-manager.io/v1:Issuer::db-issuer-ca",
        "kubernetes:cert-manager.io/v1:Issuer::db-issuer-ca-selfsigned",
        "kubernetes:core/v1:ConfigMap::db-config-map-config",
        "kubernetes:core/v1:ConfigMap::db-config-map-dashboard",
        "kubernetes:core/v1:PersistentVolumeClaim::db-persistent-volume-claim-backup",
        "kubernetes:core/v1:Service::db-service",
        "kubernetes:core/v1:Service::db-service-headless",
        "kubernetes:core/v1:ServiceAccount::db-service-account",
        "kubernetes:core/v1:ServiceAccount::db-service-account-backup",
        "kubernetes:core/v1:ServiceAccount::db-service-account-reconcile",
        "kubernetes:monitoring.coreos.com/v1:PrometheusRule::db-prometheus-rule",
        "kubernetes:monitoring.coreos.com/v1:ServiceMonitor::db-service-monitor",
        "kubernetes:networking.k8s.io/v1:NetworkPolicy::db-network-policy",
        "kubernetes:policy/v1:PodDisruptionBudget::db-pod-disruption-budget",
        "kubernetes:rbac.authorization.k8s.io/v1:Role::db-role",
        "kubernetes:rbac.authorization.k8s.io/v1:Role::db-role-backup",
        "kubernetes:rbac.authorization.k8s.io/v1:Role::db-role-reconcile",
        "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding::db-role-binding",
        "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding::db-role-binding-backup",
        "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding::db-role-binding-reconcile",
        "pulumi:pulumi:Stack::binnacle-test",
      ]
    `);
  });

  it('puts every resource below its component, whose outputs come last', async () => {
    const { resources, finished } = await run(ALL);
    for (const each of objectsOf({ resources } as Capture))
      expect(each.parent).toMatch(/binnacle:index:\w+::db$/);
    const components = resources.filter(({ isCustom }) => !isCustom).map(({ urn }) => urn);
    expect(finished.toSorted()).toEqual(components.toSorted());
    expect(components).toHaveLength(5); // with the stack
  });

  it('hands a provider on to all that it makes', async () => {
    const { resources } = await capture(() => {
      const { default: kubernetes } = kubernetesModule;
      const provider = new kubernetes.Provider('other', {});
      new BinnacleCluster('db', ALL, { provider });
    });
    const used = new Set(objectsOf({ resources } as Capture).map(({ provider }) => provider));
    expect([...used]).toEqual([expect.stringContaining('::other::')]);
  });
});

const kubernetesModule = await import('@pulumi/kubernetes');

function withoutPulumisWords(manifest: Record<string, unknown>): Record<string, unknown> {
  const metadata = { ...(manifest['metadata'] as Record<string, unknown>) };
  const words = Object.entries((metadata['annotations'] ?? {}) as Record<string, string>);
  const others = words.filter(([key]) => !key.startsWith('pulumi.com/'));
  delete metadata['annotations'];
  if (others.length > 0) metadata['annotations'] = Object.fromEntries(others);
  return { ...manifest, metadata };
}

describe('dependencies', () => {
  const namesOf = (registration: Registration) =>
    registration.dependencies.map((urn) => urn.split('::').at(-1));

  it('let members and the job start side by side: each waits for the other’s work', async () => {
    const captured = await run(ALL);
    const members = named(captured, 'db-stateful-set');
    const job = named(captured, 'db-job-reconcile');
    expect(namesOf(members)).not.toContain('db-job-reconcile');
    expect(namesOf(job)).not.toContain('db-stateful-set');
    expect(namesOf(members)).toEqual(
      expect.arrayContaining(['db-service-headless', 'db-role-binding', 'db-service-account']),
    );
    expect(namesOf(job)).toContain('db-role-binding-reconcile');
  });

  it('make the Service for clients wait for members, for Pulumi waits for its endpoints', async () => {
    expect(namesOf(named(await run({}), 'db-service'))).toEqual(['db-stateful-set']);
  });

  it('come from no property: whatever is replaced, nothing else is with it', async () => {
    for (const { propertyDependencies } of objectsOf(await run(ALL)))
      for (const urns of Object.values(propertyDependencies)) expect(urns).toEqual([]);
  });

  it('on others’ outputs reach only what is made from them', async () => {
    const captured = await capture(() => {
      const bucket = new kubernetesModule.default.core.v1.ConfigMap('bucket', {
        metadata: { name: 'bucket', namespace: 'x' },
        data: { name: 'backups' },
      });
      const destination = {
        kind: 's3' as const,
        s3: { bucket: bucket.data.apply((data) => data['name']!) },
      };
      new BinnacleCluster('db', { backup: { enabled: true, destination } });
    });
    const dependents = objectsOf(captured)
      .filter(({ propertyDependencies }) =>
        Object.values(propertyDependencies)
          .flat()
          .some((urn) => urn.endsWith('::bucket')),
      )
      .map(({ name }) => name);
    expect(dependents.toSorted()).toEqual([
      ...['db-config-map-config', 'db-cron-job-backup', 'db-job-reconcile'],
    ]);
  });
});

describe('outputs as arguments', () => {
  it('give the same objects as plain values', async () => {
    const plain: BinnacleClusterArgs = {
      namespace: 'shop',
      members: 5,
      image: { tag: '9', registry: 'r.example' },
      tls: { extraSans: ['a.example', 'b.example'], caGeneration: 2 },
      service: { annotations: { a: 'b' } },
      backup: { enabled: true, destination: { volume: { size: '20Gi' } } },
      placement: { tolerations: [{ key: 'x', operator: 'Exists' }] },
    };
    const waiting: BinnacleClusterArgs = {
      namespace: later('shop'),
      members: later(5),
      image: { tag: later('9'), registry: 'r.example' },
      tls: { extraSans: ['a.example', later('b.example')], caGeneration: later(2) },
      service: { annotations: { a: later('b') } },
      backup: { enabled: true, destination: { volume: { size: later('20Gi') } } },
      placement: { tolerations: later([{ key: 'x', operator: 'Exists' as const }]) },
    };
    const inputsOf = async (args: BinnacleClusterArgs) =>
      Object.fromEntries(objectsOf(await run(args)).map(({ name, inputs }) => [name, inputs]));
    expect(await inputsOf(waiting)).toEqual(await inputsOf(plain));
  });

  it('are refused when they turn out to be wrong', async () => {
    await expect(run({ members: later(0) })).rejects.toThrow('members: must be the number');
    const storage = { size: later('1Gi'), quota: '2GiB' };
    await expect(run({ storage })).rejects.toThrow('storage.quota: does not fit');
  });
});

describe('wrong arguments are refused before anything is registered', () => {
  it.each<[string, BinnacleClusterArgs, string]>([
    ['members', { members: 10 }, 'members: must be the number of members'],
    ['a name', { name: 'No' }, 'name: must be lower-case'],
    ['a quota', { storage: { size: '1Gi' } }, 'storage.quota: does not fit'],
    [
      'a bucket',
      { backup: { enabled: true, destination: { kind: 's3' } } },
      's3.bucket: is missing',
    ],
    ['Secrets', { tls: { issuer: 'provided' } }, 'tls.provided.clientSecret: is missing'],
    ['a budget', { disruptionBudget: { maxUnavailable: 2 } }, 'costs the quorum'],
    ['a schedule', { backup: { schedule: 'often' } }, 'five fields'],
    ['a key', { replicas: 3 } as BinnacleClusterArgs, 'Unrecognized key'],
  ])('%s', async (_, args, message) => {
    const seen: string[] = [];
    const captured = capture(() => {
      try {
        new BinnacleCluster('db', args);
      } catch (error) {
        seen.push((error as Error).message);
      }
    });
    expect((await captured).resources).toHaveLength(1); // the stack
    expect(seen.join()).toContain('The cluster cannot be deployed like this');
    expect(seen.join()).toContain(message);
  });
});

describe('credentials', () => {
  const program = (args: BinnacleClusterArgs) => () => {
    const cluster = new BinnacleCluster('db', args);
    return { credentials: readClientCredentials('db-client', cluster) };
  };
  const read = () => ({
    data: { 'ca.crt': btoa('CA'), 'tls.crt': btoa('certificate'), 'tls.key': btoa('key') },
  });

  it('are read only when a program asks, and are secret', async () => {
    expect((await run({})).reads).toEqual([]);
    const secrets: boolean[] = [];
    const { reads } = await capture(
      async () => {
        const { credentials } = program({ namespace: 'shop' })();
        secrets.push(await pulumi.isSecret(credentials));
      },
      { read },
    );
    expect(reads).toEqual([{ type: 'kubernetes:core/v1:Secret', id: 'shop/binnacle-client-tls' }]);
    expect(secrets).toEqual([true]);
  });

  it('do not exist without TLS', async () => {
    await expect(capture(program({ tls: { mode: 'plain' } }), { read })).rejects.toThrow(
      'has no Secret for clients',
    );
  });
});

describe('endpoints', () => {
  it('have the scheme of the mode, and one URL a member', async () => {
    const { outputs } = await run({ name: 'etcd', members: 2, tls: { mode: 'plain' } });
    expect(outputs).toEqual({
      endpoint: 'http://etcd.default.svc.cluster.local:2379',
      memberEndpoints: [
        'http://etcd-0.etcd-headless.default.svc.cluster.local:2379',
        'http://etcd-1.etcd-headless.default.svc.cluster.local:2379',
      ],
      clientSecretName: '',
    });
  });
});
