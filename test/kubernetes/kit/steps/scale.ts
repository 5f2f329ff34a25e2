// More members, fewer, only one, and more again: by kubectl and by the configuration.
import { RELEASE, type Kit } from '../kit.ts';
import type { Step } from '../step.ts';

const byKubectl = (from: number, to: number): Step => ({
  title: `scale ${from} → ${to}, kubectl scale`,
  group: 'scale',
  members: to,
  async run(kit: Kit): Promise<void> {
    await kit.kubectl.run('scale', `statefulset/${RELEASE}`, `--replicas=${to}`);
    await kit.settled(to);
  },
});

const byConfiguration = (from: number, to: number): Step => ({
  title: `scale ${from} → ${to}, configuration`,
  group: 'scale',
  async run(kit: Kit): Promise<void> {
    await kit.configure({ members: to });
    await kit.settled(to);
  },
});

export const scaling: readonly Step[] = [
  byKubectl(3, 5),
  byKubectl(5, 3),
  byConfiguration(3, 5),
  byConfiguration(5, 3),
  byConfiguration(3, 1),
  byConfiguration(1, 3),
];
