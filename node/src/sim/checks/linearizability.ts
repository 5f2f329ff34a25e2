// Is there one order of all operations that respects real time and explains every answer? Wing and Gong's search with
// Lowe's cache of visited configurations (Wing & Gong 1993; Lowe 2017, "Testing for linearizability", section 3).

/** What a sequential object does. */
export interface Model<State, Entry> {
  readonly initial: State;
  /** The state after `entry`, or undefined when the entry's answer is impossible in `state`. */
  step(state: State, entry: Entry): { readonly state: State } | undefined;
  /** Equal for equal states and only for them. */
  identify(state: State): string;
}

export interface Interval {
  readonly calledMs: number;
  /** Infinity for an operation of unknown outcome, which may also never take effect. */
  readonly returnedMs: number;
}

export type Verdict = 'linearizable' | 'notLinearizable' | 'outOfSteps';

/** A call or a return in the list of all that happened, in order of time. */
interface Event {
  /** Position of the operation in the input. */
  readonly operation: number;
  readonly isCall: boolean;
  previous: Event | undefined;
  next: Event | undefined;
  /** Of a call: its return, unless the outcome is unknown. */
  answer: Event | undefined;
}

/** Sets of operations, each with a state, that the search has been in. */
class Visited {
  private readonly seen = new Map<
    number,
    { readonly done: Uint32Array; readonly state: string }[]
  >();

  /** False when it was there already. */
  add(hash: number, done: Uint32Array, state: string): boolean {
    const bucket = this.seen.get(hash);
    if (bucket === undefined) {
      this.seen.set(hash, [{ done: done.slice(), state }]);
      return true;
    }
    if (bucket.some((one) => one.state === state && sameSet(one.done, done))) return false;
    bucket.push({ done: done.slice(), state });
    return true;
  }
}

function sameSet(a: Uint32Array, b: Uint32Array): boolean {
  return a.every((word, index) => word === b[index]);
}

/** Spreads positions over 32 bits, so that the xor of a set's members is a hash of the set. */
function scatter(position: number): number {
  let x = Math.imul(position + 1, 0x9e3779b1);
  x = Math.imul(x ^ (x >>> 15), 0x85ebca6b);
  return x ^ (x >>> 13);
}

const MAX_STEPS = 2_000_000;

/**
 * Checks the operations of one object. Exponential in the worst case, so it gives up after `maxSteps` steps: a bound on
 * time would give one history two verdicts.
 */
export function checkLinearizable<State, Entry extends Interval>(
  model: Model<State, Entry>,
  entries: readonly Entry[],
  maxSteps: number = MAX_STEPS,
): Verdict {
  const head = eventList(entries);
  let pending = entries.filter((entry) => entry.returnedMs !== Infinity).length;
  const done = new Uint32Array(Math.ceil(entries.length / 32));
  const visited = new Visited();
  const path: { readonly call: Event; readonly before: State }[] = [];
  let hash = 0;
  let state = model.initial;
  let event = head.next;
  const toggle = (position: number): void => {
    done[position >>> 5]! ^= 1 << (position & 31);
    hash ^= scatter(position);
  };

  for (let steps = 1; pending > 0; steps++) {
    if (steps > maxSteps) return 'outOfSteps';
    if (event?.isCall === true) {
      const entry = entries[event.operation]!;
      const stepped = model.step(state, entry);
      if (stepped === undefined) {
        event = event.next;
        continue;
      }
      toggle(event.operation);
      if (!visited.add(hash, done, model.identify(stepped.state))) {
        toggle(event.operation);
        event = event.next;
        continue;
      }
      path.push({ call: event, before: state });
      state = stepped.state;
      if (event.answer !== undefined) pending--;
      lift(event);
      event = head.next;
      continue;
    }
    // An answer that nothing explains yet, or the end of the list: the last choice was wrong.
    const last = path.pop();
    if (last === undefined) return 'notLinearizable';
    state = last.before;
    toggle(last.call.operation);
    if (last.call.answer !== undefined) pending++;
    unlift(last.call);
    event = last.call.next;
  }
  return 'linearizable';
}

/** Calls and returns in order of time behind a sentinel. At the same instant calls come first: they may overlap. */
function eventList(entries: readonly Interval[]): Event {
  const timed: { readonly atMs: number; readonly event: Event }[] = [];
  entries.forEach((entry, operation) => {
    const links = { previous: undefined, next: undefined, answer: undefined };
    const call: Event = { operation, isCall: true, ...links };
    timed.push({ atMs: entry.calledMs, event: call });
    if (entry.returnedMs === Infinity) return;
    call.answer = { operation, isCall: false, ...links };
    timed.push({ atMs: entry.returnedMs, event: call.answer });
  });
  timed.sort((a, b) => a.atMs - b.atMs || Number(b.event.isCall) - Number(a.event.isCall));
  const head: Event = {
    operation: -1,
    isCall: false,
    previous: undefined,
    next: undefined,
    answer: undefined,
  };
  let last = head;
  for (const { event } of timed) {
    last.next = event;
    event.previous = last;
    last = event;
  }
  return head;
}

function lift(call: Event): void {
  unlink(call);
  if (call.answer !== undefined) unlink(call.answer);
}

/** Undoes the latest `lift`: the links of what was taken out still tell where it was. */
function unlift(call: Event): void {
  if (call.answer !== undefined) relink(call.answer);
  relink(call);
}

function unlink(event: Event): void {
  if (event.previous !== undefined) event.previous.next = event.next;
  if (event.next !== undefined) event.next.previous = event.previous;
}

function relink(event: Event): void {
  if (event.previous !== undefined) event.previous.next = event;
  if (event.next !== undefined) event.next.previous = event;
}
