// helm upgrade: what changes live must not restart a member, and what Kubernetes never lets change must stay.
import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../objects/index.ts';
import { needsHelm, template, type Values } from './testing/helm.ts';
import { upgradeOf } from './testing/live-cluster.ts';
import { configurations } from './testing/matrix.ts';

interface StatefulSetSpec {
  readonly replicas: number;
  readonly template: object;
  readonly volumeClaimTemplates: readonly [
    { readonly spec: { readonly resources: { readonly requests: { readonly storage: string } } } },
  ];
}

function statefulSetIn(objects: readonly KubernetesObject[]): StatefulSetSpec {
  const found = objects.filter(({ kind }) => kind === 'StatefulSet');
  expect(found).toHaveLength(1);
  return found[0]!['spec'] as StatefulSetSpec; // the chart's own object, which the comparison checks
}

const jobIn = (objects: readonly KubernetesObject[]): KubernetesObject =>
  objects.find(({ kind }) => kind === 'Job')!;

/** All but what Kubernetes lets change in place. */
function immutable(spec: StatefulSetSpec): object {
  const mutable = [
    ...['replicas', 'ordinals', 'template', 'updateStrategy', 'minReadySeconds'],
    'persistentVolumeClaimRetentionPolicy',
  ];
  return Object.fromEntries(Object.entries(spec).filter(([key]) => !mutable.includes(key)));
}

const storageOf = (objects: readonly KubernetesObject[]): string =>
  statefulSetIn(objects).volumeClaimTemplates[0].spec.resources.requests.storage;

const LIVE_CHANGES: readonly Values[] = [
  { members: 5 },
  { tls: { mode: 'plain' } },
  { tls: { mode: 'server' } },
  { tls: { caGeneration: 2 } },
  { tls: { certificateLifetimeDays: 30, extraSans: ['db.example.com'] } },
  { tls: { renewal: { schedule: '0 1 * * *' } } },
  { backup: { enabled: true } },
  { backup: { enabled: true, destination: { kind: 's3', s3: { bucket: 'backups' } } } },
  { service: { type: 'NodePort' }, disruptionBudget: { enabled: false } },
  { networkPolicy: { enabled: false }, monitoring: { serviceMonitor: { enabled: true } } },
  { storage: { size: '20Gi', templateSize: '8Gi' } },
];

describe.concurrent('an upgrade', () => {
  it.for(LIVE_CHANGES.map((values) => [values] as const))(
    'restarts no member for %j',
    async ([values], test) => {
      needsHelm(test);
      const before = statefulSetIn(await template({}));
      const after = statefulSetIn(await template(values));
      expect(after.template).toEqual(before.template);
      expect(immutable(after)).toEqual(immutable(before));
    },
  );

  it.for<Values>([
    { image: { tag: '9.9.9' } },
    { resources: { requests: { cpu: '2' } }, extraFlags: ['--heartbeat-interval=200'] },
    { placement: { topologyKey: 'zone', priorityClassName: 'high' } },
    { autoCompaction: { mode: 'revision', retention: 5 }, storage: { quota: '1GiB' } },
    { commonLabels: { team: 'storage' } },
  ])('leaves what Kubernetes never lets change alone: %j', async (values, test) => {
    needsHelm(test);
    const before = statefulSetIn(await template({}));
    const after = statefulSetIn(await template(values));
    expect(after.template).not.toEqual(before.template);
    expect(immutable(after)).toEqual(immutable(before));
  });

  it('to another version of the chart alone changes no pod: they carry no version', async (test) => {
    needsHelm(test);
    const { template: pods, volumeClaimTemplates } = statefulSetIn(await template({}));
    const text = JSON.stringify([pods, volumeClaimTemplates]);
    expect(text).not.toMatch(/helm\.sh|app\.kubernetes\.io\/(version|managed-by)/);
  });

  it.for<Values>([
    ...LIVE_CHANGES.slice(0, 5),
    { image: { tag: '9.9.9' } },
    { image: { pullSecrets: ['login'] } },
    { placement: { nodeSelector: { disktype: 'ssd' } } },
    { commonLabels: { team: 'storage' } },
  ])('runs the reconcile job anew for %j', async (values, test) => {
    needsHelm(test);
    const before = jobIn(await template({})).metadata.name;
    expect(jobIn(await template(values)).metadata.name).not.toBe(before);
  });

  it('does not run it for what it has nothing to do with', async (test) => {
    needsHelm(test);
    const before = jobIn(await template({})).metadata.name;
    const values = { resources: { requests: { cpu: '2' } }, service: { type: 'NodePort' } };
    expect(jobIn(await template(values)).metadata.name).toBe(before);
  });

  it('never changes a Job, for Kubernetes does not let it: one name, one spec', async (test) => {
    needsHelm(test);
    const specs = new Map<string, string>();
    const some = configurations().filter((_, index) => index % 5 === 0);
    for (const [, values] of some) {
      const { metadata, spec } = jobIn(await template(values)) as unknown as {
        metadata: { name: string };
        spec: object;
      };
      const text = JSON.stringify(spec);
      expect(specs.get(metadata.name) ?? text).toBe(text);
      specs.set(metadata.name, text);
    }
    expect(specs.size).toBeGreaterThan(5);
  });
});

describe.concurrent('a volume that grows', () => {
  const live = async (values: Values): Promise<KubernetesObject> =>
    (await template(values)).find(({ kind }) => kind === 'StatefulSet')!;

  it('keeps the template that the StatefulSet has, and tells the reconcile job', async (test) => {
    needsHelm(test);
    const installed = await live({ storage: { size: '8Gi', class: 'fast' } });
    const objects = await upgradeOf(installed, { storage: { size: '20Gi', class: 'fast' } });
    expect(immutable(statefulSetIn(objects))).toEqual(
      immutable(installed['spec'] as StatefulSetSpec),
    );
    const config = objects.find(({ metadata }) => metadata.name === 'binnacle-config');
    expect(JSON.stringify(config)).toContain('\\"storage\\":{\\"size\\":\\"20Gi\\"}');
  });

  it('keeps the class, too, when the values or the defaults name another', async (test) => {
    needsHelm(test);
    const installed = await live({});
    const objects = await upgradeOf(installed, { global: { defaultStorageClass: 'new' } });
    expect(immutable(statefulSetIn(objects))).toEqual(
      immutable(installed['spec'] as StatefulSetSpec),
    );
  });

  it('has the template from storage.templateSize where nobody can look it up', async (test) => {
    needsHelm(test);
    const objects = await template({ storage: { size: '20Gi', templateSize: '8Gi' } });
    expect(storageOf(objects)).toBe('8Gi');
  });

  it('is refused when it would shrink, or when the template is said to be another', async (test) => {
    needsHelm(test);
    const installed = await live({ storage: { size: '20Gi' } });
    await expect(upgradeOf(installed, { storage: { size: '8Gi' } })).rejects.toThrow(
      'volumes can grow, not shrink',
    );
    await expect(
      upgradeOf(installed, { storage: { size: '30Gi', templateSize: '10Gi' } }),
    ).rejects.toThrow('storage.templateSize: must be 20Gi');
    const same = await upgradeOf(installed, { storage: { size: '30Gi', templateSize: '20480Mi' } });
    expect(storageOf(same)).toBe('20Gi');
  });
});
