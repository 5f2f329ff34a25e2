// The page comes to life: pointer, wheel, keys and filters.
import { EventList } from './event-list.ts';
import { Lanes } from './lanes.ts';
import type { PageModel } from '../page-model.ts';
import { timeText, View } from './view.ts';

const ZOOM_STEP = 1.3;
/** What is shown around a violation at first. */
const VIOLATION_WIDTH_MS = 6000;
const DRAG_PIXELS = 3;

const byId = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T; // page.ts writes them

/** Called at the end of the page. */
export function start(): void {
  const model = JSON.parse(byId('model').textContent) as PageModel; // page.ts writes it
  const canvas = byId<HTMLCanvasElement>('lanes');
  let isDrawing = false;
  const redraw = (): void => {
    if (isDrawing) return;
    isDrawing = true;
    requestAnimationFrame(() => {
      isDrawing = false;
      view.width = canvas.clientWidth;
      lanes.draw();
      if (byId<HTMLInputElement>('in-sight').checked) applyFilter();
    });
  };
  const view = new View(model.endMs, redraw);
  const lanes = new Lanes(canvas, model, view);
  const select = (event: number): void => {
    const [atMs] = model.events[event]!;
    lanes.selectedMs = atMs;
    list.select(event);
    if (atMs < view.fromMs || atMs > view.toMs) view.center(atMs);
    redraw();
  };
  const list = new EventList(byId('events'), model, select);
  const applyFilter = readFilter(model, view, list);
  listenToPointer(canvas, model, view, lanes, select);
  listenToButtons(view);
  window.addEventListener('resize', redraw);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  applyFilter();
  showViolation(model, view, select);
  redraw();
}

function showViolation(model: PageModel, view: View, select: (event: number) => void): void {
  const [violation] = model.violations;
  if (violation === undefined) return;
  view.center(violation.atMs, VIOLATION_WIDTH_MS);
  const event = model.events.findIndex(
    ([atMs, , kind]) => kind === 'violation' || atMs > violation.atMs,
  );
  select(event < 0 ? model.events.length - 1 : event);
}

function readFilter(model: PageModel, view: View, list: EventList): () => void {
  const search = byId<HTMLInputElement>('search');
  const lane = byId<HTMLSelectElement>('lane');
  const inSight = byId<HTMLInputElement>('in-sight');
  const hiddenKinds = new Set<string>();
  const apply = (): void => {
    const range = inSight.checked ? { fromMs: view.fromMs, toMs: view.toMs } : undefined;
    const many = list.filter({ text: search.value, lane: lane.value, hiddenKinds, range });
    byId('count').textContent = `${many} of ${model.events.length} events`;
  };
  for (const box of document.querySelectorAll<HTMLInputElement>('input[data-kind]'))
    box.addEventListener('change', () => {
      if (box.checked) hiddenKinds.delete(box.value);
      else hiddenKinds.add(box.value);
      apply();
    });
  search.addEventListener('input', apply);
  lane.addEventListener('change', apply);
  inSight.addEventListener('change', apply);
  return apply;
}

function listenToButtons(view: View): void {
  const width = (): number => view.toMs - view.fromMs;
  const actions: Record<string, () => void> = {
    'zoom-in': () => view.zoom(1 / ZOOM_STEP),
    'zoom-out': () => view.zoom(ZOOM_STEP),
    earlier: () => view.pan(-width() / 4),
    later: () => view.pan(width() / 4),
    all: () => view.show(0, view.endMs),
  };
  const keys: Record<string, string> = {
    '+': 'zoom-in',
    '-': 'zoom-out',
    ArrowLeft: 'earlier',
    ArrowRight: 'later',
    '0': 'all',
  };
  for (const [id, action] of Object.entries(actions)) byId(id).addEventListener('click', action);
  document.addEventListener('keydown', (event) => {
    const isTyping = event.target instanceof HTMLInputElement && event.target.type === 'search';
    if (!isTyping) actions[keys[event.key] ?? '']?.();
  });
}

function listenToPointer(
  canvas: HTMLCanvasElement,
  model: PageModel,
  view: View,
  lanes: Lanes,
  select: (event: number) => void,
): void {
  let draggedFrom: number | undefined;
  let hasMoved = false;
  canvas.addEventListener('pointerdown', (event) => {
    draggedFrom = event.offsetX;
    hasMoved = false;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (draggedFrom === undefined) return showTip(event, model, lanes);
    if (!hasMoved && Math.abs(event.offsetX - draggedFrom) < DRAG_PIXELS) return;
    hasMoved = true;
    view.pan((draggedFrom - event.offsetX) * view.msPerPixel);
    draggedFrom = event.offsetX;
  });
  canvas.addEventListener('pointerup', (event) => {
    const hit = hasMoved ? undefined : lanes.hit(event.offsetX, event.offsetY);
    draggedFrom = undefined;
    if (hit !== undefined) select(hit.event);
  });
  canvas.addEventListener('pointerleave', () => (byId('tip').hidden = true));
  canvas.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      const sideways = event.shiftKey ? event.deltaY : event.deltaX;
      if (sideways !== 0) view.pan(sideways * view.msPerPixel);
      else view.zoom(event.deltaY > 0 ? ZOOM_STEP : 1 / ZOOM_STEP, view.ms(event.offsetX));
    },
    { passive: false },
  );
}

function showTip(event: PointerEvent, model: PageModel, lanes: Lanes): void {
  const tip = byId('tip');
  const hit = lanes.hit(event.offsetX, event.offsetY);
  tip.hidden = hit === undefined;
  if (hit === undefined) return;
  const lines = [hit.event, ...(hit.endEvent === undefined ? [] : [hit.endEvent])].map((index) => {
    const [atMs, lane, , text] = model.events[index]!;
    return `${timeText(atMs)}  ${model.laneNames[lane]}  ${text}`;
  });
  if (hit.endEvent !== undefined) {
    const tookMs = model.events[hit.endEvent]![0] - model.events[hit.event]![0];
    lines.push(`took ${tookMs.toFixed(3)} ms`);
  }
  tip.textContent = lines.join('\n');
  const left = Math.min(event.clientX + 12, window.innerWidth - tip.offsetWidth - 8);
  const isLow = event.clientY + tip.offsetHeight + 24 > window.innerHeight;
  tip.style.left = `${Math.max(0, left)}px`;
  tip.style.top = `${isLow ? event.clientY - tip.offsetHeight - 12 : event.clientY + 16}px`;
}
