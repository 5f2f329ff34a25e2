import type { Workload } from '../lib/workload.ts';
import { kubernetesWorkloads } from './kubernetes.ts';
import { snapshotWorkload } from './snapshot-to-new-member.ts';
import { stallWorkloads } from './stalls.ts';
import { startWorkloads } from './start.ts';

/** The workloads that are more than requests: each has a cluster of its own. */
export function specialWorkloads(): Workload[] {
  return [...stallWorkloads(), ...startWorkloads, snapshotWorkload(), ...kubernetesWorkloads()];
}
