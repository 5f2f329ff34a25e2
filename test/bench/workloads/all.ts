import type { Workload } from '../lib/workload.ts';
import { growthWorkloads } from '../growth/all.ts';
import { specialWorkloads } from '../special/all.ts';
import { kvWorkloads } from './kv.ts';
import { leaseWorkloads } from './lease.ts';
import { watchWorkloads } from './watch.ts';

/** Every workload, in the order in which those of one cluster run. */
export function allWorkloads(): Workload[] {
  return [
    ...kvWorkloads(),
    ...watchWorkloads(),
    ...leaseWorkloads(),
    ...specialWorkloads(),
    ...growthWorkloads(),
  ];
}
