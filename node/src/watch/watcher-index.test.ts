import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { WatchStream } from './stream.ts';
import { END_OF_KEYS, Watcher, type WatchOptions } from './watcher.ts';
import { WatcherIndex } from './watcher-index.ts';

const text = fc.string({ unit: fc.constantFrom('a', 'b', '\xff'), maxLength: 3 });
const range = fc.tuple(text, fc.oneof(text, fc.constantFrom(undefined, END_OF_KEYS)));

function watcher(id: bigint, key: string, end: string | undefined): Watcher {
  const options = { key, end: end !== undefined && end <= key ? undefined : end } as WatchOptions;
  // The index never looks at a watcher's stream.
  return new Watcher(id, undefined as unknown as WatchStream, options);
}

const holds = ({ options: { key, end } }: Watcher, probe: string): boolean =>
  end === undefined ? probe === key : key <= probe && probe < end;

test('finds exactly the watchers whose range holds a key, whatever was added and removed', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(range, fc.boolean()), { maxLength: 80, size: 'max' }),
      fc.array(text, { minLength: 1, maxLength: 10, size: 'max' }),
      (changes, probes) => {
        const index = new WatcherIndex();
        const inside: Watcher[] = [];
        let id = 0n;
        for (const [[key, end], isRemoval] of changes) {
          if (isRemoval && inside.length > 0) {
            index.remove(inside.splice(Number(id) % inside.length, 1)[0]!);
          } else {
            const added = watcher(id, key, end);
            index.add(added);
            inside.push(added);
          }
          id++;
        }
        expect(index.size).toBe(inside.length);
        for (const probe of probes) {
          const lists: Watcher[][] = [];
          index.match(probe, lists);
          const found = lists.flat().map((w) => w.id);
          const expected = inside.filter((w) => holds(w, probe)).map((w) => w.id);
          expect(found.sort()).toEqual(expected.sort());
          expect(index.has(probe)).toBe(expected.length > 0);
        }
      },
    ),
    { numRuns: 300 },
  );
});
