// What the page's program is handed, as JSON in the page.

export type Tone =
  | 'up'
  | 'down'
  | 'paused'
  | 'leader'
  | 'fault'
  | 'ok'
  | 'error'
  | 'refused'
  | 'unknown'
  | 'pending'
  | 'watch'
  | 'violation';

/** Something that takes time. */
export interface Span {
  readonly fromMs: number;
  toMs: number;
  /** Rows of a lane lie one below the other. */
  row: number;
  tone: Tone;
  readonly label: string;
  /** Of a leader. */
  readonly term?: number;
  /** Positions in the list of events: what began it, and what ended it. */
  readonly event: number;
  endEvent?: number;
}

/** A moment. */
export interface Mark {
  readonly atMs: number;
  readonly row: number;
  readonly tone: Tone;
  readonly event: number;
}

export type LaneGroup = 'faults' | 'members' | 'clients';

export interface Lane {
  readonly name: string;
  readonly group: LaneGroup;
  readonly rows: number;
  readonly spans: Span[];
  readonly marks: Mark[];
}

export interface PageModel {
  readonly title: string;
  readonly endMs: number;
  /** Until then faults happen. */
  readonly faultMs: number;
  readonly lanes: readonly Lane[];
  /** What events name by position. */
  readonly laneNames: readonly string[];
  readonly kinds: readonly string[];
  readonly events: readonly (readonly [atMs: number, lane: number, kind: string, text: string])[];
  readonly violations: readonly { check: string; atMs: number; text: string }[];
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** JSON. */
  readonly scenario: string;
  /** The command that makes this run again. */
  readonly replay: string;
}
