// A failing scenario made smaller: fewer faults, fewer clients, fewer members, shorter, and still failing the same check.
import type { RunReport } from '../report.ts';
import type { Scenario } from '../scenario.ts';
import type { Runner } from '../cli/runner.ts';
import { minimizeList } from './ddmin.ts';
import { failureKey } from './regression.ts';
import { COARSE, fine, type Simplification } from './simplifications.ts';

export interface ShrinkLimits {
  readonly maxRuns: number;
  /** True when the real time is up. */
  isOver(): boolean;
}

export interface ShrinkResult {
  readonly scenario: Scenario;
  /** Of the small scenario; of the first one when nothing could be left out. */
  readonly report: RunReport;
  readonly runs: number;
}

/**
 * @param report of a run that failed
 * @param progress is told what was tried so far
 * @returns the smallest scenario found within the limits. The way there depends on the scenario alone, not on the number
 * of jobs, unless the time runs out
 */
export async function shrink(
  report: RunReport,
  runner: Runner,
  limits: ShrinkLimits,
  progress: (text: string) => void,
): Promise<ShrinkResult> {
  const shrinker = new Shrinker(report, runner, limits, progress);
  await shrinker.run();
  return { scenario: shrinker.smallest.scenario, report: shrinker.smallest, runs: shrinker.runs };
}

/** How large a scenario is, in words. */
export function scenarioText(scenario: Scenario): string {
  const { pauseMs: _, keys: __, ...kinds } = scenario.clients;
  const clients = Object.values(kinds).reduce((sum, many) => sum + many, 0);
  const { members, faults, faultMs } = scenario;
  return `${faults.length} faults in ${(faultMs / 1000).toFixed(1)} s, ${clients} clients, ${members} members`;
}

/** Any change of a scenario changes the times of all that happens; another seed may hit what then is just missed. */
const OTHER_SEEDS = 2;

/** A candidate as it is run, perhaps with another seed. */
interface Trial {
  readonly candidate: Scenario;
  readonly scenario: Scenario;
}

class Shrinker {
  smallest: RunReport;
  runs = 0;
  readonly #key: string;
  readonly #runner: Runner;
  readonly #limits: ShrinkLimits;
  readonly #progress: (text: string) => void;
  #otherSeeds: readonly number[] = [];
  /** Scenarios that were tried and passed. */
  readonly #passed = new Set<string>();

  constructor(
    report: RunReport,
    runner: Runner,
    limits: ShrinkLimits,
    progress: (text: string) => void,
  ) {
    this.smallest = report;
    this.#key = failureKey(report.violations[0]!); // the caller's report failed
    this.#runner = runner;
    this.#limits = limits;
    this.#progress = progress;
  }

  /** First with the seed that failed; what that cannot make smaller any more, perhaps others can. */
  async run(): Promise<void> {
    await this.#runToTheEnd();
    const { seed } = this.smallest.scenario;
    this.#otherSeeds = Array.from({ length: OTHER_SEEDS }, (_, i) => (seed + i + 1) >>> 0);
    await this.#runToTheEnd();
  }

  async #runToTheEnd(): Promise<void> {
    let before: Scenario;
    do {
      before = this.smallest.scenario;
      await this.#simplify(COARSE);
      await this.#minimizeFaults();
      await this.#simplify(fine(this.smallest.scenario));
    } while (this.smallest.scenario !== before && !this.#isOver());
  }

  #isOver(): boolean {
    return this.runs >= this.#limits.maxRuns || this.#limits.isOver();
  }

  async #minimizeFaults(): Promise<void> {
    await minimizeList(this.smallest.scenario.faults, async (lists) => {
      const { scenario } = this.smallest;
      const candidates = lists.map((faults) => ({ ...scenario, faults: [...faults] }));
      const failing = await this.#findFailing(candidates);
      return failing?.faults;
    });
  }

  /** Takes over each simplification after which the run still fails. */
  async #simplify(ways: readonly Simplification[]): Promise<void> {
    for (let next = 0; next < ways.length;) {
      const { smallest } = this;
      const candidates = ways.slice(next).map((way) => way(smallest.scenario, smallest));
      const failing = await this.#findFailing(candidates);
      if (failing === undefined) return;
      next += candidates.indexOf(failing) + 1;
    }
  }

  /** Runs the candidates, some at a time; the first that fails becomes the smallest scenario. */
  async #findFailing(candidates: readonly Scenario[]): Promise<Scenario | undefined> {
    const known = JSON.stringify(this.smallest.scenario);
    const trials = candidates
      .filter((candidate) => JSON.stringify(candidate) !== known)
      .flatMap((candidate) => this.#trialsOf(candidate))
      .filter(({ scenario }) => !this.#passed.has(JSON.stringify(scenario)));
    for (let lo = 0; lo < trials.length && !this.#isOver(); lo += this.#runner.jobs) {
      const batch = trials.slice(lo, lo + this.#runner.jobs);
      const failing = await this.#runBatch(batch);
      if (failing !== undefined) return failing.candidate;
    }
    return undefined;
  }

  #trialsOf(candidate: Scenario): Trial[] {
    const seeds = new Set([candidate.seed, ...this.#otherSeeds]);
    return [...seeds].map((seed) => ({ candidate, scenario: { ...candidate, seed } }));
  }

  #failsAlike({ violations: [first] }: RunReport): boolean {
    return first !== undefined && failureKey(first) === this.#key;
  }

  async #runBatch(batch: readonly Trial[]): Promise<Trial | undefined> {
    this.runs += batch.length;
    const runs = await Promise.all(
      batch.map(({ scenario }) => this.#runner.run({ scenario, keep: 'none' })),
    );
    const index = runs.findIndex(({ report }) => this.#failsAlike(report));
    const passed = index < 0 ? batch : batch.slice(0, index);
    for (const { scenario } of passed) this.#passed.add(JSON.stringify(scenario));
    const failing = batch[index];
    if (failing !== undefined)
      this.smallest = { ...runs[index]!.report, scenario: failing.scenario };
    this.#progress(`${this.runs} runs, smallest: ${scenarioText(this.smallest.scenario)}`);
    return failing;
  }
}
