/**
 * Files and hashes: bbolt and etcdutl are green on the data folder, the same history gives etcd's hashes, and etcd and the
 * server under test take over each other's data folders in place.
 */
import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { maintenanceHash } from './clients.ts';
import { applyHistory, currentRevision } from './history.ts';
import { Cluster } from './lib/cluster.ts';
import { oracle, scratchFolder, serverBinary } from './lib/paths.ts';
import { run } from './lib/process.ts';
import type { Report } from './lib/report.ts';

interface HashKv {
  hash: number;
  compact_revision?: number;
  hash_revision?: number;
}

/** What one run of the history showed. */
interface Observed {
  /** HashKV at the newest revision and at an older one, after each round. */
  readonly hashKvs: HashKv[];
  readonly keys: unknown;
  readonly hash: number;
}

export async function fileTests(report: Report): Promise<void> {
  const folder = scratchFolder('files');
  console.log(`  data and logs: ${folder}`);
  const options = { binary: serverBinary, members: 1, folder: join(folder, 'server') };
  const cluster = await Cluster.start(options);
  let ours: Observed | undefined;
  try {
    ours = await replay(cluster);
  } finally {
    await cluster.stop();
  }
  const observed = ours;
  await testFiles(report, cluster, observed, folder);
  await testSameHashes(report, cluster, observed, join(folder, 'etcd'));
  await testTakeOver(report, cluster, observed, options);
}

async function hashKv(cluster: Cluster, revision?: number): Promise<HashKv> {
  const rev = revision === undefined ? [] : [`--rev=${revision}`];
  const output = await cluster.ctl('endpoint', 'hashkv', '-w', 'json', ...rev);
  const { HashKV } = (JSON.parse(output) as { HashKV: HashKv }[])[0]!;
  return {
    hash: HashKV.hash,
    compact_revision: HashKV.compact_revision ?? 0,
    hash_revision: HashKV.hash_revision ?? 0,
  };
}

async function replay(cluster: Cluster): Promise<Observed> {
  const hashKvs: HashKv[] = [];
  await applyHistory(cluster, async () => {
    hashKvs.push(
      await hashKv(cluster),
      await hashKv(cluster, (await currentRevision(cluster)) - 3),
    );
  });
  return { hashKvs, keys: await allKeys(cluster), hash: await maintenanceHash(cluster) };
}

async function allKeys(cluster: Cluster): Promise<unknown> {
  const output = await cluster.ctl('get', '', '--prefix', '-w', 'json');
  return (JSON.parse(output) as { kvs: unknown }).kvs;
}

const databaseOf = (cluster: Cluster): string =>
  join(cluster.members[0]!.dataDir, 'member', 'snap', 'db');

async function testFiles(
  report: Report,
  cluster: Cluster,
  observed: Observed,
  folder: string,
): Promise<void> {
  const database = databaseOf(cluster);
  await report.test('bbolt check of the database', async () => {
    const outcome = await run(oracle('bbolt'), ['check', database]);
    assert.equal(outcome.stdout.trim(), 'OK', outcome.stdout + outcome.stderr);
    assert.equal(outcome.code, 0);
  });
  await report.test('bbolt lists etcd’s buckets', async () => {
    const outcome = await run(oracle('bbolt'), ['buckets', database]);
    const buckets = outcome.stdout.trim().split('\n');
    for (const name of ['alarm', 'cluster', 'key', 'lease', 'members', 'members_removed', 'meta']) {
      assert.ok(buckets.includes(name), `${name} is missing in ${buckets.join()}`);
    }
  });
  await report.test('etcdutl snapshot status of the database', async () => {
    const outcome = await run(oracle('etcdutl'), ['snapshot', 'status', database, '-w', 'json']);
    assert.equal(outcome.code, 0, outcome.stderr);
    const status = JSON.parse(outcome.stdout) as { totalKey: number; version: string };
    assert.equal(status.totalKey, (observed.keys as unknown[]).length);
    assert.equal(status.version, '3.7.0');
  });
  await report.test('etcdutl hashkv of the database equals the last live one', async () => {
    const copy = join(folder, 'copy.db'); // etcdutl writes to the file it reads
    copyFileSync(database, copy);
    const outcome = await run(oracle('etcdutl'), ['hashkv', copy, '-w', 'json']);
    assert.equal(outcome.code, 0, outcome.stderr);
    const { hash } = JSON.parse(outcome.stdout) as HashKv;
    assert.equal(hash, observed.hashKvs.at(-2)?.hash);
  });
}

/** Runs the history on etcd under the same names and URLs, so that even the members' ids are the same. */
async function testSameHashes(
  report: Report,
  former: Cluster,
  ours: Observed,
  folder: string,
): Promise<void> {
  const binary = oracle('etcd');
  const etcd = await Cluster.start({ binary, members: 1, folder, inPlaceOf: former });
  try {
    const theirs = await replay(etcd);
    await report.test('the same history gives the same keys and revisions', async () => {
      assert.deepEqual(ours.keys, theirs.keys);
    });
    await report.test('the same history gives etcd’s HashKV at each step', async () => {
      assert.deepEqual(ours.hashKvs, theirs.hashKvs);
    });
    await report.test('the same history gives etcd’s Hash', async () => {
      assert.equal(ours.hash, theirs.hash);
    });
  } finally {
    await etcd.stop();
  }
}

async function testTakeOver(
  report: Report,
  former: Cluster,
  observed: Observed,
  options: { binary: string; members: number; folder: string },
): Promise<void> {
  let last: HashKv | undefined;
  await report.test('etcd starts on the server’s data folder', async () => {
    const etcd = await Cluster.start({ ...options, binary: oracle('etcd'), inPlaceOf: former });
    try {
      assert.deepEqual(await allKeys(etcd), observed.keys);
      assert.equal((await hashKv(etcd)).hash, observed.hashKvs.at(-2)?.hash);
      await etcd.ctl('put', 'history/etcd was here', 'yes');
      last = await hashKv(etcd);
    } finally {
      await etcd.stop();
    }
  });
  await report.test('the server starts on what etcd left', async () => {
    const again = await Cluster.start({ ...options, inPlaceOf: former });
    try {
      assert.equal(await again.ctl('get', 'history/etcd was here', '--print-value-only'), 'yes');
      assert.deepEqual(await hashKv(again), last);
    } finally {
      await again.stop();
    }
    const outcome = await run(oracle('bbolt'), ['check', databaseOf(former)]);
    assert.equal(outcome.stdout.trim(), 'OK', outcome.stdout + outcome.stderr);
  });
}
