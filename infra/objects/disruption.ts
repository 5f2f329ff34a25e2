// How far drains of nodes may go: a PodDisruptionBudget that keeps the quorum.
import { metadataOf, namesOf, selectorOf } from './names.ts';
import type { Kit, KubernetesObject } from './types.ts';

export function disruptionBudget(kit: Kit): KubernetesObject {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metadataOf(kit, namesOf(kit).members),
    spec: {
      maxUnavailable: kit.config.disruptionBudget.maxUnavailable,
      selector: { matchLabels: selectorOf(kit, 'member') },
    },
  };
}
