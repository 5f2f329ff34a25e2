// What a page shows of a run: lanes with spans and marks over simulated time, made from the texts of the trace.
import type { RunReport } from '../report.ts';
import type { TraceEvent } from '../world/trace.ts';
import type { Lane, LaneGroup, PageModel } from './page-model.ts';
import { faultLane } from './fault-lane.ts';
import { clientLane } from './client-lane.ts';
import { memberLane } from './member-lane.ts';

/** An event with its position in the list that the page shows. */
export interface Numbered extends TraceEvent {
  readonly index: number;
}

/** Kinds that draw nothing in a lane; they stand in the list. */
const MEMBER_KINDS: ReadonlySet<string> = new Set(['start', 'stop', 'crash', 'leader', 'log']);
const CLIENT_KINDS: ReadonlySet<string> = new Set(['call', 'answer', 'watch']);

export function modelOf(report: RunReport, replay: string): PageModel {
  const { scenario, trace, violations } = report;
  const endMs = Math.max(report.simulatedMs, ...violations.map(({ atMs }) => atMs), 1);
  const byLane = new Map<string, Numbered[]>();
  trace.forEach((event, index) => {
    const list = byLane.get(event.lane);
    if (list === undefined) byLane.set(event.lane, [{ ...event, index }]);
    else list.push({ ...event, index });
  });
  const laneNames = [...byLane.keys()];
  const lanes = lanesOf(withOwnFaults(byLane), endMs);
  return {
    title: `Seed ${scenario.seed}, ${scenario.profile}`,
    endMs,
    faultMs: Math.min(scenario.faultMs, endMs),
    lanes,
    laneNames,
    kinds: [...new Set(trace.map(({ kind }) => kind))],
    events: eventRows(trace, laneNames),
    violations: violations.map(({ check, atMs, text }) => ({ check, atMs, text })),
    facts: factsOf(report),
    scenario: JSON.stringify(scenario, undefined, 2),
    replay,
  };
}

function eventRows(
  trace: readonly TraceEvent[],
  laneNames: readonly string[],
): PageModel['events'] {
  const laneIndex = new Map(laneNames.map((name, i) => [name, i]));
  return trace.map(({ atMs, lane, kind, text }) => [atMs, laneIndex.get(lane)!, kind, text]);
}

/** A fault of one machine (`pause: m1 for 800 ms`) is drawn in that machine's lane too. */
function withOwnFaults(byLane: ReadonlyMap<string, Numbered[]>): Map<string, Numbered[]> {
  const own = new Map<string, Numbered[]>();
  for (const event of [...byLane.values()].flat()) {
    if (event.kind !== 'fault' || /[|→]/.test(event.text)) continue;
    const host = /^\w+: (\w+)\b/.exec(event.text)?.[1] ?? '';
    if (host !== event.lane && byLane.has(host)) own.set(host, [...(own.get(host) ?? []), event]);
  }
  const inOrder = (events: readonly Numbered[]): Numbered[] =>
    events.toSorted((a, b) => a.index - b.index);
  return new Map(
    [...byLane].map(([name, events]) => [name, inOrder([...events, ...(own.get(name) ?? [])])]),
  );
}

const GROUP_ORDER: readonly LaneGroup[] = ['faults', 'members', 'clients'];

function lanesOf(byLane: ReadonlyMap<string, readonly Numbered[]>, endMs: number): Lane[] {
  const lanes = [...byLane].map(([name, events]) => laneOf(name, events, endMs));
  endLeadership(lanes);
  return lanes.toSorted(
    (a, b) =>
      GROUP_ORDER.indexOf(a.group) - GROUP_ORDER.indexOf(b.group) || compareNames(a.name, b.name),
  );
}

function laneOf(name: string, events: readonly Numbered[], endMs: number): Lane {
  const has = (kinds: ReadonlySet<string>): boolean => events.some(({ kind }) => kinds.has(kind));
  if (has(CLIENT_KINDS)) return clientLane(name, events, endMs);
  if (has(MEMBER_KINDS)) return memberLane(name, events, endMs);
  return faultLane(name, events, endMs);
}

/** client-9 before client-10. */
function compareNames(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

/** Nobody leads any more once another member leads a later term: that is not told in the old leader's own lane. */
function endLeadership(lanes: readonly Lane[]): void {
  const leaders = lanes
    .flatMap((lane) => lane.spans.filter(({ term }) => term !== undefined))
    .toSorted((a, b) => a.fromMs - b.fromMs);
  for (const span of leaders) {
    const next = leaders.find((one) => one.fromMs > span.fromMs && one.term! > span.term!); // all have one
    if (next !== undefined) span.toMs = Math.min(span.toMs, next.fromMs);
  }
}

function factsOf(report: RunReport): [string, string][] {
  const faults = Object.entries(report.faults).map(([kind, times]) => `${kind} ${times}`);
  return [
    ['Simulated', `${(report.simulatedMs / 1000).toFixed(1)} s`],
    ['Requests', `${report.requests}, ${report.answered} answered`],
    ['Elections', String(report.elections)],
    ['Messages', String(report.messages)],
    ['Disk operations', String(report.diskOperations)],
    ['Faults', faults.join(', ') || 'none'],
    ['Trace', report.traceHash],
  ];
}
