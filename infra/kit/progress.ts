// One look at how far a change is.
import type { Followed } from './follow.ts';

interface StatefulSet {
  readonly metadata: { readonly generation: number };
  readonly spec: { readonly replicas: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly readyReplicas?: number;
    readonly updatedReplicas?: number;
    readonly currentRevision?: string;
    readonly updateRevision?: string;
  };
}

interface Job {
  readonly status: {
    readonly failed?: number;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly message?: string;
    }[];
  };
}

export interface Progress {
  readonly text: string;
  readonly isDone: boolean;
  /** Why it will not get any further. */
  readonly failure: string | undefined;
}

export async function gatherProgress({
  kubectl,
  statefulSet,
  job,
  members,
}: Followed): Promise<Progress> {
  const [set, work] = await Promise.all([
    kubectl.get<StatefulSet>('statefulset', statefulSet),
    kubectl.get<Job>('job', job),
  ]);
  const ended = (type: string) =>
    work?.status.conditions?.find((each) => each.type === type && each.status === 'True');
  const failed = ended('Failed');
  const jobText =
    work === undefined
      ? 'not there yet'
      : failed !== undefined
        ? 'failed'
        : ended('Complete') === undefined
          ? 'running'
          : 'done';
  const { ready, isSettled } = stateOf(set, members);
  return {
    text: `members: ${ready} of ${members} ready · certificates and volumes: ${jobText}`,
    isDone: isSettled && jobText === 'done',
    failure:
      failed === undefined
        ? undefined
        : `Job ${job} failed: ${failed.message ?? ''}. See \`${kubectl.command} logs job/${job}\`.`,
  };
}

function stateOf(
  set: StatefulSet | undefined,
  members: number,
): { ready: number; isSettled: boolean } {
  const status = set?.status;
  if (set === undefined || status === undefined) return { ready: 0, isSettled: false };
  const { replicas = 0, readyReplicas = 0, currentRevision, updateRevision } = status;
  return {
    ready: Math.min(readyReplicas, members),
    isSettled:
      (status.observedGeneration ?? 0) >= set.metadata.generation &&
      set.spec.replicas === members &&
      replicas === members &&
      readyReplicas === members &&
      currentRevision === updateRevision,
  };
}
