// Deploys the Pulumi program without Pulumi's engine, for the tests on a real cluster.
import { readFileSync, writeFileSync, existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { deploy } from '../stack/program.ts';
import { applyPlan } from './apply.ts';
import { capture, type Registration } from './capture.ts';
import { dangersOf, describeChange, planOf, type Plan } from './diff.ts';

const HELP = `Usage: node infra/engine/run.ts apply|diff --config FILE.yaml --state STATE.json [--previous STATE.json]
       node infra/engine/run.ts delete --state STATE.json

  --config    Keys of the stack, as in Pulumi.<stack>.yaml but without "binnacle:".
  --state     What is deployed; written by apply. Read, too, when --previous is not given.
  --previous  What was deployed before.

kubectl and KUBECONFIG say which cluster. A change that would replace the members or their volumes is refused.
`;

interface StateFile {
  readonly resources: readonly Registration[];
}

const readState = (path: string): readonly Registration[] =>
  existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as StateFile).resources : [];

function writeState(path: string, resources: readonly Registration[]): void {
  writeFileSync(path, `${JSON.stringify({ resources } satisfies StateFile, undefined, 1)}\n`);
}

/** Configuration as a stack's file has it: structured values become JSON. */
export function stackConfig(text: string): Record<string, string> {
  const values = (parse(text) ?? {}) as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      `binnacle:${key}`,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}

async function planFor(configFile: string, previous: readonly Registration[]): Promise<Plan> {
  const config = stackConfig(readFileSync(configFile, 'utf8'));
  const { resources } = await capture(deploy, { stack: 'kubernetes', config });
  return planOf(previous, resources);
}

const log = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      state: { type: 'string' },
      previous: { type: 'string' },
    },
  });
  const [command] = positionals;
  const { config, state } = values;
  if (state === undefined || (command !== 'delete' && config === undefined)) {
    process.stderr.write(HELP);
    return 2;
  }
  const previous = readState(values.previous ?? state);
  if (command === 'delete') {
    applyPlan(planOf(previous, []), { log });
    writeState(state, []);
    return 0;
  }
  const plan = await planFor(config!, previous);
  const dangers = dangersOf(plan);
  for (const danger of dangers) process.stderr.write(`refused: ${danger}\n`);
  if (dangers.length > 0) return 1;
  if (command === 'diff') {
    for (const change of plan.changes) if (change.kind !== 'same') log(describeChange(change));
    return 0;
  }
  applyPlan(plan, { log });
  writeState(state, plan.state);
  return 0;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
