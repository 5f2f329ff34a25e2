// What happens to pods: restarts, drains, lost volumes, sudden death.
import assert from 'node:assert/strict';
import { eventually, sleep } from '../../../conformance/lib/process.ts';
import { RELEASE, type Kit } from '../kit.ts';
import { killMember } from '../processes.ts';
import type { Step } from '../step.ts';

/** How long a node stays drained, so that the cluster works without it for a while. */
const DRAINED_MS = 2_000;

const restart: Step = {
  title: 'restart, kubectl rollout restart',
  group: 'restart',
  async run(kit) {
    const before = await kit.incarnations();
    await kit.kubectl.run('rollout', 'restart', `statefulset/${RELEASE}`);
    await kit.replaced(before);
    await kit.settled(kit.members);
  },
};

const drain: Step = {
  title: "drain of the leader's node",
  group: 'drain',
  async run(kit) {
    const { pod } = await kit.leader();
    const node = pod.spec.nodeName ?? '';
    const flags = ['--ignore-daemonsets', '--delete-emptydir-data', '--timeout=60s'];
    try {
      await kit.kubectl.run('drain', node, `--pod-selector=${kit.selector}`, ...flags);
      await sleep(DRAINED_MS);
    } finally {
      await kit.kubectl.run('uncordon', node);
    }
    await kit.settled(kit.members);
  },
};

async function volumeOf(kit: Kit, claim: string): Promise<string> {
  const found = await kit.kubectl.get<{ spec: { volumeName?: string } }>('pvc', claim);
  return found?.spec.volumeName ?? '';
}

/** Of the first member: the one that once founded the cluster, and must not do so again. */
const lostVolume: Step = {
  title: 'pod 0 and its volume deleted',
  group: 'volume',
  async run(kit) {
    const claim = `data-${kit.podName(0)}`;
    const lost = await volumeOf(kit, claim);
    const memberId = await memberIdOf(kit, kit.podName(0));
    await kit.kubectl.run('delete', 'pvc', claim, '--wait=false');
    await kit.kubectl.run('delete', 'pod', kit.podName(0));
    await eventually(
      `another volume for ${claim}`,
      async () => {
        const now = await volumeOf(kit, claim);
        return (now !== '' && now !== lost) || undefined;
      },
      60_000,
    );
    await kit.settled(kit.members);
    assert.notEqual(await memberIdOf(kit, kit.podName(0)), memberId, 'a new member in its place');
  },
};

async function memberIdOf(kit: Kit, name: string): Promise<bigint | undefined> {
  return (await kit.memberList()).find((member) => member.name === name)?.id;
}

const killLeader: Step = {
  title: 'kill -9 of the leader',
  group: 'kill',
  async run(kit) {
    const { pod } = await kit.leader();
    const before = await kit.incarnations();
    await killMember(kit.kubectl, pod.metadata.name);
    await eventually(
      `the restart of ${pod.metadata.name}`,
      async () => {
        const now = await kit.incarnations();
        return now.some((each) => !before.includes(each)) || undefined;
      },
      30_000,
    );
    await kit.settled(kit.members);
  },
};

export const disruptions: readonly Step[] = [restart, drain, lostVolume, killLeader];
