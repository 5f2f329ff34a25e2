import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SILENT_LOGGER } from '../../base/index.ts';
import { realWorld } from '../../platform/index.ts';
import { Wal } from '../../storage/index.ts';
import { encode } from '../../wire/index.ts';
import { Metadata } from '../../wire/gen/etcdserver.ts';
import { buildConfig } from '../config.ts';
import { dataPaths } from '../paths.ts';
import { Volume } from './disk.ts';

const world = realWorld();
const NODE = 0xabcn;
let folder: string;
let volume: Volume;
let walDir: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'binnacle-volume-'));
  const config = buildConfig(new Map([['data-dir', join(folder, 'data')]]));
  walDir = dataPaths(config).walDir;
  volume = new Volume(config, world, SILENT_LOGGER);
});
afterEach(() => rm(folder, { recursive: true }));

async function makeLog(hasBegun = true): Promise<void> {
  await mkdir(join(folder, 'data', 'member', 'snap'), { recursive: true });
  const metadata = encode(Metadata, { nodeId: NODE, clusterId: 0xc1n });
  const wal = await Wal.create(world.disk, walDir, metadata, { logger: SILENT_LOGGER });
  if (hasBegun) await wal.save({ term: 1, vote: NODE, commit: 0 }, [], true);
  await wal.close();
}
const DATA = { kind: 'data', memberId: NODE, clusterId: 0xc1n, generation: 1, hasLeft: false };

test('a volume is empty, or holds the beginning of a start, or data', async () => {
  expect(await volume.inspect()).toEqual({ kind: 'empty' });
  await mkdir(join(folder, 'data', 'member'), { recursive: true });
  expect(await volume.inspect()).toEqual({ kind: 'empty' });
  await mkdir(join(folder, 'data', 'member', 'snap'));
  await writeFile(join(folder, 'data', 'member', 'snap', 'db'), 'x');
  expect(await volume.inspect()).toEqual({ kind: 'partial' });
  await makeLog();
  expect(await volume.inspect()).toEqual(DATA);
});

test('a log in which nothing happened yet is the beginning of a start', async () => {
  await makeLog(false);
  expect(await volume.inspect()).toEqual({ kind: 'partial' });
});

test('it says of which generation its data is', async () => {
  await volume.setGeneration(3);
  await makeLog();
  expect(await volume.inspect()).toEqual({ ...DATA, generation: 3 });
});

test('a member that has left is told from one that has come after it', async () => {
  await makeLog();
  await volume.markLeft(0x1n);
  expect(await volume.inspect()).toEqual(DATA);
  await volume.markLeft(NODE);
  expect(await volume.inspect()).toEqual({ ...DATA, hasLeft: true });
});

test('what is moved aside stays, the newest of it for good', async () => {
  expect(await volume.setAside()).toBeUndefined();
  const aside: string[] = [];
  for (let i = 0; i < 3; i++) {
    await mkdir(join(folder, 'data'));
    await writeFile(join(folder, 'data', 'number'), String(i));
    aside.push((await volume.setAside()) ?? '');
    await new Promise((resolve) => setTimeout(resolve, 2)); // their names have milliseconds
  }
  expect(await volume.inspect()).toEqual({ kind: 'empty' });
  await volume.dropOld();
  const left = (await readdir(folder)).filter((name) => name.startsWith('old-'));
  expect(left.map((name) => join(folder, name))).toEqual([aside[2]]);
  expect(await readFile(join(aside[2] ?? '', 'number'), 'utf8')).toBe('2');
});

test('a log that is damaged at its head is not taken for an empty volume', async () => {
  await makeLog();
  const [name = ''] = await readdir(walDir);
  await writeFile(join(walDir, name), new Uint8Array(64).fill(0xff));
  await expect(volume.inspect()).rejects.toThrow(name);
});
