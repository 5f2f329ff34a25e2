// Jobs that are made from the one that the schedule would make: backups, and restores.
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../local/problem.ts';
import type { Kubectl } from './kubectl.ts';

const INTERVAL_MS = 1_000;
const LIMIT_MS = 6 * 3_600_000;

interface PodTemplate {
  readonly spec: { readonly containers: readonly { readonly args?: readonly string[] }[] };
}

interface CronJob {
  readonly spec: {
    readonly jobTemplate: {
      readonly metadata?: { readonly labels?: Record<string, string> };
      readonly spec: { readonly template: PodTemplate };
    };
  };
}

interface Job {
  readonly metadata: { readonly uid: string };
  readonly status: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly message?: string;
    }[];
  };
}

interface Pod {
  readonly metadata: { readonly name: string };
  readonly status: { readonly phase: string };
}

export interface JobOutcome {
  readonly succeeded: boolean;
  /** What its last pod wrote. */
  readonly log: string;
}

/**
 * Runs the pods of a CronJob once, with other arguments, and waits for the end.
 * @param labels of Job and pods, beside those of the CronJob's
 * @throws Problem when there is no such CronJob
 */
export async function runJob(
  kubectl: Kubectl,
  cronJob: string,
  args: readonly string[],
  name: string,
): Promise<JobOutcome> {
  const found = await kubectl.get<CronJob>('cronjob', cronJob);
  if (found === undefined)
    throw new Problem(
      `There is no CronJob ${cronJob} in namespace ${kubectl.namespace}: set backup.enabled in the configuration, then \`up\`.`,
    );
  await kubectl.run(['create', '-f', '-'], JSON.stringify(jobOf(found, args, name)));
  const succeeded = await ended(kubectl, name);
  const log = await logOf(kubectl, name);
  return { succeeded, log };
}

function jobOf({ spec }: CronJob, args: readonly string[], name: string): object {
  const { template } = spec.jobTemplate.spec;
  const [container, ...others] = template.spec.containers;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, labels: labelsOf(template) },
    spec: {
      // Whoever started it looks at what it says; and a restore is not tried again behind anybody's back.
      backoffLimit: 0,
      ttlSecondsAfterFinished: 24 * 3600,
      template: {
        ...template,
        spec: {
          ...template.spec,
          restartPolicy: 'Never',
          containers: [{ ...container, args }, ...others],
        },
      },
    },
  };
}

const labelsOf = (template: PodTemplate): Record<string, string> =>
  (template as { metadata?: { labels?: Record<string, string> } }).metadata?.labels ?? {};

async function ended(kubectl: Kubectl, name: string): Promise<boolean> {
  const deadline = Date.now() + LIMIT_MS;
  while (Date.now() < deadline) {
    const job = await kubectl.get<Job>('job', name);
    const isTrue = (type: string) =>
      job?.status.conditions?.some((each) => each.type === type && each.status === 'True') === true;
    if (isTrue('Complete')) return true;
    if (isTrue('Failed') || job === undefined) return false;
    await sleep(INTERVAL_MS);
  }
  throw new Problem(`Job ${name} still runs: see \`${kubectl.command} logs job/${name}\`.`);
}

async function logOf(kubectl: Kubectl, job: string): Promise<string> {
  const pods = await kubectl.list<Pod>('pods', `batch.kubernetes.io/job-name=${job}`);
  const last = pods.at(-1);
  if (last === undefined) return '';
  const { stdout } = await kubectl.try(['logs', last.metadata.name, '--tail=200']);
  return stdout.trimEnd();
}
