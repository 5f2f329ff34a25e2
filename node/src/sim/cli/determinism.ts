// The same scenario must have the same trace every time and everywhere.
import type { RunReport } from '../report.ts';
import type { TraceEvent } from '../world/trace.ts';
import { RunnerCheck, type Runner, type Task } from './runner.ts';

/** Of many seeds, how often one is run twice. */
export const CHECKED_ONE_IN = 20;

/**
 * Runs a scenario again, in a fresh process, and compares.
 *
 * @returns the report with a violation that names the first differing event; the same report when there is none
 */
export async function compareWithSecondRun(report: RunReport, runner: Runner): Promise<RunReport> {
  const { scenario } = report;
  if (report.traceHash === '') return report; // it never came to its end: nothing to compare
  const { report: second } = await runner.run({ scenario, keep: 'none', isFresh: true });
  if (second.traceHash === report.traceHash) return report;
  const text = `trace ${report.traceHash} (${report.events} events) became ${second.traceHash} (${second.events} events) in a second run: ${await explain(scenario, runner)}`;
  const violation = { check: RunnerCheck.Determinism, atMs: 0, text };
  return { ...report, violations: [...report.violations, violation] };
}

/** Runs that should be the same, until two of them differ: two fresh ones, then one in a process that ran it before. */
async function explain(scenario: RunReport['scenario'], runner: Runner): Promise<string> {
  const fresh: Task = { scenario, keep: 'all', isFresh: true };
  const first = await traceOf(fresh, runner);
  const apart = firstDifference(first, await traceOf(fresh, runner));
  if (apart !== undefined) return `two fresh processes differ ${apart}`;
  const again = firstDifference(first, await traceOf({ ...fresh, rehearsals: 1 }, runner));
  if (again !== undefined) return `a second run in the same process differs ${again}`;
  return 'three more runs, with their traces kept, did not differ';
}

async function traceOf(task: Task, runner: Runner): Promise<readonly TraceEvent[]> {
  return (await runner.run(task)).report.trace;
}

/** In words; undefined when the traces are equal. */
export function firstDifference(
  left: readonly TraceEvent[],
  right: readonly TraceEvent[],
): string | undefined {
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const [a, b] = [eventText(left[i]), eventText(right[i])];
    if (a !== b) return `first at event ${i}:\n    ${a}\n    ${b}`;
  }
  return undefined;
}

function eventText(event: TraceEvent | undefined): string {
  if (event === undefined) return '(no more events)';
  return `${event.atMs} ms, ${event.lane}, ${event.kind}: ${event.text}`;
}
