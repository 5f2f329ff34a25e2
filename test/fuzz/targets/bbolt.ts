// A damaged database file: it is refused by name, or whatever is read, checked, committed and copied ends in finite time and
// in agreement. A file that the check calls sound works in every way.
import { concatBytes } from '../../../node/src/base/bytes.ts';
import { FakeClock } from '../../../node/src/base/testing/fake-clock.ts';
import { SILENT_LOGGER } from '../../../node/src/base/logger.ts';
import { MemoryDisk } from '../../../node/src/base/testing/memory-disk.ts';
import { EMPTY_BYTES } from '../../../node/src/base/text.ts';
import {
  Backend,
  BackendCorruptError,
  BackendUnsupportedError,
  ReadOnlyBackend,
  checkFile,
} from '../../../node/src/storage/backend/index.ts';
import { decodeMeta, encodeMeta } from '../../../node/src/storage/backend/meta.ts';
import { FuzzRandom } from '../engine/random.ts';
import { integerBytes } from '../engine/mutate.ts';
import type { Target } from '../engine/target.ts';
import { Parts, expectSame, expectThat, partOf } from './input.ts';
import { databaseFiles } from '../support/database-files.ts';

const PATH = 'db';
const KEY = Buffer.from('k00000007');
const FILES = await databaseFiles();

// An input names a file and changes it: pages of zeros and keys need not be found by chance.
const Op = { Write: 0, Field: 1, CopyPage: 2, Cut: 3, Meta: 4, Swap: 5 } as const;

function damaged(choice: number, parts: Parts): Uint8Array {
  const base = FILES[choice % FILES.length];
  if (base === undefined) return EMPTY_BYTES;
  const { pageBytes } = base;
  let file = base.bytes.slice();
  const pageAt = (number: number): number => (number * pageBytes) % Math.max(1, file.length);
  while (!parts.isEmpty) {
    const op = parts.byte() % 6;
    const page = pageAt(parts.byte());
    if (op === Op.Write) {
      const at = page + (parts.uint16() % pageBytes);
      put(file, parts.part(), at);
    } else if (op === Op.Field) {
      // A field of the page's header or of one of its elements.
      const at = page + ((parts.byte() * 4) % pageBytes);
      const width = 1 << (parts.byte() % 4);
      if (at + width <= file.length) integerBytes(file, at, width, parts.uint16() - 1, true);
    } else if (op === Op.CopyPage) {
      const from = pageAt(parts.byte());
      file.copyWithin(page, from, from + pageBytes);
    } else if (op === Op.Cut) {
      file = file.slice(0, Math.max(0, file.length - parts.uint16()));
    } else if (op === Op.Meta) {
      writeMeta(file, pageBytes, parts);
    } else swapPages(file, page, pageAt(parts.byte()), pageBytes);
  }
  return file;
}

/** As much of `bytes` as the file has room for at `at`. */
function put(file: Uint8Array, bytes: Uint8Array, at: number): void {
  if (at < file.length) file.set(bytes.subarray(0, file.length - at), at);
}

/** Changes a meta page, and makes its checksum right. */
function writeMeta(file: Uint8Array, pageBytes: number, parts: Parts): void {
  const id = parts.byte() & 1;
  const meta = decodeMeta(file.subarray(id * pageBytes));
  if (typeof meta === 'string') return;
  const names = ['pageBytes', 'rootId', 'freelistId', 'highWater', 'txid', 'flags'] as const;
  const name = names[parts.byte() % names.length] ?? 'flags';
  const bytes = encodeMeta({ ...meta, [name]: parts.uint16() }, id).subarray(0, pageBytes);
  put(file, bytes, id * pageBytes);
}

function swapPages(file: Uint8Array, a: number, b: number, pageBytes: number): void {
  const first = file.slice(a, a + pageBytes);
  file.copyWithin(a, b, b + pageBytes);
  put(file, first, b);
}

type Content = Map<string, string>;

async function run(input: Uint8Array): Promise<void> {
  const parts = new Parts(input);
  const choice = parts.byte();
  const file = damaged(choice & 0x3f, parts);
  const problems = await checkFile(worldOf(file), PATH);
  const seen = await attempt(() => readThrough(worldOf(file)));
  const isSound = problems.length === 0;
  expectThat(!isSound || seen !== undefined, 'the check finds nothing in a file that is refused');
  if ((choice & 0x40) === 0) return;
  const written = await attempt(() => writeInto(worldOf(file), seen));
  expectThat(!isSound || written !== undefined, 'a sound file cannot be written to');
  if (!isSound || written === undefined || seen === undefined) return;
  expectSame('what was written', written.content, withKey(seen));
  expectSame('problems after a write', await checkFile(worldOf(written.file), PATH), []);
}

function worldOf(file: Uint8Array): { disk: MemoryDisk; clock: FakeClock } {
  const disk = new MemoryDisk();
  disk.setContent(PATH, file.slice());
  return { disk, clock: new FakeClock() };
}

/** What the work gives; undefined when it refuses the file by name. */
async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BackendCorruptError || error instanceof BackendUnsupportedError) {
      return undefined;
    }
    throw error;
  }
}

async function readThrough(world: { disk: MemoryDisk; clock: FakeClock }): Promise<Content> {
  const backend = await ReadOnlyBackend.open(world, PATH);
  try {
    const content: Content = new Map();
    for (const name of backend.bucketNames()) {
      let before: Buffer | undefined;
      backend.forEach(name, EMPTY_BYTES, undefined, (key, value) => {
        const copy = Buffer.from(key);
        expectThat(!before || Buffer.compare(before, copy) < 0, 'keys are not in order');
        before = copy;
        content.set(`${name} ${copy.toString('latin1')}`, Buffer.from(value).toString('latin1'));
      });
      backend.get(name, KEY);
    }
    await backend.hash();
    return content;
  } finally {
    await backend.close();
  }
}

const withKey = (content: Content): Content =>
  new Map(
    [...content, [`key ${KEY.toString('latin1')}`, 'new']].sort(byName) as [string, string][],
  ); // pairs stay pairs

const byName = ([a]: readonly unknown[], [b]: readonly unknown[]): number =>
  String(a) < String(b) ? -1 : 1;

/** Opens for writing, changes and deletes keys, commits, copies and defragments. */
async function writeInto(
  world: { disk: MemoryDisk; clock: FakeClock },
  before: Content | undefined,
): Promise<{ file: Uint8Array; content: Content }> {
  let fatal: unknown;
  const backend = await Backend.open(world, PATH, {
    logger: SILENT_LOGGER,
    onFatal: (error) => void (fatal ??= error),
  });
  const close = (): Promise<void> =>
    backend.close().catch((error: unknown) => void (fatal ??= error));
  try {
    backend.bucket('key').put(KEY, Buffer.from('new'));
    const victim = [...(before?.keys() ?? [])].find((name) => name.startsWith('lease '));
    if (victim !== undefined) {
      const key = Buffer.from(victim.slice(6), 'latin1');
      backend.bucket('lease').delete(key);
      await backend.commitNow();
      backend.bucket('lease').put(key, Buffer.from(before?.get(victim) ?? '', 'latin1'));
    }
    await backend.commitNow();
    const copy = await backend.snapshot();
    const chunks: Uint8Array[] = [];
    for await (const chunk of copy.read()) chunks.push(chunk);
    copy.close();
    await backend.defragment();
    await close();
    if (fatal !== undefined) throw fatal;
    const file = world.disk.contentOf(PATH).slice();
    const content = new Map([...(await readThrough(world))].sort(byName));
    const copied = await readThrough(worldOf(concatBytes(chunks)));
    expectSame('the copy', [...copied].sort(byName), [...content]);
    return { file, content };
  } catch (error) {
    await close();
    throw error;
  }
}

// Inputs

const write = (page: number, at: number, bytes: Uint8Array): Uint8Array =>
  concatBytes([Uint8Array.of(Op.Write, page, at >> 8, at), partOf(bytes)]);

function seeds(): Uint8Array[] {
  const random = new FuzzRandom(5);
  return FILES.flatMap(({ bytes, pageBytes }, i) => {
    const pages = bytes.length / pageBytes;
    const one = (page: number): Uint8Array =>
      concatBytes([
        Uint8Array.of(i),
        write(page, random.below(64), Uint8Array.of(random.uint32())),
      ]);
    return [
      Uint8Array.of(i),
      ...Array.from({ length: Math.min(pages, 24) }, (_, page) => one(page)),
    ];
  });
}

export const target: Target = {
  name: 'bbolt',
  run,
  seeds,
  maxBytes: 512,
  maxSteps: 20_000_000,
  maxAllocated: 512 << 20,
};
