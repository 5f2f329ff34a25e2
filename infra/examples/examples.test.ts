import { expect, it } from 'vitest';
import { capture, type Registration } from '../engine/capture.ts';
import { clusterProgram, deployCluster } from './automation.ts';
import { program } from './etcd-for-an-application.ts';

const find = (resources: readonly Registration[], type: string): Registration =>
  resources.find((each) => each.type === type)!;

it('puts a cluster beside the application that uses it', async () => {
  const { resources, outputs } = await capture(program, {
    config: { 'binnacle:backupKeyId': 'id', 'binnacle:backupKey': 'key' },
  });
  expect(outputs['endpoint']).toBe('https://binnacle.shop.svc.cluster.local:2379');
  expect(find(resources, 'kubernetes:batch/v1:Job').inputs).toMatchObject({
    metadata: { namespace: 'shop' },
  });
  expect(JSON.stringify(find(resources, 'kubernetes:apps/v1:Deployment').inputs)).toContain(
    '"secretName":"binnacle-client-tls"',
  );
  const backup = resources.find(({ name }) => name === 'store-cron-job-backup')!;
  expect(JSON.stringify(backup.inputs)).toContain('"name":"backup-login"');
});

it('is a program of the Automation API', async () => {
  const { outputs } = await capture(clusterProgram({ members: 1, namespace: 'shop' }));
  expect(outputs['memberEndpoints']).toHaveLength(1);
  expect(deployCluster).toBeTypeOf('function');
});
