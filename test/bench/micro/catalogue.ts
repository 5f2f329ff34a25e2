// Finds the benchmarks: each `*.bench.ts` beside a room's sources.
import { globSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Benchmarks } from '../../../node/src/base/testing/benchmark.ts';

export const REPOSITORY = resolve(import.meta.dirname, '../../..');

export interface Found {
  readonly name: string;
  /** From the repository's root. */
  readonly file: string;
}

/** @throws when two have the same name */
export async function findBenchmarks(): Promise<Found[]> {
  const found = new Map<string, Found>();
  for (const file of globSync('node/src/**/*.bench.ts', { cwd: REPOSITORY }).sort()) {
    // Every such file exports this: the compiler checks it where it is written.
    const module = (await import(pathToFileURL(join(REPOSITORY, file)).href)) as {
      readonly benchmarks: Benchmarks;
    };
    for (const name of Object.keys(module.benchmarks)) {
      const other = found.get(name);
      if (other !== undefined) throw new Error(`${name} is in ${other.file} and in ${file}`);
      found.set(name, { name, file });
    }
  }
  return [...found.values()];
}
