// A member: the life of its process, and when it led.
import type { Numbered } from './model.ts';
import { faultSpans } from './fault-lane.ts';
import type { Lane, Mark, Span } from './page-model.ts';

const LIFE_ROW = 0;
const LEADER_ROW = 1;
const FIRST_FAULT_ROW = 2;

export function memberLane(name: string, events: readonly Numbered[], endMs: number): Lane {
  const life = lifeOf(events, endMs);
  const faults = faultSpans(events, endMs, FIRST_FAULT_ROW);
  const marks: Mark[] = events
    .filter(({ kind }) => kind === 'crash' || kind === 'start' || kind === 'stop')
    .map(({ atMs, index, kind }) => ({
      atMs,
      row: LIFE_ROW,
      tone: kind === 'start' ? 'up' : 'down',
      event: index,
    }));
  return {
    name,
    group: 'members',
    rows: FIRST_FAULT_ROW + faults.rows,
    spans: [...life, ...leadershipOf(events, endMs), ...faults.spans],
    marks: [...marks, ...faults.marks],
  };
}

function lifeOf(events: readonly Numbered[], endMs: number): Span[] {
  const spans: Span[] = [];
  for (const { kind, atMs, text, index } of events) {
    if (kind !== 'start' && kind !== 'stop' && kind !== 'crash') continue;
    const last = spans.at(-1);
    if (last !== undefined) Object.assign(last, { toMs: atMs, endEvent: index });
    const tone = kind === 'start' ? 'up' : 'down';
    spans.push({ fromMs: atMs, toMs: endMs, row: LIFE_ROW, tone, label: text, event: index });
  }
  return spans;
}

function leadershipOf(events: readonly Numbered[], endMs: number): Span[] {
  const spans: Span[] = [];
  const end = (atMs: number, index: number): void => {
    const last = spans.at(-1);
    if (last !== undefined && last.endEvent === undefined)
      Object.assign(last, { toMs: atMs, endEvent: index });
  };
  for (const { kind, atMs, text, index } of events) {
    if (kind === 'stop' || kind === 'crash' || kind === 'leader') end(atMs, index);
    const term = termOf(text);
    if (kind !== 'leader' || term === undefined || /\b(lost|steps? down|ended)\b/.test(text))
      continue;
    spans.push({
      ...{ fromMs: atMs, toMs: endMs, row: LEADER_ROW, tone: 'leader' },
      ...{ label: `term ${term}`, term, event: index },
    });
  }
  return spans;
}

function termOf(text: string): number | undefined {
  const digits = /\bterm[ =]?(\d+)/.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
