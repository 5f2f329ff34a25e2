/** Whether cost grows no faster than etcd's, along each axis. */
import { compare, type Round } from '../lib/statistics.ts';

/** What is asked of a row; rows without a point are on no axis. */
export interface GrowthRow {
  readonly group: string;
  readonly point?: { readonly axis: string; readonly value: number };
  readonly rounds: readonly Round[];
}

interface Growth {
  readonly axis: string;
  /** The first and the last value on the axis. */
  readonly from: number;
  readonly to: number;
  /** CPU of one operation at the last over that at the first. */
  readonly ours: number;
  readonly etcd: number;
  /** Up to 1 this store's cost grows no faster. */
  readonly ratio: number;
}

/** One growth for each group that has two points or more. */
export function growths(rows: readonly GrowthRow[]): Growth[] {
  const groups = new Map<string, { axis: string; value: number; ours: number; etcd: number }[]>();
  for (const { group, point, rounds } of rows) {
    const cpu = compare(rounds, 'cpuUs');
    if (point === undefined || cpu === undefined) continue;
    groups.set(group, [...(groups.get(group) ?? []), { ...point, ...cpu }]);
  }
  return [...groups.values()].flatMap((points) => {
    const sorted = points.sort((a, b) => a.value - b.value);
    const [first, last] = [sorted[0], sorted.at(-1)];
    if (first === undefined || last === undefined || first === last) return [];
    const [ours, etcd] = [last.ours / first.ours, last.etcd / first.etcd];
    return [
      { axis: first.axis, from: first.value, to: last.value, ours, etcd, ratio: ours / etcd },
    ];
  });
}

/** A line an axis, below a heading. */
export function growthCells(rows: readonly GrowthRow[]): string[][] {
  const lines = growths(rows).map(({ axis, from, to, ours, etcd, ratio }) => [
    axis,
    `${from.toLocaleString('en-US')} → ${to.toLocaleString('en-US')}`,
    ...[ours, etcd, ratio].map((value) => value.toFixed(2)),
  ]);
  if (lines.length === 0) return [];
  return [['CPU per operation with', 'from → to', 'grows ×', 'etcd ×', 'ratio'], ...lines];
}
