// Numbers and runs as a person reads them.
import { styleText } from 'node:util';
import type { Violation } from '../checks/observer.ts';
import { hasFailed, type Run } from './runner.ts';

/** 1,234,567 */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** 850 ms, 12.3 s, 5 min 20 s */
export function secondsText(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** As secondsText; from an hour on 1.25 hours. */
export function hoursText(milliseconds: number): string {
  if (milliseconds < 3_600_000) return secondsText(milliseconds);
  const [whole, hundredths] = (milliseconds / 3_600_000).toFixed(2).split('.');
  return `${count(Number(whole))}.${hundredths} hours`;
}

const HASH_CHARACTERS = 12;

/** One line a run. */
export function runLine({ report, realMs }: Run): string {
  const { scenario } = report;
  const faults = Object.values(report.faults).reduce((sum, times) => sum + times, 0);
  const columns = [
    `seed ${String(scenario.seed).padStart(10)}`,
    scenario.profile.padEnd(12),
    `${scenario.members} members`,
    `${(report.simulatedMs / 1000).toFixed(1).padStart(6)} s simulated`,
    `${count(report.requests).padStart(6)} requests, ${count(report.answered).padStart(6)} answered`,
    `${String(faults).padStart(3)} faults`,
    `${String(report.elections).padStart(3)} elections`,
    `trace ${report.traceHash.slice(0, HASH_CHARACTERS).padEnd(HASH_CHARACTERS)}`,
    `${(realMs / 1000).toFixed(1).padStart(5)} s`,
  ];
  const line = columns.join('  ');
  return hasFailed(report) ? styleText('red', `${line}  FAILED`) : line;
}

const MAX_VIOLATIONS = 5;

/** What was violated, in lines; the first says most. */
export function violationLines(violations: readonly Violation[]): string[] {
  const lines = violations.slice(0, MAX_VIOLATIONS).map(({ check, atMs, text }) => {
    const when = atMs > 0 ? ` at ${(atMs / 1000).toFixed(3)} s` : '';
    return `  ${styleText('red', check)}${when}: ${text}`;
  });
  const more = violations.length - lines.length;
  return more > 0 ? [...lines, `  and ${more} more`] : lines;
}
