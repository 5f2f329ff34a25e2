import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesFromLatin1 as bytes, latin1FromBytes } from '../../base/index.ts';
import { FakeClock } from '../../base/testing/fake-clock.ts';
import { MemoryDisk } from '../../base/testing/memory-disk.ts';
import { numbered, openBackend } from './testing/backend-world.ts';

test('a finder finds what get finds, in pages and in the open batch, in any order', async () => {
  const backend = await openBackend({ disk: new MemoryDisk(), clock: new FakeClock() });
  const bucket = backend.bucket('key');
  expect(bucket.finder().find(numbered(1))).toBe(false);
  // Gaps of growing width: where a key lies in its page can't be guessed from the first and the last.
  const numberOf = (i: number): number => i * i;
  for (let i = 0; i < 1500; i++) bucket.append(numbered(numberOf(i)), bytes(`value ${i}`));
  await backend.commitNow();
  for (let i = 0; i < 1500; i += 3) bucket.delete(numbered(numberOf(i)));
  await backend.commitNow();
  for (let i = 1500; i < 1600; i++) bucket.append(numbered(numberOf(i)), bytes(`value ${i}`));
  bucket.put(numbered(numberOf(700) + 1), bytes('between'));
  bucket.delete(numbered(numberOf(1)));
  const key = fc.oneof(
    fc.integer({ min: 0, max: 1610 }).map(numberOf),
    fc.integer({ min: 0, max: numberOf(1610) }),
  );
  fc.assert(
    fc.property(fc.array(key, { maxLength: 50 }), fc.boolean(), (numbers, ascending) => {
      if (ascending) numbers.sort((a, b) => a - b);
      const finder = bucket.finder();
      for (const number of numbers) {
        const value = bucket.get(numbered(number));
        expect(finder.find(numbered(number))).toBe(value !== undefined);
        if (value === undefined) continue;
        const { bytes: source, start, length } = finder;
        expect(latin1FromBytes(source.subarray(start, start + length))).toBe(
          latin1FromBytes(value),
        );
      }
    }),
  );
  let expected = 0;
  for (let i = 2; i < 1500; i++) if (i % 3 !== 0) expected++;
  let found = 0;
  for (let i = 0; i < 1500; i++) if (bucket.get(numbered(numberOf(i))) !== undefined) found++;
  expect(found).toBe(expected);
});
