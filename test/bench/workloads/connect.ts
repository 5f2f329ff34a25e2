/** New connections, all at once and each with one request: TCP, TLS, HTTP/2. */
import { etcdBenchmark } from '../lib/generator.ts';
import type { Workload } from '../lib/workload.ts';

const CONNECTIONS = 100;

export function connectWorkload(members: 1 | 3, tls: boolean): Workload {
  return {
    name: `connect-${members}m-${tls ? 'mtls' : 'plain'}`,
    group: 'connect',
    members,
    tls,
    short: false,
    warmUp: 1,
    run: async (cluster) => {
      const args = ['range', 'warm', '--consistency', 's', '--total', String(CONNECTIONS)];
      const { steady: _afterwards, ...sample } = await etcdBenchmark(
        cluster,
        CONNECTIONS,
        CONNECTIONS,
        args,
        CONNECTIONS,
      );
      return sample;
    },
  };
}
