// What the chart is made of: generated files, checks, conventions, and what it says after an installation.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkConfig, clusterSchema, warningsOf } from '../config.ts';
import type { KubernetesObject } from '../objects/index.ts';
import { conventions } from './conventions.ts';
import { generatedFiles } from './generated.ts';
import { CHART, helm, needsHelm, notes, refusal, template, type Values } from './testing/helm.ts';
import { CONTRADICTIONS, REFUSED } from './testing/refused.ts';

const read = (path: string): string => readFileSync(join(CHART, path), 'utf8');
describe('generated files', () => {
  const files = generatedFiles(read('README.md'));
  it.each(Object.keys(files))('%s is what npm run generate writes', (path) => {
    expect(read(path)).toBe(files[path]);
  });

  it('values.yaml has the defaults of the configuration and of the conventions', () => {
    const { name: _, local: __, ...shared } = clusterSchema.parse({});
    expect(parse(read('values.yaml'))).toEqual({ ...shared, ...conventions.parse({}) });
  });
});

describe('helm lint', () => {
  it.for<Values>([
    {},
    { backup: { enabled: true }, monitoring: { serviceMonitor: { enabled: true } } },
  ])('has nothing against %j', async (values, test) => {
    needsHelm(test);
    const said = await helm(['lint', CHART, '--strict'], values);
    expect(said).toContain('0 chart(s) failed');
  });
});

describe.concurrent('wrong values', () => {
  it.for(CONTRADICTIONS.map((values) => [values] as const))(
    'are refused in the words of the configuration: %j',
    async ([values], test) => {
      needsHelm(test);
      const issues = checkConfig(values).error?.issues ?? [];
      expect(issues).not.toEqual([]);
      const said = await refusal(values);
      for (const { path, message } of issues)
        expect(said).toContain(`${path.join('.')}: ${message.replace(/, such as [^,]*$/, '')}`);
    },
  );

  it.for(REFUSED.map((values) => [values] as const))(
    'are refused by the schema, key by key: %j',
    async ([values], test) => {
      needsHelm(test);
      const issues = checkConfig(values).error?.issues ?? [];
      const said = await refusal(values);
      for (const issue of issues) {
        const unknown = issue.code === 'unrecognized_keys';
        expect(said).toContain(unknown ? `'${issue.keys.join()}'` : `at '/${issue.path.join('/')}`);
      }
    },
  );

  it('are refused that only the chart knows', async (test) => {
    needsHelm(test);
    expect(await refusal({ fullnameOverride: 'Db' })).toContain('must be lower-case letters');
    expect(await refusal({ fullnameOverride: 'a'.repeat(41) })).toContain('40 characters at most');
    expect(await refusal({ fullnameOverride: 'a', name: 'b' })).toContain('they mean the same');
    expect(await refusal({ extraDeploy: 'x' })).toContain('/extraDeploy');
  });
});

function find(objects: readonly KubernetesObject[], kind: string, name: string): KubernetesObject {
  const found = objects.find((each) => each.kind === kind && each.metadata.name === name);
  expect(found, `${kind} ${name}`).toBeDefined();
  return found!;
}

/** Everything below `path`, flattened to text: for values that have to be somewhere in an object. */
const textOf = (objects: unknown): string => JSON.stringify(objects);

describe.concurrent('conventions', () => {
  it('names come from the release, the overrides, or the name that other tools read', async (test) => {
    needsHelm(test);
    const nameOf = async (values: Values, release: string): Promise<string> => {
      const objects = await template(values, release);
      return objects.find(({ kind }) => kind === 'StatefulSet')!.metadata.name;
    };
    expect(await nameOf({}, 'binnacle')).toBe('binnacle');
    expect(await nameOf({}, 'my-binnacle')).toBe('my-binnacle');
    expect(await nameOf({}, 'shop')).toBe('shop-binnacle');
    expect(await nameOf({ nameOverride: 'db' }, 'shop')).toBe('shop-db');
    expect(await nameOf({ fullnameOverride: 'orders' }, 'shop')).toBe('orders');
    expect(await nameOf({ name: 'orders', local: { clientPort: 2379 } }, 'shop')).toBe('orders');
  });

  it('a name that YAML would read as something else stays a name', async (test) => {
    needsHelm(test);
    const objects = await template({ fullnameOverride: 'no', storage: { class: 'on' } });
    expect(find(objects, 'StatefulSet', 'no')).toBeDefined();
    expect(textOf(objects)).not.toMatch(/:(true|false|null),"namespace"/);
    expect(textOf(objects)).toContain('"storageClassName":"on"');
  });

  it('global goes before what the chart has by itself', async (test) => {
    needsHelm(test);
    const objects = await template({
      global: {
        imageRegistry: 'mirror.example.com',
        imagePullSecrets: ['one', { name: 'two' }],
        defaultStorageClass: 'usual',
      },
      image: { pullSecrets: ['two', 'three'] },
      backup: { enabled: true, destination: { volume: { class: 'slow' } } },
    });
    const set = textOf(find(objects, 'StatefulSet', 'binnacle'));
    expect(set).toContain('"image":"mirror.example.com/binnacle:');
    expect(set).toContain('"imagePullSecrets":[{"name":"one"},{"name":"two"},{"name":"three"}]');
    expect(set).toContain('"storageClassName":"usual"');
    const claim = find(objects, 'PersistentVolumeClaim', 'binnacle-backup');
    expect(textOf(claim)).toContain('"storageClassName":"slow"');
  });

  it('commonLabels go everywhere but into what Kubernetes never lets change', async (test) => {
    needsHelm(test);
    const objects = await template({
      commonLabels: { team: 'storage' },
      backup: { enabled: true },
    });
    for (const { metadata } of objects) expect(metadata.labels['team']).toBe('storage');
    const { spec } = find(objects, 'StatefulSet', 'binnacle') as unknown as {
      spec: { selector: object; template: { metadata: object }; volumeClaimTemplates: object };
    };
    expect(textOf(spec.template.metadata)).toContain('"team":"storage"');
    expect(textOf([spec.selector, spec.volumeClaimTemplates])).not.toContain('team');
  });

  it('commonLabels do not replace what selects', async (test) => {
    needsHelm(test);
    const objects = await template({ commonLabels: { 'app.kubernetes.io/name': 'mine' } });
    for (const { metadata } of objects)
      expect(metadata.labels['app.kubernetes.io/name']).toBe('binnacle');
  });

  it('extraDeploy takes objects as they are and texts as templates', async (test) => {
    needsHelm(test);
    const objects = await template({
      extraDeploy: [
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { x: '{{ 1 }}' } },
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-b\n',
      ],
    });
    expect(find(objects, 'ConfigMap', 'a')['data']).toEqual({ x: '{{ 1 }}' });
    expect(find(objects, 'ConfigMap', 'binnacle-b')).toBeDefined();
  });

  it('no object is a hook: tools that drop hooks deploy the same', async (test) => {
    needsHelm(test);
    expect(textOf(await template({ backup: { enabled: true } }))).not.toContain('helm.sh/hook');
  });
});

describe.concurrent('notes', () => {
  it('say what to type next', async (test) => {
    needsHelm(test);
    const said = await notes({});
    expect(said).toContain('3 members, which survive the loss of 1');
    expect(said).toContain('https://binnacle.shop.svc.cluster.local:2379');
    expect(said).toContain('rollout status statefulset/binnacle');
    expect(said).toContain('Secret binnacle-client-tls');
    expect(said).toContain('--set tls.caGeneration=2');
    expect(said).toContain('--set backup.enabled=true');
    expect(said).not.toContain('Before you go on');
  });

  it('fit the configuration', async (test) => {
    needsHelm(test);
    const said = await notes({ tls: { mode: 'plain' }, backup: { enabled: true }, members: 1 });
    expect(said).toContain('1 member, which survives the loss of 0');
    expect(said).toContain('http://binnacle.shop');
    expect(said).toContain('create job --from=cronjob/binnacle-backup');
    expect(said).toContain('--set members=3');
    expect(said).not.toContain('caGeneration');
    expect(await notes({ service: { type: 'NodePort' } })).toContain('on each node');
  });

  it.for<Values>([
    { members: 4 },
    { members: 9 },
    { storage: { size: '3Gi' } },
    { tls: { mode: 'plain' } },
    { tls: { caLifetimeDays: 30 } },
    { disruptionBudget: { maxUnavailable: 0 } },
    { image: { tag: 'latest' } },
  ])('warn in the words of the configuration: %j', async (values, test) => {
    needsHelm(test);
    const warnings = warningsOf(clusterSchema.parse(values));
    expect(warnings).not.toEqual([]);
    const said = await notes(values);
    for (const warning of warnings) expect(said).toContain(`- ${warning}`);
  });
});
