/**
 * The same work while one thing grows by 10, and by 10 again: keys, watchers, clients, the size of values. Each point has
 * a cluster of its own, for what an earlier one left would be more of the same.
 */
import { etcdBenchmark, fill } from '../lib/generator.ts';
import { loadWorkload } from '../workloads/kv.ts';
import type { Cluster, Workload } from '../lib/workload.ts';

const OPERATIONS = 10_000;
const CLIENTS = 100;
const VALUE_BYTES = 256;

export function growthWorkloads(): Workload[] {
  return [
    ...[1_000, 10_000, 100_000, 1_000_000].map(growthOfKeys),
    ...[10, 100, 1_000, 10_000].map(growthOfWatchers),
    ...[1, 10, 100, 1_000].map(growthOfClients),
    ...[100, 1_000, 10_000, 100_000].map(growthOfValues),
  ];
}

const point = (axis: string, value: number, unit: string) =>
  ({
    name: `growth-${axis}-${value}`,
    group: `growth-${axis}`,
    members: 1,
    tls: false,
    short: false,
    warmUp: 0.25,
    point: { axis: unit, value },
    ownCluster: { flags: ['--quota-backend-bytes', '8589934592'] },
  }) as const;

/** One key, in turn put and read, of so many. */
function growthOfKeys(keys: number): Workload {
  // Warming up has filled the cluster already.
  const filled = new WeakSet<Cluster>();
  return {
    ...point('keys', keys, 'keys'),
    ...loadWorkload(
      'mixed',
      CLIENTS,
      (scale) => Math.ceil(OPERATIONS * scale),
      ['--reads', '50', '--keys', String(keys)],
      async (cluster) => {
        if (!filled.has(cluster)) await fill(cluster, keys, VALUE_BYTES);
        filled.add(cluster);
      },
    ),
  };
}

/** Puts that one watcher sees each, of so many: what the others cost. */
function growthOfWatchers(watchers: number): Workload {
  const streams = Math.min(100, watchers / 10);
  const counts = ['--watchers', String(watchers), '--prefixes', String(watchers)];
  return {
    ...point('watchers', watchers, 'watchers'),
    ...loadWorkload('watch-fan-out', CLIENTS, (scale) => Math.ceil((OPERATIONS / 2) * scale), [
      ...counts,
      ...['--streams', String(streams)],
    ]),
  };
}

/** Clients that put and read in turn, each as soon as it has an answer. */
function growthOfClients(clients: number): Workload {
  const operations = clients === 1 ? OPERATIONS / 5 : OPERATIONS;
  return {
    ...point('clients', clients, 'clients'),
    clients,
    ...loadWorkload(
      'mixed',
      clients,
      (scale) => Math.ceil(operations * scale),
      ['--reads', '50', '--keys', '1000'],
      (cluster) => fill(cluster, 1_000, VALUE_BYTES),
    ),
  };
}

/** Puts of so many bytes. */
function growthOfValues(bytes: number): Workload {
  const share = bytes >= 100_000 ? 0.05 : bytes >= 10_000 ? 0.3 : 1;
  return {
    ...point('value-size', bytes, 'bytes of a value'),
    run: (cluster, scale) => {
      const total = Math.ceil(OPERATIONS * share * scale);
      const sizes = ['--key-size', '32', '--key-space-size', '1000', '--val-size', String(bytes)];
      return etcdBenchmark(cluster, CLIENTS, total, ['put', ...sizes, '--total', String(total)]);
    },
  };
}
