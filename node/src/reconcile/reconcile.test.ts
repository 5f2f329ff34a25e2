// The job as it runs in a pod, against an API server of the tests; and that it asks for no more than it says.
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  CONFIG_MAPS,
  KubernetesApi,
  PERSISTENT_VOLUME_CLAIMS,
  SECRETS,
  type KitFile,
} from '../kubernetes/index.ts';
import { FakeApi } from '../kubernetes/testing/fake-api.ts';
import { reconcile } from './reconcile.ts';
import { rightsOf } from './rights.ts';
import { TlsJob } from './run.ts';
import { START_MS, testKit } from './testing/kit.ts';
import { SimulatedCluster } from './testing/simulated-cluster.ts';
import { growVolumes } from './volumes.ts';

let server: FakeApi;
let api: KubernetesApi;
let lines: string[];

beforeEach(async () => {
  server = new FakeApi();
  api = KubernetesApi.fromOptions({ server: await server.start() });
  lines = [];
});
afterEach(async () => {
  api.close();
  await server.stop();
});

function run(kit: KitFile, dryRun: boolean = false): Promise<void> {
  const print = (line: string): void => void lines.push(line);
  return reconcile(api, kit, { gateTimeoutMs: 1000, clientGraceMs: 0, dryRun, print });
}

const reasons = (): unknown[] =>
  server
    .all('events', 'c')
    .map((event) => event['reason'])
    .sort();

it('installs before there are members, and says what it did', async () => {
  server.put('/apis/apps/v1/namespaces/c/statefulsets', {
    metadata: { namespace: 'c', name: 'binnacle' },
  });
  await run(testKit());
  expect(lines).toEqual([
    'create the CA in Secret binnacle-ca',
    'issue Secret binnacle-server-tls (new)',
    'issue Secret binnacle-peer-tls (new)',
    'issue Secret binnacle-client-tls (new)',
    'set the policy in ConfigMap binnacle-tls: accept mutual, advertise https',
    'done',
  ]);
  expect(reasons()).toEqual([
    'CaCreated',
    ...['CertificateIssued', 'CertificateIssued', 'CertificateIssued'],
    'TlsModeChanged',
  ]);
  lines = [];
  await run(testKit());
  expect(lines).toEqual(['certificates and policy are in order']);
});

it('follows the ConfigMap, not the older file that is mounted', async () => {
  const newest = JSON.stringify(testKit({ mode: 'plain' }));
  server.put('/api/v1/namespaces/c/configmaps', {
    metadata: { namespace: 'c', name: 'binnacle-config' },
    ...{ data: { 'kit.json': newest } },
  });
  await run(testKit());
  expect(lines[0]).toContain('accept plain');
});

it('shows the next step and does nothing', async () => {
  await run(testKit(), true);
  expect(lines).toEqual(['next: create the CA in Secret binnacle-ca']);
  expect(server.seen.every(({ method }) => method === 'GET')).toBe(true);
});

it('does the rest when a volume is too big, and then fails for it', async () => {
  server.put('/apis/apps/v1/namespaces/c/statefulsets', {
    metadata: { namespace: 'c', name: 'binnacle' },
  });
  server.put('/api/v1/namespaces/c/persistentvolumeclaims', {
    metadata: { namespace: 'c', name: 'data-binnacle-0' },
    ...{ spec: { resources: { requests: { storage: '9Gi' } } }, status: { phase: 'Bound' } },
  });
  await expect(run(testKit())).rejects.toThrow("can't shrink to storage.size 8Gi");
  expect(lines.at(-1)).toBe('done');
  expect(reasons()).toContain('ReconcileFailed');
});

it('names the pods at a gate that stays closed, and goes on there later', async () => {
  await run(testKit());
  server.put('/api/v1/namespaces/c/configmaps', {
    metadata: { namespace: 'c', name: 'binnacle-cluster' },
  });
  server.put('/apis/apps/v1/namespaces/c/statefulsets', {
    metadata: { namespace: 'c', name: 'binnacle' },
    ...{ spec: { replicas: 1 } },
  });
  await expect(run(testKit({ caGeneration: 2 }))).rejects.toThrow(
    /every member trusts the old CA and the new one: binnacle-0 has no pod.*goes on from here/,
  );
  lines = [];
  await expect(run(testKit({ caGeneration: 2 }))).rejects.toThrow('binnacle-0 has no pod');
  expect(lines[0]).toBe('waiting until every member trusts the old CA and the new one');
});

it('asks the API for nothing that its rules do not allow', async () => {
  const kit = testKit({ mode: 'plain' });
  const random = (): number => 0.6; // nobody dies
  const startMs = START_MS;
  const cluster = new SimulatedCluster(kit, { random, startMs, clientGraceMs: 0 });
  cluster.api.put(CONFIG_MAPS, { metadata: { namespace: 'c', name: 'binnacle-cluster' } });
  cluster.api.put(PERSISTENT_VOLUME_CLAIMS, {
    metadata: { namespace: 'c', name: 'data-binnacle-8' },
    spec: { resources: { requests: { storage: '1Gi' } } },
    status: { phase: 'Bound' },
  });
  const world = {
    api: cluster.api,
    ask: (address: string) => cluster.ask(address),
    now: () => cluster.now,
    sleep: async (milliseconds: number) => {
      await cluster.sleep(milliseconds);
      cluster.settle();
    },
    print: () => {},
    tell: () => Promise.resolve(),
  };
  for (const tls of [{ mode: 'plain' }, { mode: 'mutual' }, { caGeneration: 2 }] as const) {
    cluster.configure({ ...cluster.kit, tls: { ...cluster.kit.tls, ...tls } });
    await growVolumes(cluster.api, cluster.kit, { sleep: world.sleep, waitMs: 0 });
    await new TlsJob(world, cluster.kit, { gateTimeoutMs: 60_000, clientGraceMs: 0 }).run();
  }
  const rules = rightsOf(kit);
  const used = new Set<number>();
  for (const { verb, group, plural, name } of cluster.api.asked) {
    const at = rules.findIndex(
      (rule) =>
        rule.verbs.includes(verb) &&
        rule.apiGroups.includes(group) &&
        rule.resources.includes(plural) &&
        (rule.resourceNames?.includes(name) ?? true),
    );
    expect(at, `${verb} ${plural}/${name}`).toBeGreaterThanOrEqual(0);
    used.add(at);
  }
  // Events are written elsewhere; everything else in the rules is needed.
  const unused = rules.filter((_, i) => !used.has(i)).flatMap(({ resources }) => resources);
  expect(unused).toEqual(['events']);
  expect(cluster.api.peek(SECRETS, 'binnacle-ca')?.data?.['next.key']).toBeUndefined();
});
