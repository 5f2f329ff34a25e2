// One run: a scenario becomes a cluster on simulated machines, clients work, faults happen, everything is mended, and the
// checkers say what did not hold.
import { Checks } from './checks/checks.ts';
import type { Violation } from './checks/observer.ts';
import { Recorder, SimClient, Workload } from './clients/index.ts';
import { SimCluster } from './cluster/sim-cluster.ts';
import { Nemesis } from './faults/nemesis.ts';
import { Operator } from './faults/operator.ts';
import { finalStates } from './final-states.ts';
import type { RunReport } from './report.ts';
import type { Scenario } from './scenario.ts';
import { Network } from './world/network.ts';
import { SimRandom } from './world/random.ts';
import { Scheduler } from './world/scheduler.ts';
import { Trace } from './world/trace.ts';

export type { RunReport } from './report.ts';

export interface RunOptions {
  /** Keep the events that a person reads. */
  readonly keep?: boolean;
  /** Messages, disk operations and log lines as well. */
  readonly keepAll?: boolean;
}

/** Founding a cluster, and mending one after all that happened, may take so long before it counts as stuck. */
const START_MS = 30_000;
const MEND_MS = 120_000;
/** Calls under way when the clients stop have deadlines. */
const FINISH_MS = 60_000;

export async function runScenario(
  scenario: Scenario,
  options: RunOptions = {},
): Promise<RunReport> {
  const run = new Run(scenario, options);
  try {
    return await run.toEnd();
  } finally {
    run.dispose();
  }
}

class Run {
  private readonly scenario: Scenario;
  private readonly trace: Trace;
  private readonly scheduler: Scheduler;
  private readonly network: Network;
  private readonly checks: Checks;
  private readonly cluster: SimCluster;
  private readonly recorder: Recorder;
  private readonly workload: Workload;
  private readonly operator: Operator;
  private readonly nemesis: Nemesis;
  private readonly violations: Violation[] = [];
  private elections = 0;
  private readonly onRejection = (error: unknown): void => this.unhandled(error);

  constructor(scenario: Scenario, { keep = false, keepAll = false }: RunOptions) {
    this.scenario = scenario;
    const random = new SimRandom(scenario.seed);
    this.trace = new Trace({ keep: keepAll ? 'all' : keep ? 'some' : 'none' });
    this.scheduler = new Scheduler((error) => this.violated('crash', textOf(error)));
    const { trace, scheduler } = this;
    this.network = new Network(scheduler, random.fork('network'), () => scenario.network);
    const { network } = this;
    this.checks = new Checks({
      nowMs: () => scheduler.nowMs,
      clockDriftPpm: scenario.clockDriftPpm,
    });
    this.checks.onViolation((violation) => this.add(violation));
    const observer = this.checks;
    this.cluster = new SimCluster({
      ...{ scenario, scheduler, network, trace, observer: this.counting() },
      random: random.fork('machines'),
      onEnd: (host, how, reason) => this.nemesis.ended(host, how, reason),
    });
    const { cluster } = this;
    this.recorder = new Recorder({ observer, scheduler, trace });
    const { recorder } = this;
    const unexpected = (host: string, path: string, error: unknown): void => {
      if (this.nemesis.isExcused(host)) return;
      this.violated('unexpectedError', `${host} ${path}: ${textOf(error)}`);
    };
    const common = { cluster, network, scheduler, unexpected };
    this.workload = new Workload({
      ...{ ...common, recorder, random: random.fork('clients'), counts: scenario.clients },
      report: (check, text) => this.violated(check, text),
    });
    this.operator = new Operator({
      ...{ cluster, scheduler, observer },
      client: new SimClient({ ...common, name: 'operator' }),
      say: (text) => this.nemesis.say(text),
      eraBegan: (revision) => this.workload.eraBegan(revision),
    });
    const { operator } = this;
    this.nemesis = new Nemesis({
      ...{ scenario, cluster, network, scheduler, trace, observer, operator },
      clients: this.workload.clients,
      random: random.fork('nemesis'),
      unexpectedEnd: (host, reason) => this.violated('unexpectedExit', `${host}: ${reason}`),
    });
    process.on('unhandledRejection', this.onRejection);
  }

  dispose(): void {
    process.off('unhandledRejection', this.onRejection);
  }

  async toEnd(): Promise<RunReport> {
    const { scenario, cluster, nemesis, workload, checks } = this;
    for (const host of cluster.hosts) host.start();
    if (!(await this.until(START_MS, () => nemesis.allServe())))
      this.violated('liveness', 'the cluster did not come up');
    workload.start();
    nemesis.start();
    await this.forMs(scenario.faultMs);
    let isMended = false;
    void nemesis.endFaults().then(() => (isMended = true));
    if (!(await this.until(MEND_MS, () => isMended)))
      this.violated('liveness', `not all members serve: ${this.whoIsDown()}`);
    checks.faultsEnded();
    await this.forMs(scenario.calmMs);
    await this.finish();
    return this.report();
  }

  private async finish(): Promise<void> {
    const { workload, checks, cluster } = this;
    workload.stop();
    let isFinished = false;
    void workload.finish().then(() => (isFinished = true));
    if (!(await this.until(FINISH_MS, () => isFinished)))
      this.violated('liveness', 'calls of clients never ended');
    if (this.isOver) return;
    let states: Awaited<ReturnType<typeof finalStates>> | undefined;
    void finalStates(cluster).then((found) => (states = found));
    await this.until(FINISH_MS, () => states !== undefined);
    if (states === undefined) this.violated('liveness', 'members cannot be read at the end');
    else checks.finish(states);
  }

  private get isOver(): boolean {
    return this.violations.length > 0;
  }

  private async forMs(spanMs: number): Promise<void> {
    if (this.isOver) return;
    await this.scheduler.run(this.scheduler.nowMs + spanMs, () => this.isOver);
  }

  /** False when the time was over first. */
  private async until(spanMs: number, isDone: () => boolean): Promise<boolean> {
    await this.scheduler.run(this.scheduler.nowMs + spanMs, () => this.isOver || isDone());
    return this.isOver || isDone();
  }

  private whoIsDown(): string {
    const down = this.nemesis.memberHosts().filter(({ process }) => process?.isServing !== true);
    return down.map(({ name }) => name).join(' ') || 'somebody is still at work on them';
  }

  /** The checkers, and a count of elections. */
  private counting(): Checks {
    const { checks } = this;
    const becameLeader = checks.becameLeader.bind(checks);
    checks.becameLeader = (host, memberId, term) => {
      this.elections++;
      this.trace.add(this.scheduler.nowMs, host, 'leader', `leads in term ${term}`);
      becameLeader(host, memberId, term);
    };
    return checks;
  }

  private unhandled(error: unknown): void {
    this.violated('unhandledRejection', textOf(error));
  }

  private violated(check: string, text: string): void {
    this.add({ check, atMs: this.scheduler.nowMs, text });
  }

  private add(violation: Violation): void {
    this.violations.push(violation);
    const { check, text } = violation;
    // A stack names places on this machine: only its first line is the same everywhere.
    const shown = `${check}: ${text.split('\n', 1)[0] ?? ''}`;
    this.trace.add(this.scheduler.nowMs, 'faults', 'violation', shown);
  }

  private report(): RunReport {
    const { scenario, trace, scheduler, recorder, nemesis, cluster, network } = this;
    return {
      scenario,
      traceHash: trace.hash(),
      events: trace.count,
      simulatedMs: Math.round(scheduler.nowMs),
      requests: recorder.requests,
      answered: recorder.answered,
      faults: nemesis.counts,
      elections: this.elections,
      messages: network.messages,
      diskOperations: cluster.hosts.reduce((sum, { disk }) => sum + disk.counters.operations, 0),
      violations: this.violations,
      trace: trace.events,
    };
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
