// Finds out what a pod has to know before it decides how to start.
import type { Logger, MemberId, World } from '../../base/index.ts';
import type { KubernetesApi } from '../../kubernetes/index.ts';
import type { DiskState, Volume } from './disk.ts';
import type { PeerClient } from './peer-client.ts';
import type { Pods } from './pods.ts';
import type { RecordStore } from './record.ts';
import type { Situation } from './situation.ts';
import { wantedMembers, type Wanted } from './stateful-set.ts';

/** How long data waits for an API server that does not answer, before it goes on by what the volume says. */
const API_PATIENCE_MS = 15_000;

export interface GatherParts {
  readonly world: World;
  readonly logger: Logger;
  readonly api: KubernetesApi;
  readonly pods: Pods;
  readonly volume: Volume;
  readonly records: RecordStore;
  readonly client: PeerClient;
}

export interface Gathered {
  readonly situation: Situation;
  /** Undefined while the API server does not answer. */
  readonly wanted: Wanted | undefined;
}

/**
 * @param sinceMs when the pod began to ask, by the monotonic clock
 * @throws KubernetesError while the API server does not answer and the volume does not tell enough
 */
export async function gather(
  { world, logger, api, pods, records, client }: GatherParts,
  disk: DiskState,
  sinceMs: number,
): Promise<Gathered> {
  const waitedMs = world.clock.monotonicMs() - sinceMs;
  const about: MemberId | undefined = disk.kind === 'data' ? disk.memberId : undefined;
  const { ordinal } = pods;
  const place = { name: pods.nameOf(ordinal), ordinal, host: pods.hostOf(ordinal), disk, waitedMs };
  try {
    const [record, wanted] = await Promise.all([records.read(), wantedMembers(api, pods)]);
    const replicas = wanted.isEnding ? undefined : wanted.replicas;
    const peers = await client.survey(replicas ?? ordinal + 1, about);
    return { situation: { ...place, replicas, record, peers }, wanted };
  } catch (error) {
    // A restart has to succeed while the control plane is away. The volume's word is then all there is; a cluster that was
    // restored meanwhile has another id, and members of two clusters do not talk to each other.
    if (disk.kind !== 'data' || waitedMs < API_PATIENCE_MS) throw error;
    logger.warn('the API server does not answer; deciding by the volume and the other members', {
      error: String(error),
    });
    const peers = await client.survey(ordinal + 1, about);
    const situation: Situation = { ...place, replicas: undefined, record: undefined, peers };
    return { situation, wanted: undefined };
  }
}
