// Snapshot files and what is made of them, on the real disk.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { utf8FromText } from '../../base/index.ts';
import { ConsistentIndex } from '../../server/index.ts';
import { Backend, MvccStore, ReadOnlyBackend, Wal } from '../../storage/index.ts';
import { check } from './check.ts';
import { hashKvOfFile } from './hash-kv.ts';
import { restoreSnapshot, type RestoreOptions } from './restore.ts';
import { snapshotStatus } from './snapshot-status.ts';
import { walLines } from './wal-dump.ts';
import { tool } from './world.ts';

const utility = tool();
let folder = '';
let database = '';
let snapshot = '';
let liveHash = 0;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'binnacle-util-'));
  database = join(folder, 'db');
  snapshot = join(folder, 'snapshot');
  liveHash = await writeDatabase(database);
  const bytes = readFileSync(database);
  writeFileSync(snapshot, Buffer.concat([bytes, createHash('sha256').update(bytes).digest()]));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Five revisions: a and b are put, b is deleted, a is put again, c is put. Returns the store's own hash. */
async function writeDatabase(path: string): Promise<number> {
  const { world, logger } = utility;
  const backend = await Backend.open(world, path, { logger });
  const store = await MvccStore.open(backend, { clock: world.clock, logger });
  const write = (change: (txn: ReturnType<MvccStore['beginWrite']>) => void) => {
    const txn = store.beginWrite();
    change(txn);
    txn.end();
  };
  const put = (key: string) => write((txn) => txn.put(utf8FromText(key), utf8FromText('v'), 0n));
  put('a');
  put('b');
  write((txn) => txn.deleteRange(utf8FromText('b'), undefined));
  put('a');
  put('c');
  const meta = backend.bucket('meta');
  meta.put(utf8FromText('storageVersion'), utf8FromText('3.7.0'));
  // Of the cluster that the snapshot comes from.
  backend
    .bucket('members')
    .put(utf8FromText('aa'), utf8FromText('{"id":170,"peerURLs":["http://old:1"]}'));
  backend.bucket('members_removed').put(utf8FromText('bb'), utf8FromText('removed'));
  const consistentIndex = new ConsistentIndex();
  consistentIndex.set(1000, 7);
  consistentIndex.write(meta);
  const { hash } = await store.hashKv(0);
  await store.close();
  await backend.close();
  return hash;
}

const options = (more: Partial<RestoreOptions> = {}): RestoreOptions => ({
  snapshot,
  name: 'b',
  dataDir: join(folder, 'data'),
  walDir: '',
  initialCluster: 'a=http://a:1,b=http://b:1,c=http://c:1',
  initialClusterToken: 'token',
  advertisePeerUrls: ['http://b:1'],
  skipHashCheck: false,
  bumpRevision: 0,
  ...more,
});

async function walOf(dataDir: string): Promise<Record<string, unknown>[]> {
  const lines: Record<string, unknown>[] = [];
  for await (const line of walLines(utility, dataDir, '')) {
    lines.push(JSON.parse(line) as Record<string, unknown>); // each line is an object
  }
  return lines;
}

test('a status tells revision, living keys and version, and hashes are those of the store', async () => {
  const status = await snapshotStatus(utility, snapshot);
  expect(status).toMatchObject({ revision: 6, totalKey: 2, version: '3.7.0' });
  expect(status.totalSize % 4096).toBe(0);
  expect((await snapshotStatus(utility, database)).hash).toBe(status.hash);
  const before = readFileSync(database);
  expect(await hashKvOfFile(utility, database, 0)).toEqual({
    hash: liveHash,
    hashRevision: 6,
    compactRevision: -1,
  });
  expect((await hashKvOfFile(utility, database, 4)).hash).not.toBe(liveHash);
  await expect(hashKvOfFile(utility, database, 7)).rejects.toThrow('future revision');
  expect(readFileSync(database).equals(before)).toBe(true);
});

test('a restored member belongs to the new cluster and holds the same keys', async () => {
  await restoreSnapshot(utility, options());
  const dataDir = join(folder, 'data');
  expect(await check(utility, dataDir)).toMatchObject({ problems: [] });
  const path = join(dataDir, 'member/snap/db');
  expect((await hashKvOfFile(utility, path, 0)).hash).toBe(liveHash);
  const [head, ...entries] = await walOf(dataDir);
  expect(head).toMatchObject({
    hardState: { term: 1, commit: 3 },
    snapshots: [
      { index: 0, term: 0 },
      { index: 3, term: 1 },
    ],
  });
  expect(entries.map((entry) => entry['type'])).toEqual(['confChange', 'confChange', 'confChange']);
  const backend = await ReadOnlyBackend.open(utility.world, path);
  const members: string[] = [];
  backend.forEach('members', new Uint8Array(0), undefined, (_, value) => {
    members.push(Buffer.from(value).toString());
  });
  const left: unknown[] = [];
  backend.forEach('members_removed', new Uint8Array(0), undefined, (key) => void left.push(key));
  await backend.close();
  expect(members.map((json) => /"name":"(.)"/.exec(json)?.[1]).sort()).toEqual(['a', 'b', 'c']);
  expect(left).toEqual([]);
});

test('members that are restored apart agree on ids, cluster and log', async () => {
  const logs = [];
  for (const name of ['a', 'b', 'c']) {
    const dataDir = join(folder, name);
    await restoreSnapshot(
      utility,
      options({ name, dataDir, advertisePeerUrls: [`http://${name}:1`] }),
    );
    logs.push(await walOf(dataDir));
  }
  const heads = logs.map(([head]) => head);
  expect(new Set(heads.map((head) => head?.['clusterId'])).size).toBe(1);
  expect(new Set(heads.map((head) => head?.['memberId'])).size).toBe(3);
  expect(logs[1]?.slice(1)).toEqual(logs[0]?.slice(1));
  expect(logs[2]?.slice(1)).toEqual(logs[0]?.slice(1));
});

test('a bumped revision is the newest, and what was before it is compacted', async () => {
  await restoreSnapshot(utility, options({ bumpRevision: 1000 }));
  const { world, logger } = utility;
  const path = join(folder, 'data/member/snap/db');
  const backend = await Backend.open(world, path, { logger });
  const store = await MvccStore.open(backend, { clock: world.clock, logger });
  expect(store.revision).toBe(1006);
  expect(store.compactRevision).toBe(1006);
  const { kvs } = store.range(utf8FromText('a'), Uint8Array.of(0));
  expect(kvs.map((kv) => String.fromCharCode(...kv.key))).toEqual(['a', 'c']);
  const txn = store.beginWrite();
  expect(txn.put(utf8FromText('a'), utf8FromText('new'), 0n)).toBe(1007);
  txn.end();
  await store.close();
  await backend.close();
});

test('nothing is written when something is wrong', async () => {
  const damaged = readFileSync(snapshot);
  damaged[5000] = damaged[5000]! ^ 1;
  const bad = join(folder, 'bad');
  writeFileSync(bad, damaged);
  const attempts: [Partial<RestoreOptions>, string][] = [
    [{ snapshot: bad }, 'expected sha256'],
    [{ snapshot: database }, 'snapshot missing hash but --skip-hash-check=false'],
    [{ snapshot: join(folder, 'none') }, 'no such file'],
    [{ name: 'x' }, "couldn't find local name"],
    [{ advertisePeerUrls: ['http://other:1'] }, '--initial-advertise-peer-urls'],
    [{ initialCluster: 'nonsense' }, '--initial-cluster'],
  ];
  const before = readdirSync(folder).sort();
  for (const [more, message] of attempts) {
    await expect(restoreSnapshot(utility, options(more))).rejects.toThrow(message);
    expect(readdirSync(folder).sort()).toEqual(before);
  }
});

test('a data directory that holds something is left alone', async () => {
  await restoreSnapshot(utility, options());
  await expect(restoreSnapshot(utility, options())).rejects.toThrow('not empty');
  expect(await check(utility, join(folder, 'data'))).toMatchObject({ problems: [] });
});

test('a copy of a database is restored when its missing hash is accepted', async () => {
  await restoreSnapshot(utility, options({ snapshot: database, skipHashCheck: true }));
  expect((await hashKvOfFile(utility, join(folder, 'data/member/snap/db'), 0)).hash).toBe(liveHash);
});

test('a check names damaged files, and where', async () => {
  await restoreSnapshot(utility, options());
  const dataDir = join(folder, 'data');
  const path = join(dataDir, 'member/snap/db');
  const sound = readFileSync(path);
  const damaged = Buffer.from(sound);
  for (let page = 2; page * 4096 < damaged.length; page++)
    damaged.fill(0xff, page * 4096, page * 4096 + 64);
  writeFileSync(path, damaged);
  const broken = await check(utility, dataDir);
  expect(broken.problems.length).toBeGreaterThan(0);
  expect(broken.problems.join('\n')).toContain(path);
  writeFileSync(path, sound);

  const walPath = join(dataDir, 'member/wal', readdirSync(join(dataDir, 'member/wal'))[0] ?? '');
  const log = readFileSync(walPath);
  const middle = log.indexOf('http://b:1');
  log[middle] = log[middle]! ^ 1;
  writeFileSync(walPath, log);
  const { problems } = await check(utility, dataDir);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(walPath);
  expect(await Wal.exists(utility.world.disk, join(dataDir, 'member/wal'))).toBe(true);

  rmSync(path);
  expect((await check(utility, dataDir)).problems.join('\n')).toContain('there is no database');
});
