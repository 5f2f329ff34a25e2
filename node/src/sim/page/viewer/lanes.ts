// The lanes, drawn on a canvas: only what is in sight, and of what falls on one pixel only the first.
import type { Lane, Mark, PageModel, Span, Tone } from '../page-model.ts';
import { tickMs, timeText, type View } from './view.ts';

const AXIS_HEIGHT = 22;
const LANE_GAP = 6;
const GROUP_GAP = 10;
const ROW_HEIGHT = { faults: 15, members: 15, clients: 10 } as const;
const TICK_PIXELS = 90;
const CHARACTER_PIXELS = 6.1;
const HIT_PIXELS = 4;

interface Placed {
  readonly lane: Lane;
  readonly top: number;
  readonly rowHeight: number;
}

/** What the pointer is on. */
export interface Hit {
  readonly event: number;
  readonly endEvent: number | undefined;
}

export class Lanes {
  readonly height: number;
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #model: PageModel;
  readonly #view: View;
  readonly #placed: readonly Placed[];
  #colors = new Map<string, string>();
  selectedMs: number | undefined;

  constructor(canvas: HTMLCanvasElement, model: PageModel, view: View) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d')!; // every browser has it
    this.#model = model;
    this.#view = view;
    const placed: Placed[] = [];
    let top = AXIS_HEIGHT + LANE_GAP;
    for (const lane of model.lanes) {
      const last = placed.at(-1);
      if (last !== undefined && last.lane.group !== lane.group) top += GROUP_GAP;
      const rowHeight = ROW_HEIGHT[lane.group];
      placed.push({ lane, top, rowHeight });
      top += lane.rows * rowHeight + LANE_GAP;
    }
    this.#placed = placed;
    this.height = top;
  }

  draw(): void {
    const ratio = window.devicePixelRatio;
    const { width } = this.#view;
    this.#canvas.style.height = `${this.height}px`;
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = Math.round(this.height * ratio);
    this.#colors.clear();
    this.#context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.#context.font = '10px ui-monospace, "DejaVu Sans Mono", monospace';
    this.#context.textBaseline = 'middle';
    this.#drawTime();
    for (const placed of this.#placed) this.#drawLane(placed);
    this.#drawNames();
    this.#drawMoments();
  }

  #color(name: string): string {
    let color = this.#colors.get(name);
    if (color === undefined) {
      color = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
      this.#colors.set(name, color);
    }
    return color;
  }

  #drawTime(): void {
    const context = this.#context;
    const { gutter, width, fromMs, toMs, msPerPixel, endMs } = this.#view;
    const calmX = Math.max(gutter, this.#view.x(this.#model.faultMs));
    context.fillStyle = this.#color('calm');
    context.fillRect(calmX, AXIS_HEIGHT, Math.max(0, this.#view.x(endMs) - calmX), this.height);
    const step = tickMs(TICK_PIXELS * msPerPixel);
    for (let ms = Math.ceil(Math.max(0, fromMs) / step) * step; ms <= toMs; ms += step) {
      const x = Math.round(this.#view.x(ms)) + 0.5;
      context.fillStyle = this.#color('grid');
      context.fillRect(x, AXIS_HEIGHT - 4, 1, this.height);
      context.fillStyle = this.#color('soft');
      if (x > gutter - 10 && x < width - 30) context.fillText(timeText(ms, step), x + 3, 10);
    }
  }

  #drawLane({ lane, top, rowHeight }: Placed): void {
    const context = this.#context;
    const { fromMs, toMs, gutter, width } = this.#view;
    const lastX = new Map<string, number>();
    for (const span of lane.spans) {
      if (span.toMs < fromMs || span.fromMs > toMs) continue;
      const x = Math.max(gutter, this.#view.x(span.fromMs));
      const end = Math.min(width, this.#view.x(span.toMs));
      const slot = `${span.row} ${span.tone}`;
      if (end - (lastX.get(slot) ?? -1) < 0.5) continue;
      lastX.set(slot, end);
      this.#drawSpan(span, x, Math.max(1.5, end - x), top + span.row * rowHeight, rowHeight);
    }
    for (const mark of lane.marks) {
      if (mark.atMs < fromMs || mark.atMs > toMs) continue;
      const x = this.#view.x(mark.atMs);
      const slot = `mark ${mark.row} ${mark.tone}`;
      if (x - (lastX.get(slot) ?? -10) < 1) continue;
      lastX.set(slot, x);
      context.fillStyle = this.#color(mark.tone);
      const isWatch = mark.tone === 'watch';
      const half = isWatch ? 1 : 2;
      context.fillRect(
        x - half,
        top + mark.row * rowHeight,
        half * 2,
        rowHeight - (isWatch ? 1 : 0),
      );
    }
  }

  #drawSpan(span: Span, x: number, width: number, top: number, rowHeight: number): void {
    const context = this.#context;
    const isStream = span.tone === 'watch';
    context.fillStyle = span.term === undefined ? this.#color(span.tone) : termColor(span.term);
    if (isStream) context.globalAlpha = 0.25;
    context.fillRect(x, top + 1, width, rowHeight - 2);
    context.globalAlpha = 1;
    const characters = Math.floor((width - 6) / CHARACTER_PIXELS);
    if (characters < 3) return;
    context.fillStyle = this.#color(isOnColor(span.tone) ? 'on-color' : 'text');
    context.fillText(span.label.slice(0, characters), x + 3, top + rowHeight / 2 + 0.5);
  }

  #drawNames(): void {
    const context = this.#context;
    const { gutter } = this.#view;
    context.fillStyle = this.#color('back');
    context.fillRect(0, 0, gutter, this.height);
    for (const { lane, top, rowHeight } of this.#placed) {
      context.fillStyle = this.#color('line');
      context.fillRect(0, top - LANE_GAP / 2, this.#view.width, 1);
      context.fillStyle = this.#color(lane.group === 'clients' ? 'soft' : 'text');
      context.fillText(lane.name.slice(0, 15), 4, top + rowHeight / 2);
    }
  }

  #drawMoments(): void {
    for (const { atMs, check } of this.#model.violations)
      this.#drawMoment(atMs, 'violation', check);
    if (this.selectedMs !== undefined) this.#drawMoment(this.selectedMs, 'selected', '');
  }

  #drawMoment(atMs: number, color: string, label: string): void {
    const x = this.#view.x(atMs);
    if (x < this.#view.gutter || x > this.#view.width) return;
    const context = this.#context;
    context.fillStyle = this.#color(color);
    context.fillRect(x - 1, 0, 2, this.height);
    if (label === '') return;
    const width = label.length * CHARACTER_PIXELS + 8;
    const left = x + width > this.#view.width ? x - width : x;
    context.fillRect(left, 0, width, 16);
    context.fillStyle = this.#color('on-color');
    context.fillText(label, left + 4, 9);
  }

  /** Marks lie on spans and win. */
  hit(x: number, y: number): Hit | undefined {
    const placed = this.#placed.find(
      ({ lane, top, rowHeight }) => y >= top && y < top + lane.rows * rowHeight,
    );
    if (placed === undefined || x < this.#view.gutter) return undefined;
    const row = Math.floor((y - placed.top) / placed.rowHeight);
    const mark = nearestMark(placed.lane.marks, row, this.#view, x);
    if (mark !== undefined) return { event: mark.event, endEvent: undefined };
    const span = nearestSpan(placed.lane.spans, row, this.#view, x);
    return span && { event: span.event, endEvent: span.endEvent };
  }
}

function nearestMark(marks: readonly Mark[], row: number, view: View, x: number): Mark | undefined {
  const distance = (mark: Mark): number => Math.abs(view.x(mark.atMs) - x);
  return marks
    .filter((mark) => mark.row === row && distance(mark) <= HIT_PIXELS)
    .sort((a, b) => distance(a) - distance(b))[0];
}

function nearestSpan(spans: readonly Span[], row: number, view: View, x: number): Span | undefined {
  const distance = (span: Span): number =>
    Math.max(0, view.x(span.fromMs) - x, x - view.x(span.toMs));
  return spans
    .filter((span) => span.row === row && distance(span) <= HIT_PIXELS)
    .sort((a, b) => distance(a) - distance(b))[0];
}

const isOnColor = (tone: Tone): boolean => tone !== 'up' && tone !== 'watch';

/** Neighbouring terms look unlike each other. */
const termColor = (term: number): string => `hsl(${(term * 137) % 360} 50% 42%)`;
