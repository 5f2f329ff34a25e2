// npm run sim:mutants: does the simulation find each deliberate bug?
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { availableParallelism } from 'node:os';
import { ChildPool } from '../cli/child-pool.ts';
import { PROFILES, scenarioOf } from '../faults/profiles.ts';
import type { Scenario } from '../scenario.ts';
import { parseScenario } from '../shrink/regression.ts';
import { MUTANTS, mutantNamed } from './catalog.ts';
import type { Mutant } from './mutant.ts';
import { readRecord, writeRecord, type FoundRecord } from './record.ts';
import { firstViolation, search, type Outcome, type Place, type SearchParts } from './search.ts';

const HELP = `Usage: npm run sim:mutants -- [flags]

Runs the simulation with each deliberate bug until a check fails that passes without it.

  --only NAME[,NAME]  Only these; "list" shows all
  --missing           Only those that were not found the last time
  --seeds N           Runs for each mutant before it counts as not found. Default 100
  --from SEED         The first seed. Default 1
  --profile NAME      Only this profile. Default: those that the mutant names, or all in turn
  --recorded          Begin with the run that found it the last time; then at most 10 others
  --update            Write what was found to found.json and to node/decisions/030
  --jobs J            Mutants at the same time. Default: one a core
  --quiet             Name only those that escaped
  --help              This

Exits with 0 when all were found, 1 when one escaped, 2 for a bad command line.
`;

const RUNS_AFTER_RECORDED = 10;
const HANG_LIMIT_MS = 120_000;
const ALL_PROFILES = PROFILES.map(({ name }) => name);
const SIMULATION = new URL('../', import.meta.url);
const PROGRAM = new URL('child.ts', import.meta.url);

interface Settings {
  readonly mutants: readonly Mutant[];
  readonly runs: number;
  readonly firstSeed: number;
  readonly profile: string | undefined;
  readonly usesRecord: boolean;
  readonly onlyMissing: boolean;
  readonly updates: boolean;
  readonly jobs: number;
  readonly quiet: boolean;
}

function readSettings(): Settings | undefined {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      seeds: { type: 'string', default: '100' },
      from: { type: 'string', default: '1' },
      profile: { type: 'string' },
      recorded: { type: 'boolean', default: false },
      missing: { type: 'boolean', default: false },
      update: { type: 'boolean', default: false },
      jobs: { type: 'string', default: String(availableParallelism()) },
      quiet: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  return {
    mutants: values.only === undefined ? MUTANTS : values.only.split(',').map(mutantNamed),
    runs: positive('seeds', values.seeds),
    firstSeed: positive('from', values.from),
    profile: values.profile,
    usesRecord: values.recorded,
    onlyMissing: values.missing,
    updates: values.update,
    jobs: positive('jobs', values.jobs),
    quiet: values.quiet,
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Error(`--${name} takes a whole number from 1 on`);
  return value;
}

/** The runs to try, in order. */
function* placesFor(
  mutant: Mutant,
  settings: Settings,
  found: FoundRecord,
): Generator<Place, void, undefined> {
  const recorded = settings.usesRecord ? found.get(mutant.name) : undefined;
  if (recorded !== undefined) yield { seed: recorded.seed, profile: recorded.profile };
  const { profile, firstSeed } = settings;
  const profiles = profile === undefined ? (mutant.profiles ?? ALL_PROFILES) : [profile];
  const runs = recorded === undefined ? settings.runs : RUNS_AFTER_RECORDED;
  for (let i = 0; i < runs; i++)
    yield { seed: firstSeed + i, profile: profiles[i % profiles.length]! }; // there are profiles
}

function scenarioAt({ seed, profile }: Place): Scenario {
  if (!profile.endsWith('.json')) return scenarioOf(seed, profile);
  return parseScenario(readFileSync(new URL(profile, SIMULATION), 'utf8'));
}

/** Runs of the sources as they are, each once. */
class Unmutated {
  private readonly runner: ChildPool;
  private readonly known = new Map<string, Promise<boolean>>();

  constructor(jobs: number) {
    this.runner = new ChildPool({ jobs, program: PROGRAM, hangLimitMs: HANG_LIMIT_MS });
  }

  fails(place: Place): Promise<boolean> {
    const key = `${place.profile} ${place.seed}`;
    let known = this.known.get(key);
    if (known === undefined) {
      known = this.run(place);
      this.known.set(key, known);
    }
    return known;
  }

  close(): void {
    this.runner.close();
  }

  private async run(place: Place): Promise<boolean> {
    const violation = await firstViolation(this.runner, undefined, scenarioAt(place));
    if (violation === undefined) return false;
    const { check, text } = violation;
    print(`seed ${place.seed} (${place.profile}) fails without a mutant: ${check}: ${text}`);
    return true;
  }
}

async function runAll(settings: Settings, found: FoundRecord): Promise<Outcome[]> {
  const unmutated = new Unmutated(settings.jobs);
  const parts: SearchParts = {
    program: PROGRAM,
    hangLimitMs: HANG_LIMIT_MS,
    scenarioOf: scenarioAt,
    failsAnyway: (place) => unmutated.fails(place),
    nowMs: () => performance.now(),
  };
  const { mutants, onlyMissing } = settings;
  const waiting = mutants.filter(({ name }) => !onlyMissing || !found.has(name));
  const outcomes: Outcome[] = [];
  // The lanes write the same two files.
  let kept = Promise.resolve();
  const lane = async (): Promise<void> => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const outcome = await search(mutant, placesFor(mutant, settings, found), parts);
      outcomes.push(outcome);
      if (!settings.quiet || outcome.finding === undefined) print(lineOf(outcome));
      if (settings.updates) await (kept = kept.then(() => keep(outcome, settings, found)));
    }
  };
  try {
    await Promise.all(Array.from({ length: settings.jobs }, lane));
  } finally {
    unmutated.close();
  }
  return outcomes;
}

async function keep(
  { mutant, finding }: Outcome,
  { usesRecord }: Settings,
  found: FoundRecord,
): Promise<void> {
  if (finding === undefined) found.delete(mutant.name);
  // Found where it was found before: after how many runs that was the first time is what counts.
  else if (!usesRecord || finding.runs > 1) found.set(mutant.name, finding);
  await writeRecord(found);
}

function lineOf({ mutant, finding, violation, runs, realMs }: Outcome): string {
  const took = `${(realMs / 1000).toFixed(1)} s`;
  const name = mutant.name.padEnd(36);
  if (finding === undefined || violation === undefined)
    return `${name} NOT FOUND in ${runs} runs (${took})`;
  const text = violation.text.split('\n', 1)[0]!.slice(0, 160);
  const where = `seed ${finding.seed} ${finding.profile}`;
  return `${name} found after ${runs} (${where}, ${took}): ${finding.check}: ${text}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<number> {
  let settings: Settings | undefined;
  try {
    settings = readSettings();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  }
  if (settings === undefined) {
    print(HELP);
    return 0;
  }
  const found = await readRecord();
  const outcomes = await runAll(settings, found);
  const escaped = outcomes.filter(({ finding }) => finding === undefined).length;
  print(`${outcomes.length - escaped} passed, ${escaped} failed`);
  return escaped === 0 ? 0 : 1;
}

process.exitCode = await main();
