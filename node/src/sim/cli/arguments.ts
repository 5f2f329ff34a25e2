// The command line of `npm run sim`.
import { parseArgs } from 'node:util';

export const HELP = `Usage: npm run sim -- [flags]

Without flags one run, with a seed picked here and printed. A failing run is made smaller and kept as a regression test.

  --seed N             Replay seed N exactly; with --seeds or --minutes: begin there
  --seeds COUNT        Run that many seeds, one after the other
  --minutes M          Run seeds for M minutes (fractions are welcome)
  --profile NAME       Only this mixture of faults; "list" shows them. Default: chosen by the seed
  --scenario FILE      Run the scenario in a file, such as those of node/src/sim/regressions
  --page FILE.html     Draw the run (of many seeds: the first that fails) into a page to read
  --jobs J             Runs at the same time. Default: one a core
  --check-determinism  Run every seed twice and compare the traces. Default: of many seeds, one in 20
  --no-determinism     Run no seed twice
  --keep-going         Do not stop at the first seed that fails
  --no-shrink          Do not make failing runs smaller
  --shrink             Make a failing run of --scenario smaller too
  --quiet              Of many seeds, print only those that fail, and the summary
  --help               This

Exits with 0 when all passed, 1 when a run failed, 2 for a bad command line.
`;

/** How often a run is done twice. */
export type DeterminismCheck = 'never' | 'sometimes' | 'always';

export interface Arguments {
  readonly seed: number | undefined;
  /** Undefined: as many as fit into `minutes`, or one. */
  readonly seeds: number | undefined;
  readonly minutes: number | undefined;
  readonly profile: string | undefined;
  readonly scenarioFile: string | undefined;
  readonly pageFile: string | undefined;
  readonly jobs: number;
  readonly determinism: DeterminismCheck;
  readonly keepsGoing: boolean;
  readonly shrinks: boolean;
  readonly isQuiet: boolean;
}

/** A bad command line: the message says what is right. */
export class UsageError extends Error {}

/** Seeds are 32-bit. */
export const SEED_LIMIT = 2 ** 32;
const MAX_JOBS = 256;

/**
 * @param cores that the machine has
 * @returns undefined when help was asked for
 * @throws UsageError
 */
export function readArguments(argv: readonly string[], cores: number): Arguments | undefined {
  const values = parse(argv);
  if (values.help) return undefined;
  const args: Arguments = {
    seed: readInteger('seed', values.seed, 0, SEED_LIMIT),
    seeds: readInteger('seeds', values.seeds, 1, SEED_LIMIT),
    minutes: readMinutes(values.minutes),
    profile: values.profile,
    scenarioFile: values.scenario,
    pageFile: values.page,
    jobs: readInteger('jobs', values.jobs, 1, MAX_JOBS) ?? cores,
    determinism: readDeterminism(values),
    keepsGoing: values['keep-going'],
    shrinks: values.shrink || (values.scenario === undefined && !values['no-shrink']),
    isQuiet: values.quiet,
  };
  refuseContradictions(args);
  return args;
}

const OPTIONS = {
  seed: { type: 'string' },
  seeds: { type: 'string' },
  minutes: { type: 'string' },
  profile: { type: 'string' },
  scenario: { type: 'string' },
  page: { type: 'string' },
  jobs: { type: 'string' },
  'check-determinism': { type: 'boolean', default: false },
  'no-determinism': { type: 'boolean', default: false },
  'keep-going': { type: 'boolean', default: false },
  'no-shrink': { type: 'boolean', default: false },
  shrink: { type: 'boolean', default: false },
  quiet: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

function parse(argv: readonly string[]): Values {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, strict: true }).values;
  } catch (error) {
    // Node's messages name the flag; all but their first sentence is advice for programmers.
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(message.split(/\. |\n/)[0]!);
  }
}

function readInteger(
  flag: string,
  text: string | undefined,
  min: number,
  limit: number,
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value >= limit)
    throw new UsageError(
      `--${flag} takes a whole number from ${min} to ${limit - 1}, not ${JSON.stringify(text)}`,
    );
  return value;
}

function readMinutes(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d*\.?\d+$/.test(text) || value <= 0)
    throw new UsageError(`--minutes takes a number above 0, not ${JSON.stringify(text)}`);
  return value;
}

function readDeterminism(values: Values): DeterminismCheck {
  if (values['check-determinism'] && values['no-determinism'])
    throw new UsageError('--check-determinism and --no-determinism contradict each other');
  if (values.shrink && values['no-shrink'])
    throw new UsageError('--shrink and --no-shrink contradict each other');
  if (values['check-determinism']) return 'always';
  return values['no-determinism'] ? 'never' : 'sometimes';
}

function refuseContradictions(args: Arguments): void {
  if (args.seeds !== undefined && args.minutes !== undefined)
    throw new UsageError('--seeds and --minutes both say when to stop: give one of them');
  if (args.pageFile !== undefined && !args.pageFile.endsWith('.html'))
    throw new UsageError(`--page takes a file name that ends in .html, not "${args.pageFile}"`);
  if (args.scenarioFile === undefined) return;
  const given = (['seed', 'seeds', 'minutes', 'profile'] as const).find(
    (name) => args[name] !== undefined,
  );
  if (given !== undefined)
    throw new UsageError(`--scenario already says all about the run: leave out --${given}`);
}
