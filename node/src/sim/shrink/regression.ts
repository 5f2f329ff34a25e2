// A failing scenario as a file: replayed by `npm run sim -- --scenario FILE`, and by regressions/regressions.test.ts.
import { z } from 'zod';
import type { Violation } from '../checks/observer.ts';
import type { RunReport } from '../report.ts';
import { scenarioSchema, type Scenario } from '../scenario.ts';

export const regressionSchema = z.strictObject({
  /** What went wrong once, for the name of the test. */
  title: z.string().min(1),
  /** The first violation of the run that it was made from. */
  found: z.strictObject({ check: z.string(), atMs: z.number(), text: z.string() }),
  scenario: scenarioSchema,
});

export type Regression = z.infer<typeof regressionSchema>;

/** @param report of a run that failed */
export function regressionOf(report: RunReport): Regression {
  const { scenario } = report;
  const found = report.violations[0]!; // the caller's report failed
  const kinds = [...new Set(scenario.faults.map(({ kind }) => kind))].sort();
  const faults = kinds.length === 0 ? 'no fault' : kinds.join(', ');
  const { check, atMs } = found;
  const members = `${scenario.members} ${scenario.members === 1 ? 'member' : 'members'}`;
  return {
    title: `${check} with ${faults} (${members}, seed ${scenario.seed})`,
    // The lines below the first are a stack, whose paths are those of one machine.
    found: { check, atMs, text: firstLine(found.text) },
    scenario,
  };
}

/** Checks that say no more than that something went wrong. */
const BROAD_CHECKS = new Set(['crash', 'unhandledRejection', 'unexpectedError', 'unexpectedExit']);

/** Equal for failures that likely have one cause: their check, and where that says little their text without numbers. */
export function failureKey({ check, text }: Violation): string {
  return BROAD_CHECKS.has(check) ? `${check}: ${firstLine(text).replace(/\d+/g, '0')}` : check;
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';

export function regressionFileName({ found, scenario }: Regression): string {
  const words = found.check.match(/[A-Z]?[a-z0-9]+|[A-Z]+/g) ?? ['unknown'];
  return `${words.join('-').toLowerCase()}-${scenario.seed}.json`;
}

/**
 * The scenario of a file's content: a regression's, or a bare one.
 *
 * @throws Error that says which field is wrong
 */
export function parseScenario(text: string): Scenario {
  const content: unknown = JSON.parse(text);
  const isRegression = typeof content === 'object' && content !== null && 'scenario' in content;
  const parsed = isRegression
    ? regressionSchema.safeParse(content)
    : scenarioSchema.safeParse(content);
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  return 'scenario' in parsed.data ? parsed.data.scenario : parsed.data;
}
