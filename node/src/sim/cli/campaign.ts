// Many seeds, as many at a time as there are jobs.
import type { Scenario } from '../scenario.ts';
import type { DeterminismCheck } from './arguments.ts';
import { CHECKED_ONE_IN, compareWithSecondRun } from './determinism.ts';
import { hasFailed, type Run, type Runner } from './runner.ts';
import type { Screen } from './screen.ts';
import { Summary } from './summary.ts';
import { count, hoursText, runLine, secondsText, violationLines } from './text.ts';

export interface CampaignSettings {
  readonly firstSeed: number;
  /** Undefined: until the time is up. */
  readonly seeds: number | undefined;
  readonly limitMs: number | undefined;
  readonly determinism: DeterminismCheck;
  readonly keepsGoing: boolean;
  readonly isQuiet: boolean;
  scenarioOf(seed: number): Scenario;
}

export interface CampaignWorld {
  readonly runner: Runner;
  readonly screen: Screen;
  nowMs(): number;
  /** Ends the campaign early: what is under way is forgotten. */
  readonly stop: AbortSignal;
}

export class Campaign {
  readonly summary = new Summary();
  readonly failures: Run[] = [];
  readonly #settings: CampaignSettings;
  readonly #world: CampaignWorld;
  readonly #startMs: number;
  #nextSeed: number;

  constructor(settings: CampaignSettings, world: CampaignWorld) {
    this.#settings = settings;
    this.#world = world;
    this.#startMs = world.nowMs();
    this.#nextSeed = settings.firstSeed;
  }

  get elapsedMs(): number {
    return this.#world.nowMs() - this.#startMs;
  }

  /** Resolves when all is done, the time is up, a seed has failed (unless it keeps going), or `stop` was signalled. */
  async run(): Promise<void> {
    const { stop, runner } = this.#world;
    const stopped = new Promise<void>((resolve) =>
      stop.addEventListener('abort', () => resolve(), { once: true }),
    );
    const lanes = Array.from({ length: runner.jobs }, () => this.#runLane());
    await Promise.race([Promise.all(lanes), stopped]);
  }

  async #runLane(): Promise<void> {
    while (!this.#isOver()) {
      const seed = this.#nextSeed++;
      await this.#runSeed(seed);
    }
  }

  #isOver(): boolean {
    const { seeds, limitMs, firstSeed, keepsGoing } = this.#settings;
    if (this.#world.stop.aborted) return true;
    if (this.failures.length > 0 && !keepsGoing) return true;
    if (seeds !== undefined && this.#nextSeed >= firstSeed + seeds) return true;
    return limitMs !== undefined && this.elapsedMs >= limitMs;
  }

  async #runSeed(seed: number): Promise<void> {
    const { runner } = this.#world;
    const scenario = this.#settings.scenarioOf(seed % 2 ** 32);
    const run = await runner.run({ scenario, keep: 'none' });
    if (!this.#isCompared(seed) || hasFailed(run.report)) return this.#count(run);
    this.summary.compared++;
    this.#count({ ...run, report: await compareWithSecondRun(run.report, runner) });
  }

  #isCompared(seed: number): boolean {
    const { determinism, firstSeed } = this.#settings;
    if (determinism !== 'sometimes') return determinism === 'always';
    return (seed - firstSeed) % CHECKED_ONE_IN === 0;
  }

  #count(run: Run): void {
    if (this.#world.stop.aborted) return;
    const { screen } = this.#world;
    this.summary.add(run);
    const failed = hasFailed(run.report);
    if (failed) this.failures.push(run);
    if (failed || !this.#settings.isQuiet) screen.line(runLine(run));
    if (failed) for (const line of violationLines(run.report.violations)) screen.line(line);
    screen.live(this.#liveLine());
  }

  #liveLine(): string {
    const { summary } = this;
    const { seeds, limitMs } = this.#settings;
    const end =
      seeds !== undefined ? ` of ${count(seeds)}` : ` of ${secondsText(limitMs ?? this.elapsedMs)}`;
    const done = seeds !== undefined ? count(summary.runs) : secondsText(this.elapsedMs);
    return `${done}${end}: ${count(summary.runs)} seeds, ${hoursText(summary.simulatedMs)} simulated, ${count(summary.requests)} requests, ${count(summary.faultCount)} faults, ${summary.failed} failed`;
  }
}
