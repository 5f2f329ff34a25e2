/** The API server's own opinion on every object of the configurations with which the chart is compared. */
import assert from 'node:assert/strict';
import type { Report } from '../../conformance/lib/report.ts';
import { configurations } from '../../../infra/chart/testing/matrix.ts';
import { clusterSchema } from '../../../infra/config.ts';
import { kitObjects, type KubernetesObject } from '../../../infra/objects/index.ts';
import { Kubectl } from './kubectl.ts';

/** Of operators that are not installed here. */
const FOREIGN = /^(cert-manager\.io|monitoring\.coreos\.com)\//;

/** Each object once. */
function objectsOf(namespace: string): KubernetesObject[] {
  const found = new Map<string, KubernetesObject>();
  for (const [, input] of configurations()) {
    const objects = kitObjects(clusterSchema.parse(input), { namespace, managedBy: 'Helm' });
    for (const object of objects.filter(({ apiVersion }) => !FOREIGN.test(apiVersion)))
      found.set(JSON.stringify(object), object);
  }
  return [...found.values()];
}

/** In a namespace that holds pods to the restricted profile, and says so of those that owners would make. */
export async function testAdmission(report: Report, namespace: string): Promise<void> {
  await report.test('the API server takes every object of every configuration', async () => {
    const kubectl = new Kubectl(namespace);
    const profile = 'pod-security.kubernetes.io';
    const labels = { [`${profile}/enforce`]: 'restricted', [`${profile}/warn`]: 'restricted' };
    const metadata = { name: namespace, labels };
    await kubectl.apply({ apiVersion: 'v1', kind: 'Namespace', metadata });
    try {
      const items = objectsOf(namespace);
      const args = ['create', '--dry-run=server', '--validate=strict', '-f', '-'];
      const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
      const { stdout, stderr } = await kubectl.try(args, list);
      assert.equal(stderr, '');
      assert.equal(stdout.trim().split('\n').length, items.length);
    } finally {
      await kubectl.deleteNamespace();
    }
  });
}
