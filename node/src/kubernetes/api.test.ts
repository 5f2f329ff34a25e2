import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  CONFIG_MAPS,
  EventRecorder,
  KubernetesApi,
  KubernetesError,
  STATEFUL_SETS,
  podAccess,
} from './index.ts';
import { FakeApi } from './testing/fake-api.ts';

let fake: FakeApi;
let api: KubernetesApi;
const NAME = { namespace: 'shop', name: 'b-cluster' };

beforeEach(async () => {
  fake = new FakeApi();
  api = KubernetesApi.fromOptions({
    server: await fake.start(),
    token: 'secret',
    timeoutMs: 2_000,
  });
});

afterEach(async () => {
  api.close();
  await fake.stop();
});

const record = (text: string) => ({ metadata: NAME, data: { record: text } });

test('an object is created once, found, changed and deleted', async () => {
  const created = await api.create(CONFIG_MAPS, record('one'));
  expect(created).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1', data: { record: 'one' } });
  await expect(api.create(CONFIG_MAPS, record('two'))).rejects.toMatchObject({
    status: 409,
    reason: 'AlreadyExists',
    asked: 'post configmaps shop/b-cluster',
  });
  const patched = await api.patch(CONFIG_MAPS, NAME, 'merge', { data: { record: 'three' } });
  expect(patched.data).toEqual({ record: 'three' });
  expect((await api.get(CONFIG_MAPS, NAME)).data).toEqual({ record: 'three' });
  expect(await api.delete(CONFIG_MAPS, NAME)).toBe(true);
  expect(await api.delete(CONFIG_MAPS, NAME)).toBe(false);
  expect(await api.find(CONFIG_MAPS, NAME)).toBeUndefined();
  await expect(api.get(CONFIG_MAPS, NAME)).rejects.toMatchObject({ reason: 'NotFound' });
});

test('a group has its own path, and a patch says of which kind it is', async () => {
  fake.put('/apis/apps/v1/namespaces/shop/statefulsets', { metadata: { name: 'b' } });
  await api.patch(STATEFUL_SETS, { namespace: 'shop', name: 'b' }, 'strategic', { spec: {} });
  expect(fake.seen).toEqual([
    {
      method: 'PATCH',
      path: '/apis/apps/v1/namespaces/shop/statefulsets/b',
      authorization: 'Bearer secret',
      contentType: 'application/strategic-merge-patch+json',
    },
  ]);
});

test('modify tries again when somebody else was faster', async () => {
  await api.create(CONFIG_MAPS, record('0'));
  let interfered = false;
  const changed = await api.modify(CONFIG_MAPS, NAME, (object) => {
    if (!interfered) {
      fake.put('/api/v1/namespaces/shop/configmaps', record('5'));
      interfered = true;
    }
    return { ...object, data: { record: `${Number(object.data?.['record']) + 1}` } };
  });
  expect(changed.data).toEqual({ record: '6' });
});

test('a list is read to its last page', async () => {
  for (let i = 0; i < 501; i++) {
    fake.put('/api/v1/namespaces/shop/configmaps', {
      metadata: { name: `m${i}`, labels: { even: `${i % 2 === 0}` } },
    });
  }
  expect(await api.list(CONFIG_MAPS, { namespace: 'shop' })).toHaveLength(501);
  const even = await api.list(CONFIG_MAPS, { namespace: 'shop', labelSelector: 'even=true' });
  expect(even).toHaveLength(251);
});

test('no answer and no server are told apart', async () => {
  const slow = KubernetesApi.fromOptions({ server: fake.url, timeoutMs: 1 });
  fake.put('/api/v1/namespaces/shop/configmaps', record('x'.repeat(20_000_000)));
  await expect(slow.get(CONFIG_MAPS, NAME)).rejects.toMatchObject({ status: 0, reason: 'Timeout' });
  const nowhere = KubernetesApi.fromOptions({ server: 'http://127.0.0.1:1' });
  await expect(nowhere.get(CONFIG_MAPS, NAME)).rejects.toMatchObject({ reason: 'Unreachable' });
  slow.close();
  nowhere.close();
});

test('an answer that is no Status is an error with its HTTP status', async () => {
  fake.fail({ status: 403, reason: '' });
  await expect(api.get(CONFIG_MAPS, NAME)).rejects.toMatchObject({
    status: 403,
    reason: 'Forbidden',
  });
});

test("the service account's token is read anew for each request", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'a-account-'));
  const environment = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' };
  try {
    const access = podAccess({ environment, folder });
    expect(access.server).toBe('https://[fd00::1]:6443');
    await expect(access.credentials()).rejects.toThrow('automountServiceAccountToken');
    await writeFile(join(folder, 'ca.crt'), 'CA');
    await writeFile(join(folder, 'token'), 'first\n');
    expect(await access.credentials()).toEqual({ ca: 'CA', token: 'first' });
    await writeFile(join(folder, 'token'), 'second');
    expect(await access.credentials()).toEqual({ ca: 'CA', token: 'second' });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('outside a pod there is no access', () => {
  expect(() => podAccess({ environment: {} })).toThrow(KubernetesError);
});

test('an Event said twice is one object that counts', async () => {
  const about = { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'b-0' };
  const events = new EventRecorder(api, about, 'binnacle');
  const text = { type: 'Warning', reason: 'WillNotFound', message: 'no data anywhere' } as const;
  await events.record(text);
  await events.record(text);
  await events.record({ ...text, message: 'another' });
  const written = fake.all('events', 'shop');
  expect(written).toHaveLength(2);
  expect(written[0]).toMatchObject({ count: 2, reason: 'WillNotFound', involvedObject: about });
});

test('an Event that is refused harms nobody', async () => {
  const errors: unknown[] = [];
  const about = { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'b-0' };
  const events = new EventRecorder(api, about, 'binnacle', (error) => errors.push(error));
  fake.fail({ status: 403, reason: 'Forbidden' });
  await events.record({ type: 'Normal', reason: 'Any', message: 'thing' });
  expect(errors).toEqual([expect.objectContaining({ reason: 'Forbidden' })]);
});
