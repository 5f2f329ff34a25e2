/** etcdctl watch and lease. */
import assert from 'node:assert/strict';
import type { Cluster } from '../lib/cluster.ts';
import { eventually, sleep } from '../lib/process.ts';
import type { Report } from '../lib/report.ts';

async function revision(cluster: Cluster): Promise<number> {
  const answer = JSON.parse(await cluster.ctl('get', 'none', '-w', 'json')) as {
    header: { revision: number };
  };
  return answer.header.revision;
}

/**
 * Watches with `args` from the present on, calls `change` once the watch is there, and returns what was printed until it
 * ends with `end`.
 */
async function watched(
  cluster: Cluster,
  args: readonly string[],
  change: () => Promise<unknown>,
  end: string,
): Promise<string> {
  const next = (await revision(cluster)) + 1;
  const watch = cluster.etcdctlInBackground(['watch', `--rev=${next}`, ...args]);
  try {
    await change();
    return await watch.until((output) => output.endsWith(end));
  } finally {
    await watch.stop('SIGKILL');
  }
}

export async function testWatch(report: Report, cluster: Cluster): Promise<void> {
  await report.test('watch prints puts and deletes in order', async () => {
    const change = async (): Promise<void> => {
      await cluster.ctl('put', 'w/one', '1');
      await cluster.ctl('put', 'w/other', 'not watched');
      await cluster.ctl('put', 'w/one', '2');
      await cluster.ctl('del', 'w/one');
    };
    const output = await watched(cluster, ['w/one'], change, 'DELETE\nw/one\n\n');
    assert.equal(output, 'PUT\nw/one\n1\nPUT\nw/one\n2\nDELETE\nw/one\n\n');
  });
  await report.test('watch --prefix --prev-kv', async () => {
    await cluster.ctl('put', 'w/p', 'old');
    const change = (): Promise<string> => cluster.ctl('put', 'w/p', 'new');
    const output = await watched(cluster, ['w/', '--prefix', '--prev-kv'], change, 'new\n');
    assert.equal(output, 'PUT\nw/p\nold\nw/p\nnew\n');
  });
  await report.test('watch of a range [from, to)', async () => {
    const change = async (): Promise<void> => {
      for (const key of ['w/c', 'w/a', 'w/b']) await cluster.ctl('put', key, 'x');
    };
    const output = await watched(cluster, ['w/a', 'w/c'], change, 'w/b\nx\n');
    assert.equal(output, 'PUT\nw/a\nx\nPUT\nw/b\nx\n');
  });
  await report.test('watch --rev replays the past, a transaction as one', async () => {
    const start = (await revision(cluster)) + 1;
    await cluster.etcdctl(['txn'], { input: '\nput w/t1 a\nput w/t2 b\n\n\n' });
    await cluster.ctl('del', 'w/t1');
    const watch = cluster.etcdctlInBackground([
      ...['watch', 'w/t', '--prefix', `--rev=${start}`, '-w', 'json'],
    ]);
    const output = await watch.until((text) => text.includes('"type":1') && text.endsWith('\n'));
    await watch.stop('SIGKILL');
    const events = output
      .trim()
      .split('\n')
      .flatMap(
        (line) => (JSON.parse(line) as { Events: { kv: { mod_revision: number } }[] }).Events,
      )
      .map((event) => event.kv.mod_revision - start);
    assert.deepEqual(events, [0, 0, 1]);
  });
  await report.test('watch --progress-notify and several watches interactively', async () => {
    const watch = cluster.etcdctlInBackground(['watch', '-i']);
    watch.write('watch w/i1\nwatch w/i2\nprogress\n');
    await watch.until((output) => /progress notify: \d+\n/.test(output));
    await cluster.ctl('put', 'w/i2', 'two');
    await cluster.ctl('put', 'w/i1', 'one');
    const output = await watch.until((text) => text.endsWith('one\n'));
    assert.ok(output.endsWith('PUT\nw/i2\ntwo\nPUT\nw/i1\none\n'), output);
    await watch.stop('SIGKILL');
  });
  await report.test('watch runs a command for each event', async () => {
    const command = ['w/exec', '--', 'sh', '-c', 'echo "$ETCD_WATCH_EVENT_TYPE $ETCD_WATCH_VALUE"'];
    const change = (): Promise<string> => cluster.ctl('put', 'w/exec', 'ran');
    const output = await watched(cluster, command, change, '"ran"\n');
    assert.match(output, /"PUT" "ran"/);
  });
  await report.test('watch of a compacted revision ends with an error', async () => {
    const start = await revision(cluster);
    await cluster.ctl('put', 'w/compacted', 'x');
    await cluster.ctl('put', 'w/compacted', 'y');
    await cluster.ctl('compact', String(start + 2));
    const outcome = await cluster.etcdctl(['watch', 'w/compacted', `--rev=${start}`]);
    assert.notEqual(outcome.code, 0);
    assert.match(outcome.stderr, /required revision has been compacted/);
  });
}

/** The new lease's id. */
async function grantLease(cluster: Cluster, ttl: number): Promise<string> {
  const output = await cluster.ctl('lease', 'grant', String(ttl));
  const match = /^lease ([0-9a-f]+) granted with TTL\((\d+)s\)$/.exec(output);
  assert.ok(match, output);
  assert.equal(Number(match[2]), ttl);
  return match[1] as string; // it matched
}

export async function testLease(report: Report, cluster: Cluster): Promise<void> {
  await report.test('lease grant, timetolive, list', async () => {
    const id = await grantLease(cluster, 100);
    const output = await cluster.ctl('lease', 'timetolive', id);
    const pattern = new RegExp(
      `^lease ${id} granted with TTL\\(100s\\), remaining\\((9\\d|100)s\\)$`,
    );
    assert.match(output, pattern);
    assert.match(await cluster.ctl('lease', 'list'), new RegExp(`found \\d+ leases\n[^]*${id}`));
    await cluster.ctl('lease', 'revoke', id);
  });
  await report.test('lease timetolive --keys lists attached keys', async () => {
    const id = await grantLease(cluster, 100);
    await cluster.ctl('put', '--lease', id, 'l/a', 'x');
    await cluster.ctl('put', '--lease', id, 'l/b', 'x');
    const output = await cluster.ctl('lease', 'timetolive', '--keys', id);
    assert.match(output, /attached keys\(\[l\/a l\/b\]\)|attached keys\(\[l\/b l\/a\]\)/);
    await cluster.ctl('lease', 'revoke', id);
  });
  await report.test('lease revoke deletes its keys', async () => {
    const id = await grantLease(cluster, 100);
    await cluster.ctl('put', '--lease', id, 'l/gone', 'x');
    assert.equal(await cluster.ctl('lease', 'revoke', id), `lease ${id} revoked`);
    assert.equal(await cluster.ctl('get', 'l/gone'), '');
    assert.match(await cluster.ctl('lease', 'timetolive', id), /already expired/);
  });
  await report.test('lease revoke of a missing lease is refused', async () => {
    const outcome = await cluster.etcdctl(['lease', 'revoke', '123456']);
    assert.equal(outcome.code, 1);
    assert.match(outcome.stderr, /etcdserver: requested lease not found/);
  });
  await testKeepAlive(report, cluster);
}

async function testKeepAlive(report: Report, cluster: Cluster): Promise<void> {
  await report.test('lease keep-alive --once renews, through any member', async () => {
    const id = await grantLease(cluster, 60);
    for (const endpoint of cluster.endpoints) {
      await sleep(1_100);
      const output = await cluster.ctl(
        'lease',
        'keep-alive',
        '--once',
        id,
        `--endpoints=${endpoint}`,
      );
      assert.equal(output, `lease ${id} keepalived with TTL(60)`);
      const left = await cluster.ctl('lease', 'timetolive', id, `--endpoints=${endpoint}`);
      assert.match(left, /remaining\((59|60)s\)/);
    }
    await cluster.ctl('lease', 'revoke', id);
  });
  await report.test('a lease that is kept alive lives on, then expires with its keys', async () => {
    const id = await grantLease(cluster, 2);
    await cluster.ctl('put', '--lease', id, 'l/expires', 'x');
    const keepAlive = cluster.etcdctlInBackground(['lease', 'keep-alive', id]);
    await sleep(4_000);
    assert.equal(await cluster.ctl('get', 'l/expires'), 'l/expires\nx');
    await keepAlive.stop('SIGKILL');
    const gone = async (): Promise<true | undefined> =>
      (await cluster.ctl('get', 'l/expires')) === '' ? true : undefined;
    await eventually('expiry', gone, 6_000);
  });
  await report.test('lease keep-alive of a missing lease is refused', async () => {
    const outcome = await cluster.etcdctl(['lease', 'keep-alive', '--once', '7b']);
    assert.equal(outcome.code, 2);
    assert.match(outcome.stderr, /etcdserver: requested lease not found/);
  });
}
