/** etcdctl put, get in all its forms, del and txn: the output is asserted, not only the exit code. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Cluster } from '../lib/cluster.ts';
import type { Report } from '../lib/report.ts';

interface JsonRange {
  header: { revision: number; member_id: number; cluster_id: number; raft_term: number };
  kvs?: { key: string; value?: string; mod_revision: number; version: number }[];
  count?: number;
  more?: boolean;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const text = (base64Text: string): string => Buffer.from(base64Text, 'base64').toString();

async function json(cluster: Cluster, ...args: string[]): Promise<JsonRange> {
  return JSON.parse(await cluster.ctl(...args, '-w', 'json')) as JsonRange;
}

/** The keys that a get prints, in their order. */
async function keys(cluster: Cluster, ...args: string[]): Promise<string[]> {
  const output = await cluster.ctl('get', ...args, '--keys-only');
  return output.split('\n').filter((line) => line !== '');
}

export async function testKv(report: Report, cluster: Cluster): Promise<void> {
  await testPut(report, cluster);
  await testGetRanges(report, cluster);
  await testRevisionFilters(report, cluster);
  await testGetSorts(report, cluster);
  await testGetFormats(report, cluster);
  await testDel(report, cluster);
  await testTxn(report, cluster);
}

async function testPut(report: Report, cluster: Cluster): Promise<void> {
  await report.test('put prints OK, and get prints key and value', async () => {
    assert.equal(await cluster.ctl('put', 'kv/one', 'first'), 'OK');
    assert.equal(await cluster.ctl('get', 'kv/one'), 'kv/one\nfirst');
  });
  await report.test('put reads the value from stdin', async () => {
    const outcome = await cluster.etcdctl(['put', 'kv/stdin'], { input: 'from stdin' });
    assert.equal(outcome.stdout, 'OK\n');
    assert.equal(await cluster.ctl('get', 'kv/stdin', '--print-value-only'), 'from stdin');
  });
  await report.test('put --prev-kv prints the old pair', async () => {
    assert.equal(await cluster.ctl('put', 'kv/one', 'second', '--prev-kv'), 'OK\nkv/one\nfirst');
  });
  await report.test('put --ignore-value keeps the value and raises the version', async () => {
    await cluster.ctl('put', 'kv/one', '--ignore-value');
    const { kvs } = await json(cluster, 'get', 'kv/one');
    assert.equal(kvs?.[0]?.version, 3);
    assert.equal(text(kvs?.[0]?.value ?? ''), 'second');
  });
  await report.test('put --ignore-value of a missing key is key not found', async () => {
    const outcome = await cluster.etcdctl(['put', 'kv/none', '--ignore-value']);
    assert.equal(outcome.code, 1);
    assert.match(outcome.stderr, /etcdserver: key not found/);
  });
  await report.test('put with a lease that does not exist is refused', async () => {
    const outcome = await cluster.etcdctl(['put', '--lease=7f', 'kv/none', 'x']);
    assert.equal(outcome.code, 1);
    assert.match(outcome.stderr, /etcdserver: requested lease not found/);
  });
  await report.test('put of an empty key is refused', async () => {
    const outcome = await cluster.etcdctl(['put', '', 'x']);
    assert.equal(outcome.code, 1);
    assert.match(outcome.stderr, /etcdserver: key is not provided/);
  });
  await report.test('put of more than the largest request is refused', async () => {
    const outcome = await cluster.etcdctl(['put', 'kv/big'], { input: 'x'.repeat(1_600_000) });
    assert.equal(outcome.code, 1);
    assert.match(outcome.stderr, /etcdserver: request is too large/);
  });
  await report.test('put and get of bytes that are not text', async () => {
    const value = '\u00ff\u0000\u{1f9ed} line\r\nbreak';
    await cluster.etcdctl(['put', 'kv/binary'], { input: value });
    const { kvs } = await json(cluster, 'get', 'kv/binary');
    assert.equal(kvs?.[0]?.value, base64(value));
  });
}

async function testGetRanges(report: Report, cluster: Cluster): Promise<void> {
  const five = ['g/a', 'g/b', 'g/c', 'g/d', 'g/e'];
  await report.test('get --prefix', async () => {
    for (const key of five) await cluster.ctl('put', key, `value of ${key}`);
    await cluster.ctl('put', 'h', 'after');
    assert.deepEqual(await keys(cluster, 'g/', '--prefix'), five);
  });
  await report.test('get [from, to)', async () => {
    assert.deepEqual(await keys(cluster, 'g/b', 'g/d'), ['g/b', 'g/c']);
  });
  await report.test('get --from-key', async () => {
    assert.deepEqual(await keys(cluster, 'g/e', '--from-key', '--limit=2'), ['g/e', 'h']);
  });
  await report.test('get of everything: an empty key with --prefix', async () => {
    assert.ok((await keys(cluster, '', '--prefix')).includes('h'));
  });
  await report.test('get --limit sets more and counts all', async () => {
    const { kvs, count, more } = await json(cluster, 'get', 'g/', '--prefix', '--limit=2');
    assert.equal(kvs?.length, 2);
    assert.equal(count, 5);
    assert.equal(more, true);
  });
  await report.test('get --rev reads the past', async () => {
    const before = (await json(cluster, 'get', 'g/a')).header.revision;
    await cluster.ctl('put', 'g/a', 'newer');
    const past = await cluster.ctl('get', 'g/a', `--rev=${before}`, '--print-value-only');
    assert.equal(past, 'value of g/a');
    const header = (await json(cluster, 'get', 'g/a', `--rev=${before}`)).header;
    assert.ok(header.revision > before, 'the header tells the current revision');
  });
  await report.test('get --rev of the future is refused', async () => {
    const outcome = await cluster.etcdctl(['get', 'g/a', '--rev=999999999']);
    assert.equal(outcome.code, 1);
    assert.match(outcome.stderr, /mvcc: required revision is a future revision/);
  });
  await report.test('get of a missing key prints nothing and succeeds', async () => {
    assert.equal(await cluster.ctl('get', 'no such key'), '');
  });
  await report.test('get --count-only', async () => {
    const output = await cluster.ctl('get', 'g/', '--prefix', '--count-only', '-w', 'fields');
    assert.match(output, /^"Count" : 5$/m);
    assert.doesNotMatch(output, /"Key"/);
  });
  await report.test('get --consistency=s from each member', async () => {
    for (const endpoint of cluster.endpoints) {
      const value = await cluster.ctl('get', 'h', '--consistency=s', `--endpoints=${endpoint}`);
      assert.equal(value, 'h\nafter');
    }
  });
}

/** Needs the keys that testGetRanges left. */
async function testRevisionFilters(report: Report, cluster: Cluster): Promise<void> {
  await report.test(
    'get --min-mod-rev, --max-mod-rev, --min-create-rev, --max-create-rev',
    async () => {
      const all = (await json(cluster, 'get', 'g/', '--prefix')).kvs ?? [];
      const third = all[2]?.mod_revision ?? 0;
      assert.deepEqual(await keys(cluster, 'g/', '--prefix', `--min-mod-rev=${third + 1}`), [
        'g/a',
        'g/d',
        'g/e',
      ]);
      assert.deepEqual(await keys(cluster, 'g/', '--prefix', `--max-mod-rev=${third}`), [
        'g/b',
        'g/c',
      ]);
      assert.deepEqual(await keys(cluster, 'g/', '--prefix', `--max-create-rev=${third}`), [
        'g/a',
        'g/b',
        'g/c',
      ]);
      assert.deepEqual(await keys(cluster, 'g/', '--prefix', `--min-create-rev=${third + 1}`), [
        'g/d',
        'g/e',
      ]);
    },
  );
}

async function testGetSorts(report: Report, cluster: Cluster): Promise<void> {
  await report.test('get --order and --sort-by each target', async () => {
    await cluster.ctl('put', 's/1', 'zebra');
    await cluster.ctl('put', 's/2', 'apple');
    await cluster.ctl('put', 's/3', 'mango');
    await cluster.ctl('put', 's/1', 'zulu'); // version 2 and the newest modification
    const sorted = (order: string, target: string): Promise<string[]> =>
      keys(cluster, 's/', '--prefix', `--order=${order}`, `--sort-by=${target}`);
    assert.deepEqual(await sorted('DESCEND', 'KEY'), ['s/3', 's/2', 's/1']);
    assert.deepEqual(await sorted('ASCEND', 'MODIFY'), ['s/2', 's/3', 's/1']);
    assert.deepEqual(await sorted('DESCEND', 'MODIFY'), ['s/1', 's/3', 's/2']);
    assert.deepEqual(await sorted('DESCEND', 'CREATE'), ['s/3', 's/2', 's/1']);
    assert.deepEqual((await sorted('DESCEND', 'VERSION'))[0], 's/1');
    const byValue = await cluster.ctl(
      ...['get', 's/', '--prefix', '--order=ASCEND', '--sort-by=VALUE', '--print-value-only'],
    );
    assert.deepEqual(byValue.split('\n'), ['apple', 'mango', 'zulu']);
  });
  await report.test('get sorts before it limits', async () => {
    const args = ['s/', '--prefix', '--order=DESCEND', '--sort-by=MODIFY', '--limit=1'];
    assert.deepEqual(await keys(cluster, ...args), ['s/1']);
  });
}

async function testGetFormats(report: Report, cluster: Cluster): Promise<void> {
  await report.test('get -w simple --hex', async () => {
    assert.equal(await cluster.ctl('get', 'h', '--hex'), '\\x68\n\\x61\\x66\\x74\\x65\\x72');
  });
  await report.test('get -w json has header, revisions and base64', async () => {
    const { header, kvs } = await json(cluster, 'get', 'h');
    assert.ok(header.cluster_id > 0 && header.member_id > 0 && header.raft_term > 0);
    assert.equal(kvs?.[0]?.key, base64('h'));
    assert.equal(kvs?.[0]?.value, base64('after'));
    assert.equal(kvs?.[0]?.version, 1);
  });
  await report.test('get -w fields', async () => {
    const fields = await cluster.ctl('get', 'h', '-w', 'fields');
    assert.match(fields, /^"ClusterID" : \d+$/m);
    assert.match(fields, /^"Key" : "h"$/m);
    assert.match(fields, /^"Value" : "after"$/m);
    assert.match(fields, /^"Version" : 1$/m);
    assert.match(fields, /^"More" : false$/m);
  });
  await report.test('get -w protobuf holds key and value', async () => {
    const answer = await cluster.ctl('get', 'h', '-w', 'protobuf');
    assert.ok(answer.includes('after'));
  });
  await report.test('get -w table is refused by etcdctl, as with etcd', async () => {
    const outcome = await cluster.etcdctl(['get', 'h', '-w', 'table']);
    assert.notEqual(outcome.code, 0);
  });
  await report.test('a value of 1 MiB comes back whole', async () => {
    const value = 'compass '.repeat(131_072);
    await cluster.etcdctl(['put', 'kv/large'], { input: value });
    const got = await cluster.ctl('get', 'kv/large', '--print-value-only');
    const sha = (data: string): string => createHash('sha256').update(data).digest('hex');
    assert.equal(sha(got), sha(value));
  });
}

async function testDel(report: Report, cluster: Cluster): Promise<void> {
  await report.test('del one, a range, a prefix, from a key, and of nothing', async () => {
    for (const key of ['d/1', 'd/2', 'd/3', 'd/4', 'd/5', '~z']) await cluster.ctl('put', key, key);
    assert.equal(await cluster.ctl('del', 'd/1'), '1');
    assert.equal(await cluster.ctl('del', 'd/1'), '0');
    assert.equal(await cluster.ctl('del', 'd/2', 'd/4', '--range'), '2');
    assert.equal(await cluster.ctl('del', 'd/', '--prefix'), '2');
    assert.equal(await cluster.ctl('del', '~', '--from-key'), '1');
  });
  await report.test('del --prev-kv prints what was deleted', async () => {
    await cluster.ctl('put', 'd/a', 'gone');
    assert.equal(await cluster.ctl('del', 'd/', '--prefix', '--prev-kv'), '1\nd/a\ngone');
  });
}

async function testTxn(report: Report, cluster: Cluster): Promise<void> {
  const txn = async (input: string): Promise<string> =>
    (await cluster.etcdctl(['txn'], { input })).stdout;
  await report.test('txn whose compares hold runs the first block', async () => {
    await cluster.ctl('put', 't/a', '1');
    const script =
      'value("t/a") = "1"\nversion("t/none") = "0"\n\nput t/a 2\nget t/a\n\ndel t/a\n\n';
    assert.equal(await txn(script), 'SUCCESS\n\nOK\n\nt/a\n2\n');
  });
  await report.test('txn whose compares fail runs the second block', async () => {
    const script = 'mod("t/a") < "1"\n\nput t/a 3\n\nget t/a\nput t/b new\ndel t/a\n\n';
    assert.equal(await txn(script), 'FAILURE\n\nt/a\n2\n\nOK\n\n1\n');
  });
  await report.test('txn compares create, version, value with > and !=', async () => {
    const script =
      'create("t/b") > "1"\nversion("t/b") = "1"\nvalue("t/b") != "old"\n\nget t/b\n\n\n';
    assert.equal(await txn(script), 'SUCCESS\n\nt/b\nnew\n');
  });
  await report.test('txn --interactive prompts', async () => {
    const outcome = await cluster.etcdctl(['txn', '--interactive'], {
      input: 'value("t/b") = "new"\n\nput t/c c\n\n\n',
    });
    assert.match(outcome.stdout, /compares:\n[\s\S]*success requests[\s\S]*SUCCESS\n\nOK/);
  });
  await report.test('txn that puts one key twice is refused', async () => {
    const outcome = await cluster.etcdctl(['txn'], { input: '\nput t/x 1\nput t/x 2\n\n\n' });
    assert.equal(outcome.code, 1);
    assert.match(outcome.stderr, /etcdserver: duplicate key given in txn request/);
  });
  await report.test('txn of more than 128 operations is refused', async () => {
    const puts = Array.from({ length: 129 }, (_, index) => `put t/many/${index} x`).join('\n');
    const outcome = await cluster.etcdctl(['txn'], { input: `\n${puts}\n\n\n` });
    assert.equal(outcome.code, 1);
    assert.match(outcome.stderr, /etcdserver: too many operations in txn request/);
  });
  await report.test('txn changes all its keys in one revision', async () => {
    await txn('\nput t/m1 x\nput t/m2 y\n\n\n');
    const { kvs } = await json(cluster, 'get', 't/m', '--prefix');
    assert.equal(kvs?.[0]?.mod_revision, kvs?.[1]?.mod_revision);
  });
}
