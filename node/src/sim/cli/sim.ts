// `npm run sim`, with all that it touches handed in.
import { readFile, mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { writePage } from '../page/page.ts';
import type { RunReport } from '../report.ts';
import type { Scenario } from '../scenario.ts';
import {
  failureKey,
  parseScenario,
  regressionFileName,
  regressionOf,
} from '../shrink/regression.ts';
import { scenarioText, shrink } from '../shrink/shrink.ts';
import { HELP, readArguments, SEED_LIMIT, UsageError, type Arguments } from './arguments.ts';
import { Campaign } from './campaign.ts';
import { compareWithSecondRun } from './determinism.ts';
import { hasFailed, RunnerCheck, type Run, type Runner } from './runner.ts';
import type { Screen } from './screen.ts';
import { runLine, violationLines } from './text.ts';

export interface SimParts {
  readonly screen: Screen;
  readonly cores: number;
  readonly profiles: readonly { readonly name: string; readonly about: string }[];
  /** Where failing scenarios are kept. */
  readonly regressionFolder: string;
  /** Ctrl-C. */
  readonly interrupted: AbortSignal;
  createRunner(jobs: number): Runner;
  /** `profile` undefined: whichever the seed chooses. */
  scenarioOf(seed: number, profile: string | undefined): Scenario;
  /** In [0, 1). */
  fraction(): number;
  nowMs(): number;
}

export const Exit = { Passed: 0, Failed: 1, Usage: 2, Interrupted: 130 } as const;

/** How much is tried to make one failing run smaller. */
const SHRINK_MAX_RUNS = 400;
const SHRINK_LIMIT_MS = 4 * 60_000;
/** Of the many failures of one campaign, so many are made smaller: the first of each kind. */
const SHRINK_MAX_FAILURES = 3;

/** @returns the exit code */
export async function runSim(argv: readonly string[], parts: SimParts): Promise<number> {
  try {
    const args = readArguments(argv, parts.cores);
    if (args !== undefined && args.profile !== 'list') return await runWith(args, parts);
    if (args === undefined) parts.screen.line(HELP);
    else
      for (const { name, about } of parts.profiles)
        parts.screen.line(`${name.padEnd(12)} ${about}`);
    return Exit.Passed;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    parts.screen.line(`sim: ${error.message}\n\n--help shows all flags.`);
    return Exit.Usage;
  }
}

async function runWith(args: Arguments, parts: SimParts): Promise<number> {
  const { profile } = args;
  const profiles = parts.profiles.map(({ name }) => name);
  if (profile !== undefined && !profiles.includes(profile))
    throw new UsageError(`--profile takes one of ${profiles.join(', ')}; not "${profile}"`);
  const isOne = args.seeds === undefined && args.minutes === undefined;
  const one = isOne ? await oneScenario(args, parts) : undefined;
  const runner = parts.createRunner(args.jobs);
  try {
    const session = new Session(args, parts, runner);
    return one === undefined ? await session.runMany() : await session.runOne(one);
  } finally {
    runner.close();
  }
}

async function oneScenario(args: Arguments, parts: SimParts): Promise<Scenario> {
  const { scenarioFile } = args;
  if (scenarioFile === undefined)
    return parts.scenarioOf(args.seed ?? pickSeed(parts), args.profile);
  try {
    return parseScenario(await readFile(scenarioFile, 'utf8'));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--scenario ${scenarioFile}: ${message}`);
  }
}

const pickSeed = ({ fraction }: SimParts): number => Math.floor(fraction() * SEED_LIMIT);

class Session {
  readonly #args: Arguments;
  readonly #parts: SimParts;
  readonly #runner: Runner;

  constructor(args: Arguments, parts: SimParts, runner: Runner) {
    this.#args = args;
    this.#parts = parts;
    this.#runner = runner;
  }

  async runOne(scenario: Scenario): Promise<number> {
    const { screen } = this.#parts;
    const keep = this.#args.pageFile === undefined ? 'none' : 'some';
    screen.live(`seed ${scenario.seed} (${scenario.profile}) …`);
    const run = await this.#runOrStop(scenario, keep);
    if (run === undefined) return Exit.Interrupted;
    let { report } = run;
    if (this.#args.determinism === 'always')
      report = await compareWithSecondRun(report, this.#runner);
    screen.line(runLine({ ...run, report }));
    screen.line(`trace ${report.traceHash || 'incomplete'} of ${report.events} events`);
    for (const line of violationLines(report.violations)) screen.line(line);
    await this.#draw(report);
    if (!hasFailed(report)) return Exit.Passed;
    await this.#shrinkFailure(report);
    return Exit.Failed;
  }

  async runMany(): Promise<number> {
    const { screen, nowMs, interrupted, scenarioOf } = this.#parts;
    const { seeds, minutes, determinism, keepsGoing, isQuiet, profile, jobs } = this.#args;
    const firstSeed = this.#args.seed ?? pickSeed(this.#parts);
    screen.line(`Seeds from ${firstSeed}, ${jobs} at a time`);
    const campaign = new Campaign(
      {
        firstSeed,
        seeds,
        limitMs: minutes === undefined ? undefined : minutes * 60_000,
        determinism,
        keepsGoing,
        isQuiet,
        scenarioOf: (seed) => scenarioOf(seed, profile),
      },
      { runner: this.#runner, screen, nowMs, stop: interrupted },
    );
    await campaign.run();
    if (!interrupted.aborted) await this.#lookInto(campaign.failures.map(({ report }) => report));
    screen.line();
    for (const line of campaign.summary.lines(campaign.elapsedMs, jobs)) screen.line(line);
    if (interrupted.aborted) return Exit.Interrupted;
    return campaign.failures.length > 0 ? Exit.Failed : Exit.Passed;
  }

  /** Undefined when it was interrupted. */
  async #runOrStop(scenario: Scenario, keep: 'none' | 'some'): Promise<Run | undefined> {
    const { interrupted } = this.#parts;
    const stopped = new Promise<undefined>((resolve) =>
      interrupted.addEventListener('abort', () => resolve(undefined), { once: true }),
    );
    return Promise.race([this.#runner.run({ scenario, keep }), stopped]);
  }

  async #lookInto(failures: readonly RunReport[]): Promise<void> {
    const firstOfKind = new Map<string, RunReport>();
    for (const report of failures) {
      const key = failureKey(report.violations[0]!); // they failed
      if (!firstOfKind.has(key)) firstOfKind.set(key, report);
    }
    const [first] = failures;
    if (first !== undefined && this.#args.pageFile !== undefined) {
      const run = await this.#runOrStop(first.scenario, 'some');
      if (run !== undefined) await this.#draw(run.report);
    }
    for (const report of [...firstOfKind.values()].slice(0, SHRINK_MAX_FAILURES))
      await this.#shrinkFailure(report);
  }

  async #shrinkFailure(report: RunReport): Promise<void> {
    const { screen, nowMs, regressionFolder, interrupted } = this.#parts;
    const { check } = report.violations[0]!; // the caller's report failed
    // Runs that differ have no smaller cause here than the code that differs.
    if (!this.#args.shrinks || check === RunnerCheck.Determinism) return;
    screen.line(`Making seed ${report.scenario.seed} smaller: ${scenarioText(report.scenario)}`);
    const startMs = nowMs();
    const limits = {
      maxRuns: SHRINK_MAX_RUNS,
      isOver: () => interrupted.aborted || nowMs() - startMs > SHRINK_LIMIT_MS,
    };
    const result = await shrink(report, this.#runner, limits, (text) => screen.live(text));
    const regression = regressionOf(result.report);
    const file = join(regressionFolder, regressionFileName(regression));
    await mkdir(regressionFolder, { recursive: true });
    await writeFile(file, `${JSON.stringify(regression, undefined, 2)}\n`);
    const path = relative('', file);
    screen.line(`  after ${result.runs} runs: ${scenarioText(result.scenario)}`);
    for (const line of violationLines(result.report.violations.slice(0, 1))) screen.line(line);
    screen.line(`  kept in ${path}`);
    screen.line(`  replay: npm run sim -- --scenario ${path} --page run.html`);
  }

  async #draw(report: RunReport): Promise<void> {
    const { pageFile } = this.#args;
    if (pageFile === undefined) return;
    await writePage(pageFile, report, this.#replayCommand(report.scenario));
    this.#parts.screen.line(`page  ${pageFile}`);
  }

  #replayCommand({ seed }: Scenario): string {
    const { scenarioFile, profile } = this.#args;
    if (scenarioFile !== undefined) return `npm run sim -- --scenario ${scenarioFile}`;
    const flag = profile === undefined ? '' : ` --profile ${profile}`;
    return `npm run sim -- --seed ${seed}${flag}`;
  }
}
