import { expect, test } from 'vitest';
import { checkConfig, type ClusterConfigInput } from '../config.ts';
import { kitObjects, type JsonObject, type KubernetesObject } from '../objects/index.ts';
import { differences, merged } from './differences.ts';
import { outlineOf } from './kit-outline.ts';
import { meaningOf, objectChanges, type Plan, type Step } from './plan.ts';
import { planLines } from './plan-text.ts';

function objectsOf(input: ClusterConfigInput): KubernetesObject[] {
  const config = checkConfig(input).data!;
  return kitObjects(config, { namespace: 'default', managedBy: 'Pulumi' });
}

/** As if `from` were applied, with defaults of the API server, and `to` were to follow. */
function planOf(from: ClusterConfigInput | undefined, to: ClusterConfigInput): Plan {
  const [before, after] = [from === undefined ? [] : objectsOf(from), objectsOf(to)];
  const key = ({ kind, metadata }: KubernetesObject): string => `${kind}/${metadata.name}`;
  const live = new Map(before.map((object) => [key(object), served(object)]));
  const steps: Step[] = after.map((next) => ({
    now: live.get(key(next)),
    next: live.has(key(next))
      ? (merged(live.get(key(next)) as never, next as never) as never)
      : next,
  }));
  const gone = [...live.values()].filter((now) => !after.some((next) => key(next) === key(now)));
  const objects = objectChanges([...steps, ...gone.map((now) => ({ now, next: undefined }))]);
  const config = (objects: readonly KubernetesObject[]) =>
    outlineOf(objects.find(({ metadata }) => metadata.name === 'binnacle-config'));
  const restarts = objects.some(({ fields }) =>
    fields.some(({ path }) => path.startsWith('spec.template')),
  );
  const meaning = meaningOf(config(before), config(after)!, restarts);
  return { cluster: 'binnacle', place: 'here', preparations: [], meaning, objects };
}

const served = (object: KubernetesObject): KubernetesObject => ({
  ...object,
  metadata: { ...object.metadata, ...{ uid: 'u', resourceVersion: '7', generation: 3 } },
  status: { replicas: 1 },
});

const textOf = (plan: Plan): string => planLines(plan, false).join('\n');

test('a new cluster: what it will be, and every object', () => {
  const plan = planOf(undefined, { members: 3 });
  expect(plan.meaning).toEqual([
    'a new cluster of 3 members, mutual TLS (certificates: self), no backups',
  ]);
  expect(plan.objects.map(({ action }) => action)).toEqual(plan.objects.map(() => 'create'));
  expect(textOf(plan)).toMatch(/^ {2}\+ StatefulSet +binnacle$/m);
});

test('the same configuration again changes nothing, whatever the API server added', () => {
  expect(textOf(planOf({}, {}))).toBe(
    'binnacle  here\n\n  Everything is as the configuration says.',
  );
});

test('scaling changes the number, the jobs’ file and the job, and restarts nobody', () => {
  const plan = planOf({ members: 3 }, { members: 5 });
  const text = textOf(plan);
  expect(text).toContain('members: 3 → 5; each new one joins as a learner');
  expect(text).toMatch(/~ StatefulSet +binnacle\n +spec\.replicas: 3 → 5\n/);
  expect(text).toMatch(/~ ConfigMap +binnacle-config\n +data\.kit\.json › members: 3 → 5\n/);
  expect(text).toMatch(/\+ Job .*\n(.*\n)*.*- Job /);
  expect(text).not.toContain('restart');
  expect(textOf(planOf({ members: 5 }, { members: 3 }))).toContain('their volumes stay');
});

test.each<[ClusterConfigInput, ClusterConfigInput, RegExp]>([
  [
    {},
    { tls: { caGeneration: 2 } },
    /authority: generation 1 → 2; .*no restart, no failed request/,
  ],
  [{ tls: { mode: 'plain' } }, { tls: { mode: 'mutual' } }, /TLS: plain → mutual, live/],
  [{}, { storage: { size: '16Gi' } }, /volumes: 8Gi → 16Gi; they grow while the members run/],
  [{}, { backup: { enabled: true } }, /backups: as configured/],
  [{ backup: { enabled: true } }, {}, /backups: none any more; those there are stay/],
  [{}, { image: { tag: 'other' } }, /members restart, one after the other/],
])('%j → %j', (from, to, meaning) => {
  expect(planOf(from, to).meaning.join('\n')).toMatch(meaning);
});

test('only the image and the like restart members', () => {
  for (const to of [{ tls: { caGeneration: 2 } }, { members: 5 }, { backup: { enabled: true } }])
    expect(planOf({}, to).meaning.join('\n')).not.toMatch(/restart, one after/);
});

const object = (more: JsonObject): KubernetesObject =>
  ({
    apiVersion: 'v1',
    kind: 'X',
    metadata: { name: 'x', namespace: 'y', labels: {} },
    ...more,
  }) as KubernetesObject;

test('entries with names are compared by name, others by place', () => {
  const from = object({
    a: [
      { name: 'one', v: 1 },
      { name: 'two', v: 2 },
    ],
    b: ['p', 'q'],
  });
  const to = object({
    a: [
      { name: 'two', v: 3 },
      { name: 'one', v: 1 },
    ],
    b: ['p', 'r', 's'],
  });
  expect(differences(from, to)).toEqual([
    { path: 'a[two].v', from: 2, to: 3 },
    { path: 'b[1]', from: 'q', to: 'r' },
    { path: 'b[2]', from: undefined, to: 's' },
  ]);
});

test('what goes away is said, and long values are cut', () => {
  const changes = objectChanges([{ now: object({ a: 'x'.repeat(100) }), next: object({}) }]);
  const text = textOf({ cluster: 'c', place: '', preparations: [], meaning: [], objects: changes });
  expect(text).toMatch(/a: x{59}… goes away/);
});
