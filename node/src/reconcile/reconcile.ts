// One run of the job in a pod: volumes first, which takes a moment, then certificates and policy, which may wait.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  EventRecorder,
  STATEFUL_SETS,
  type EventText,
  type KitFile,
  type KubernetesApi,
} from '../kubernetes/index.ts';
import { realClock } from '../platform/index.ts';
import { newestKit } from './objects.ts';
import { askOverHttp } from './pods.ts';
import { ReconcileError, TlsJob, type JobOptions } from './run.ts';
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
  const tell = teller(api, mounted, print);
  const world = {
    api,
    ask: askOverHttp,
    now: () => new Date(realClock.wallMs()),
    sleep: (milliseconds: number) => sleep(milliseconds),
    print,
    tell,
  };
  const job = new TlsJob(world, mounted, options);
  if (options.dryRun) return print(`next: ${await job.nextStep()}`);
  try {
    const kit = await newestKit(api, mounted);
    const volumes = await growVolumes(api, kit, { sleep: world.sleep, waitMs: VOLUME_WAIT_MS });
    for (const line of volumes.lines) print(line);
    if (volumes.lines.length > 0)
      await tell({ type: 'Normal', reason: 'VolumesGrown', message: volumes.lines.join('; ') });
    await job.run();
    if (volumes.problems.length > 0) throw new ReconcileError(volumes.problems.join('; '));
  } catch (error) {
    await tell(failed(error instanceof Error ? error.message : String(error)));
    throw error;
  }
}

/** Writes Events about the StatefulSet, with its uid, by which kubectl finds them. It never rejects. */
function teller(
  api: KubernetesApi,
  { namespace, name }: KitFile,
  print: (line: string) => void,
): (event: EventText) => Promise<void> {
  const complain = (error: unknown): void => print(`an Event was not written: ${String(error)}`);
  let known: EventRecorder | undefined;
  return async (event) => {
    try {
      const found = known ?? (await api.find(STATEFUL_SETS, { namespace, name }));
      if (found === undefined) return; // nothing yet that it could be about
      if (!(found instanceof EventRecorder)) {
        const { uid } = found.metadata;
        const about = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, name };
        const reference = { ...about, ...(uid !== undefined && { uid }) };
        known = new EventRecorder(api, reference, COMPONENT, complain);
      }
      await known?.record(event);
    } catch (error) {
      complain(error);
    }
  };
}
