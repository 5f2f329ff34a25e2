/**
 * Compaction and defragmentation under a load that does not wait: 1,000 requests a second, half of them puts and half
 * linearizable reads. A request's time counts from the moment at which it is due.
 */
import { loadWorkload } from '../workloads/kv.ts';
import type { Cluster, Workload } from '../lib/workload.ts';
import { runLoad, target } from './run-load.ts';

const CLIENTS = 100; // ten connections
const steady = ['--rate', '1000', '--before', '3s', '--after', '1s'];
/** The filling's transactions are big: the time that it takes is not what is measured. */
const flags = ['--max-txn-ops', '1000', '--quota-backend-bytes', '8589934592'];

interface Stall {
  readonly name: string;
  readonly action: 'compact' | 'defragment';
  readonly keys: number;
  readonly revisions: number;
}

const stalls: readonly Stall[] = [
  // 200,000 of 250,000 revisions go.
  { name: 'compaction-stall', action: 'compact', keys: 50_000, revisions: 5 },
  // About 250 MiB of values.
  { name: 'defragmentation-stall', action: 'defragment', keys: 250_000, revisions: 1 },
];

export function stallWorkloads(): Workload[] {
  return stalls.flatMap((stall) => ([1, 3] as const).map((members) => workload(stall, members)));
}

function workload({ name, action, keys, revisions }: Stall, members: 1 | 3): Workload {
  return {
    name: `${name}-${members}m-plain`,
    group: 'stall',
    members,
    tls: false,
    short: false,
    ownCluster: { flags },
    ...loadWorkload(
      'steady',
      CLIENTS,
      () => 1,
      ['--action', action, ...steady],
      (cluster, scale) => fillBig(cluster, Math.ceil(keys * scale), revisions),
    ),
  };
}

/** Values of 1 KiB, a hundred in a transaction. */
export async function fillBig(cluster: Cluster, keys: number, revisions = 1): Promise<void> {
  const sizes = ['--keys', String(keys), '--value-size', '1024', '--revisions', String(revisions)];
  await runLoad('fill', [...target(cluster), ...sizes, '--per-txn', '100', '--writers', '4']);
}
