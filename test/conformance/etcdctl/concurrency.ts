/** etcdctl lock and elect: recipes that clients run over leases, transactions and watches. */
import assert from 'node:assert/strict';
import type { Cluster } from '../lib/cluster.ts';
import { sleep } from '../lib/process.ts';
import type { Report } from '../lib/report.ts';

export async function testConcurrency(report: Report, cluster: Cluster): Promise<void> {
  await report.test('lock lets one in at a time, in order of arrival', async () => {
    const first = cluster.etcdctlInBackground(['lock', 'lock/one']);
    await first.until((output) => /^lock\/one\/[0-9a-f]+\n/.test(output));
    const second = cluster.etcdctlInBackground(['lock', 'lock/one']);
    await sleep(1_000);
    assert.equal(second.output, '', 'the second waits while the first holds the lock');
    await first.stop('SIGINT');
    await second.until((output) => /^lock\/one\/[0-9a-f]+\n/.test(output));
    await second.stop('SIGINT');
    assert.equal(await cluster.ctl('get', 'lock/one', '--prefix'), '');
  });
  await report.test('lock runs a command while it holds the lock', async () => {
    const output = await cluster.ctl(
      'lock',
      'lock/two',
      '--',
      'sh',
      '-c',
      'echo "ran with $ETCD_LOCK_KEY"',
    );
    assert.match(output, /^ran with lock\/two\/[0-9a-f]+$/);
  });
  await report.test('a lock whose holder dies goes on when its lease expires', async () => {
    const holder = cluster.etcdctlInBackground(['lock', '--ttl=2', 'lock/dead']);
    await holder.until((output) => output.includes('lock/dead/'));
    await holder.stop('SIGKILL');
    const began = Date.now();
    const next = cluster.etcdctlInBackground(['lock', 'lock/dead']);
    await next.until((output) => output.includes('lock/dead/'), 10_000);
    assert.ok(Date.now() - began > 500, 'not before the lease could expire');
    await next.stop('SIGINT');
  });
  await report.test('elect: a listener sees the leader and its successor', async () => {
    const first = cluster.etcdctlInBackground(['elect', 'election', 'captain']);
    await first.until((output) => /^election\/[0-9a-f]+\ncaptain\n/.test(output));
    const second = cluster.etcdctlInBackground(['elect', 'election', 'mate']);
    const listener = cluster.etcdctlInBackground(['elect', '--listen', 'election']);
    await listener.until((output) => output.includes('captain\n'));
    assert.ok(!second.output.includes('mate'), 'the second is not elected while the first leads');
    await first.stop('SIGINT');
    await second.until((output) => output.includes('mate\n'));
    await listener.until((output) => /captain\n[^]*mate\n/.test(output));
    await listener.stop('SIGKILL');
    await second.stop('SIGINT');
  });
}
