// The part of the time that is in sight.

const MIN_WIDTH_MS = 0.5;

export class View {
  fromMs = 0;
  toMs: number;
  /** Pixels, left of them the names of the lanes. */
  width = 1000;
  readonly gutter = 96;
  readonly endMs: number;
  readonly #changed: () => void;

  constructor(endMs: number, changed: () => void) {
    this.endMs = endMs;
    this.toMs = endMs;
    this.#changed = changed;
  }

  get msPerPixel(): number {
    return (this.toMs - this.fromMs) / Math.max(1, this.width - this.gutter);
  }

  x(atMs: number): number {
    return this.gutter + (atMs - this.fromMs) / this.msPerPixel;
  }

  ms(x: number): number {
    return this.fromMs + (x - this.gutter) * this.msPerPixel;
  }

  /** @param factor below 1 to see less, larger */
  zoom(factor: number, aroundMs = (this.fromMs + this.toMs) / 2): void {
    const from = aroundMs - (aroundMs - this.fromMs) * factor;
    const to = aroundMs + (this.toMs - aroundMs) * factor;
    if (to - from >= MIN_WIDTH_MS) this.show(from, to);
  }

  pan(byMs: number): void {
    this.show(this.fromMs + byMs, this.toMs + byMs);
  }

  /** Keeps the scale unless `atMs` would be nothing but a point in it. */
  center(atMs: number, maxWidthMs = Infinity): void {
    const half = Math.min(this.toMs - this.fromMs, maxWidthMs) / 2;
    this.show(atMs - half, atMs + half);
  }

  /** Shifted and cut so that nothing before the beginning and little after the end is shown. */
  show(fromMs: number, toMs: number): void {
    const width = Math.min(toMs - fromMs, this.endMs * 1.04);
    this.fromMs = Math.max(this.endMs * -0.02, Math.min(fromMs, this.endMs * 1.02 - width));
    this.toMs = this.fromMs + width;
    this.#changed();
  }
}

/** A round distance between two lines of the time axis: 1, 2 or 5 times a power of ten. */
export function tickMs(minMs: number): number {
  let power = 0.001;
  while (power * 10 <= minMs) power *= 10;
  return [1, 2, 5, 10].map((times) => times * power).find((ms) => ms >= minMs)!;
}

export function timeText(ms: number, stepMs = 0.001): string {
  const digits = stepMs >= 1000 ? 0 : stepMs >= 100 ? 1 : stepMs >= 10 ? 2 : stepMs >= 1 ? 3 : 6;
  return `${(ms / 1000).toFixed(digits)} s`;
}
