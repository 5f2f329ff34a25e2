// What instrumented code calls (see instrument.ts). One execution at a time: the state is the module's, because a property
// access at every branch would cost more than the branch.
//
// Edges are counted as AFL does (https://lcamtuf.coredump.cx/afl/technical_details.txt, section 1): a branch's place and
// the one before it, hashed into a map of counters.

export const MAP_SIZE = 1 << 17;
const MAP_MASK = MAP_SIZE - 1;
/** Comparisons kept of one traced execution. */
const MAX_COMPARISONS = 4096;

/** Code under test went round for longer than any input of its size explains. */
export class Endless extends Error {
  constructor(steps: number) {
    super(`no end after ${steps} branches`);
    this.name = 'Endless';
  }
}

/** Code under test asked for memory that its input does not explain. */
export class Greedy extends Error {
  constructor(bytes: number, limit: number) {
    super(`allocates ${bytes} at once or in sum, over ${limit}`);
    this.name = 'Greedy';
  }
}

export interface Limits {
  /** Branches that one execution may take. */
  readonly maxSteps: number;
  /** Elements of typed arrays and buffers that one execution may allocate in instrumented code. */
  readonly maxAllocated: number;
}

export type Operand = number | bigint | string | undefined;

const counts = new Uint8Array(MAP_SIZE);
const touched = new Uint32Array(MAP_SIZE);
let touchedCount = 0;
let previous = 0;
let stepsLeft = Infinity;
let allocated = 0;
let limits: Limits = { maxSteps: Infinity, maxAllocated: Infinity };
/** The limit that the execution passed, in case that the code under test catches what is thrown then. */
let passed: Error | undefined;
let isTracing = false;
let comparisons: [Operand, Operand][] = [];

/** A branch was taken. */
export function hit(place: number): void {
  const edge = (place ^ previous) & MAP_MASK;
  previous = place >>> 1;
  const count = counts[edge] as number; // masked
  if (count === 0) touched[touchedCount++] = edge;
  if (count < 255) counts[edge] = count + 1;
  if (--stepsLeft < 0) throw (passed ??= new Endless(limits.maxSteps));
}

/** `a === b`, remembered while a trace is taken. */
export function same(a: unknown, b: unknown): boolean {
  if (isTracing) compared(a, b);
  return a === b;
}

/** An argument of a search or look-up, remembered while a trace is taken. */
export function sought<T>(value: T): T {
  if (isTracing && typeof value === 'string') compared(value, value);
  return value;
}

/** The argument of an allocation: a number of elements, or what else the constructor takes. */
export function sized<T>(length: T): T {
  if (typeof length === 'number') {
    allocated += length;
    if (allocated > limits.maxAllocated) {
      throw (passed ??= new Greedy(allocated, limits.maxAllocated));
    }
  }
  return length;
}

function compared(a: unknown, b: unknown): void {
  if (comparisons.length < MAX_COMPARISONS && isOperand(a) && isOperand(b)) {
    comparisons.push([a, b]);
  }
}

function isOperand(value: unknown): value is Operand {
  return value === undefined || ['number', 'string', 'bigint'].includes(typeof value);
}

/** Forgets the execution before. */
export function begin(next: Limits): void {
  for (let i = 0; i < touchedCount; i++) counts[touched[i] as number] = 0; // i is below the count
  touchedCount = 0;
  previous = 0;
  allocated = 0;
  limits = next;
  stepsLeft = next.maxSteps;
  passed = undefined;
}

/** The limit that the execution passed, or undefined. */
export function passedLimit(): Error | undefined {
  return passed;
}

/** Calls `visit` with each edge of the execution and the power of two that stands for how often it was taken. */
export function eachEdge(visit: (edge: number, bucket: number) => void): void {
  for (let i = 0; i < touchedCount; i++) {
    const edge = touched[i] as number; // i is below the count
    visit(edge, BUCKETS[counts[edge] as number] as number); // both tables cover their index's range
  }
}

/** AFL's classes of hit counts: 1, 2, 3, 4–7, 8–15, 16–31, 32–127, more. */
const BUCKETS = Uint8Array.from({ length: 256 }, (_, count) => {
  if (count < 4) return count === 0 ? 0 : 1 << (count - 1);
  if (count < 8) return 8;
  if (count < 16) return 16;
  if (count < 32) return 32;
  return count < 128 ? 64 : 128;
});

export function beginTrace(): void {
  comparisons = [];
  isTracing = true;
}

/** The pairs that were compared since the trace began. */
export function endTrace(): readonly (readonly [Operand, Operand])[] {
  isTracing = false;
  return comparisons;
}
