/**
 * Plots as SVG: for each group of workloads the ratios to etcd as bars on a logarithmic scale, where the line at 1 is
 * etcd; for workloads on an axis, the cost of both servers as lines.
 */
import { linePlot, type Line } from './line-plot.ts';
import { compare } from './statistics.ts';
import { escape, INK, svg, text } from './svg.ts';
import type { Row } from './table.ts';

export interface PlotRow extends Row {
  readonly point?: { readonly axis: string; readonly value: number };
}

interface Panel {
  readonly title: string;
  readonly figure: string;
  readonly isHigherBetter: boolean;
}

const panels: readonly Panel[] = [
  { title: 'CPU per request', figure: 'cpuUs', isHigherBetter: false },
  { title: 'throughput', figure: 'perSecond', isHigherBetter: true },
  { title: 'p50', figure: 'p50Ms', isHigherBetter: false },
  { title: 'p99', figure: 'p99Ms', isHigherBetter: false },
  { title: 'peak memory', figure: 'peakBytes', isHigherBetter: false },
];

const BETTER = '#3f8f6b';
const WORSE = '#c9744a';
const [labelWidth, panelWidth, gap, rowHeight, top] = [270, 150, 26, 20, 74];
/** The scale goes from 1/8 to 8; what lies beyond is cut, its number tells. */
const OCTAVES = 3;

/** The plot of each group, by its name. */
export function plots(rows: readonly PlotRow[]): Map<string, string> {
  const groups = new Map<string, PlotRow[]>();
  for (const row of rows) groups.set(row.group, [...(groups.get(row.group) ?? []), row]);
  return new Map(
    [...groups].map(([group, all]) => [
      group,
      all.some((row) => row.point !== undefined) ? growthPlot(group, all) : ratioPlot(group, all),
    ]),
  );
}

/** Bars to the left of etcd's line are below etcd's figure, bars to the right above; green is better. */
export function ratioPlot(title: string, rows: readonly Row[]): string {
  const width = labelWidth + panels.length * (panelWidth + gap);
  const height = top + rows.length * rowHeight + 34;
  const parts = [
    text(16, 26, `${title}: this store over etcd 3.7.3`, { size: 16, weight: 600 }),
    text(16, 44, 'medians of ratios; the line is etcd = 1; green is better than etcd', {
      size: 11,
      fill: INK.soft,
    }),
    ...rows.flatMap((_, i) =>
      i % 2 === 0
        ? [
            `<rect x="16" y="${rowY(i) - rowHeight / 2}" width="${width - 32}" height="${rowHeight}" fill="${INK.band}"/>`,
          ]
        : [],
    ),
    ...rows.map((row, i) =>
      text(labelWidth - 12, rowY(i) + 4, row.name, { size: 11, anchor: 'end' }),
    ),
    ...panels.flatMap((panel, i) => panelParts(panel, labelWidth + i * (panelWidth + gap), rows)),
  ];
  return svg(width, height, title, parts);
}

const rowY = (index: number): number => top + index * rowHeight + rowHeight / 2;

function panelParts(
  { title, figure, isHigherBetter }: Panel,
  left: number,
  rows: readonly Row[],
): string[] {
  const bottom = top + rows.length * rowHeight;
  const middle = left + panelWidth / 2;
  const xOf = (ratio: number): number => {
    const octaves = Math.max(-OCTAVES, Math.min(OCTAVES, Math.log2(ratio)));
    return middle + (octaves / OCTAVES) * (panelWidth / 2);
  };
  const parts = [text(middle, top - 10, title, { size: 12, anchor: 'middle', weight: 600 })];
  for (const tick of [0.125, 0.25, 0.5, 1, 2, 4, 8]) {
    const isEtcd = tick === 1;
    parts.push(
      `<line x1="${xOf(tick)}" x2="${xOf(tick)}" y1="${top}" y2="${bottom}" stroke="${isEtcd ? INK.dark : INK.grid}" stroke-width="${isEtcd ? 1.4 : 1}"/>`,
      text(xOf(tick), bottom + 15, tickLabel(tick), { size: 10, anchor: 'middle', fill: INK.soft }),
    );
  }
  rows.forEach((row, i) => {
    const ratio = compare(row.rounds, figure)?.ratio;
    if (ratio === undefined || !(ratio > 0)) return;
    const [from, to] = [Math.min(xOf(1), xOf(ratio)), Math.max(xOf(1), xOf(ratio))];
    const isBetter = isHigherBetter ? ratio >= 1 : ratio <= 1;
    const isLeft = ratio < 1;
    parts.push(
      `<rect x="${from}" y="${rowY(i) - 6}" width="${Math.max(1, to - from)}" height="12" rx="1.5" fill="${isBetter ? BETTER : WORSE}"/>`,
      // On the other side of etcd's line, where no bar is.
      text(middle + (isLeft ? 5 : -5), rowY(i) + 4, ratio.toFixed(2), {
        size: 10,
        anchor: isLeft ? 'start' : 'end',
      }),
    );
  });
  return parts;
}

function tickLabel(tick: number): string {
  return tick < 1 ? `1/${1 / tick}` : String(tick);
}

/** CPU of one operation along the axis, for both servers. */
function growthPlot(group: string, rows: readonly PlotRow[]): string {
  const points = rows.flatMap(({ point, rounds }) => {
    const cpu = compare(rounds, 'cpuUs');
    return point === undefined || cpu === undefined ? [] : [{ x: point.value, ...cpu }];
  });
  const lines: Line[] = [
    { name: 'this store', color: BETTER, points: points.map(({ x, ours }) => ({ x, y: ours })) },
    { name: 'etcd 3.7.3', color: INK.dark, points: points.map(({ x, etcd }) => ({ x, y: etcd })) },
  ];
  const axis = rows.find((row) => row.point !== undefined)?.point?.axis ?? '';
  return linePlot({
    title: escape(group),
    xLabel: axis,
    yLabel: 'CPU of all members, µs per operation',
    lines,
  });
}
