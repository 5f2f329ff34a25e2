// What the StatefulSet wants, asked when it matters: how many members there are to be.
import { STATEFUL_SETS, type KubernetesApi, type ObjectReference } from '../../kubernetes/index.ts';
import type { Pods } from './pods.ts';

export interface Wanted {
  /** spec.replicas. */
  readonly replicas: number;
  /** The StatefulSet itself is being deleted, or is gone: nothing can be said about members. */
  readonly isEnding: boolean;
  /** For Events. */
  readonly reference: ObjectReference;
}

/** @throws KubernetesError when the API server does not answer, or refuses */
export async function wantedMembers(api: KubernetesApi, pods: Pods): Promise<Wanted> {
  const { namespace, statefulSet: name } = pods;
  const reference = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, name };
  const found = await api.find(STATEFUL_SETS, { namespace, name });
  if (found === undefined) return { replicas: 0, isEnding: true, reference };
  const { uid, deletionTimestamp } = found.metadata;
  return {
    replicas: found.spec?.replicas ?? 1,
    isEnding: deletionTimestamp !== undefined,
    reference: uid === undefined ? reference : { ...reference, uid },
  };
}

/**
 * Whether members from `replicas` on are to leave. Zero is a pause: the volumes stay, and all members come back to where they
 * were. A StatefulSet that ends takes its cluster with it, or leaves it to the next one of its name.
 */
export function isScaledBelow({ replicas, isEnding }: Wanted, ordinal: number): boolean {
  return !isEnding && replicas > 0 && ordinal >= replicas;
}
