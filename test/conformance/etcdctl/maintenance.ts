/** etcdctl compaction, defrag, snapshot, alarm, make-mirror and check perf. */
import assert from 'node:assert/strict';
import { copyFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Cluster } from '../lib/cluster.ts';
import { oracle } from '../lib/paths.ts';
import { eventually, run } from '../lib/process.ts';
import type { Report } from '../lib/report.ts';
import { statuses } from './cluster-state.ts';

export async function testCompaction(report: Report, cluster: Cluster): Promise<void> {
  const currentRevision = async (): Promise<number> =>
    (await statuses(cluster))[0]?.Status.header.revision ?? 0;
  await report.test('compaction makes the past unreadable', async () => {
    await cluster.ctl('put', 'c/a', '1');
    const past = await currentRevision();
    await cluster.ctl('put', 'c/a', '2');
    const output = await cluster.ctl('compaction', String(past + 1));
    assert.equal(output, `compacted revision ${past + 1}`);
    const outcome = await cluster.etcdctl(['get', 'c/a', `--rev=${past}`]);
    assert.match(outcome.stderr, /mvcc: required revision has been compacted/);
    const again = await cluster.etcdctl(['compaction', String(past)]);
    assert.match(again.stderr, /mvcc: required revision has been compacted/);
  });
  await report.test('compaction --physical, and of a future revision', async () => {
    await cluster.ctl('put', 'c/a', '3');
    const rev = await currentRevision();
    assert.equal(
      await cluster.ctl('compaction', '--physical', String(rev)),
      `compacted revision ${rev}`,
    );
    const outcome = await cluster.etcdctl(['compaction', String(rev + 1_000)]);
    assert.match(outcome.stderr, /mvcc: required revision is a future revision/);
    assert.equal(await cluster.ctl('get', 'c/a', '--print-value-only'), '3');
  });
  await report.test('compaction and defrag give space back', async () => {
    const value = 'x'.repeat(200_000);
    for (let n = 0; n < 40; n++) await cluster.etcdctl(['put', 'c/space'], { input: value });
    await cluster.ctl('compaction', '--physical', String(await currentRevision()));
    const before = await statuses(cluster);
    const output = await cluster.ctl('defrag', '--cluster');
    assert.equal(output.match(/Finished defragmenting etcd member/g)?.length, 3, output);
    const after = await statuses(cluster);
    for (const [index, { Status }] of after.entries()) {
      assert.ok(Status.dbSize < (before[index]?.Status.dbSize ?? 0) - 4_000_000);
    }
    assert.equal(await cluster.ctl('get', 'c/a', '--print-value-only'), '3');
  });
}

export async function testSnapshot(
  report: Report,
  cluster: Cluster,
  folder: string,
): Promise<void> {
  const file = join(folder, 'backup.db');
  const copy = join(folder, 'copy.db'); // etcdutl writes to the file it reads
  const endpoint = `--endpoints=${cluster.endpoints[0]}`;
  await report.test('snapshot save writes a file with the right size', async () => {
    const output = await cluster.ctl('snapshot', 'save', file, endpoint);
    assert.match(output, /Snapshot saved at .*backup\.db/);
    assert.ok(statSync(file).size > 20_000);
    copyFileSync(file, copy);
  });
  await report.test('etcdutl snapshot status checks its hash and counts revisions', async () => {
    const outcome = await run(oracle('etcdutl'), ['snapshot', 'status', copy, '-w', 'json']);
    assert.equal(outcome.code, 0, outcome.stderr);
    const status = JSON.parse(outcome.stdout) as { revision: number; totalKey: number };
    const current = (await statuses(cluster))[0]?.Status.header.revision;
    assert.equal(status.revision, current);
    assert.ok(status.totalKey > 0);
  });
  await report.test('etcdutl hashkv of the snapshot equals endpoint hashkv', async () => {
    const outcome = await run(oracle('etcdutl'), ['hashkv', copy, '-w', 'json']);
    const offline = JSON.parse(outcome.stdout) as { hash: number; hash_revision?: number };
    const output = await cluster.ctl('endpoint', 'hashkv', '-w', 'json', endpoint);
    const live = (JSON.parse(output) as { HashKV: { hash: number } }[])[0]?.HashKV.hash;
    assert.equal(offline.hash, live);
  });
  await report.test(
    'etcdutl snapshot restore of the saved file serves all keys from real etcd',
    async () => {
      await restoreIntoEtcd(cluster, file, join(folder, 'restored'));
    },
  );
}

/** Restores a snapshot file with etcdutl, starts etcd itself on it, and compares all current keys. */
async function restoreIntoEtcd(cluster: Cluster, file: string, folder: string): Promise<void> {
  const dataDir = join(folder, 'm1');
  const restored = await run(oracle('etcdutl'), [
    ...['snapshot', 'restore', file, '--data-dir', dataDir, '--name', 'm1'],
    ...['--initial-cluster', 'm1=https://127.0.0.1:1', '--initial-advertise-peer-urls'],
    'https://127.0.0.1:1',
  ]);
  assert.equal(restored.code, 0, restored.stderr);
  const other = await Cluster.start({
    binary: oracle('etcd'),
    members: 1,
    folder,
    flags: ['--force-new-cluster'],
  });
  try {
    const all = ['get', '', '--prefix', '-w', 'json', '--consistency=s'];
    const kvs = (json: string): unknown => (JSON.parse(json) as { kvs: unknown }).kvs;
    assert.deepEqual(kvs(await other.ctl(...all)), kvs(await cluster.ctl(...all)));
  } finally {
    await other.stop();
  }
}

export async function testAlarms(report: Report, binary: string, folder: string): Promise<void> {
  const cluster = await Cluster.start({
    binary,
    members: 1,
    folder: join(folder, 'quota'),
    flags: ['--quota-backend-bytes=4000000'],
  });
  try {
    await report.test('over the quota puts are refused, and alarm list says NOSPACE', async () => {
      const value = 'x'.repeat(500_000);
      await eventually('the quota', async () => {
        const outcome = await cluster.etcdctl(['put', 'q'], { input: value });
        if (outcome.code === 0) return undefined;
        assert.match(outcome.stderr, /etcdserver: mvcc: database space exceeded/);
        return true;
      });
      assert.match(await cluster.ctl('alarm', 'list'), /^memberID:\d+ +alarm:NOSPACE *$/);
      const health = await cluster.etcdctl(['endpoint', 'health']);
      assert.notEqual(health.code, 0);
      assert.match(health.stdout + health.stderr, /Active Alarm\(s\): NOSPACE/);
    });
    await report.test(
      'reads and deletes go on; after compact and defrag, disarm helps',
      async () => {
        assert.equal(await cluster.ctl('del', 'q'), '1');
        const rev = (await statuses(cluster))[0]?.Status.header.revision;
        await cluster.ctl('compaction', '--physical', String(rev));
        await cluster.ctl('defrag');
        assert.match(await cluster.ctl('alarm', 'disarm'), /^memberID:\d+ +alarm:NOSPACE *$/);
        assert.equal(await cluster.ctl('alarm', 'list'), '');
        assert.equal(await cluster.ctl('put', 'q', 'small'), 'OK');
      },
    );
  } finally {
    await cluster.stop();
  }
}

export async function testMirror(report: Report, cluster: Cluster, folder: string): Promise<void> {
  const destination = await Cluster.start({
    binary: oracle('etcd'),
    members: 1,
    folder: join(folder, 'mirror'),
  });
  try {
    await report.test('make-mirror copies what is there and follows what comes', async () => {
      for (const key of ['mm/a', 'mm/b', 'mm/c']) await cluster.ctl('put', key, `of ${key}`);
      const { caFile, clientCertFile, clientKeyFile } = destination.certificates;
      const mirror = cluster.etcdctlInBackground([
        ...[
          'make-mirror',
          '--prefix=mm/',
          '--dest-prefix=copy/',
          '--dest-insecure-transport=false',
        ],
        ...['--dest-cacert', caFile, '--dest-cert', clientCertFile, '--dest-key', clientKeyFile],
        destination.endpoints[0] ?? '',
      ]);
      const copied = async (expected: string): Promise<true> =>
        eventually(`the mirror to hold ${expected}`, async () => {
          const output = await destination.ctl('get', 'copy/', '--prefix', '--print-value-only');
          return output.split('\n').join() === expected ? true : undefined;
        });
      await copied('of mm/a,of mm/b,of mm/c');
      await cluster.ctl('put', 'mm/d', 'later');
      await cluster.ctl('del', 'mm/a');
      await copied('of mm/b,of mm/c,later');
      await mirror.stop('SIGKILL');
    });
  } finally {
    await destination.stop();
  }
}

/** etcd's own load for a small cluster: 60 s of 150 puts/s, none slower than 0.5 s. */
export async function testCheckPerf(report: Report, cluster: Cluster): Promise<void> {
  await report.test('check perf --load=s passes', async () => {
    const args = ['check', 'perf', '--load=s', '--auto-compact', '--auto-defrag'];
    const outcome = await cluster.etcdctl([...args, '--command-timeout=120s'], {
      timeoutMs: 180_000,
    });
    const all = outcome.stdout + outcome.stderr;
    const verdict = all
      .split('\n')
      .filter((line) => /PASS|FAIL/.test(line))
      .join('\n');
    assert.equal(outcome.code, 0, verdict);
    assert.match(verdict, /PASS: Throughput is \d+ writes\/s/);
  });
}
