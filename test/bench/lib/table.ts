/** Results as text: columns for a terminal, and Markdown. */
import { compare, throughputLimit, type Round } from './statistics.ts';

/** A line of results: what lib/session.ts measured, or what was written to results/latest.json. */
export interface Row {
  readonly name: string;
  readonly group: string;
  readonly rounds: readonly Round[];
}

interface Column {
  readonly title: string;
  readonly figure: string;
  readonly divisor: number;
}

const columns: readonly Column[] = [
  { title: 'requests/s', figure: 'perSecond', divisor: 1 },
  { title: 'p50 ms', figure: 'p50Ms', divisor: 1 },
  { title: 'p99 ms', figure: 'p99Ms', divisor: 1 },
  { title: 'CPU µs', figure: 'cpuUs', divisor: 1 },
  { title: 'peak MiB', figure: 'peakBytes', divisor: 1024 * 1024 },
  { title: 'disk B', figure: 'writtenBytes', divisor: 1 },
];

/** Known to have a column, or to be no figure of its own. */
const shown = new Set([
  ...columns.map((column) => column.figure),
  ...['operations', 'seconds', 'maxMs', 'generatorCpuUs'],
]);

export type Cells = readonly (readonly string[])[];

/**
 * The head and a line a workload: ours, etcd's and the ratio of each figure. `limit` is the most that the ratio of
 * throughput can be with this generator.
 */
export function resultCells(rows: readonly Row[]): Cells {
  const head = ['workload', ...columns.flatMap(({ title }) => [title, 'etcd', 'ratio']), 'limit'];
  const lines = rows.map(({ name, rounds }) => {
    const cells = columns.flatMap(({ figure, divisor }) => {
      const found = compare(rounds, figure);
      if (found === undefined) return ['', '', ''];
      return [number(found.ours / divisor), number(found.etcd / divisor), ratio(found.ratio)];
    });
    const limit = throughputLimit(rounds);
    return [name, ...cells, limit === undefined ? '' : ratio(limit)];
  });
  return [head, ...lines];
}

/** The figures that only some workloads have. */
export function ownFigureCells(rows: readonly Row[]): Cells {
  const lines = rows.flatMap(({ name, rounds }) => {
    const figures = Object.keys(rounds[0]?.ours ?? {}).filter((figure) => !shown.has(figure));
    return figures.flatMap((figure) => {
      const found = compare(rounds, figure);
      if (found === undefined) return [];
      return [[name, figure, number(found.ours), number(found.etcd), ratio(found.ratio)]];
    });
  });
  return lines.length === 0 ? [] : [['workload', 'figure', 'ours', 'etcd', 'ratio'], ...lines];
}

/** Groups in the order in which they first appear, names in each as numbers count: 1c, 100c, 1000c. */
export function inOrder<T extends Row>(rows: readonly T[]): T[] {
  const groups = [...new Set(rows.map((row) => row.group))];
  return [...rows].sort(
    (a, b) =>
      groups.indexOf(a.group) - groups.indexOf(b.group) ||
      a.name.localeCompare(b.name, 'en', { numeric: true }),
  );
}

/** Columns as wide as what is in them; the first is left-aligned. */
export function asText(cells: Cells): string {
  const widths = widthsOf(cells);
  return cells
    .map((line) =>
      line
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function asMarkdown(cells: Cells): string {
  const [head = [], ...lines] = cells;
  const line = (words: readonly string[]): string => `| ${words.join(' | ')} |`;
  const rule = head.map((_, i) => (i === 0 ? '---' : '--:'));
  return [line(head), line(rule), ...lines.map(line)].join('\n');
}

function widthsOf(cells: Cells): number[] {
  const widths: number[] = [];
  for (const line of cells) {
    line.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  }
  return widths;
}

/** Three digits that count, more before the point. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  const digits = size >= 100 || size === 0 ? 0 : size >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

export function ratio(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : '–';
}
