import { afterEach, beforeEach, expect, test } from 'vitest';
import { CONFIG_MAPS, KubernetesApi } from '../../kubernetes/index.ts';
import { FakeApi } from '../../kubernetes/testing/fake-api.ts';
import { recordFounded } from './entering.ts';
import { podsOf } from './pods.ts';
import { RecordStore, parseRecord, type ClusterRecord } from './record.ts';

const NAME = { namespace: 'shop', name: 'b-cluster' };
const FOUNDING: ClusterRecord = {
  version: 1,
  state: 'founding',
  clusterId: 0xc1n,
  token: 't',
  founder: 'b-0',
  generation: 1,
  foundedAt: '2026-01-01T00:00:00Z',
  recovery: null,
};

let fake: FakeApi;
let api: KubernetesApi;
let records: RecordStore;

beforeEach(async () => {
  fake = new FakeApi();
  api = KubernetesApi.fromOptions({ server: await fake.start() });
  const kubernetes = { statefulSet: 'b', service: 'b-headless', clusterDomain: 'cluster.local' };
  records = new RecordStore(api, podsOf(kubernetes, { POD_NAME: 'b-0', POD_NAMESPACE: 'shop' }));
});
afterEach(async () => {
  api.close();
  await fake.stop();
});

test('of two that make the record one succeeds', async () => {
  expect(await records.read()).toBeUndefined();
  const made = await Promise.all([
    records.create(FOUNDING),
    records.create({ ...FOUNDING, token: 'other' }),
  ]);
  expect(made.filter(Boolean)).toHaveLength(1);
  expect((await records.read())?.token).toBe(made[0] === true ? 't' : 'other');
});

test('it is read as it was written, and carries the labels of the cluster', async () => {
  await records.create(FOUNDING);
  expect(await records.read()).toEqual(FOUNDING);
  expect(fake.peek('configmaps', 'shop', 'b-cluster')?.metadata.labels).toMatchObject({
    'app.kubernetes.io/instance': 'b',
    'app.kubernetes.io/managed-by': 'binnacle',
  });
});

test('founding ends once, and by the founder alone', async () => {
  await records.create(FOUNDING);
  await recordFounded(records, 'b-1');
  expect((await records.read())?.state).toBe('founding');
  await recordFounded(records, 'b-0');
  expect((await records.read())?.state).toBe('founded');
});

test('an update keeps what others have put into the ConfigMap', async () => {
  await records.create(FOUNDING);
  await api.patch(CONFIG_MAPS, NAME, 'merge', { data: { note: 'mine' } });
  await records.update((record) => ({ ...record, generation: 2 }));
  expect((await api.get(CONFIG_MAPS, NAME)).data).toMatchObject({ note: 'mine' });
  expect((await records.read())?.generation).toBe(2);
});

test.each([
  ['', 'is not JSON'],
  ['{', 'is not JSON'],
  ['null', 'is no JSON object'],
  ['{"version":1,"state":"founded","clusterId":{"toString":1}}', 'clusterId is not an id'],
  ['{"version":2}', 'version is 2, not 1'],
  ['{"version":1}', 'state is unknown'],
  ['{"version":1,"state":"founded","clusterId":"xyz"}', 'clusterId is not an id'],
  ['{"version":1,"state":"founded","clusterId":"c1"}', 'token or founder is missing'],
  [
    '{"version":1,"state":"founded","clusterId":"c1","token":"","founder":"b-0","generation":0}',
    'generation is not a number from 1 on',
  ],
])('a record that can not be read stops everything, and says so: %s', (text, problem) => {
  const object = { metadata: NAME, data: { record: text } };
  expect(() => parseRecord(object, 'ConfigMap b-cluster')).toThrow(problem);
});
