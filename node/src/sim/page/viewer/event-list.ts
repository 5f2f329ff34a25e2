// The list of events: only the rows in sight exist as elements.
import type { PageModel } from '../page-model.ts';
import { timeText } from './view.ts';

const ROW_PIXELS = 20;
const SPARE_ROWS = 10;

export interface Filter {
  readonly text: string;
  /** '' for all. */
  readonly lane: string;
  readonly hiddenKinds: ReadonlySet<string>;
  /** Undefined: at any time. */
  readonly range: { readonly fromMs: number; readonly toMs: number } | undefined;
}

export class EventList {
  readonly #model: PageModel;
  readonly #box: HTMLElement;
  readonly #spacer = document.createElement('div');
  readonly #rows = document.createElement('div');
  readonly #chosen: (event: number) => void;
  /** Positions of the events that pass the filter. */
  #shown: number[] = [];
  #selected = -1;

  constructor(box: HTMLElement, model: PageModel, chosen: (event: number) => void) {
    this.#model = model;
    this.#box = box;
    this.#chosen = chosen;
    this.#rows.className = 'rows';
    box.append(this.#spacer, this.#rows);
    box.addEventListener('scroll', () => this.#draw());
    window.addEventListener('resize', () => this.#draw());
  }

  /** @returns how many events pass */
  filter({ text, lane, hiddenKinds, range }: Filter): number {
    const wanted = text.toLowerCase();
    this.#shown = [];
    this.#model.events.forEach(([atMs, laneIndex, kind, eventText], i) => {
      if (hiddenKinds.has(kind)) return;
      if (range !== undefined && (atMs < range.fromMs || atMs > range.toMs)) return;
      const name = this.#model.laneNames[laneIndex]!;
      if (lane !== '' && name !== lane) return;
      if (wanted === '' || `${name} ${kind} ${eventText}`.toLowerCase().includes(wanted))
        this.#shown.push(i);
    });
    this.#spacer.style.height = `${this.#shown.length * ROW_PIXELS}px`;
    this.#draw();
    return this.#shown.length;
  }

  /** Scrolls to the event, or to the first shown after it. */
  select(event: number): void {
    this.#selected = event;
    const found = this.#shown.findIndex((i) => i >= event);
    const position = found < 0 ? this.#shown.length - 1 : found;
    this.#box.scrollTop = position * ROW_PIXELS - this.#box.clientHeight / 2;
    this.#draw();
  }

  #draw(): void {
    const first = Math.max(0, Math.floor(this.#box.scrollTop / ROW_PIXELS) - SPARE_ROWS);
    const many = Math.ceil(this.#box.clientHeight / ROW_PIXELS) + 2 * SPARE_ROWS;
    const rows = this.#shown.slice(first, first + many).map((event) => this.#row(event));
    this.#rows.style.top = `${first * ROW_PIXELS}px`;
    this.#rows.replaceChildren(...rows);
  }

  #row(event: number): HTMLElement {
    const [atMs, lane, kind, text] = this.#model.events[event]!;
    const row = document.createElement('div');
    row.className = `row kind-${kind}${event === this.#selected ? ' selected' : ''}`;
    for (const cell of [timeText(atMs, 0.01), this.#model.laneNames[lane]!, kind, text]) {
      const element = document.createElement('span');
      element.textContent = cell;
      row.append(element);
    }
    row.title = text;
    row.addEventListener('click', () => this.#chosen(event));
    return row;
  }
}
