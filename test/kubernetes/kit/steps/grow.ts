// Volumes grow under the members, and the StatefulSet that made them stays what it is.
import assert from 'node:assert/strict';
import { eventually } from '../../../conformance/lib/process.ts';
import { RELEASE, type Kit } from '../kit.ts';
import type { Step } from '../step.ts';

const SIZE = '9Gi';

interface Claim {
  readonly spec: { readonly resources: { readonly requests: { readonly storage: string } } };
  readonly status: { readonly capacity?: { readonly storage: string } };
}

async function statefulSetUid(kit: Kit): Promise<string | undefined> {
  const found = await kit.kubectl.get<{ metadata: { uid: string } }>('statefulset', RELEASE);
  return found?.metadata.uid;
}

const grow: Step = {
  title: 'volumes grow (storage.size)',
  group: 'grow',
  withoutFailures: true,
  async run(kit) {
    const [uid, pods] = [await statefulSetUid(kit), await kit.incarnations()];
    await kit.configure({ storage: { size: SIZE } });
    for (let i = 0; i < kit.members; i++) {
      const name = `data-${kit.podName(i)}`;
      await eventually(`${name} to have ${SIZE}`, async () => {
        const claim = await kit.kubectl.get<Claim>('pvc', name);
        assert.equal(claim?.spec.resources.requests.storage, SIZE, 'what the job asks for');
        return claim.status.capacity?.storage === SIZE || undefined;
      });
    }
    assert.equal(await statefulSetUid(kit), uid, 'the StatefulSet is not replaced');
    assert.deepEqual(await kit.incarnations(), pods, 'no pod is restarted');
  },
};

export const growths: readonly Step[] = [grow];
