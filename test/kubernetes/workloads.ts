/** Deployments with a rolling update, StatefulSets with volumes, and CronJobs, while the store's leader dies. */
import assert from 'node:assert/strict';
import { eventually } from '../conformance/lib/process.ts';
import type { Report } from '../conformance/lib/report.ts';
import type { Kubernetes } from './control-plane.ts';
import { cronJob, deployment, namespace, statefulSet } from './manifests.ts';

const name = 'workloads';
const inNamespace = ['-n', name];

/** Creates the namespace, and the CronJob first: its first run is up to a minute away. */
export async function startWorkloads(kubernetes: Kubernetes): Promise<void> {
  await kubernetes.apply(namespace(name));
  await kubernetes.apply(cronJob(name));
}

export async function testWorkloads(
  report: Report,
  kubernetes: Kubernetes,
  killLeader: () => Promise<void>,
): Promise<void> {
  const rollout = async (kind: string): Promise<string> =>
    kubernetes.kubectl(...inNamespace, 'rollout', 'status', kind, '--timeout=90s');
  await report.test('a Deployment of four becomes ready', async () => {
    await kubernetes.apply(deployment(name, '1'));
    assert.match(await rollout('deployment/web'), /successfully rolled out/);
  });
  await report.test('a StatefulSet of three becomes ready while the leader is killed', async () => {
    await kubernetes.apply(statefulSet(name));
    await killLeader();
    assert.match(
      await rollout('statefulset/ledger'),
      /roll(ing|ed) (update|out) complete|partitioned/,
    );
    const claims = await kubernetes.kubectl(...inNamespace, 'get', 'pvc', '--no-headers');
    assert.equal(claims.match(/Bound/g)?.length, 3, claims);
  });
  await report.test('a rolling update goes through while the leader is killed', async () => {
    await kubernetes.apply(deployment(name, '2'));
    await killLeader();
    assert.match(await rollout('deployment/web'), /successfully rolled out/);
    const versions = await kubernetes.kubectl(
      ...[...inNamespace, 'get', 'pods', '-l', 'app=web', '--field-selector=status.phase=Running'],
      ...[
        '-o',
        'jsonpath={range .items[*]}{.metadata.deletionTimestamp}:{.spec.containers[0].env[0].value} {end}',
      ],
    );
    const live = versions.split(' ').filter((each) => each.startsWith(':'));
    assert.deepEqual(live, [':2', ':2', ':2', ':2']);
  });
  await report.test('a StatefulSet’s deleted pod comes back with its volume', async () => {
    await kubernetes.kubectl(...inNamespace, 'delete', 'pod', 'ledger-1');
    await eventually(
      'ledger-1',
      async () => {
        const cat = [...inNamespace, 'exec', 'ledger-1', '--', 'cat', '/data/starts'];
        return (await kubernetes.kubectl(...cat)).split('\n').length === 2 ? true : undefined;
      },
      60_000,
    );
  });
  await report.test('scaling down to one and up again', async () => {
    await kubernetes.kubectl(...inNamespace, 'scale', 'deployment/web', '--replicas=1');
    await rollout('deployment/web');
    await kubernetes.kubectl(...inNamespace, 'scale', 'deployment/web', '--replicas=3');
    assert.match(await rollout('deployment/web'), /successfully rolled out/);
  });
}

export async function testCronJob(report: Report, kubernetes: Kubernetes): Promise<void> {
  await report.test('the CronJob’s job ran and succeeded', async () => {
    await eventually(
      'a succeeded job',
      async () => {
        const succeeded = await kubernetes.kubectl(
          ...[...inNamespace, 'get', 'jobs', '-o', 'jsonpath={.items[*].status.succeeded}'],
        );
        return succeeded.includes('1') ? true : undefined;
      },
      120_000,
    );
  });
}
