import { expect, test } from 'vitest';
import { SimRandom } from '../world/random.ts';
import { CORRUPT_KINDS } from './corruption.ts';
import { DiskWorld } from './testing/disk-world.ts';

const FILES = {
  wal: 'member/wal/0000000000000000-0000000000000000.wal',
  db: 'member/snap/db',
  snap: 'member/snap/0000000000000001-0000000000000005.snap',
};
const PAGE = 4096;

/** Two pages of data and a long tail of zeros. */
const SAMPLE = sample();

function sample(): Uint8Array {
  const content = new Uint8Array(50 * PAGE);
  for (let i = 0; i < 2 * PAGE; i++) content[i] = (i % 251) + (i < PAGE ? 1 : 3);
  return content;
}

function world(): DiskWorld {
  const made = new DiskWorld();
  for (const path of Object.values(FILES)) made.disk.setContent(path, SAMPLE);
  return made;
}

test('each kind damages the file that was asked for, says where, and leaves the others alone', () => {
  for (const kind of CORRUPT_KINDS) {
    for (const [where, path] of Object.entries(FILES)) {
      for (let seed = 0; seed < 10; seed++) {
        const { disk } = world();
        const done = disk.corrupt(kind, where as keyof typeof FILES, new SimRandom(seed));
        expect(done).toContain(`${kind}: `);
        expect(done).toContain(path);
        for (const other of Object.values(FILES)) {
          const isSame =
            disk.paths().includes(other) && Buffer.from(disk.contentOf(other)).equals(SAMPLE);
          expect(isSame, `${other} after ${done}`).toBe(other !== path);
        }
        // It is the medium that is damaged: no power failure brings it back.
        const before = disk.paths().map((p) => Buffer.from(disk.contentOf(p)).toString('base64'));
        disk.powerFailed();
        expect(disk.paths().map((p) => Buffer.from(disk.contentOf(p)).toString('base64'))).toEqual(
          before,
        );
      }
    }
  }
});

test('damage hits what was written, not the zeros behind it', () => {
  const { disk } = world();
  const image = disk.image();
  for (let seed = 0; seed < 30; seed++) {
    disk.restore(image);
    expect(disk.corrupt('bitFlip', 'wal', new SimRandom(seed))).toMatch(/bit \d of byte \d+ of/);
    const content = disk.contentOf(FILES.wal);
    expect(content.findIndex((byte, i) => byte !== SAMPLE[i])).toBeLessThan(2 * PAGE);
  }
});

test('a misdirected write is missing at its own place and found at another', async () => {
  const made = world();
  const file = await made.finish(made.mount().open(FILES.db, 'readWrite'));
  await made.finish(file.writeAt(new Uint8Array(PAGE).fill(9), PAGE));
  await made.finish(file.datasync());
  const done = made.disk.corrupt('misdirectedPage', 'db', new SimRandom(1));
  expect(done).toBe(
    `misdirectedPage: page 0 of ${FILES.db} has what was meant for page 1, which has its older content`,
  );
  const content = made.disk.contentOf(FILES.db);
  expect(new Set(content.subarray(0, PAGE))).toEqual(new Set([9]));
  expect(content.subarray(PAGE, 2 * PAGE)).toEqual(SAMPLE.subarray(PAGE, 2 * PAGE));
});

test('where there is nothing to damage it says so', () => {
  const { disk } = new DiskWorld();
  for (const kind of CORRUPT_KINDS)
    expect(disk.corrupt(kind, 'wal', new SimRandom(1))).toBeUndefined();
  disk.setContent('member/snap/db', new Uint8Array(PAGE));
  expect(disk.corrupt('bitFlip', 'db', new SimRandom(1))).toBeUndefined();
});
