/**
 * `npm run bench`: etcd and this store in turn, on the same machine, under the same load from the same generator. What
 * counts are the ratios, round by round: a machine is never equally fast twice (node/decisions/033).
 */
import { removeScratchFolders } from '../conformance/lib/paths.ts';
import { growthCells } from './growth/check.ts';
import { buildGenerators } from './lib/generator.ts';
import { chosen, isWhole, parseOptions, type Options } from './lib/options.ts';
import {
  describeSuspicion,
  recordOf,
  suspicious,
  unrecorded,
  type Recorded,
} from './lib/regression.ts';
import { readRecorded, rowOf, writeRecorded, writeResults, type StoredRow } from './lib/results.ts';
import { Session } from './lib/session.ts';
import { asText, inOrder, ownFigureCells, resultCells } from './lib/table.ts';
import { targetCells } from './lib/targets.ts';
import type { Workload } from './lib/workload.ts';
import { allWorkloads } from './workloads/all.ts';

/** How often a workload has to be over its record to fail. */
const REPEATS = 3;

function understood(): { options: Options; workloads: Workload[] } {
  try {
    const options = parseOptions(process.argv.slice(2));
    return { options, workloads: chosen(allWorkloads(), options) };
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(2);
  }
}

const { options, workloads } = understood();
const failures: string[] = [];

async function measured(some: readonly Workload[], rounds: number): Promise<StoredRow[]> {
  const session = new Session({ rounds, scale: options.scale, log: console.log });
  const results = await session.run(some);
  failures.push(...session.failures);
  return results.map(rowOf);
}

function print(rows: readonly StoredRow[]): void {
  console.log(
    '\nmedians of the rounds; a ratio is this store’s figure over etcd’s of the same round\n',
  );
  console.log(asText(resultCells(inOrder(rows))));
  const own = ownFigureCells(rows);
  if (own.length > 0) console.log(`\n${asText(own)}`);
  const growth = growthCells(rows);
  if (growth.length > 0) console.log(`\n${asText(growth)}`);
}

/** Workloads without a record, or over it in every one of the repeats. Only those in doubt are measured again. */
async function againstRecord(rows: readonly StoredRow[], recorded: Recorded): Promise<string[]> {
  let found = suspicious(rows, recorded);
  for (let repeat = 2; repeat <= REPEATS && found.length > 0; repeat++) {
    console.log(`\nin doubt, so measured again (${repeat} of ${REPEATS}):`);
    for (const each of found) console.log(`  ${describeSuspicion(each)}`);
    const names = new Set(found.map(({ name }) => name));
    const again = await measured(
      workloads.filter(({ name }) => names.has(name)),
      1,
    );
    found = suspicious(
      again.filter(({ name }) => names.has(name)),
      recorded,
    );
  }
  return [...found.map(describeSuspicion), ...unrecorded(rows, recorded)];
}

async function bench(): Promise<void> {
  await buildGenerators();
  const began = Date.now();
  const rows = await measured(workloads, options.rounds);
  print(rows);
  console.log(`\nmeasured in ${((Date.now() - began) / 60_000).toFixed(1)} minutes`);
  if (!options.isShort) console.log(`\n${asText(targetCells(rows))}`);
  if (isWhole(options) || options.shouldWrite)
    writeResults(rows, isWhole(options) && failures.length === 0);
  if (options.shouldRecord) writeRecorded(recordOf(rows));
  const wrong = options.isShort ? await againstRecord(rows, readRecorded() ?? {}) : [];
  failures.push(...wrong);
  if (failures.length > 0) console.log('\nfailed:');
  for (const failure of failures) console.log(`  ${failure}`);
  if (options.isShort)
    console.log(`\n${rows.length - wrong.length} passed, ${failures.length} failed`);
}

if (options.shouldList) {
  for (const { name } of workloads) console.log(name);
} else {
  await bench();
  removeScratchFolders();
  process.exitCode = failures.length === 0 ? 0 : 1;
}
