import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { showBackups } from './backup-metrics.ts';

let folder: string;
let path: string;
let registry: Registry;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'binnacle-status-'));
  path = join(folder, 'status.json');
  registry = new Registry();
  showBackups(registry, path);
});
afterEach(() => rm(folder, { recursive: true }));

const values = async (): Promise<Record<string, number>> => {
  const lines = (await registry.metrics()).split('\n').filter((line) => /^binnacle/.test(line));
  return Object.fromEntries(
    lines.map((line) => [
      line.split(' ')[0]?.replace('binnacle_backup_last_verified_', '') ?? '',
      Number(line.split(' ')[1]),
    ]),
  );
};
const status = (lastVerified: object | null) =>
  writeFile(path, JSON.stringify({ version: 1, lastError: '', lastVerified }));

test('the last verified backup is shown, and the next one when there is one', async () => {
  await status({ savedAt: '2026-11-21T07:00:00Z', revision: 42, bytes: 1000, keys: 7 });
  const first = { timestamp_seconds: 1_795_244_400, revision: 42, size_bytes: 1000, keys: 7 };
  expect(await values()).toEqual(first);
  await status({ savedAt: '2026-11-21T08:00:00Z', revision: 43, bytes: 1001, keys: 8 });
  expect(await values()).toMatchObject({ timestamp_seconds: 1_795_248_000, revision: 43 });
});

test('without a verified backup there is no metric, which is not the same as one of 1970', async () => {
  expect(await values()).toEqual({});
  await status(null);
  expect(await values()).toEqual({});
  await writeFile(path, '{"lastVerified":');
  expect(await values()).toEqual({});
});

test('a status that goes away takes its metrics with it', async () => {
  await status({ savedAt: '2026-11-21T07:00:00Z', revision: 42, bytes: 1000, keys: 7 });
  await values();
  await rm(path);
  expect(await values()).toEqual({});
});
