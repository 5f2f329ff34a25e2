/** Lines over two logarithmic axes: a cost that grows in proportion is a straight line. */
import { INK, svg, text } from './svg.ts';

export interface Line {
  readonly name: string;
  readonly color: string;
  /** Both over 0. */
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface LinePlot {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly lines: readonly Line[];
}

const [width, height] = [640, 400];
const [left, right, top, bottom] = [78, 130, 56, 62];

export function linePlot({ title, xLabel, yLabel, lines }: LinePlot): string {
  const points = lines.flatMap((line) => line.points).filter(({ x, y }) => x > 0 && y > 0);
  const xs = decades(points.map(({ x }) => x));
  const ys = decades(points.map(({ y }) => y));
  const plotWidth = width - left - right;
  const plotHeight = height - top - bottom;
  const xOf = (x: number): number => left + share(x, xs) * plotWidth;
  const yOf = (y: number): number => top + plotHeight - share(y, ys) * plotHeight;
  const parts = [
    text(left, 30, title, { size: 16, weight: 600 }),
    ...ticks(xs).flatMap((x) => [
      grid(xOf(x), xOf(x), top, top + plotHeight),
      text(xOf(x), top + plotHeight + 18, tickLabel(x), {
        size: 11,
        anchor: 'middle',
        fill: INK.soft,
      }),
    ]),
    ...ticks(ys).flatMap((y) => [
      grid(left, left + plotWidth, yOf(y), yOf(y)),
      text(left - 8, yOf(y) + 4, tickLabel(y), {
        size: 11,
        anchor: 'end',
        fill: INK.soft,
      }),
    ]),
    text(left + plotWidth / 2, height - 18, xLabel, { size: 12, anchor: 'middle' }),
    text(20, top + plotHeight / 2, yLabel, { size: 12, anchor: 'middle', isUpright: true }),
    ...lines.flatMap((line) => lineParts(line, xOf, yOf)),
    ...lines.flatMap((line, i) => [
      `<rect x="${width - right + 14}" y="${top + 4 + i * 22}" width="14" height="4" rx="2" fill="${line.color}"/>`,
      text(width - right + 34, top + 11 + i * 22, line.name, { size: 12 }),
    ]),
  ];
  return svg(width, height, title, parts);
}

function lineParts(line: Line, xOf: (x: number) => number, yOf: (y: number) => number): string[] {
  const drawn = line.points.filter(({ x, y }) => x > 0 && y > 0).sort((a, b) => a.x - b.x);
  const path = drawn.map(({ x, y }) => `${xOf(x).toFixed(1)},${yOf(y).toFixed(1)}`).join(' ');
  return [
    `<polyline points="${path}" fill="none" stroke="${line.color}" stroke-width="2"/>`,
    ...drawn.map(
      ({ x, y }) =>
        `<circle cx="${xOf(x).toFixed(1)}" cy="${yOf(y).toFixed(1)}" r="3.5" fill="${line.color}"/>`,
    ),
  ];
}

function tickLabel(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 9 });
}

function grid(x1: number, x2: number, y1: number, y2: number): string {
  return `<line x1="${x1.toFixed(1)}" x2="${x2.toFixed(1)}" y1="${y1.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="${INK.grid}"/>`;
}

/** The powers of ten that hold all values, as exponents [from, to]; at least one decade. */
function decades(values: readonly number[]): [from: number, to: number] {
  const from = Math.floor(Math.log10(Math.min(...values, Infinity)));
  const to = Math.ceil(Math.log10(Math.max(...values, -Infinity)));
  if (!Number.isFinite(from) || !Number.isFinite(to)) return [0, 1];
  return [from, Math.max(to, from + 1)];
}

function share(value: number, [from, to]: readonly [number, number]): number {
  return (Math.log10(value) - from) / (to - from);
}

/** Powers of ten, and 2 and 5 of each where there are few. */
function ticks([from, to]: readonly [number, number]): number[] {
  const steps = to - from > 2 ? [1] : [1, 2, 5];
  const all = Array.from({ length: to - from }, (_, i) =>
    steps.map((step) => step * 10 ** (from + i)),
  );
  return [...all.flat(), 10 ** to];
}
