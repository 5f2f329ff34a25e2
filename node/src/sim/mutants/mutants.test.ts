import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { MUTANTS } from './catalog.ts';
import { sourceUrl } from './hook.ts';
import { mutate, StaleMutantError, type Mutant } from './mutant.ts';

const sourceOf = (mutant: Mutant): string => readFileSync(fileURLToPath(sourceUrl(mutant)), 'utf8');

test.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))(
  '%s fits the present source, and what it makes can be loaded',
  (_name, mutant) => {
    const mutated = mutate(mutant, sourceOf(mutant));
    expect(mutated).not.toBe(sourceOf(mutant));
    expect(() => stripTypeScriptTypes(mutated)).not.toThrow();
  },
);

test('each mutant has a name of its own and makes a source of its own', () => {
  expect(new Set(MUTANTS.map((mutant) => mutant.name)).size).toBe(MUTANTS.length);
  const mutated = MUTANTS.map((mutant) => mutate(mutant, sourceOf(mutant)));
  expect(new Set(mutated).size).toBe(MUTANTS.length);
});

test('a mutant that no longer fits says which one it is, and where', () => {
  const [mutant] = MUTANTS as [Mutant];
  const stale = { ...mutant, find: 'nothing like this' };
  expect(() => mutate(stale, sourceOf(mutant))).toThrow(StaleMutantError);
  expect(() => mutate(stale, sourceOf(mutant))).toThrow(
    `the text that mutant ${mutant.name} replaces stands 0 times in node/src/${mutant.file}`,
  );
  expect(() => mutate({ ...mutant, find: '\n' }, 'a\nb\nc')).toThrow('stands 2 times');
});

test('a process that installs a mutant runs the mutated source', () => {
  const program = `
    import { install } from ${JSON.stringify(new URL('hook.ts', import.meta.url).href)};
    import { MUTANTS } from ${JSON.stringify(new URL('catalog.ts', import.meta.url).href)};
    const majority = ${JSON.stringify(new URL('../../raft/quorum/majority.ts', import.meta.url).href)};
    const ids = ${JSON.stringify(new URL('../../raft/quorum/id-set.ts', import.meta.url).href)};
    if (process.argv[1] === 'mutated') install(MUTANTS.find(({ name }) => name === 'commit-by-minority'));
    const { majorityCommittedIndex } = await import(majority);
    const { IdSet } = await import(ids);
    const acked = new Map([[1n, 7], [2n, 5], [3n, 5]]);
    console.log(majorityCommittedIndex(IdSet.of(acked.keys()), (id) => acked.get(id)));
  `;
  const run = (...args: string[]): string =>
    execFileSync(process.execPath, ['--input-type=module', '--eval', program, ...args], {
      encoding: 'utf8',
    }).trim();
  expect(run()).toBe('5');
  expect(run('mutated')).toBe('7');
});
