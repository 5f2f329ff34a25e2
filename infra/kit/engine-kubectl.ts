// Without Pulumi: the same objects by server-side apply, in the same order. Nothing is remembered between two runs: what
// is not wanted any more is found by its labels.
import { Problem } from '../local/problem.ts';
import type { KubernetesObject } from '../objects/index.ts';
import type { Engine } from './engine.ts';
import { isInstalled, listOf, type Kubectl } from './kubectl.ts';
import { keepFixed, keyOfObject, objectsIn, owned } from './live.ts';
import { objectChanges } from './plan.ts';

const APPLY = ['apply', '--server-side', '--force-conflicts', '--field-manager=binnacle-kit'];

export const kubectlEngine: Engine = {
  missing: () =>
    isInstalled('kubectl')
      ? undefined
      : 'kubectl is not on PATH: install it as kubernetes.io/docs/tasks/tools says',

  // The API server says what would come of it: what it would refuse fails before anything is done.
  preview: (kubectl) => async (wanted, live) => {
    if (wanted.length === 0) return new Map();
    const objects = wanted.map((object) => keepFixed(live.get(keyOfObject(object)), object));
    const args = [...APPLY, '--dry-run=server', '-o', 'json', '-f', '-'];
    return objectsIn(await kubectl.run(args, listOf(objects)));
  },

  async up({ kubectl, wanted, steps, say }) {
    const kept = new Set(
      objectChanges(steps)
        .filter(({ action }) => action === 'keep')
        .map(({ kind, name }) => `${kind}/${name}`),
    );
    const live = new Map(
      steps.flatMap(({ now }) => (now === undefined ? [] : [[keyOfObject(now), now] as const])),
    );
    const changed = wanted.filter((object) => !kept.has(keyOfObject(object)));
    const objects = changed.map((object) => keepFixed(live.get(keyOfObject(object)), object));
    if (objects.length > 0) sayAll(say, await kubectl.run([...APPLY, '-f', '-'], listOf(objects)));
    for (const { now, next } of steps)
      if (now !== undefined && next === undefined)
        say((await kubectl.run(['delete', now.kind, now.metadata.name, '--wait=false'])).trim());
  },

  async down({ kubectl, settings, say }) {
    const objects = await owned(kubectl, settings.config.name);
    if (objects.length === 0) throw new Problem('There is nothing to take away.');
    // Jobs first, so that none works on a cluster that goes away. Members still ask for their StatefulSet when they
    // end: their rights go after them.
    const isOf = (kinds: readonly string[]) => objects.filter(({ kind }) => kinds.includes(kind));
    const first = isOf(['CronJob', 'Job', 'StatefulSet']);
    await remove(first, kubectl, say);
    await membersEnd(kubectl, settings.config.name);
    await remove(
      objects.filter((object) => !first.includes(object)),
      kubectl,
      say,
    );
  },
};

async function remove(
  objects: readonly KubernetesObject[],
  kubectl: Kubectl,
  say: (line: string) => void,
): Promise<void> {
  if (objects.length === 0) return;
  const args = ['delete', '--ignore-not-found', '-f', '-'];
  sayAll(say, await kubectl.run(args, listOf(objects)));
}

function sayAll(say: (line: string) => void, output: string): void {
  for (const line of output.trim().split('\n')) say(line);
}

/** No longer than their grace: what is left then goes by itself. */
async function membersEnd(kubectl: Kubectl, cluster: string): Promise<void> {
  const selector = `app.kubernetes.io/instance=${cluster},app.kubernetes.io/component=member`;
  await kubectl.try(['wait', '--for=delete', 'pod', '-l', selector, '--timeout=75s']);
}
