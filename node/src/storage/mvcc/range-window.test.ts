import { expect, test } from 'vitest';
import { RangeWindow, type Progress } from './range-window.ts';
import { revisionBytes } from './revision.ts';
import { MemoryBackend } from './testing/memory-backend.ts';

const PIECE_BYTES = 100;
/** In the order of the keys; values of the higher ones do not fit into a piece. */
const MAINS = Array.from({ length: 60 }, (_, i) => ((i * 37) % 60) + 2);
const SUBS = MAINS.map(() => 0);
const lengthOf = (main: number): number => main * 2;

function setUp() {
  const bucket = new MemoryBackend().bucket('key');
  for (let main = 2; main < 62; main++)
    bucket.append(revisionBytes(main, 0), new Uint8Array(lengthOf(main)).fill(main));
  const lent = new Set<Uint8Array>();
  const memory = {
    take: () => {
      const piece = new Uint8Array(PIECE_BYTES).fill(0xee);
      lent.add(piece);
      return piece;
    },
    give: (pieces: readonly Uint8Array[]) => pieces.forEach((piece) => lent.delete(piece)),
  };
  return { bucket, lent, window: new RangeWindow(() => bucket, memory, MAINS, SUBS) };
}

function inSteps(step: () => Progress): Progress {
  let progress = step();
  for (let i = 0; i < 1000 && progress === 'more'; i++) progress = step();
  return progress;
}

test('a window comes to all values, those that were kept and those that are read again', () => {
  const { lent, window } = setUp();
  expect(window.locate(7, 1_000_000)).toBe('more');
  expect(inSteps(() => window.locate(7, 150))).toBe('done');
  expect([...window.lengths]).toEqual(MAINS.map(lengthOf));
  expect(lent.size).toBeGreaterThan(10);
  const found: string[] = [];
  const elements = {
    set: (at: number, bytes: Uint8Array, start: number, length: number) => {
      found[at] = [...new Set(bytes.subarray(start, start + length))].join() + ` ${length}`;
    },
  };
  expect(inSteps(() => window.copy(elements, 11, 200))).toBe('done');
  expect(found).toEqual(MAINS.map((main) => `${main} ${lengthOf(main)}`));
  window.close();
  expect(lent.size).toBe(0);
});

test('a revision that is compacted between finding and copying shows', () => {
  const { bucket, window } = setUp();
  expect(inSteps(() => window.locate(20, 1000))).toBe('done');
  bucket.delete(revisionBytes(61, 0));
  expect(inSteps(() => window.copy({ set: () => undefined }, 20, 1000))).toBe('gone');
});
