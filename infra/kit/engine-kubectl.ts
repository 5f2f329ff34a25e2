// Without Pulumi: the same objects by server-side apply, in the same order. Nothing is remembered between two runs: what
// is not wanted any more is found by its labels.
import { Problem } from '../local/problem.ts';
import type { Engine } from './engine.ts';
import { keepFixed, keyOfObject, owned } from './live.ts';
import { isInstalled } from './kubectl.ts';

const MANAGER = 'binnacle-kit';

export const kubectlEngine: Engine = {
  missing: () =>
    isInstalled('kubectl')
      ? undefined
      : 'kubectl is not on PATH: install it as kubernetes.io/docs/tasks/tools says',

  async up({ kubectl, wanted, steps, say }) {
    const live = new Map(
      steps.flatMap(({ now }) => (now === undefined ? [] : [[keyOfObject(now), now] as const])),
    );
    for (const object of wanted) {
      const fixed = keepFixed(live.get(keyOfObject(object)), object);
      const args = [
        'apply',
        '--server-side',
        '--force-conflicts',
        `--field-manager=${MANAGER}`,
        '-f',
        '-',
      ];
      say((await kubectl.run(args, JSON.stringify(fixed))).trim());
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
    for (const { kind, metadata } of objects.sort((a, b) => rank(a.kind) - rank(b.kind)))
      say((await kubectl.run(['delete', kind, metadata.name, '--ignore-not-found'])).trim());
  },
};
