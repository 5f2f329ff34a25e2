// Every input of the corpus, and every one that once broke something, through its target.
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { execute } from './engine/execute.ts';
import { CORPUS_FOLDER, CRASHES_FOLDER, storedCorpus, storedCrashers } from './engine/files.ts';
import { TARGETS } from './targets/index.ts';

const names = Object.keys(TARGETS);

describe.each(names)('%s', (name) => {
  test('holds on its corpus, its seeds and what once broke it', async () => {
    const { target } = await TARGETS[name]!();
    expect(target.name).toBe(name);
    const stored = [...storedCorpus(name), ...storedCrashers(name)];
    const seeds = target.seeds().map((input, i) => ({ path: `seed ${i}`, input }));
    expect(seeds.length).toBeGreaterThan(0);
    for (const { path, input } of [...stored, ...seeds]) {
      const failure = await execute(target, input);
      if (failure !== undefined) throw new Error(path, { cause: failure.error });
    }
  });

  test('keeps no input longer than it would read', async () => {
    const { target } = await TARGETS[name]!();
    const long = storedCorpus(name).filter(({ input }) => input.length > target.maxBytes);
    expect(long.map(({ path }) => path)).toEqual([]);
  });
});

test('every stored input belongs to a target', () => {
  expect(readdirSync(CORPUS_FOLDER).filter((name) => !names.includes(name))).toEqual([]);
  const owned = names.flatMap((name) => storedCrashers(name)).length;
  expect(readdirSync(CRASHES_FOLDER).filter((name) => !name.startsWith('.'))).toHaveLength(owned);
});
