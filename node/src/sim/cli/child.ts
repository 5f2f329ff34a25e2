// A process that runs scenarios for child-pool.ts, one after the other.
import type { RunReport } from '../report.ts';
import { runScenario } from '../run.ts';
import { failedReport, RunnerCheck, type Task } from './runner.ts';

/** What the child answers to each task. */
export interface Answer {
  readonly report: RunReport;
  /** What the process holds of memory after the run. */
  readonly residentBytes: number;
}

/** By far the most events, and of no use to a reader before everything else. */
const BULK = new Set(['message', 'disk']);

async function answer({ scenario, keep, rehearsals = 0 }: Task): Promise<RunReport> {
  try {
    for (let i = 0; i < rehearsals; i++) await runScenario(scenario);
    const report = await runScenario(scenario, { keepAll: keep !== 'none' });
    if (keep !== 'some') return report;
    return { ...report, trace: report.trace.filter(({ kind }) => !BULK.has(kind)) };
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return failedReport(scenario, RunnerCheck.Crash, text);
  }
}

process.on('message', (task: Task) => {
  void answer(task).then((report) => {
    const reply: Answer = { report, residentBytes: process.memoryUsage.rss() };
    process.send?.(reply);
  });
});
// Ctrl-C reaches every process of the terminal; the parent alone decides.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit(1));
