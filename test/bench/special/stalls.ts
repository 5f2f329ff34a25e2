/**
 * Compaction and defragmentation under a load that does not wait: 1,000 requests a second (of three members, which share
 * the machine's cores with each other, 500), half of them puts and half linearizable reads. A request's time counts from the
 * moment at which it is due.
 */
import { loadWorkload } from '../workloads/kv.ts';
import type { Cluster, Workload } from '../lib/workload.ts';
import { runLoad, target } from './run-load.ts';

const CLIENTS = 100; // ten connections
const steady = ['--before', '3s', '--after', '1s'];
const rates = { 1: '1000', 3: '500' } as const;
/** The filling's transactions are big: the time that it takes is not what is measured. */
const flags = ['--max-txn-ops', '1000', '--quota-backend-bytes', '8589934592'];

interface Stall {
  readonly name: string;
  readonly action: 'compact' | 'defragment';
  /** By number of members: three write all of it three times, and compact at once, defragment one after the other. */
  readonly keys: Readonly<Record<1 | 3, number>>;
  readonly revisions: number;
}

const stalls: readonly Stall[] = [
  // Four of five revisions go: 200,000 of one member.
  { name: 'compaction-stall', action: 'compact', keys: { 1: 50_000, 3: 25_000 }, revisions: 5 },
  // About 250 MiB of values of one member, 100 MiB of each of three.
  {
    name: 'defragmentation-stall',
    action: 'defragment',
    keys: { 1: 250_000, 3: 100_000 },
    revisions: 1,
  },
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
      ['--action', action, '--rate', rates[members], ...steady],
      (cluster, scale) => fillBig(cluster, Math.ceil(keys[members] * scale), revisions),
    ),
  };
}

/** Values of 1 KiB, a hundred in a transaction. */
export async function fillBig(cluster: Cluster, keys: number, revisions = 1): Promise<void> {
  const sizes = ['--keys', String(keys), '--value-size', '1024', '--revisions', String(revisions)];
  await runLoad('fill', [...target(cluster), ...sizes, '--per-txn', '100', '--writers', '4']);
}
