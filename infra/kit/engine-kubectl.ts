// Without Pulumi: the same objects by server-side apply, in the same order. Nothing is remembered between two runs: what
// is not wanted any more is found by its labels.
import { Problem } from '../local/problem.ts';
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
    const changed = new Map(
      objectChanges(steps).map((change) => [`${change.kind}/${change.name}`, change]),
    );
    const live = new Map(
      steps.flatMap(({ now }) => (now === undefined ? [] : [[keyOfObject(now), now] as const])),
    );
    for (const object of wanted) {
      const key = keyOfObject(object);
      if (changed.get(key)?.action === 'keep') continue;
      const fixed = keepFixed(live.get(key), object);
      say((await kubectl.run([...APPLY, '-f', '-'], JSON.stringify(fixed))).trim());
    }
    for (const { now, next } of steps)
      if (now !== undefined && next === undefined)
        say((await kubectl.run(['delete', now.kind, now.metadata.name, '--wait=false'])).trim());
  },

  async down({ kubectl, settings, say }) {
    const objects = await owned(kubectl, settings.config.name);
    if (objects.length === 0) throw new Problem('There is nothing to take away.');
    // Jobs first, so that none works on a cluster that goes away; then what the members run with, after them.
    const order = ['CronJob', 'Job', 'StatefulSet'];
    const rank = (kind: string): number =>
      order.includes(kind) ? order.indexOf(kind) : order.length;
    for (const { kind, metadata } of objects.sort((a, b) => rank(a.kind) - rank(b.kind))) {
      say((await kubectl.run(['delete', kind, metadata.name, '--ignore-not-found'])).trim());
      // Members still ask for their StatefulSet when they end: their rights go after them.
      if (kind === 'StatefulSet') await membersEnd(kubectl, settings.config.name);
    }
  },
};

/** No longer than their grace: what is left then goes by itself. */
async function membersEnd(kubectl: Kubectl, cluster: string): Promise<void> {
  const selector = `app.kubernetes.io/instance=${cluster},app.kubernetes.io/component=member`;
  await kubectl.try(['wait', '--for=delete', 'pod', '-l', selector, '--timeout=75s']);
}
