// What many runs came to.
import { styleText } from 'node:util';
import type { Run } from './runner.ts';
import { count, hoursText, secondsText } from './text.ts';

/** A failing seed, for the end of the output. */
interface Failure {
  readonly seed: number;
  readonly profile: string;
  readonly check: string;
}

export class Summary {
  runs = 0;
  failed = 0;
  simulatedMs = 0;
  requests = 0;
  answered = 0;
  elections = 0;
  messages = 0;
  diskOperations = 0;
  /** Runs that were done twice. */
  compared = 0;
  readonly faults = new Map<string, number>();
  readonly failures: Failure[] = [];
  slowest: Run | undefined;

  add(run: Run): void {
    const { report } = run;
    this.runs++;
    this.simulatedMs += report.simulatedMs;
    this.requests += report.requests;
    this.answered += report.answered;
    this.elections += report.elections;
    this.messages += report.messages;
    this.diskOperations += report.diskOperations;
    for (const [kind, times] of Object.entries(report.faults))
      this.faults.set(kind, (this.faults.get(kind) ?? 0) + times);
    if (this.slowest === undefined || run.realMs > this.slowest.realMs) this.slowest = run;
    const [violation] = report.violations;
    if (violation === undefined) return;
    this.failed++;
    const { seed, profile } = report.scenario;
    this.failures.push({ seed, profile, check: violation.check });
  }

  get faultCount(): number {
    return [...this.faults.values()].reduce((sum, times) => sum + times, 0);
  }

  /**
   * @param elapsedMs real time
   * @returns lines; the last is `N passed, N failed`
   */
  lines(elapsedMs: number, jobs: number): string[] {
    const rows: [string, string][] = [
      [
        'simulated',
        `${hoursText(this.simulatedMs)} in ${secondsText(elapsedMs)}, ${jobs} at a time`,
      ],
      ['requests', `${count(this.requests)}, ${count(this.answered)} answered`],
      ['elections', count(this.elections)],
      ['messages', count(this.messages)],
      ['disk operations', count(this.diskOperations)],
      ['faults', `${count(this.faultCount)}${this.#kinds()}`],
      ['run twice', `${count(this.compared)} seeds, to compare their traces`],
    ];
    if (this.slowest !== undefined) rows.push(['slowest', slowestText(this.slowest)]);
    return [
      `${count(this.runs)} ${this.runs === 1 ? 'seed' : 'seeds'}`,
      ...rows.map(([name, value]) => `  ${name.padEnd(16)} ${value}`),
      ...this.failures.map((one) => styleText('red', `  FAILED ${failureText(one)}`)),
      `${this.runs - this.failed} passed, ${this.failed} failed`,
    ];
  }

  #kinds(): string {
    const byCount = [...this.faults].toSorted(([, a], [, b]) => b - a);
    return byCount
      .map(([kind, times], i) => `${i === 0 ? ': ' : ''}${kind} ${count(times)}`)
      .join(', ');
  }
}

function slowestText({ report, realMs }: Run): string {
  const { seed, profile } = report.scenario;
  return `seed ${seed} (${profile}), ${secondsText(realMs)} for ${secondsText(report.simulatedMs)}`;
}

function failureText({ seed, profile, check }: Failure): string {
  return `seed ${seed} (${profile}): ${check}`;
}
