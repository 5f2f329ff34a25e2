// Another version of the image.
import assert from 'node:assert/strict';
import type { Step } from '../step.ts';

/** @param tag of an image that the nodes have */
export const upgradeTo = (tag: string): Step => ({
  title: 'upgrade of the image (image.tag)',
  group: 'upgrade',
  async run(kit) {
    const before = await kit.incarnations();
    await kit.configure({ image: { tag } });
    await kit.replaced(before);
    await kit.settled(kit.members);
    for (const { metadata, spec } of await kit.pods()) {
      assert.match(spec.containers[0]?.image ?? '', new RegExp(`:${tag}$`), metadata.name);
    }
  },
});
