// The quorum is lost for good: all volumes but one are gone. The only step that stops the cluster, and that a person ends.
import assert from 'node:assert/strict';
import { eventually } from '../../../conformance/lib/process.ts';
import type { Kit } from '../kit.ts';
import type { Step } from '../step.ts';

const recover: Step = {
  title: 'two of three volumes lost, binnacle recover',
  group: 'recover',
  stopsTheCluster: true,
  async run(kit) {
    // The leader has all that was acknowledged, so that nothing may be missing afterwards.
    const survivor = (await kit.leader()).pod.metadata.name;
    const lost = [0, 1, 2].map((i) => kit.podName(i)).filter((name) => name !== survivor);
    await kit.kubectl.run('delete', 'pvc', ...lost.map((name) => `data-${name}`), '--wait=false');
    await kit.kubectl.run('delete', 'pod', ...lost, '--force', '--grace-period=0');
    const clusterId = await eventually(
      'the loss of the quorum',
      () => askedFor(kit, survivor),
      30_000,
    );
    const doctor = await kit.kubectl.try(['exec', survivor, '--', 'binnacle', 'doctor']);
    assert.match(doctor.stdout, /CRITICAL {2}the quorum is lost: 1 of 3 voters answer/);
    await kit.kubectl.run('exec', survivor, '--', 'binnacle', 'recover', '--yes', clusterId);
    await kit.settled(kit.members);
  },
};

/** The id that `binnacle recover` wants to be told before it acts; undefined while it sees a leader. */
async function askedFor(kit: Kit, pod: string): Promise<string | undefined> {
  const { stderr } = await kit.kubectl.try(['exec', pod, '--', 'binnacle', 'recover']);
  return /add --yes (?<id>[0-9a-f]+)/.exec(stderr)?.groups?.['id'];
}

export const recoveries: readonly Step[] = [recover];
