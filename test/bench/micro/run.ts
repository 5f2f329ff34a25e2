// npm run bench:micro -- [--only TEXT[,TEXT]] [--record] [--where] [--list]
//
// Measures what each benchmark allocates for an operation and compares that with its budget (budgets.json). `--only` takes
// those whose names contain a text; `--record` makes what was measured the budget; `--where` shows the functions that
// allocate. Time is shown, never judged.
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findBenchmarks, type Found } from './catalogue.ts';
import { measureInChild } from './child-process.ts';
import type { Measured } from './measure.ts';
import { HEADING, row, siteRows } from './report.ts';
import { budgetOf, judge, withoutBenchmark, withRecorded, type Budgets } from './verdict.ts';

const MAX_PROCESSES = 8;
const BUDGETS_FILE = join(import.meta.dirname, 'budgets.json');

interface Options {
  readonly record: boolean;
  readonly where: boolean;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      record: { type: 'boolean', default: false },
      where: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
    },
  });
  const all = await findBenchmarks();
  const wanted = values.only?.split(',') ?? [''];
  const chosen = all.filter(({ name }) => wanted.some((text) => name.includes(text)));
  if (values.list) {
    for (const { name, file } of chosen) console.log(`${name.padEnd(56)} ${file}`);
    return 0;
  }
  const names = all.map(({ name }) => name);
  return await measureAll(chosen, names, values);
}

async function measureAll(
  chosen: readonly Found[],
  names: readonly string[],
  options: Options,
): Promise<number> {
  const budgets = JSON.parse(readFileSync(BUDGETS_FILE, 'utf8')) as Budgets; // written below
  const recorded: Record<string, Budgets[string]> = {};
  const problems = options.record
    ? []
    : withoutBenchmark(budgets, names).map((name) => `${name} has a budget, but no benchmark`);
  let passed = 0;
  console.log(HEADING);
  await eachOf(chosen, async (found) => {
    let measured: Measured;
    try {
      measured = await measureInChild(found, options.where);
    } catch (error) {
      problems.push(`${found.name}: ${error instanceof Error ? error.message : String(error)}`);
      return;
    }
    recorded[found.name] = budgetOf(measured);
    const budget = options.record ? recorded[found.name] : budgets[found.name];
    const verdict = judge(found.name, measured, budget);
    console.log(row(found.name, measured, budgets[found.name], verdict.outcome));
    if (options.where) console.log(siteRows(measured));
    if (verdict.reason === undefined) passed++;
    else problems.push(verdict.reason);
  });
  if (options.record) write(withRecorded(budgets, recorded, names));
  for (const problem of problems) console.log(`FAIL ${problem}`);
  console.log(`${passed} passed, ${problems.length} failed`);
  return problems.length === 0 && passed > 0 ? 0 : 1;
}

function write(budgets: Budgets): void {
  writeFileSync(BUDGETS_FILE, `${JSON.stringify(budgets, null, 2)}\n`);
}

/** As many at a time as there are processors: what is judged does not depend on how busy they are. Each takes up to 0.5 GB. */
async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(
    Array.from({ length: Math.min(availableParallelism(), MAX_PROCESSES) }, worker),
  );
}

process.exitCode = await main();
