/** New connections, each with one request: TCP, TLS, HTTP/2. Their cost is taken off loads that open connections. */
import type { Workload } from '../lib/workload.ts';
import { loadWorkload } from './kv.ts';

export function connectWorkload(members: 1 | 3, tls: boolean): Workload {
  return {
    name: `connect-${members}m-${tls ? 'mtls' : 'plain'}`,
    group: 'connect',
    members,
    tls,
    short: false,
    warmUp: true,
    ...loadWorkload('connect', 1, (scale) => Math.max(30, Math.ceil(100 * scale)), []),
  };
}
