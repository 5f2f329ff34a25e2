// Backups to a volume and to S3, and an in-place restore while clients work.
import assert from 'node:assert/strict';
import { RELEASE, type Kit } from '../kit.ts';
import type { S3Server } from '../s3.ts';
import type { Step } from '../step.ts';

/** What the backup job tells in ConfigMap R-backup-status (node/src/backup/status.ts). */
interface BackupStatus {
  readonly lastVerified: null | {
    readonly name: string;
    readonly savedAt: string;
    readonly revision: number;
    readonly keys: number;
  };
  readonly lastError: string;
  readonly destination: string;
}

/** Revisions between a backup and what is written after its restore. */
const REVISION_BUMP = 1_000_000_000;
const S3_SECRET = 's3-credentials';

async function backupStatus(kit: Kit): Promise<BackupStatus> {
  const found = await kit.kubectl.get<{ data: Record<string, string> }>(
    'configmap',
    `${RELEASE}-backup-status`,
  );
  return JSON.parse(found?.data['status.json'] ?? '{}') as BackupStatus; // as the job writes it
}

/** Runs a job as the CronJob makes it, with these words in place of its own when there are any. */
async function runJob(kit: Kit, name: string, words?: readonly string[]): Promise<void> {
  const from = ['create', 'job', name, `--from=cronjob/${RELEASE}-backup`];
  const text = await kit.kubectl.run(...from, '--dry-run=client', '-o', 'json');
  const job = JSON.parse(text) as JobObject; // kubectl's JSON
  const [container] = job.spec.template.spec.containers;
  if (words !== undefined && container !== undefined) container.args = words;
  await kit.kubectl.apply(job);
  const { code } = await kit.kubectl.try([
    ...['wait', `job/${name}`, '--for=condition=Complete', '--timeout=60s'],
  ]);
  if (code === 0) return void (await kit.kubectl.run('delete', 'job', name));
  const { stdout, stderr } = await kit.kubectl.try(['logs', `job/${name}`, '--tail=30']);
  throw new Error(`job ${name} did not end well: ${stdout}${stderr}`);
}

interface JobObject {
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: { args?: readonly string[] }[] } };
  };
}

async function backUp(kit: Kit, name: string): Promise<void> {
  const { revision: before } = await kit.client.range('kit/', { limit: 1 });
  await runJob(kit, name);
  const status = await backupStatus(kit);
  assert.equal(status.lastError, '');
  const { revision, keys } = status.lastVerified ?? { revision: 0, keys: 0 };
  assert.ok(revision >= before, `verified at ${revision}, begun at ${before}`);
  assert.ok(keys > 0, 'keys were compared');
}

const toVolume: Step = {
  title: 'backup to a volume',
  group: 'backup',
  withoutFailures: true,
  async run(kit) {
    const destination = { kind: 'volume', volume: { size: '1Gi' } } as const;
    await kit.configure({ backup: { enabled: true, destination } });
    await backUp(kit, 'backup-to-volume');
  },
};

const toS3 = ({ endpoint, bucket, credentials }: S3Server): Step => ({
  title: 'backup to S3 (versitygw)',
  group: 'backup',
  withoutFailures: true,
  async run(kit) {
    await kit.kubectl.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: S3_SECRET },
      stringData: credentials,
    });
    const s3 = { bucket, endpoint, prefix: kit.namespace, credentialsSecret: S3_SECRET };
    await kit.configure({ backup: { enabled: true, destination: { kind: 's3', s3 } } });
    await backUp(kit, 'backup-to-s3');
  },
});

const restore: Step = {
  title: 'restore in place, from S3',
  group: 'backup',
  foundsAnew: true,
  async run(kit) {
    const { lastVerified } = await backupStatus(kit);
    assert.ok(lastVerified, 'there is a verified backup');
    const { workload } = kit;
    const { relists } = workload.watcher;
    await runJob(kit, 'restore', [
      'restore',
      '--in-place',
      `--name=${lastVerified.name}`,
      `--yes=${RELEASE}`,
    ]);
    const from = lastVerified.revision;
    workload.ledger.rollBack({ from, to: from + REVISION_BUMP });
    await kit.settled(kit.members);
    const { revision } = await kit.client.range('kit/', { limit: 1 });
    assert.ok(revision >= from + REVISION_BUMP, `revision ${revision} after the restore`);
    assert.equal(
      workload.watcher.relists,
      relists + 1,
      'the watcher is told that it missed events',
    );
  },
};

export const backups = (s3: S3Server): readonly Step[] => [toVolume, toS3(s3), restore];
