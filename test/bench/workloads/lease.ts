/** Leases: granted, and kept alive over streams that stay open and over one stream for each. */
import { etcdBenchmark } from '../lib/generator.ts';
import type { Workload } from '../lib/workload.ts';
import { loadWorkload } from './kv.ts';

const CLIENTS = 100;

export function leaseWorkloads(): Workload[] {
  return ([1, 3] as const).flatMap((members) =>
    [false, true].flatMap((tls) => leaseWorkloadsOf(members, tls)),
  );
}

function leaseWorkloadsOf(members: 1 | 3, tls: boolean): Workload[] {
  const common = { group: 'lease', members, tls, clients: CLIENTS, warmUp: 1, short: false };
  const place = `${members}m-${tls ? 'mtls' : 'plain'}`;
  const share = members === 3 ? 1.5 : 1;
  return [
    {
      ...common,
      name: `lease-keepalive-${place}`,
      ...loadWorkload(
        'lease-keepalive',
        CLIENTS,
        (scale) => Math.ceil((20_000 * scale) / share),
        [],
      ),
    },
    {
      ...common,
      name: `lease-keepalive-once-${place}`,
      run: (cluster, scale) => {
        const total = Math.ceil((8_000 * scale) / share);
        const args = ['lease-keepalive', '--total', String(total)];
        return etcdBenchmark(cluster, CLIENTS, total, args);
      },
    },
    {
      ...common,
      name: `lease-grant-${place}`,
      ...loadWorkload('lease-grant', CLIENTS, (scale) => Math.ceil((8_000 * scale) / share), []),
    },
  ];
}
