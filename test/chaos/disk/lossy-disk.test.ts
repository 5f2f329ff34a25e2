// The lossy disk itself: what was synced stays, what was not goes, and nothing appears that was never written.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SimRandom } from '../../../node/src/sim/world/random.ts';
import { compile, noCompiler, type Built } from '../native/compile.ts';
import { contentsOf, DiskModel } from './disk-model.ts';
import { DiskUser } from './disk-user.ts';
import type { Step } from './exercise.ts';
import { LossyDisk } from './lossy-disk.ts';
import { ALL_SURVIVES, NOTHING_SURVIVES } from './rollback.ts';

const SEEDS = [1, 2, 3, 4];
const STEPS = 120;
const reason = noCompiler();
if (reason !== undefined) console.log(`skipped: the lossy disk: ${reason}`);

describe.skipIf(reason !== undefined)(`a lossy disk (${reason ?? 'gcc is there'})`, () => {
  let folder: string;
  let library: Built;
  let disks = 0;
  beforeAll(() => {
    library = compile('lossy-disk.so');
    folder = mkdtempSync(join(tmpdir(), 'binnacle-disk-'));
  });
  afterAll(() => {
    library.remove();
    rmSync(folder, { recursive: true, force: true });
  });
  const newDisk = (): LossyDisk => new LossyDisk(join(folder, String(++disks)), library.path);

  async function perform(disk: LossyDisk, steps: readonly Step[]): Promise<void> {
    const user = new DiskUser(disk);
    for (const step of steps) expect([step, await user.do(step)]).toEqual([step, 'ok']);
    await user.kill();
  }
  const write = (name: string, text: string, at = 0): Step => {
    return { do: 'write', name, at, parts: [Buffer.from(text).toString('base64')] };
  };

  test('a file and its name live from their own syncs on', async () => {
    const disk = newDisk();
    await perform(disk, [
      { do: 'create', name: 'synced' },
      { do: 'create', name: 'no content' },
      { do: 'syncFolder', name: '.' },
      { do: 'create', name: 'no name' },
      write('synced', 'kept'),
      { do: 'sync', name: 'synced' },
      write('synced', 'lost', 2),
      write('no content', 'lost'),
      write('no name', 'kept'),
      { do: 'sync', name: 'no name' },
    ]);
    expect(disk.losePower(NOTHING_SURVIVES)).toEqual({ unsynced: 3, writes: 2, names: 1 });
    expect(contentsOf(disk.root)).toEqual({
      synced: Buffer.from('kept'),
      'no content': Buffer.alloc(0),
    });
  });

  test('what is removed or overwritten comes back with what it held', async () => {
    const disk = newDisk();
    await perform(disk, [
      { do: 'makeFolder', name: 'folder/inner' },
      { do: 'create', name: 'folder/inner/removed' },
      { do: 'create', name: 'target' },
      { do: 'create', name: 'source' },
      ...['folder/inner', 'folder', '.'].map((name): Step => ({ do: 'syncFolder', name })),
      ...['folder/inner/removed', 'target', 'source'].flatMap((name): Step[] => [
        write(name, name),
        { do: 'sync', name },
      ]),
      { do: 'rename', name: 'source', to: 'target' },
      { do: 'removeFolder', name: 'folder' },
    ]);
    expect(contentsOf(disk.root)).toEqual({ target: Buffer.from('source') });
    disk.losePower(NOTHING_SURVIVES);
    expect(contentsOf(disk.root)).toEqual({
      'folder/inner/removed': Buffer.from('folder/inner/removed'),
      source: Buffer.from('source'),
      target: Buffer.from('target'),
    });
  });

  test('a folder that was renamed loses what its parent did not sync', async () => {
    const disk = newDisk();
    await perform(disk, [
      { do: 'makeFolder', name: 'new.tmp' },
      { do: 'create', name: 'new.tmp/file' },
      { do: 'syncFolder', name: 'new.tmp' },
      { do: 'create', name: 'new.tmp/unsynced' },
      { do: 'rename', name: 'new.tmp', to: 'new' },
    ]);
    disk.losePower(NOTHING_SURVIVES);
    expect(Object.keys(contentsOf(disk.root))).toEqual(['new.tmp/file']);
  });

  test('a sync that failed loses what it should have made safe, whatever comes later', async () => {
    const disk = newDisk();
    const user = new DiskUser(disk);
    await user.do({ do: 'create', name: 'f' });
    await user.do({ do: 'syncFolder', name: '.' });
    await user.do(write('f', 'doomed'));
    disk.set('failSyncs', 1);
    expect(await user.do({ do: 'sync', name: 'f' })).toBe('EIO');
    await user.do(write('f', 'later', 512));
    expect(await user.do({ do: 'sync', name: 'f' })).toBe('ok');
    await user.kill();
    disk.losePower(NOTHING_SURVIVES);
    expect(contentsOf(disk.root)).toEqual({ f: Buffer.from('\0'.repeat(512) + 'later') });
  });

  test('a full disk overwrites, takes what has room, and refuses the rest', async () => {
    const disk = newDisk();
    const user = new DiskUser(disk);
    await user.do({ do: 'create', name: 'f' });
    await user.do(write('f', 'x'.repeat(4_096)));
    disk.set('isFull', 1);
    expect(await user.do({ do: 'create', name: 'g' })).toBe('ENOSPC');
    expect(await user.do(write('f', 'y'.repeat(4_096)))).toBe('ok');
    expect(await user.do(write('f', 'z'.repeat(4_096), 4_000))).toBe('ENOSPC');
    disk.set('isFull', 0);
    expect(await user.do({ do: 'create', name: 'g' })).toBe('ok');
    await user.kill();
    const content = Buffer.from('y'.repeat(4_000) + 'z'.repeat(96));
    expect(contentsOf(disk.root)).toEqual({ f: content, g: Buffer.alloc(0) });
  });

  test('a process dies before, in the middle of, or after a change', async () => {
    const [older, newer] = ['x'.repeat(1_500), 'y'.repeat(1_500)];
    const halfway = newer.slice(0, 512) + older.slice(512);
    const expected = { before: older, halfway, after: newer } as const;
    for (const moment of ['before', 'halfway', 'after'] as const) {
      const disk = newDisk();
      const user = new DiskUser(disk);
      await user.do({ do: 'create', name: 'f' });
      await user.do(write('f', older));
      disk.crashAfter(1, moment);
      expect(await user.do(write('f', newer))).toBeUndefined();
      await user.kill();
      disk.losePower(ALL_SURVIVES);
      expect(contentsOf(disk.root)).toEqual({ f: Buffer.from(expected[moment]) });
    }
  });

  test.each(SEEDS)('whatever happens on it (seed %d)', async (seed) => {
    const random = new SimRandom(seed);
    for (const survival of ['nothing', 'all', 'some'] as const) {
      const disk = newDisk();
      const model = new DiskModel();
      const user = new DiskUser(disk);
      for (let count = 0; count < STEPS; count++) {
        const step = model.choose(random, count);
        expect([step, await user.do(step)]).toEqual([step, 'ok']);
        model.apply(step);
      }
      await user.kill();
      if (survival === 'nothing') {
        disk.losePower(NOTHING_SURVIVES);
        expect(contentsOf(disk.root)).toEqual(model.safeContents());
      } else if (survival === 'all') {
        disk.losePower(ALL_SURVIVES);
        expect(contentsOf(disk.root)).toEqual(model.contents());
      } else {
        disk.losePower({ sector: () => random.chance(0.5), names: (count) => count });
        const found = contentsOf(disk.root);
        expect(Object.keys(found)).toEqual(Object.keys(model.contents()));
        const bad = Object.entries(found).map(([name, bytes]) =>
          model.impossibleSectors(name, bytes),
        );
        expect(bad.flat()).toEqual([]);
      }
    }
  });
});
