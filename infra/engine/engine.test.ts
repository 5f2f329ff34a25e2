import { describe, expect, it } from 'vitest';
import type { ClusterConfigInput } from '../config.ts';
import { BinnacleCluster, type BinnacleClusterArgs } from '../components/index.ts';
import { deploy } from '../stack/program.ts';
import { applyPlan, manifestOf, type Kubectl } from './apply.ts';
import { capture, type Registration } from './capture.ts';
import { dangersOf, describeChange, differences, planOf, type Plan } from './diff.ts';
import { stackConfig } from './run.ts';

const BACKUP = { backup: { enabled: true } };

const known = new Map<string, Promise<readonly Registration[]>>();

/** What the program registers for a configuration; each is run once, for runs cannot overlap or differ. */
async function deployed(input: ClusterConfigInput): Promise<readonly Registration[]> {
  const text = JSON.stringify({ namespace: 'shop', ...input });
  const config = stackConfig(text);
  const found = known.get(text) ?? capture(deploy, { config }).then(({ resources }) => resources);
  known.set(text, found);
  return found;
}

async function planFrom(before: ClusterConfigInput, after: ClusterConfigInput): Promise<Plan> {
  return planOf(await deployed(before), await deployed(after));
}

/** What is changed, without what stays: `~ update StatefulSet shop/binnacle (spec.replicas)`. */
const told = ({ changes }: Plan): string[] =>
  changes.filter(({ kind }) => kind !== 'same').map(describeChange);

const find = (resources: readonly Registration[], kind: string): Registration =>
  resources.find(({ type }) => type.endsWith(`:${kind}`))!;

/** With one input changed, by its path. */
function altered(resources: readonly Registration[], kind: string, path: string, value: unknown) {
  return resources.map((each) => {
    if (!each.type.endsWith(`:${kind}`)) return each;
    const inputs = structuredClone(each.inputs) as Record<string, unknown>;
    const keys = path.split('.');
    let at = inputs;
    for (const key of keys.slice(0, -1)) at = at[key] as Record<string, unknown>;
    at[keys.at(-1)!] = value;
    return { ...each, inputs };
  });
}

describe('a second deployment', () => {
  it('changes nothing when nothing was changed', async () => {
    const [first, second] = [await deployed(BACKUP), await deployed({ members: 3, ...BACKUP })];
    expect(told(planOf(first, second))).toEqual([]);
  });

  it('scales in place, with a new Job', async () => {
    const told5 = told(await planFrom({}, { members: 5 }));
    expect(told5).toEqual([
      ...['~ update ConfigMap shop/binnacle-config (data.kit.json)'],
      '~ update StatefulSet shop/binnacle (spec.replicas)',
      expect.stringMatching(/^± replace Job shop\/binnacle-reconcile-[0-9a-f]{8} \(metadata\.name/),
    ]);
  });

  it('grows volumes through the Job, and leaves the StatefulSet alone', async () => {
    const plan = await planFrom({}, { storage: { size: '16Gi' } });
    expect(told(plan).map((each) => each.split(' ')[2])).toEqual(['ConfigMap', 'Job']);
    const members = find(plan.state, 'StatefulSet');
    expect(JSON.stringify(members.inputs)).toContain('"storage":"8Gi"'); // as Kubernetes has it
    const again = planOf(plan.state, await deployed({ storage: { size: '16Gi' } }));
    expect(told(again)).toEqual([]);
  });

  it('does not try to change the class of volumes, which Kubernetes holds fast', async () => {
    expect(told(await planFrom({}, { storage: { class: 'fast' } }))).toEqual([]);
  });

  it('keeps the volume of backups that are switched off', async () => {
    const plan = await planFrom(BACKUP, {});
    expect(plan.changes.find(({ kind }) => kind === 'retain')?.resource.type).toContain('Claim');
    expect(told(plan)).toContain('- delete CronJob shop/binnacle-backup');
    expect(dangersOf(plan)).toEqual([]);
  });

  it.each<[string, ClusterConfigInput, ClusterConfigInput]>([
    ['members', {}, { members: 1 }],
    ['the image', {}, { image: { tag: '2', pullSecrets: ['login'], pullPolicy: 'Always' } }],
    ['resources', {}, { resources: { requests: { cpu: '1' }, limits: { memory: '4Gi' } } }],
    ['a quota', {}, { storage: { quota: '1GiB' } }],
    ['TLS off', {}, { tls: { mode: 'plain' } }],
    ['certificates', {}, { tls: { issuer: 'cert-manager', certificateLifetimeDays: 9 } }],
    ['a CA', {}, { tls: { caGeneration: 2, extraSans: ['a.example'] } }],
    ['a domain', {}, { tls: { clusterDomain: 'k8s.example' } }],
    ['a place', {}, { placement: { nodeSelector: { a: 'b' }, topologyKey: 'zone' } }],
    ['a budget', {}, { disruptionBudget: { maxUnavailable: 0 } }],
    ['no budget', {}, { disruptionBudget: { enabled: false } }],
    ['a Service', {}, { service: { type: 'NodePort', nodePort: 30_000 } }],
    [
      'a place for backups',
      BACKUP,
      { backup: { enabled: true, destination: { volume: { class: 'fast', size: '20Gi' } } } },
    ],
    ['compaction', {}, { autoCompaction: { mode: 'periodic', retention: '1h' } }],
    ['monitoring', {}, { monitoring: { serviceMonitor: { enabled: true } } }],
    ['no policy', {}, { networkPolicy: { enabled: false } }],
    ['flags', {}, { extraFlags: ['--heartbeat-interval=200'] }],
  ])('never replaces members or volumes for %s, back and forth', async (_, before, after) => {
    for (const plan of [await planFrom(before, after), await planFrom(after, before)]) {
      expect(told(plan)).not.toEqual([]);
      const replaced = plan.changes.filter(({ kind }) => kind === 'replace');
      for (const { resource } of replaced) expect(resource.type).toBe('kubernetes:batch/v1:Job');
      expect(dangersOf(plan)).toEqual([]);
    }
  });

  it('does not replace members under a provider that replaces ConfigMaps', async () => {
    const run = async (args: BinnacleClusterArgs) =>
      (await capture(() => void new BinnacleCluster('db', args))).resources;
    const plan = planOf(await run({}), await run({ members: 5 }));
    expect(
      plan.changes.filter(({ kind }) => kind === 'replace').map(({ resource }) => resource.name),
    ).toEqual(['db-config-map-config', 'db-job-reconcile']);
  });
});

describe('dangers are found', () => {
  it.each([
    ['volumeClaimTemplates', 'spec.volumeClaimTemplates', []],
    ['serviceName', 'spec.serviceName', 'other'],
    ['selector', 'spec.selector', { matchLabels: { a: 'b' } }],
    ['podManagementPolicy', 'spec.podManagementPolicy', 'OrderedReady'],
    ['revisionHistoryLimit', 'spec.revisionHistoryLimit', 3],
    ['name', 'metadata.name', 'other'],
    ['namespace', 'metadata.namespace', 'other'],
  ])('in a changed %s of the StatefulSet', async (_, path, value) => {
    const before = await deployed({});
    const unguarded = before.map((each) => ({ ...each, ignoreChanges: [] }));
    const plan = planOf(before, altered(unguarded, 'StatefulSet', path, value));
    expect(dangersOf(plan)).toEqual([
      expect.stringContaining(`would be replaced because of ${path}`),
    ]);
  });

  it('in a new name without an alias, and not in one with', async () => {
    const before = await deployed({});
    const renamed = (aliases: string[]) =>
      before.map((each) =>
        each.type.endsWith(':StatefulSet')
          ? { ...each, name: 'new', urn: each.urn.replace(/[^:]+$/, 'new'), aliases }
          : each,
      );
    expect(dangersOf(planOf(before, renamed([])))).toEqual([expect.stringContaining('deleted')]);
    expect(dangersOf(planOf(before, renamed(['binnacle-stateful-set'])))).toEqual([]);
  });

  it('in another provider', async () => {
    const before = await deployed({});
    const moved = before.map((each) => ({
      ...each,
      provider: each.provider.replace(/::kubernetes::/, '::other::'),
    }));
    expect(dangersOf(planOf(before, moved))).toEqual([
      expect.stringContaining('because of provider'),
    ]);
  });
});

describe('differences', () => {
  it('are told by their paths', () => {
    expect(differences({ a: { b: 1 } }, { a: { b: 2, c: 3 } })).toEqual(['a.b', 'a.c']);
    expect(differences({ a: [{ b: 1 }] }, { a: [{ b: 2 }] })).toEqual(['a[0].b']);
    expect(differences({ a: [1] }, { a: [1, 2] })).toEqual(['a']);
    expect(differences({ a: {} }, { a: {} })).toEqual([]);
  });
});

describe('on an API server', () => {
  /** Remembers what it was told; `existing` are there before. */
  function fakeKubectl(existing: readonly string[] = []): { kubectl: Kubectl; calls: string[] } {
    const calls: string[] = [];
    const kubectl: Kubectl = (args, input) => {
      const [verb, kind, name] = args;
      if (verb === 'get') return existing.includes(`${kind} ${name}`) ? `${kind}/${name}` : '';
      if (verb === 'delete') calls.push(`delete ${kind} ${name}`);
      else {
        const object = JSON.parse(input!) as { kind: string; metadata: { name: string } };
        const force = args.includes('--force-conflicts') ? ' by force' : '';
        calls.push(`apply ${object.kind} ${object.metadata.name}${force}`);
      }
      return '';
    };
    return { kubectl, calls };
  }
  const log = (): void => undefined;

  it('everything is applied after what it needs', async () => {
    const { kubectl, calls } = fakeKubectl();
    applyPlan(planOf([], await deployed(BACKUP)), { log, kubectl });
    const at = (line: string) => calls.findIndex((each) => `${each} `.startsWith(`apply ${line} `));
    expect(at('StatefulSet')).toBeGreaterThan(at('Service binnacle-headless'));
    expect(at('Service binnacle')).toBeGreaterThan(at('RoleBinding'));
    expect(at('Job')).toBeGreaterThan(at('ConfigMap binnacle-config'));
    expect(at('CronJob binnacle-backup')).toBeGreaterThan(at('PersistentVolumeClaim'));
    expect(calls).toContain('apply StatefulSet binnacle by force');
    expect(calls.filter((each) => each.endsWith('by force'))).toHaveLength(1);
  });

  it('what exists already is not taken over', async () => {
    const { kubectl } = fakeKubectl(['StatefulSet.v1.apps binnacle']);
    const plan = planOf([], await deployed({}));
    expect(() => applyPlan(plan, { log, kubectl })).toThrow('shop/binnacle already exists');
  });

  it('a Job under a new name comes before the old one goes', async () => {
    const { kubectl, calls } = fakeKubectl();
    applyPlan(await planFrom({}, { members: 5 }), { log, kubectl });
    expect(calls).toEqual([
      ...['apply ConfigMap binnacle-config', 'apply StatefulSet binnacle by force'],
      expect.stringMatching(/^apply Job/),
      expect.stringMatching(/^delete Job/),
    ]);
  });

  it('what keeps its name is deleted first', async () => {
    const before = await deployed({});
    const { kubectl, calls } = fakeKubectl();
    const changed = altered(before, 'RoleBinding', 'roleRef', { kind: 'ClusterRole' });
    applyPlan(planOf(before, changed), { log, kubectl });
    expect(calls.slice(0, 2).map((each) => each.split(' ')[0])).toEqual(['delete', 'apply']);
  });

  it('all is deleted in reverse order, but the volume for backups', async () => {
    const { kubectl, calls } = fakeKubectl();
    const resources = await deployed(BACKUP);
    applyPlan(planOf(resources, []), { log, kubectl });
    expect(calls[0]).toBe('delete Service binnacle');
    expect(calls.join('\n')).not.toContain('PersistentVolumeClaim');
  });

  it('manifests have the API’s own names', async () => {
    const resources = await deployed({});
    expect(manifestOf(find(resources, 'ConfigMap'))).toMatchObject({ apiVersion: 'v1' });
    expect(manifestOf(find(resources, 'StatefulSet'))).toMatchObject({ apiVersion: 'apps/v1' });
  });
});
