/**
 * Kubernetes on the store: a whole cluster with three nodes works while the store's leader is killed again and again.
 *
 * Takes root, Go for the first installation, and the scripts of ${BINNACLE_SHARED:-../shared}/kubernetes. BINNACLE_BIN
 * names another server to run it on: etcd, to prove the test. The last line is `N passed, N failed`.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import {
  conformanceFolder,
  removeScratchFolders,
  scratchFolder,
} from '../conformance/lib/paths.ts';
import { run } from '../conformance/lib/process.ts';
import { Report } from '../conformance/lib/report.ts';
import { testBigNamespace } from './big-namespace.ts';
import { ComponentLeases, components, currentLeases, renewalLimitMs } from './component-leases.ts';
import { Kubernetes } from './control-plane.ts';
import { startStore, type Store } from './store.ts';
import { startWorkloads, testCronJob, testWorkloads } from './workloads.ts';

const report = new Report();
await report.part('Kubernetes', async () => {
  const built = await run(join(conformanceFolder, 'build-oracles.sh'), ['etcd', 'etcdctl'], {
    timeoutMs: 20 * 60_000,
    echo: true,
  });
  if (built.code !== 0) throw new Error('etcdctl could not be built');
  const folder = scratchFolder('kubernetes');
  console.log(`  the store's data and logs: ${folder}`);
  const store = await startStore(folder);
  try {
    await testCluster(store);
  } finally {
    await Kubernetes.stop().finally(() => store.stop());
  }
});
const code = report.finish();
if (code === 0) removeScratchFolders();
process.exit(code);

async function testCluster(store: Store): Promise<void> {
  const kubernetes = await Kubernetes.start(store);
  await report.test('three nodes are Ready', async () => {
    const nodes = await kubernetes.kubectl('get', 'nodes', '--no-headers');
    assert.equal(nodes.match(/ Ready /g)?.length, 3, nodes);
  });
  const before = await currentLeases(kubernetes);
  const leases = new ComponentLeases(kubernetes);
  const killLeader = async (): Promise<void> => {
    await store.untilHealthy();
    const { endpoint, leaderlessMs } = await store.killLeader();
    console.log(`  killed the leader ${endpoint}; writes went on after ${leaderlessMs} ms`);
  };
  await startWorkloads(kubernetes);
  await testWorkloads(report, kubernetes, killLeader);
  await testBigNamespace(report, kubernetes, store, killLeader);
  await testCronJob(report, kubernetes);
  await testLeases(kubernetes, leases, before);
  await report.test('hashes agree on all members at the end', async () => {
    await store.untilHealthy();
    // At one revision, for the API server goes on writing.
    const { header } = JSON.parse(await store.etcdctl('get', '/registry/health', '-w', 'json')) as {
      header: { revision: number };
    };
    const output = await store.etcdctl('endpoint', 'hashkv', `--rev=${header.revision}`);
    const hashes = output.split('\n').map((line) => line.split(', ')[1]);
    assert.equal(new Set(hashes).size, 1, output);
  });
}

async function testLeases(
  kubernetes: Kubernetes,
  leases: ComponentLeases,
  before: Awaited<ReturnType<typeof currentLeases>>,
): Promise<void> {
  const after = await currentLeases(kubernetes);
  const histories = leases.read();
  for (const name of components) {
    await report.test(`${name} kept its lease`, async () => {
      const [then, now] = [before, after].map((all) =>
        all.find((each) => each.metadata.name === name),
      );
      assert.equal(now?.spec.holderIdentity, then?.spec.holderIdentity);
      assert.equal(now?.spec.leaseTransitions, then?.spec.leaseTransitions);
      const history = histories.get(name);
      assert.ok(history !== undefined && history.renewals > 10, 'the watch saw it renewed');
      console.log(
        `  ${name}: ${history.renewals} renewals, longest gap ${history.longestGapMs} ms`,
      );
      assert.equal(history.holders.size, 1);
      assert.ok(
        history.longestGapMs < renewalLimitMs,
        `${history.longestGapMs} ms without renewal`,
      );
    });
  }
  await leases.stop();
}
