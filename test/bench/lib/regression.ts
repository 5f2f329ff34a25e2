/**
 * What CI holds against a change: CPU per request, as a ratio to etcd's of the same minute, must not be over 1.5 × what
 * was recorded, three times in a row. Two identical runs differ by up to 30 %, and no absolute time is asserted.
 */
import { compare } from './statistics.ts';
import type { Row } from './table.ts';

/** Ratios of CPU per request by name of workload. */
export type Recorded = Readonly<Record<string, number>>;

const TOLERANCE = 1.5;

/** The ratios of a run, as results/recorded.json has them. */
export function recordOf(rows: readonly Row[]): Recorded {
  return Object.fromEntries(
    rows.flatMap((row) => {
      const ratio = cpuRatio(row);
      return ratio === undefined ? [] : [[row.name, Math.round(ratio * 1000) / 1000]];
    }),
  );
}

export interface Suspicion {
  readonly name: string;
  readonly ratio: number;
  readonly recorded: number;
}

/** Workloads over the tolerance. */
export function suspicious(rows: readonly Row[], recorded: Recorded): Suspicion[] {
  return rows.flatMap((row) => {
    const [ratio, was] = [cpuRatio(row), recorded[row.name]];
    if (ratio === undefined || was === undefined || ratio <= TOLERANCE * was) return [];
    return [{ name: row.name, ratio, recorded: was }];
  });
}

export function describeSuspicion({ name, ratio, recorded }: Suspicion): string {
  const bound = (TOLERANCE * recorded).toFixed(2);
  return `${name}: CPU per request is ${ratio.toFixed(2)} × etcd’s; recorded ${recorded.toFixed(2)}, so up to ${bound}`;
}

/** Workloads that nothing can be said of: not recorded. */
export function unrecorded(rows: readonly Row[], recorded: Recorded): string[] {
  return rows
    .filter((row) => cpuRatio(row) !== undefined && recorded[row.name] === undefined)
    .map((row) => `${row.name} has no record: npm run bench -- --short --record makes one`);
}

/** Undefined of connections: a hundred of them take a few hundredths of a second, which is as fine as the kernel shows. */
function cpuRatio(row: Row): number | undefined {
  if (row.group === 'connect') return undefined;
  const ratio = compare(row.rounds, 'cpuUs')?.ratio;
  return ratio !== undefined && Number.isFinite(ratio) ? ratio : undefined;
}
