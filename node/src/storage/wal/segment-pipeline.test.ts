import { expect, test } from 'vitest';
import { SILENT_LOGGER } from '../../base/logger.ts';
import { DiskError, MemoryDisk } from '../../base/testing/memory-disk.ts';
import { SegmentPipeline } from './segment-pipeline.ts';

const MIB = 1024 * 1024;
const STEP_BYTES = 64 * 1024;
const FOLDER = 'wal';

async function setUp(segmentBytes = 4 * MIB) {
  const disk = new MemoryDisk();
  await disk.makeFolder(FOLDER);
  const errors: string[] = [];
  const logger = { ...SILENT_LOGGER, error: (message: string) => void errors.push(message) };
  const pipeline = new SegmentPipeline(disk, FOLDER, segmentBytes, logger);
  return { disk, errors, pipeline };
}

test('a segment grows by what is asked for, and is whole when it is taken', async () => {
  const { disk, pipeline } = await setUp();
  pipeline.prepare(0);
  expect(await disk.list(FOLDER)).toEqual([]);
  pipeline.prepare(1);
  await expect.poll(() => disk.usedBytes()).toBe(STEP_BYTES);
  pipeline.prepare(MIB);
  pipeline.prepare(MIB + 1);
  await expect.poll(() => disk.usedBytes()).toBe(MIB + STEP_BYTES);
  const { file, path } = await pipeline.take();
  const content = disk.contentOf(path);
  expect(content.length).toBe(4 * MIB);
  expect(content.every((byte) => byte === 0)).toBe(true);
  await file.close();
  await pipeline.close();
  expect(await disk.list(FOLDER)).toEqual([path.slice(FOLDER.length + 1)]);
});

test('a segment is handed over when the last of it is synced, not when it is written', async () => {
  const { disk, pipeline } = await setUp(2 * MIB);
  const sync = Promise.withResolvers<void>();
  let syncs = 0;
  disk.options = {
    before: (operation) => (operation === 'datasync' && ++syncs === 2 ? sync.promise : undefined),
  };
  pipeline.prepare(2 * MIB);
  await expect.poll(() => syncs).toBe(2);
  let isTaken = false;
  const taken = pipeline.take().then(() => (isTaken = true));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(isTaken).toBe(false);
  sync.resolve();
  await taken;
});

test('one that nobody asked for is made when it is taken, and has another name than the one before', async () => {
  const { disk, pipeline } = await setUp(100_000);
  const first = await pipeline.take();
  const second = await pipeline.take();
  expect(second.path).not.toBe(first.path);
  expect(disk.contentOf(second.path).length).toBe(100_000);
});

test('a failure is told once, leaves nothing, and is tried again when the segment is taken', async () => {
  const { disk, errors, pipeline } = await setUp();
  disk.options = {
    before: (operation, path) => {
      if (operation === 'write') throw new DiskError('ENOSPC', path);
    },
  };
  pipeline.prepare(1);
  pipeline.prepare(2 * MIB);
  await expect.poll(() => errors.length).toBe(1);
  pipeline.prepare(3 * MIB);
  await expect(pipeline.take()).rejects.toThrow('ENOSPC');
  expect(errors).toHaveLength(1);
  disk.options = {};
  expect(await disk.list(FOLDER)).toEqual([]);
  const { path } = await pipeline.take();
  expect(disk.contentOf(path).length).toBe(4 * MIB);
});

test('closing removes what was prepared', async () => {
  const { disk, pipeline } = await setUp();
  pipeline.prepare(2 * MIB);
  await pipeline.close();
  expect(await disk.list(FOLDER)).toEqual([]);
});
