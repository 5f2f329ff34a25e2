// A client: its requests as bars in the colour of their outcome, and its watch streams.
import type { Numbered } from './model.ts';
import { packRows } from './pack-rows.ts';
import type { Lane, Mark, Span, Tone } from './page-model.ts';

export function clientLane(name: string, events: readonly Numbered[], endMs: number): Lane {
  const requests = requestsOf(events, endMs);
  const streams = streamsOf(events, endMs);
  const requestRows = packRows(requests, 0);
  const streamRows = packRows(
    streams.map(({ span }) => span),
    requestRows,
  );
  const marks: Mark[] = streams.flatMap(({ span, responses }) =>
    responses.map(({ atMs, index }) => ({ atMs, row: span.row, tone: 'watch', event: index })),
  );
  const spans = [...requests, ...streams.map(({ span }) => span)];
  return { name, group: 'clients', rows: Math.max(1, requestRows + streamRows), spans, marks };
}

/** `call` and `answer` belong together by the number they begin with: `#12 Range at m0: …`. */
function requestsOf(events: readonly Numbered[], endMs: number): Span[] {
  const open = new Map<string, Span>();
  const spans: Span[] = [];
  for (const { kind, atMs, text, index } of events) {
    const [, id, rest] = /^#(\S+) ([^]*)$/.exec(text) ?? [];
    if (id === undefined) continue;
    if (kind === 'call') {
      const label = rest ?? '';
      const span: Span = {
        fromMs: atMs,
        toMs: endMs,
        row: 0,
        tone: 'pending',
        label,
        event: index,
      };
      open.set(id, span);
      spans.push(span);
    } else if (kind === 'answer') {
      const span = open.get(id);
      if (span !== undefined)
        Object.assign(span, { toMs: atMs, tone: outcomeOf(rest ?? ''), endEvent: index });
      open.delete(id);
    }
  }
  return spans;
}

function outcomeOf(answer: string): Tone {
  const [, word] = /^(error|refused|unknown)\b/.exec(answer) ?? [];
  return (word as Tone | undefined) ?? 'ok'; // the three words are tones
}

interface Stream {
  readonly span: Span;
  readonly responses: Numbered[];
}

/** `stream 3 opened at m1`, `stream 3 …` for each message, `stream 3 closed: …`. */
function streamsOf(events: readonly Numbered[], endMs: number): Stream[] {
  const open = new Map<string, Stream>();
  const streams: Stream[] = [];
  for (const event of events) {
    if (event.kind !== 'watch') continue;
    const [, id = '', rest = event.text] = /^(?:stream |#)(\S+) ([^]*)$/.exec(event.text) ?? [];
    const known = open.get(id);
    if (known !== undefined && rest.startsWith('closed')) {
      Object.assign(known.span, { toMs: event.atMs, endEvent: event.index });
      open.delete(id);
    } else if (known !== undefined) {
      known.responses.push(event);
    } else {
      const base = { fromMs: event.atMs, toMs: endMs, row: 0, event: event.index };
      const stream: Stream = { span: { ...base, tone: 'watch', label: event.text }, responses: [] };
      open.set(id, stream);
      streams.push(stream);
    }
  }
  return streams;
}
