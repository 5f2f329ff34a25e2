/** 2,000 ConfigMaps: listed in pages, watched, compacted behind, and deleted with their namespace. */
import assert from 'node:assert/strict';
import { eventually } from '../conformance/lib/process.ts';
import type { Report } from '../conformance/lib/report.ts';
import { compactionIntervalMs, type Kubernetes } from './control-plane.ts';
import { configMapName, configMaps, namespace } from './manifests.ts';
import type { Store } from './store.ts';

const name = 'big';
const count = 2_000;
const pageSize = 250;
/** How many run kubectl create at once. */
const creators = 4;

interface Page {
  readonly metadata: { readonly continue?: string; readonly resourceVersion: string };
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
}

export async function testBigNamespace(
  report: Report,
  kubernetes: Kubernetes,
  store: Store,
  killLeader: () => Promise<void>,
): Promise<void> {
  await kubernetes.apply(namespace(name));
  await testCreation(report, kubernetes, killLeader);
  await testPages(report, kubernetes);
  await testWatch(report, kubernetes, killLeader);
  await testCompaction(report, kubernetes, store);
  await testDeletion(report, kubernetes, store, killLeader);
}

const ofBig = (): string[] => Array.from({ length: count }, (_, index) => configMapName(index));

async function testCreation(
  report: Report,
  kubernetes: Kubernetes,
  killLeader: () => Promise<void>,
): Promise<void> {
  await report.test('2,000 ConfigMaps are created while the leader is killed', async () => {
    const share = count / creators;
    const create = async (from: number): Promise<void> => {
      const manifest = configMaps(name, from, from + share);
      const args = ['create', '--validate=false', '-f', '-'];
      const outcome = await kubernetes.tryKubectl(args, { input: JSON.stringify(manifest) });
      // What failed while there was no leader is made up for; what is there is left as it is.
      if (outcome.code !== 0) await kubernetes.apply(manifest);
    };
    const creations = Array.from({ length: creators }, (_, index) => create(index * share));
    await Promise.all([...creations, killLeader()]);
  });
}

async function testPages(report: Report, kubernetes: Kubernetes): Promise<void> {
  await report.test('kubectl get --chunk-size lists them all', async () => {
    const output = await kubernetes.kubectl(
      ...['-n', name, 'get', 'configmaps', `--chunk-size=${pageSize}`, '--no-headers'],
      ...['-o', 'custom-columns=NAME:.metadata.name'],
    );
    const names = output.split('\n').filter((line) => line.startsWith('page-'));
    assert.deepEqual(names, ofBig());
  });
  await report.test('pages are of one revision, whatever changes meanwhile', async () => {
    const names: string[] = [];
    const revisions = new Set<string>();
    let token = '';
    let pages = 0;
    do {
      const query = `limit=${pageSize}&continue=${encodeURIComponent(token)}`;
      const path = `/api/v1/namespaces/${name}/configmaps?${query}`;
      const page = JSON.parse(await kubernetes.kubectl('get', '--raw', path)) as Page;
      names.push(...page.items.map((item) => item.metadata.name));
      revisions.add(page.metadata.resourceVersion);
      token = page.metadata.continue ?? '';
      pages++;
      const label = `seen=${pages}`;
      await kubernetes.kubectl(
        '-n',
        name,
        'label',
        '--overwrite',
        'cm',
        configMapName(1_999),
        label,
      );
    } while (token !== '');
    assert.deepEqual(
      names.filter((each) => each.startsWith('page-')),
      ofBig(),
    );
    assert.equal(revisions.size, 1);
    assert.ok(pages >= count / pageSize, `${pages} pages`);
  });
}

async function testWatch(
  report: Report,
  kubernetes: Kubernetes,
  killLeader: () => Promise<void>,
): Promise<void> {
  await report.test('kubectl get -w sees each change once, over a killed leader', async () => {
    const change = async (n: number): Promise<void> =>
      kubernetes.apply({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'watched', namespace: name, labels: { watched: 'yes' } },
        data: { n: String(n) },
      });
    await change(0);
    const watch = kubernetes.watch(
      ...['-n', name, 'get', 'configmaps', '-l', 'watched=yes', '-w', '--no-headers'],
      ...['--output-watch-events', '-o', 'jsonpath={.type} {.object.data.n}{"\\n"}'],
    );
    await watch.until((output) => output === 'ADDED 0\n');
    for (let n = 1; n <= 10; n++) {
      await change(n);
      if (n === 5) await killLeader();
    }
    await kubernetes.kubectl('-n', name, 'delete', 'configmap', 'watched');
    const output = await watch.until((text) => text.includes('DELETED 10\n'), 30_000);
    await watch.stop('SIGKILL');
    const seen = output.trim().split('\n');
    const changed = Array.from({ length: 10 }, (_, index) => `MODIFIED ${index + 1}`);
    assert.deepEqual(seen, ['ADDED 0', ...changed, 'DELETED 10']);
  });
}

async function testCompaction(report: Report, kubernetes: Kubernetes, store: Store): Promise<void> {
  await report.test('the API server compacts the store', async () => {
    const path = `/api/v1/namespaces/${name}/configmaps?limit=1`;
    const first = JSON.parse(await kubernetes.kubectl('get', '--raw', path)) as Page;
    const revision = first.metadata.resourceVersion;
    const compacted = async (): Promise<true | undefined> => {
      const outcome = await store.etcdctl('get', 'compact_rev_key', '--print-value-only');
      return Number(outcome) >= Number(revision) ? true : undefined;
    };
    // It compacts what was current one interval before, so two intervals have to pass.
    await eventually('compaction', compacted, compactionIntervalMs * 3 + 10_000);
    await assert.rejects(
      store.etcdctl('get', '/registry/', `--rev=${Number(revision) - 1}`),
      /compacted/,
    );
    const token = encodeURIComponent(first.metadata.continue ?? '');
    const next = await kubernetes.tryKubectl(['get', '--raw', `${path}&continue=${token}`]);
    assert.match(next.stderr, /provided continue parameter is too old/);
  });
}

async function testDeletion(
  report: Report,
  kubernetes: Kubernetes,
  store: Store,
  killLeader: () => Promise<void>,
): Promise<void> {
  await report.test(
    'the namespace is deleted with all in it while the leader is killed',
    async () => {
      await kubernetes.kubectl('delete', 'namespace', name, '--wait=false');
      await killLeader();
      await kubernetes.kubectl('wait', '--for=delete', `namespace/${name}`, '--timeout=150s');
      const args = ['get', `/registry/configmaps/${name}/`, '--prefix', '--keys-only'];
      assert.equal(await store.etcdctl(...args), '');
    },
  );
}
