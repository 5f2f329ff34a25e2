/** Events to many watchers: fan-out over one prefix and over a hundred, and the latency of watches. */
import { etcdBenchmark } from '../lib/generator.ts';
import type { Workload } from '../lib/workload.ts';
import { loadWorkload } from './kv.ts';

interface FanOut {
  readonly watchers: number;
  readonly prefixes: number;
  readonly puts: number;
}

const fanOuts: readonly FanOut[] = [
  { watchers: 1_000, prefixes: 1, puts: 300 },
  { watchers: 10_000, prefixes: 1, puts: 30 },
  { watchers: 10_000, prefixes: 100, puts: 2_000 },
];

export function watchWorkloads(): Workload[] {
  return ([1, 3] as const).flatMap((members) =>
    [false, true].flatMap((tls) => [
      ...fanOuts.map((fanOut) => fanOutWorkload(fanOut, members, tls)),
      latencyWorkload(members, tls),
    ]),
  );
}

/** A hundred watchers a stream and ten streams a connection: each watcher gets its events on its own. */
function fanOutWorkload(
  { watchers, prefixes, puts }: FanOut,
  members: 1 | 3,
  tls: boolean,
): Workload {
  const streams = watchers / 100;
  const counts = ['--watchers', String(watchers), '--prefixes', String(prefixes)];
  return {
    name: `watch-${watchers}-on-${prefixes}-${members}m-${tls ? 'mtls' : 'plain'}`,
    group: 'watch',
    members,
    tls,
    warmUp: 1,
    short: watchers === 1_000 && members === 1 && !tls,
    ...loadWorkload('watch-fan-out', streams, (scale) => Math.ceil(puts * scale), [
      ...counts,
      ...['--streams', String(streams)],
    ]),
  };
}

/** From the answer to a put until each of 100 watchers has its event, with 100 puts a second. */
function latencyWorkload(members: 1 | 3, tls: boolean): Workload {
  return {
    name: `watch-latency-${members}m-${tls ? 'mtls' : 'plain'}`,
    group: 'watch-latency',
    members,
    tls,
    short: false,
    run: (cluster, scale) => {
      const puts = Math.ceil(300 * scale);
      const watchers = ['--streams', '10', '--watchers-per-stream', '10'];
      const words = ['--put-total', String(puts), '--put-rate', '100', '--val-size', '256'];
      return etcdBenchmark(cluster, 10, puts * 100, ['watch-latency', ...watchers, ...words]);
    },
  };
}
