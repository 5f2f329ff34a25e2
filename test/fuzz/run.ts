// npm run fuzz -- [TARGET|PATH...] [--seconds N] [--executions N] [--seed S] [--save] [--crashes FOLDER] [--replay FILE]
//
// Fuzzes one target after the other, each for so many seconds (10) or executions, in one thread. The same seed and number of
// executions give the same run. `--save` writes the corpus back; `--replay` runs one input and shows what it does.
import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { execute } from './engine/execute.ts';
import {
  CRASHES_FOLDER,
  saveCorpus,
  saveCrasher,
  storedCorpus,
  storedCrashers,
} from './engine/files.ts';
import { type Bounds, type Crash, fuzz } from './engine/fuzzer.ts';
import { instrumentModules } from './engine/hooks.ts';
import { smallestCover } from './engine/cover.ts';
import type { Target } from './engine/target.ts';

const DEFAULT_SECONDS = 10;

interface Options {
  readonly bounds: Bounds;
  readonly isSaving: boolean;
  readonly crashesFolder: string;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: 'string' },
      executions: { type: 'string' },
      seed: { type: 'string', default: '1' },
      save: { type: 'boolean', default: false },
      crashes: { type: 'string', default: CRASHES_FOLDER },
      replay: { type: 'string' },
    },
  });
  instrumentModules();
  const { TARGETS } = await import('./targets/index.ts');
  const names = positionals.length > 0 ? positionals : Object.keys(TARGETS);
  const isPath = (name: string): boolean => name.includes('/');
  const unknown = names.find((name) => !isPath(name) && !(name in TARGETS));
  if (unknown !== undefined) {
    console.error(`no target ${unknown}; there are ${Object.keys(TARGETS).join(', ')}`);
    return 2;
  }
  const load = async (name: string): Promise<Target> => {
    const module = isPath(name) ? import(pathToFileURL(name).href) : TARGETS[name]?.();
    return ((await module) as { readonly target: Target }).target; // every target's module exports one
  };
  if (values.replay !== undefined) return await replay(await load(names[0] ?? ''), values.replay);
  const seconds = number(
    values.seconds,
    values.executions === undefined ? DEFAULT_SECONDS : Infinity,
  );
  const options: Options = {
    bounds: {
      seconds,
      executions: number(values.executions, Infinity),
      seed: number(values.seed, 1),
    },
    isSaving: values.save,
    crashesFolder: values.crashes,
  };
  let failed = 0;
  for (const name of names) if (!(await run(await load(name), options))) failed++;
  console.log(`${names.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

function number(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new Error(`not a number: ${text}`);
  return value;
}

/** Errors that no one waited for: which input they belong to cannot be told. */
const strays: unknown[] = [];
process.on('unhandledRejection', (error) => strays.push(error));
process.on('uncaughtException', (error) => strays.push(error));

/** Returns whether the target held. */
async function run(target: Target, options: Options): Promise<boolean> {
  const known = [...storedCorpus(target.name), ...storedCrashers(target.name)];
  const seeds = [...known.map(({ input }) => input), ...target.seeds()];
  const outcome = await fuzz(target, seeds, options.bounds);
  const perSecond = Math.round(outcome.executions / outcome.seconds);
  console.log(
    `${target.name.padEnd(18)} ${String(outcome.executions).padStart(9)} executions ` +
      `${String(perSecond).padStart(7)}/s ${String(outcome.edges).padStart(6)} edges ` +
      `${String(outcome.corpus.length).padStart(5)} inputs ${outcome.crashes.length} crashes`,
  );
  for (const crash of outcome.crashes) report(target, crash, options.crashesFolder);
  if (options.isSaving) {
    saveCorpus(target.name, await smallestCover(target, outcome.corpus));
  }
  await new Promise((resolve) => setImmediate(resolve));
  for (const stray of strays.slice(0, 5)) {
    console.log(`  an error that nobody waited for\n${indented(describe(stray))}`);
  }
  return outcome.crashes.length === 0 && strays.splice(0).length === 0;
}

function report(target: Target, crash: Crash, folder: string): void {
  const path = relative(process.cwd(), saveCrasher(folder, target.name, crash.input));
  console.log(`  ${crash.signature}\n${indented(describe(crash.error))}`);
  console.log(`  input of ${crash.input.length} bytes: ${path}`);
  console.log(`  replay: npm run fuzz -- ${target.name} --replay ${path}`);
}

async function replay(target: Target, path: string): Promise<number> {
  const failure = await execute(target, new Uint8Array(readFileSync(resolve(path))));
  console.log(failure === undefined ? 'holds' : indented(describe(failure.error)));
  console.log(failure === undefined ? '1 passed, 0 failed' : '0 passed, 1 failed');
  return failure === undefined ? 0 : 1;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function indented(text: string): string {
  return text
    .split('\n')
    .slice(0, 12)
    .map((line) => `    ${line}`)
    .join('\n');
}

process.exitCode = await main();
