// What happened in a run, in order: its hash tells whether two runs were the same, its events are there to read a failure.
import { createHash } from 'node:crypto';

export type TraceKind =
  | 'fault'
  | 'start'
  | 'stop'
  | 'crash'
  | 'leader'
  | 'message'
  | 'disk'
  | 'call'
  | 'answer'
  | 'watch'
  | 'log'
  | 'violation';

export interface TraceEvent {
  readonly atMs: number;
  /** A host's name, `client-3`, or `faults`. */
  readonly lane: string;
  readonly kind: TraceKind;
  readonly text: string;
}

/** Too many to keep by default. */
const BULK: ReadonlySet<TraceKind> = new Set(['message', 'disk', 'log']);

export interface TraceOptions {
  /** Keep the events: all but messages, disk operations and log lines, or really all. */
  readonly keep?: 'none' | 'some' | 'all';
}

export class Trace {
  count = 0;
  readonly events: TraceEvent[] = [];
  private readonly digest = createHash('sha256');
  private pending = '';
  private readonly keep: 'none' | 'some' | 'all';

  constructor(options: TraceOptions = {}) {
    this.keep = options.keep ?? 'none';
  }

  add(atMs: number, lane: string, kind: TraceKind, text: string): void {
    this.count++;
    this.pending += `${atMs} ${lane} ${kind} ${text}\n`;
    if (this.pending.length > 16_384) this.flush();
    if (this.keep === 'all' || (this.keep === 'some' && !BULK.has(kind)))
      this.events.push({ atMs, lane, kind, text });
  }

  /** Hexadecimal SHA-256 over all events so far. */
  hash(): string {
    this.flush();
    return this.digest.copy().digest('hex');
  }

  private flush(): void {
    this.digest.update(this.pending);
    this.pending = '';
  }
}
