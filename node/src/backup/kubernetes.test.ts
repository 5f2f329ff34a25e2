// What a job writes through the API server, and what it reads from its mounts.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { KubernetesApi, parseKitFile, type KitFile } from '../kubernetes/index.ts';
import { FakeApi } from '../kubernetes/testing/fake-api.ts';
import { kitCluster, kitDestination } from './kit-cluster.ts';
import { RestoreRecord } from './record.ts';
import { kubernetesStatus, statusAfter } from './status.ts';
import { VERIFIED, manifestAt } from './testing/manifests.ts';

const KIT: KitFile = parseKitFile(
  JSON.stringify({
    name: 'shop',
    namespace: 'prod',
    clusterDomain: 'cluster.local',
    members: 2,
    tls: {
      mode: 'mutual',
      issuer: 'self',
      caGeneration: 1,
      caLifetimeDays: 1,
      certificateLifetimeDays: 1,
      extraSans: [],
      serverSecret: 's',
      peerSecret: 'p',
      clientSecret: 'c',
    },
    storage: { size: '1Gi' },
    backup: {
      destination: {
        kind: 's3',
        bucket: 'b',
        prefix: 'shop/',
        endpoint: 'http://s3:9000',
        region: '',
        forcePathStyle: true,
        serverSideEncryption: 'AES256',
        kmsKeyId: '',
      },
      retention: { count: 1, days: 2 },
      encryptionKeyFile: '',
      verify: true,
    },
  }),
  'kit.json',
);
const CONFIG_MAPS = '/api/v1/namespaces/prod/configmaps';
const RECORD = { version: 1, state: 'founded', clusterId: 'aa', generation: 1, token: 't' };

let fake: FakeApi;
let api: KubernetesApi;
let folder = '';

beforeEach(async () => {
  fake = new FakeApi();
  api = KubernetesApi.fromOptions({ server: await fake.start() });
  folder = mkdtempSync(join(tmpdir(), 'binnacle-kit-'));
});
afterEach(async () => {
  api.close();
  await fake.stop();
  rmSync(folder, { recursive: true, force: true });
});

const recordNow = (): Record<string, unknown> => {
  const { data } = fake.peek('configmaps', 'prod', 'shop-cluster') as unknown as {
    data: Record<string, string>;
  }; // put there by the tests
  return JSON.parse(data['record'] ?? '') as Record<string, unknown>;
};

test('the status is made, replaced, and told about as an Event of the StatefulSet', async () => {
  fake.put('/apis/apps/v1/namespaces/prod/statefulsets', {
    metadata: { name: 'shop', namespace: 'prod' },
  });
  const sink = kubernetesStatus(KIT, () => {}, api);
  expect(await sink.read()).toBeUndefined();
  const backups = [manifestAt('2026-11-21T00:00:00Z', { verified: VERIFIED })];
  const now = new Date('2026-11-21T01:00:00Z');
  const status = statusAfter(undefined, { backups, destination: 'd', error: '' }, now);
  await sink.write(status);
  await sink.write({ ...status, lastError: 'full' });
  expect(await sink.read()).toEqual({ ...status, lastError: 'full' });
  expect(fake.peek('configmaps', 'prod', 'shop-backup-status')).toMatchObject({
    metadata: { labels: { 'app.kubernetes.io/instance': 'shop' } },
  });
  await sink.tell('Warning', 'BackupFailed', 'the disk is full');
  expect(fake.all('events', 'prod')).toMatchObject([
    {
      reason: 'BackupFailed',
      message: 'the disk is full',
      involvedObject: { kind: 'StatefulSet', name: 'shop', uid: expect.stringMatching(/^uid-/) },
    },
  ]);
});

test('an Event that cannot be written is only noted', async () => {
  const notes: string[] = [];
  const sink = kubernetesStatus(KIT, (line) => notes.push(line), api);
  fake.fail({ status: 403, reason: 'Forbidden' });
  await sink.tell('Normal', 'BackupVerified', 'well');
  expect(notes.join()).toContain('an Event could not be written');
});

test('the record gets the restored generation, keeps the rest, and can be taken back', async () => {
  fake.put(CONFIG_MAPS, {
    metadata: { name: 'shop-cluster', namespace: 'prod' },
    ...{ data: { record: JSON.stringify(RECORD) } },
  });
  const record = new RestoreRecord(api, KIT);
  expect(await record.generation()).toBe(1);
  const undo = await record.write(2, 'bb', 'backup-1');
  expect(recordNow()).toMatchObject({
    ...RECORD,
    generation: 2,
    clusterId: 'bb',
    recovery: { kind: 'restore', backup: 'backup-1' },
  });
  await undo();
  expect(recordNow()).toEqual(RECORD);
});

test('without a record nothing is written, and it is said what is missing', async () => {
  const record = new RestoreRecord(api, KIT);
  expect(await record.generation()).toBe(0);
  await expect(record.write(2, 'bb', 'b')).rejects.toThrow('ConfigMap shop-cluster');
});

test('the job finds its cluster and destination in its mounts', () => {
  expect(kitDestination(KIT.backup!)).toBe(
    's3://b/shop/?endpoint=http%3A%2F%2Fs3%3A9000&sse=AES256',
  );
  expect(kitCluster(KIT, { clientDir: folder, tlsDir: folder })).toMatchObject({
    name: 'shop',
    tls: undefined,
    endpoints: [
      'http://shop.prod.svc.cluster.local:2379',
      'http://shop-0.shop-headless.prod.svc.cluster.local:2379',
      'http://shop-1.shop-headless.prod.svc.cluster.local:2379',
    ],
  });
  writeFileSync(join(folder, 'policy.json'), '{"accept":"mutual","advertise":"https"}');
  expect(() => kitCluster(KIT, { clientDir: folder, tlsDir: folder })).toThrow(
    "is the client's Secret mounted?",
  );
  for (const name of ['ca.crt', 'tls.crt', 'tls.key']) writeFileSync(join(folder, name), '');
  mkdirSync(join(folder, 'peer'));
  const { tls, peerName, endpoints } = kitCluster(KIT, { clientDir: folder, tlsDir: folder });
  expect(endpoints[0]).toBe('https://shop.prod.svc.cluster.local:2379');
  expect(tls).toMatchObject({ client: { keyFile: join(folder, 'tls.key') }, peer: undefined });
  expect(peerName).toBe('shop-peer');
});
