// A failing scenario as a file: replayed by `npm run sim -- --scenario FILE`, and by regressions/regressions.test.ts.
import { z } from 'zod';
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
  const { check, atMs, text } = found;
  return {
    title: `${check} with ${faults} (${scenario.members} members, seed ${scenario.seed})`,
    found: { check, atMs, text },
    scenario,
  };
}

export function regressionFileName({ found, scenario }: Regression): string {
  const check = found.check.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return `${check.replace(/^-|-$/g, '')}-${scenario.seed}.json`;
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
