// A staged restore is there whole or not at all, and a crash at any point of its taking over is repaired by the next start.
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SILENT_LOGGER, utf8FromText } from '../../base/index.ts';
import { realWorld } from '../../platform/index.ts';
import { Backend, MvccStore, ReadOnlyBackend } from '../../storage/index.ts';
import { readGeneration, removeOldData, siblingPaths } from './siblings.ts';
import { commitStaged, dropStaged, finishRestore, stageRestore, stagedRestore } from './staging.ts';

const tools = { world: realWorld(), logger: SILENT_LOGGER };
let folder = '';
let dataDir = '';
let snapshot: Buffer = Buffer.alloc(0);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'binnacle-staging-'));
  dataDir = join(folder, 'data');
  mkdirSync(join(dataDir, 'member'), { recursive: true });
  writeFileSync(join(dataDir, 'member', 'present'), 'old data');
  snapshot = await makeSnapshot(join(folder, 'source'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Three keys, so revision 4. */
async function makeSnapshot(path: string): Promise<Buffer> {
  const { world, logger } = tools;
  const backend = await Backend.open(world, path, { logger });
  const store = await MvccStore.open(backend, { clock: world.clock, logger });
  for (const key of ['a', 'b', 'c']) {
    const txn = store.beginWrite();
    txn.put(utf8FromText(key), utf8FromText('v'), 0n);
    txn.end();
  }
  await store.close();
  await backend.close();
  const bytes = readFileSync(path);
  rmSync(path);
  return Buffer.concat([bytes, createHash('sha256').update(bytes).digest()]);
}

async function* inPieces(bytes: Buffer, size = 7_001): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const stage = (bytes = snapshot, name = 'm1', generation = 2) =>
  stageRestore(tools, dataDir, inPieces(bytes), {
    generation,
    name,
    members: 'm1=http://h1:2380,m2=http://h2:2380',
    token: 'new',
    revisionBump: 1_000,
    sha256: sha256(snapshot),
  });
const finish = () => finishRestore({ ...tools, dataDir });
const present = () => readdirSync(join(dataDir, 'member')).includes('present');

test('nothing changes before the commit; behind it, the next start has the restored data', async () => {
  const staged = await stage();
  expect(staged).toMatchObject({ generation: 2, revision: 1_004, state: 'staged' });
  expect(await finish()).toBeUndefined();
  expect(present()).toBe(true);
  expect(await commitStaged(dataDir, 3)).toBe(false);
  expect(await commitStaged(dataDir, 2)).toBe(true);
  expect(await finish()).toMatchObject({ generation: 2, clusterId: staged.clusterId });
  expect(present()).toBe(false);
  expect(await readGeneration(dataDir)).toBe(2);
  expect(await stagedRestore(dataDir)).toBeUndefined();
  const names = readdirSync(folder).sort();
  expect(names).toEqual(['data', 'generation', expect.stringMatching(/^old-2/)]);
  const old = readdirSync(join(folder, names[2] ?? '', 'member'));
  expect(old).toContain('present');
  const database = await ReadOnlyBackend.open(tools.world, join(dataDir, 'member/snap/db'));
  expect(database.bucketNames()).toContain('members');
  await database.close();
  expect(await finish()).toBeUndefined();
});

test('both members of a restored cluster agree on it', async () => {
  const first = await stage(snapshot, 'm1');
  const second = await stage(snapshot, 'm2');
  expect(second.clusterId).toBe(first.clusterId);
  expect(second.memberId).not.toBe(first.memberId);
});

test('a crash between the two renames, or before the generation is written, is repaired', async () => {
  const staged = await stage();
  await commitStaged(dataDir, 2);
  // As if the process had died behind the first rename.
  const { oldPrefix } = siblingPaths(dataDir);
  renameSync(dataDir, `${oldPrefix}${staged.stagedAt}`);
  expect(await finish()).toMatchObject({ generation: 2 });
  expect(readdirSync(join(dataDir, 'member')).sort()).toEqual(['snap', 'wal']);
  // And as if it had died behind the second one.
  rmSync(siblingPaths(dataDir).generation);
  writeFileSync(siblingPaths(dataDir).marker, JSON.stringify({ ...staged, state: 'committed' }));
  expect(await finish()).toMatchObject({ generation: 2 });
  expect(await readGeneration(dataDir)).toBe(2);
  expect(readdirSync(join(dataDir, 'member')).sort()).toEqual(['snap', 'wal']);
});

test.each([
  ['a changed byte', () => Buffer.concat([Buffer.from([snapshot[0]! ^ 1]), snapshot.subarray(1)])],
  ['an end that is missing', () => snapshot.subarray(0, -100)],
  ['a digest that is missing', () => snapshot.subarray(0, -32)],
  ['nothing', () => Buffer.alloc(0)],
])('%s is refused and leaves nothing', async (_, damaged) => {
  await expect(stage(damaged())).rejects.toThrow('SHA-256');
  expect(readdirSync(folder)).toEqual(['data']);
});

test('a member that is not in the list is refused', async () => {
  await expect(stage(snapshot, 'm9')).rejects.toThrow("couldn't find local name");
  expect(readdirSync(folder)).toEqual(['data']);
});

test('staging again replaces what was staged; dropping leaves nothing; a commit stands', async () => {
  await stage(snapshot, 'm1', 2);
  await stage(snapshot, 'm1', 3);
  expect(readdirSync(folder).sort()).toEqual(['data', 'staged-3', 'staged.json']);
  await dropStaged(dataDir);
  expect(readdirSync(folder)).toEqual(['data']);
  await stage(snapshot, 'm1', 4);
  await commitStaged(dataDir, 4);
  await expect(dropStaged(dataDir)).rejects.toThrow('cannot be undone');
  await expect(stage(snapshot, 'm1', 5)).rejects.toThrow('cannot be undone');
});

test('of old data the newest is kept; members that share a folder keep apart', async () => {
  for (const time of ['2026-01-02', '2026-01-01', '2026-01-03'])
    mkdirSync(join(folder, `old-${time}`));
  await removeOldData(dataDir);
  expect(readdirSync(folder).sort()).toEqual(['data', 'old-2026-01-03']);
  expect(siblingPaths('/x/members/m1')).toMatchObject({
    generation: '/x/members/m1.generation',
    oldPrefix: '/x/members/m1.old-',
  });
});
