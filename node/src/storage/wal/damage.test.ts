// Interrupted writes are repaired, damage is refused: what the log makes of every way in which its bytes can be wrong.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryDisk } from '../../base/testing/memory-disk.ts';
import { SILENT_LOGGER } from '../../base/logger.ts';
import { Entry, HardState } from '../../wire/gen/raft.ts';
import { WalCorruptError } from './errors.ts';
import { FRAME_BYTES, readFrameLength, paddingOf } from './format.ts';
import { Wal } from './wal.ts';

const START = { index: 0, term: 0 };
const FOLDER = 'member/wal';
const FIRST = `${FOLDER}/0000000000000000-0000000000000000.wal`;
const METADATA = new Uint8Array([8, 1]);
const options = { logger: SILENT_LOGGER, segmentBytes: 8192 };

const noise = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => ((i * 31 + seed * 17) % 255) + 1);
const entry = (index: number, size: number): Entry =>
  Entry.create({ index, term: 1, data: noise(size, index) });

async function logOf(sizes: readonly number[]): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  const wal = await Wal.create(disk, FOLDER, METADATA, options);
  for (const [i, size] of sizes.entries())
    await wal.save({ term: 1, vote: 3n, commit: i }, [entry(i + 1, size)], true);
  await wal.close();
  return disk;
}

/** Offsets of the frames in a segment, and where they end. */
function framesOf(content: Uint8Array): { offsets: number[]; end: number } {
  const offsets: number[] = [];
  let position = 0;
  while (position < content.length) {
    const size = readFrameLength(content, position);
    if (size <= 0) break;
    offsets.push(position);
    position += FRAME_BYTES + size + paddingOf(size);
  }
  return { offsets, end: position };
}

test('a flipped bit anywhere in the written part is refused, and the error names the record and what to do', async () => {
  const disk = await logOf([40, 600, 0, 9]);
  const content = disk.contentOf(FIRST).slice();
  const { offsets, end } = framesOf(content);
  let accepted = 0;
  for (let position = 0; position < end; position++) {
    const frame = offsets.findLast((offset) => offset <= position) ?? 0;
    const recordEnd = frame + FRAME_BYTES + readFrameLength(content, frame);
    const damaged = disk.clone();
    damaged.contentOf(FIRST)[position]! ^= 1 << (position % 8);
    const failure = await Wal.open(damaged, FOLDER, START, options).catch((e: unknown) => e);
    if (position >= recordEnd) {
      accepted++; // padding is not looked at
      continue;
    }
    expect(failure, `byte ${position}`).toBeInstanceOf(WalCorruptError);
    const { path, offset, message } = failure as WalCorruptError;
    expect(path).toBe(FIRST);
    // The first checksum record has nothing before it to be checked against: its value is found wrong at the next record.
    expect([frame, offsets[1]]).toContain(offset);
    expect(message).toContain(`${FIRST} at byte ${offset}`);
    expect(message).toContain('add it again');
  }
  expect(accepted).toBeLessThan(7 * offsets.length);
});

test('a flipped bit in a segment that is not the last is refused', async () => {
  const disk = await logOf(Array.from({ length: 30 }, () => 600));
  const names = await disk.list(FOLDER);
  expect(names.length).toBeGreaterThan(2);
  for (const name of names.slice(0, -1)) {
    const path = `${FOLDER}/${name}`;
    for (let position = 0; position < disk.contentOf(path).length; position += 97) {
      const damaged = disk.clone();
      damaged.contentOf(path)[position]! ^= 0x10;
      const failure = await Wal.open(damaged, FOLDER, START, options).catch((e: unknown) => e);
      if (!(failure instanceof WalCorruptError)) expect(isPadding(disk, path, position)).toBe(true);
    }
    const shortened = disk.clone();
    shortened.setContent(path, disk.contentOf(path).slice(0, -8));
    await expect(Wal.open(shortened, FOLDER, START, options)).rejects.toThrow(WalCorruptError);
    const emptied = disk.clone();
    emptied.setContent(path, new Uint8Array(0));
    await expect(Wal.open(emptied, FOLDER, START, options)).rejects.toThrow(WalCorruptError);
  }
});

function isPadding(disk: MemoryDisk, path: string, position: number): boolean {
  const content = disk.contentOf(path);
  const frame = framesOf(content).offsets.findLast((offset) => offset <= position) ?? 0;
  return position >= frame + FRAME_BYTES + readFrameLength(content, frame);
}

test('records lost from the end of a segment that is not the last break the chain', async () => {
  const disk = await logOf(Array.from({ length: 30 }, () => 600));
  const [first] = await disk.list(FOLDER);
  const path = `${FOLDER}/${first}`;
  const { offsets } = framesOf(disk.contentOf(path));
  disk.setContent(path, disk.contentOf(path).slice(0, offsets.at(-2)));
  await expect(Wal.open(disk, FOLDER, START, options)).rejects.toThrow(
    'the checksum chain is broken',
  );
});

test('a torn tail of every length is repaired, keeps what was whole, and is backed up', async () => {
  const disk = await logOf([40, 700, 30]);
  const content = disk.contentOf(FIRST).slice();
  const { offsets, end } = framesOf(content);
  const head = offsets[3] ?? 0; // behind checksum, metadata and the first snapshot
  for (let length = head; length <= end; length++) {
    for (const fill of ['cut', 'zeros'] as const) {
      const torn = disk.clone();
      const kept = content.slice(0, fill === 'cut' ? length : content.length);
      // Sectors are written whole: zeros begin at a sector's start.
      if (fill === 'zeros') {
        if (length % 512 !== 0) continue;
        kept.fill(0, length);
      }
      torn.setContent(FIRST, kept);
      const { wal, state } = await Wal.open(torn, FOLDER, START, options);
      const whole = offsets.filter((_offset, i) => (offsets[i + 1] ?? end) <= length).length;
      const expected = Math.ceil((whole - 3) / 2); // entry, state, entry, state, …
      expect(state.entries, `${fill} at ${length}`).toHaveLength(expected);
      await wal.save(undefined, [entry(expected + 1, 100)], true);
      await wal.close();
      const again = await Wal.read(torn, FOLDER, START, SILENT_LOGGER);
      expect(again.entries.at(-1)).toEqual(entry(expected + 1, 100));
      const isAtBoundary = length === end || offsets.includes(length);
      if (fill === 'cut' && !isAtBoundary)
        expect(torn.contentOf(`${FIRST}.broken`)).toEqual(content.slice(0, length));
    }
  }
});

test('the head of a segment cannot be torn: it is on the disk before the segment has its name', async () => {
  const disk = await logOf([40]);
  for (const length of [0, 1, 8, 20, 24]) {
    const damaged = disk.clone();
    damaged.setContent(FIRST, disk.contentOf(FIRST).slice(0, length));
    await expect(Wal.open(damaged, FOLDER, START, options)).rejects.toThrow(WalCorruptError);
  }
});

interface Save {
  readonly sizes: number[];
  readonly withState: boolean;
  readonly wait: boolean;
}

const saves = fc.array(
  fc.record<Save>({
    sizes: fc.array(fc.integer({ min: 0, max: 1500 }), { maxLength: 5 }),
    withState: fc.boolean(),
    wait: fc.boolean(),
  }),
  { minLength: 1, maxLength: 25 },
);

/** A cheap generator of chances in [0, 1). */
function chances(seed: number): () => number {
  let x = seed >>> 0 || 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 32;
  };
}

const SHORT_TORN: Save[] = [
  { sizes: [1149], withState: false, wait: false },
  { sizes: [245], withState: false, wait: true },
  { sizes: [], withState: true, wait: false },
];

test('after a power failure at any moment all that was acknowledged is there, in order, and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(saves, fc.integer(), fc.nat(80), async (plan, seed, crashAt) => {
      let disk = new MemoryDisk();
      await disk.makeFolder('member');
      await disk.syncFolder('');
      let operations = 0;
      let dead = false;
      // The power fails at an operation: from then on nothing ends.
      const before = (): Promise<void> | undefined => {
        if (++operations > crashAt) dead = true;
        return dead ? new Promise(() => {}) : undefined;
      };
      const wal = await Wal.create(disk, FOLDER, METADATA, options);
      disk.options = { before: () => before() };
      let written = 0;
      let acknowledged = 0;
      let acknowledgedCommit = 0;
      for (const save of plan) {
        if (save.sizes.length === 0 && !save.withState) continue;
        const entries = save.sizes.map((size, i) => entry(written + i + 1, size));
        written += entries.length;
        const last = written;
        const commit = save.withState ? last : undefined;
        const hardState: HardState | undefined =
          commit === undefined ? undefined : { term: 1, vote: 1n, commit };
        const saved = wal.save(hardState, entries, true).then(() => {
          acknowledged = Math.max(acknowledged, last);
          acknowledgedCommit = Math.max(acknowledgedCommit, commit ?? 0);
        });
        if (save.wait && !dead) await Promise.race([saved, turns(60)]);
        if (dead) break;
      }
      await turns(60);
      const survived = { acknowledged, acknowledgedCommit };
      const sizes = plan.flatMap((save) => save.sizes);
      for (let round = 0; round < 3; round++) {
        const chance = chances(seed + round * 7919);
        const after = disk.crash(chance);
        const opened = await Wal.open(after, FOLDER, START, options);
        const { entries, hardState } = opened.state;
        expect(entries.length).toBeGreaterThanOrEqual(survived.acknowledged);
        expect(hardState.commit).toBeGreaterThanOrEqual(survived.acknowledgedCommit);
        expect(entries).toEqual(entries.map((_, i) => entry(i + 1, sizes[i] ?? -1)));
        // What was recovered stays, though the power fails again right away, or after a little more.
        survived.acknowledged = entries.length;
        survived.acknowledgedCommit = hardState.commit;
        for (let more = 0; more < round; more++) {
          const size = Math.floor(chance() * 900);
          sizes.splice(entries.length + more, sizes.length, size);
          await opened.wal.save(undefined, [entry(entries.length + more + 1, size)], true);
          survived.acknowledged++;
        }
        // Everything is synced, so this is what any failure from now on leaves at least.
        const synced = await Wal.read(
          after.crash(() => 0),
          FOLDER,
          START,
          SILENT_LOGGER,
        );
        expect(synced.entries).toEqual(synced.entries.map((_, i) => entry(i + 1, sizes[i] ?? -1)));
        expect(synced.entries).toHaveLength(survived.acknowledged);
        disk = after;
      }
    }),
    // A hard state of which only the length field, at the end of a sector, has arrived.
    { numRuns: 300, examples: [[SHORT_TORN, -1723580373, 5]] },
  );
});

/** Lets pending work run on; a disk that is dead never finishes it. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await Promise.resolve();
  await new Promise((resolve) => setImmediate(resolve));
}
