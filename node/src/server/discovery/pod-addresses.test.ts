import type { LookupAddress } from 'node:dns';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { KubernetesApi } from '../../kubernetes/index.ts';
import { realWorld } from '../../platform/index.ts';
import { podLookup } from './pod-addresses.ts';
import { podsOf } from './pods.ts';

const PODS = podsOf(
  { statefulSet: 'localhost', service: 'r-headless', clusterDomain: 'cluster.local' },
  { POD_NAME: 'localhost-0', POD_NAMESPACE: 'ns' },
);

let server: Server;
let asked: string[];
let answer: { status: number; body: unknown };

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.statusCode = answer.status;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => server.close());

function resolverOf() {
  const { port } = server.address() as AddressInfo;
  const api = KubernetesApi.fromOptions({ server: `http://127.0.0.1:${port}` });
  const lookup = podLookup(api, PODS, realWorld().clock);
  return (host: string): Promise<string | LookupAddress[]> =>
    new Promise((resolve, reject) => {
      lookup(host, {}, (error, address) => (error ? reject(error) : resolve(address)));
    });
}

test('a pod is where the API server says, asked once a second at most', async () => {
  answer = { status: 200, body: { metadata: {}, status: { podIP: '10.9.8.7' } } };
  const resolve = resolverOf();
  const host = PODS.hostOf(2);
  expect([await resolve(host), await resolve(host)]).toEqual(['10.9.8.7', '10.9.8.7']);
  expect(asked).toEqual(['/api/v1/namespaces/ns/pods/localhost-2']);
});

test('DNS is asked for other hosts, without a word to the API server', async () => {
  answer = { status: 200, body: { metadata: {}, status: { podIP: '10.9.8.7' } } };
  expect(await resolverOf()('127.0.0.1')).toBe('127.0.0.1');
  expect(asked).toEqual([]);
});

test('DNS is asked when the API server refuses', async () => {
  answer = { status: 403, body: { kind: 'Status', message: 'no' } };
  await expect(resolverOf()(PODS.hostOf(1))).rejects.toThrow(/ENOTFOUND|EAI_AGAIN/);
  expect(asked).toHaveLength(1);
});
