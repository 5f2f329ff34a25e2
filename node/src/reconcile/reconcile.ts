// One run of the job in a pod: volumes first, which takes a moment, then certificates and policy, which may wait.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  EventRecorder,
  type EventText,
  type KitFile,
  type KubernetesApi,
} from '../kubernetes/index.ts';
import { realClock } from '../platform/index.ts';
import { newestKit, type Snapshot } from './objects.ts';
import { askOverHttp } from './pods.ts';
import { ReconcileError, TlsJob, type JobOptions, type JobWorld } from './run.ts';
import { growVolumes } from './volumes.ts';
import { failed } from './words.ts';

export interface ReconcileOptions extends JobOptions {
  /** Prints what would be done next, and does nothing. */
  readonly dryRun: boolean;
  readonly print: (line: string) => void;
}

const COMPONENT = 'binnacle-reconcile';
const VOLUME_WAIT_MS = 60_000;

/** @throws ReconcileError when something is in the way; KubernetesError when the API refuses */
export async function reconcile(
  api: KubernetesApi,
  mounted: KitFile,
  options: ReconcileOptions,
): Promise<void> {
  const { print } = options;
  const { namespace, name } = mounted;
  const about = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, name };
  const recorders = new Map<string, EventRecorder>();
  const tell = (uid: string | undefined, event: EventText): Promise<void> => {
    const key = uid ?? '';
    const recorder =
      recorders.get(key) ??
      new EventRecorder(api, { ...about, ...(uid !== undefined && { uid }) }, COMPONENT, (error) =>
        print(`an Event could not be written: ${String(error)}`),
      );
    recorders.set(key, recorder);
    return recorder.record(event);
  };
  const world: JobWorld = {
    api,
    ask: askOverHttp,
    now: () => new Date(realClock.wallMs()),
    sleep: (milliseconds) => sleep(milliseconds),
    print,
    tell: (snapshot: Snapshot, event) => tell(snapshot.statefulSet?.metadata.uid, event),
  };
  const job = new TlsJob(world, mounted, options);
  if (options.dryRun) return print(`next: ${await job.nextStep()}`);
  const kit = await newestKit(api, mounted);
  const { lines, problems } = await growVolumes(api, kit, {
    sleep: world.sleep,
    waitMs: VOLUME_WAIT_MS,
  });
  for (const line of lines) print(line);
  if (lines.length > 0)
    await tell(undefined, { type: 'Normal', reason: 'VolumesGrown', message: lines.join('; ') });
  try {
    await job.run();
    if (problems.length > 0) throw new ReconcileError(problems.join('; '));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    await tell(undefined, failed(reason));
    throw error;
  }
}
