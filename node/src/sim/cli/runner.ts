// Running scenarios somewhere else than here: in child processes (child-pool.ts), or in a test's function.
import type { RunReport } from '../report.ts';
import type { Scenario } from '../scenario.ts';

/** Which events a report brings along: none, those that a person reads, or messages and disk operations too. */
export type Keep = 'none' | 'some' | 'all';

export interface Task {
  readonly scenario: Scenario;
  readonly keep: Keep;
  /** In a process that ran nothing before, so that nothing which a run leaves behind can show. */
  readonly isFresh?: boolean;
  /** Runs of the same scenario in the same process before the one that counts. */
  readonly rehearsals?: number;
}

export interface Run {
  readonly report: RunReport;
  /** Real time that it took. */
  readonly realMs: number;
}

export interface Runner {
  /** Runs that go on at the same time; more wait for their turn. */
  readonly jobs: number;
  /** Never rejects: a run that dies or hangs is a report with a violation. */
  run(task: Task): Promise<Run>;
  /** Ends everything; runs that are under way never settle. */
  close(): void;
}

/** Checks that the runner itself makes. */
export const RunnerCheck = {
  /** The run threw, or its process died. */
  Crash: 'crash',
  /** It did not end within the limit of real time. */
  Hang: 'hang',
  /** The same scenario had two traces. */
  Determinism: 'determinism',
} as const;

/** The report of a run that could give none itself. */
export function failedReport(scenario: Scenario, check: string, text: string): RunReport {
  return {
    scenario,
    traceHash: '',
    events: 0,
    simulatedMs: 0,
    requests: 0,
    answered: 0,
    faults: {},
    elections: 0,
    messages: 0,
    diskOperations: 0,
    violations: [{ check, atMs: 0, text }],
    trace: [],
  };
}

export const hasFailed = (report: RunReport): boolean => report.violations.length > 0;
