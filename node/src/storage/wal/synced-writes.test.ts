// A platform that writes and syncs in one step syncs no more than what it wrote.
import { expect, test } from 'vitest';
import { MemoryDisk } from '../../base/testing/memory-disk.ts';
import { SILENT_LOGGER } from '../../base/logger.ts';
import type { DiskFile, OpenMode } from '../../base/world.ts';
import { Entry } from '../../wire/gen/raft.ts';
import { Wal } from './wal.ts';

const FOLDER = 'data/member/wal';
const options = { logger: SILENT_LOGGER, segmentBytes: 4096 };
const entry = (index: number, size = 20): Entry =>
  Entry.create({ index, term: 1, data: new Uint8Array(size) });
const state = (commit: number) => ({ term: 1, vote: 1n, commit });

/** Notes what happens to files; its own steps inside of a synced write are not noted. */
class NotingDisk extends MemoryDisk {
  readonly steps: string[] = [];
  private isInside = false;

  constructor() {
    super();
    this.options = {
      before: (operation) => {
        if (!this.isInside && (operation === 'write' || operation === 'datasync'))
          this.steps.push(operation);
      },
    };
  }

  override async open(path: string, mode: OpenMode): Promise<DiskFile> {
    const file = await super.open(path, mode);
    const writeSyncedAt = async (source: Uint8Array, position: number): Promise<void> => {
      this.steps.push('synced write');
      this.isInside = true;
      await file.writeAt(source, position);
      await file.datasync();
      this.isInside = false;
    };
    return Object.assign(file, { writeSyncedAt });
  }

  taken(): string[] {
    return this.steps.splice(0);
  }
}

test('what must be durable takes one step, unless something unsynced lies before it', async () => {
  const disk = new NotingDisk();
  await disk.makeFolder('data/member');
  const wal = await Wal.create(disk, FOLDER, new Uint8Array([8, 1]), options);
  disk.taken();
  await wal.save(state(0), [entry(1)], true);
  expect(disk.taken()).toEqual(['synced write']);
  await wal.save(state(1), [], false);
  await wal.save(undefined, [entry(2)], true);
  expect(disk.taken()).toEqual(['write', 'write', 'datasync']);
  await wal.save(undefined, [entry(3)], true);
  expect(disk.taken()).toEqual(['synced write']);
  await wal.close();
  const { entries } = await Wal.read(disk, FOLDER, { index: 0, term: 0 }, SILENT_LOGGER);
  expect(entries.map(({ index }) => index)).toEqual([1, 2, 3]);
});

test('nobody who asked for no syncs gets one', async () => {
  const disk = new NotingDisk();
  await disk.makeFolder('data/member');
  const unsafe = { ...options, unsafeNoSync: true };
  const wal = await Wal.create(disk, FOLDER, new Uint8Array([8, 1]), unsafe);
  disk.taken();
  await wal.save(state(0), [entry(1)], true);
  expect(disk.taken()).toEqual(['write']);
  await wal.close();
});
