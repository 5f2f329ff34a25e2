// Runs that are a function, to test what is done with their reports.
import type { Run, Runner, Task } from '../cli/runner.ts';
import type { RunReport } from '../report.ts';
import { scenarioSchema, type Scenario } from '../scenario.ts';

/** A report in which nothing happened, but for what is said. */
export function reportOf(scenario: Scenario, change: Partial<RunReport> = {}): RunReport {
  return {
    ...{ scenario, traceHash: 'aa'.repeat(32), events: 10, simulatedMs: 30_000, requests: 100 },
    ...{ answered: 90, faults: {}, elections: 1, messages: 50, diskOperations: 20 },
    ...{ violations: [], trace: [] },
    ...change,
  };
}

/** A scenario of three members, without faults, but for what is said. */
export function scenarioWith(change: Partial<Scenario> = {}): Scenario {
  return scenarioSchema.parse({
    ...{ seed: 1, profile: 'test', members: 3, spareHosts: 0, faultMs: 10_000, calmMs: 5000 },
    clients: {
      ...{ kv: 3, txn: 2, serial: 1, watch: 2, lease: 1, lock: 0, compact: 1, maintenance: 1 },
      ...{ pauseMs: 50, keys: 8 },
    },
    network: { latencyMs: 1, jitterMs: 1, lossOneIn: 20, duplicateOneIn: 0, reorderOneIn: 50 },
    disk: { latencyMs: 0.1, syncLatencyMs: 1, slowOneIn: 50, slowMs: 20 },
    ...{ clockDriftPpm: 50, flags: [{ 'pre-vote': 'true' }], versions: ['3.6.14'], faults: [] },
    ...change,
  });
}

export class FakeRunner implements Runner {
  readonly jobs: number;
  readonly tasks: Task[] = [];
  isClosed = false;
  readonly #run: (task: Task) => RunReport;

  constructor(run: (task: Task) => RunReport, jobs = 1) {
    this.#run = run;
    this.jobs = jobs;
  }

  run(task: Task): Promise<Run> {
    this.tasks.push(task);
    return Promise.resolve({ report: this.#run(task), realMs: 1500 });
  }

  close(): void {
    this.isClosed = true;
  }
}
