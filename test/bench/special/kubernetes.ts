/** What kube-apiserver does to its store: renewals, pods, watches, lists of many objects. And leases that end at once. */
import { fill } from '../lib/generator.ts';
import { loadWorkload } from '../workloads/kv.ts';
import type { Cluster, Workload } from '../lib/workload.ts';

const OBJECTS = 50_000;
/** Of an object; 50,000 of them are about 50 MiB. */
const OBJECT_BYTES = 1_024;
const PAGE = 500;

const common = { members: 1, tls: false, short: false } as const;

export function kubernetesWorkloads(): Workload[] {
  return [
    profile(1),
    profile(3),
    list('list-50000-pages', PAGE, (scale) => Math.ceil(3 * (OBJECTS / PAGE) * scale)),
    list('list-50000-whole', 0, (scale) => Math.max(2, Math.ceil(12 * scale))),
    leaseExpiry(1),
    leaseExpiry(3),
  ];
}

/** 5,000 nodes renew their leases every 10 s, 20 pods a second are made, changed and deleted, three servers watch. */
function profile(members: 1 | 3): Workload {
  return {
    ...common,
    name: `kubernetes-profile-${members}m-mtls`,
    group: 'kubernetes',
    members,
    tls: true,
    ownCluster: { flags: [] },
    ...loadWorkload('kubernetes-profile', 100, (scale) => Math.ceil(9_000 * scale), []),
  };
}

/** Operations are keys. As everywhere else, servers have done the same before, here twice over. */
function list(name: string, limit: number, requests: (scale: number) => number): Workload {
  const filled = new WeakSet<Cluster>();
  return {
    ...common,
    name,
    group: 'list',
    ownCluster: { flags: [] },
    warmUp: 2,
    ...loadWorkload(
      'list',
      1,
      requests,
      ['--limit', String(limit), '--keys', String(OBJECTS)],
      async (cluster) => {
        if (filled.has(cluster)) return;
        filled.add(cluster);
        await fill(cluster, OBJECTS, OBJECT_BYTES);
      },
    ),
  };
}

/** 10,000 leases with a key each end within a second; operations are leases. */
function leaseExpiry(members: 1 | 3): Workload {
  return {
    ...common,
    name: `lease-mass-expiry-${members}m-plain`,
    group: 'lease-expiry',
    members,
    ownCluster: { flags: [] },
    ...loadWorkload('lease-expiry', 100, (scale) => Math.ceil(10_000 * scale), ['--ttl', '30s']),
  };
}
