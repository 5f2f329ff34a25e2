// As much of an API server as helm asks when it looks up the StatefulSet of an earlier installation.
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubernetesObject } from '../../objects/index.ts';
import { CHART, helm, NAMESPACE, objectsIn, RELEASE, type Values } from './helm.ts';

const STATEFUL_SETS = {
  ...{ name: 'statefulsets', singularName: 'statefulset', kind: 'StatefulSet' },
  ...{ namespaced: true, verbs: ['get'] },
};
const APPS = { groupVersion: 'apps/v1', version: 'v1' };

function answers(live: KubernetesObject): Record<string, unknown> {
  const group = { name: 'apps', versions: [APPS], preferredVersion: APPS };
  return {
    '/version': { major: '1', minor: '36', gitVersion: 'v1.36.0' },
    '/api': { kind: 'APIVersions', versions: ['v1'] },
    '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [group] },
    '/api/v1': { kind: 'APIResourceList', groupVersion: 'v1', resources: [] },
    '/apis/apps/v1': {
      ...{ kind: 'APIResourceList', groupVersion: 'apps/v1' },
      resources: [STATEFUL_SETS],
    },
    [`/apis/apps/v1/namespaces/${NAMESPACE}/statefulsets/${live.metadata.name}`]: live,
  };
}

/** What `helm upgrade` would send where `live` is what the API server has. */
export async function upgradeOf(
  live: KubernetesObject,
  values: Values,
): Promise<KubernetesObject[]> {
  const known = answers(live);
  const server = createServer((request, response) => {
    const answer = known[new URL(request.url ?? '/', 'http://localhost').pathname];
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? { kind: 'Status', status: 'Failure', code: 404 }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // listens on TCP
  const kubeconfig = join(tmpdir(), `binnacle-chart-${process.pid}-${port}.json`);
  try {
    writeFileSync(kubeconfig, JSON.stringify(configFor(`http://127.0.0.1:${port}`)));
    const args = ['template', RELEASE, CHART, '-n', NAMESPACE, '--dry-run=server'];
    return objectsIn(await helm(args, values, { KUBECONFIG: kubeconfig }));
  } finally {
    rmSync(kubeconfig, { force: true });
    server.closeAllConnections();
    server.close();
  }
}

function configFor(server: string): object {
  return {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'test' },
    clusters: [{ name: 'test', cluster: { server } }],
    users: [{ name: 'test', user: {} }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
  };
}
