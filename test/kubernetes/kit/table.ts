// The table: what clients lived through in each step.
import type { Measurement } from './workload.ts';

export interface Row extends Measurement {
  readonly title: string;
  /** Until the step itself was done, checks not included. */
  readonly tookMs: number;
  readonly passed: boolean;
}

const HEADS = ['step', 'took', 'writes', 'reads', 'failed', 'longest pause', ''] as const;

/** The rows as a table of text. */
export function tableOf(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.title,
    `${(row.tookMs / 1_000).toFixed(1)} s`,
    String(row.writes),
    String(row.reads),
    String(sum(row.failures)),
    `${(row.longestPauseMs / 1_000).toFixed(2)} s`,
    row.passed ? '' : 'FAILED',
  ]);
  const widths = HEADS.map((head, column) =>
    Math.max(head.length, ...cells.map((each) => each[column]?.length ?? 0)),
  );
  const line = (each: readonly string[]): string =>
    each
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd();
  return [line(HEADS), ...cells.map(line)].join('\n');
}

/** Why requests failed, all steps together, the most frequent first. */
export function failuresOf(rows: readonly Row[]): string[] {
  const all = new Map<string, number>();
  for (const { failures } of rows) {
    for (const [reason, count] of failures) all.set(reason, (all.get(reason) ?? 0) + count);
  }
  return [...all]
    .toSorted(([, a], [, b]) => b - a)
    .map(([reason, count]) => `${String(count).padStart(6)}  ${reason}`);
}

function sum(failures: ReadonlyMap<string, number>): number {
  return [...failures.values()].reduce((total, count) => total + count, 0);
}
