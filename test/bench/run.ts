/**
 * `npm run bench`: etcd and this store in turn, on the same machine, under the same load from the same generator. What
 * counts are the ratios, round by round: a machine is never equally fast twice (node/decisions/033).
 */
import { removeScratchFolders } from '../conformance/lib/paths.ts';
import { buildGenerators } from './lib/generator.ts';
import { chosen, parseOptions, type Options } from './lib/options.ts';
import { Session } from './lib/session.ts';
import { asText, ownFigureCells, resultCells, type Row } from './lib/table.ts';
import type { Workload } from './lib/workload.ts';
import { allWorkloads } from './workloads/all.ts';

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
if (options.shouldList) {
  for (const { name } of workloads) console.log(name);
  process.exit(0);
}

await buildGenerators();
const session = new Session({ rounds: options.rounds, scale: options.scale, log: console.log });
const results = await session.run(workloads);
const rows: Row[] = results.map(({ workload, rounds }) => ({ ...workload, rounds }));
console.log(
  `\nmedians of ${options.rounds} rounds; a ratio is this store's figure over etcd's of the same round\n`,
);
console.log(asText(resultCells(rows)));
const own = ownFigureCells(rows);
if (own.length > 0) console.log(`\n${asText(own)}`);
for (const failure of session.failures) console.log(`FAILED ${failure}`);
removeScratchFolders();
process.exitCode = session.failures.length === 0 ? 0 : 1;
