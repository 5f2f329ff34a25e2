// Faults: some last, some happen at a moment.
import type { Numbered } from './model.ts';
import { packRows } from './pack-rows.ts';
import type { Lane, Mark, Span } from './page-model.ts';

export function faultLane(name: string, events: readonly Numbered[], endMs: number): Lane {
  const { spans, marks, rows } = faultSpans(events, endMs, 0);
  const violations: Mark[] = events
    .filter(({ kind }) => kind === 'violation')
    .map(({ atMs, index }) => ({ atMs, row: 0, tone: 'violation', event: index }));
  return {
    name,
    group: 'faults',
    rows: Math.max(rows, 1),
    spans,
    marks: [...marks, ...violations],
  };
}

/** @param firstRow where the first of their rows lies in the lane */
export function faultSpans(
  events: readonly Numbered[],
  endMs: number,
  firstRow: number,
): { spans: Span[]; marks: Mark[]; rows: number } {
  const spans: Span[] = [];
  const marks: Mark[] = [];
  for (const { kind, atMs, text, index } of events) {
    if (kind !== 'fault') continue;
    const toMs = Math.min(endOf(atMs, text) ?? atMs, endMs);
    const tone = /\bpause/.test(text) ? 'paused' : 'fault';
    if (toMs > atMs)
      spans.push({ fromMs: atMs, toMs, row: firstRow, tone, label: text, event: index });
    else marks.push({ atMs, row: firstRow, tone, event: index });
  }
  const rows = packRows(spans, firstRow);
  return { spans, marks, rows: Math.max(rows, marks.length > 0 ? 1 : 0) };
}

/** Undefined when the text says nothing of the kind: `for 800 ms`, `for 1.5 s`, `until 12000`. */
function endOf(atMs: number, text: string): number | undefined {
  const [, amount, unit] = /\bfor ([\d.]+) ?(ms|s)\b/.exec(text) ?? [];
  if (amount !== undefined) return atMs + Number(amount) * (unit === 's' ? 1000 : 1);
  const until = /\buntil ([\d.]+)/.exec(text)?.[1];
  return until === undefined ? undefined : Number(until);
}
