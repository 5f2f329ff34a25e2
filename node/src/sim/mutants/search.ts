// Looks for a run that sees a mutant: one seed after the other, until a check fails that does not fail without the mutant.
import { ChildPool } from '../cli/child-pool.ts';
import { hasFailed, type Runner, type Task } from '../cli/runner.ts';
import type { Violation } from '../checks/observer.ts';
import type { Scenario } from '../scenario.ts';
import type { Mutant } from './mutant.ts';

export interface MutantTask extends Task {
  /** By name; undefined for the sources as they are. The same in all tasks of a process. */
  readonly mutant: string | undefined;
}

/** A run: what `scenarioOf` makes of it is the same everywhere. */
export interface Place {
  readonly seed: number;
  /** Or the file of a scenario, from node/src/sim, whose own seed counts. */
  readonly profile: string;
}

export interface Finding extends Place {
  /** Runs until then, this one included. */
  readonly runs: number;
  readonly check: string;
}

export interface Outcome {
  readonly mutant: Mutant;
  /** Undefined: it escaped. */
  readonly finding: Finding | undefined;
  readonly violation: Violation | undefined;
  readonly runs: number;
  readonly realMs: number;
}

export interface SearchParts {
  readonly program: URL;
  readonly hangLimitMs: number;
  scenarioOf(place: Place): Scenario;
  /** Whether the sources as they are fail there too: then it says nothing. */
  failsAnyway(place: Place): Promise<boolean>;
  nowMs(): number;
}

export async function search(
  mutant: Mutant,
  places: Iterable<Place>,
  parts: SearchParts,
): Promise<Outcome> {
  const { program, hangLimitMs } = parts;
  const startMs = parts.nowMs();
  const runner = new ChildPool({ jobs: 1, program, hangLimitMs });
  let runs = 0;
  try {
    for (const place of places) {
      runs++;
      const violation = await firstViolation(runner, mutant.name, parts.scenarioOf(place));
      if (violation === undefined || (await parts.failsAnyway(place))) continue;
      const finding = { ...place, runs, check: violation.check };
      return { mutant, finding, violation, runs, realMs: parts.nowMs() - startMs };
    }
  } finally {
    runner.close();
  }
  const realMs = parts.nowMs() - startMs;
  return { mutant, finding: undefined, violation: undefined, runs, realMs };
}

export async function firstViolation(
  runner: Runner,
  mutant: string | undefined,
  scenario: Scenario,
): Promise<Violation | undefined> {
  const task: MutantTask = { mutant, scenario, keep: 'none' };
  const { report } = await runner.run(task);
  return hasFailed(report) ? report.violations[0] : undefined;
}
