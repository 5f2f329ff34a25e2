// What a `*.bench.ts` beside a hot room exports for `npm run bench:micro`.

/**
 * One call of what is measured. What it returns is kept until the next call, so that the compiler cannot leave its making
 * out. A promise is awaited, and waiting for it counts (some 100 bytes a call): such a call does many operations.
 */
export type Operation = (call: number) => unknown;

export interface Benchmark {
  /** What one call does, all figures are divided by it. Default 1. */
  readonly operationsPerCall?: number;
  /** Calls that are measured together. Default 1,000: less for what allocates more than 5 KB a call. */
  readonly calls?: number;
  /** Makes what the calls need, which is not measured. State must stay about as large as it is here. */
  start(): Operation | Promise<Operation>;
}

/** By name: the room, then the operation, as in `wire decode a put of 256 B`. */
export type Benchmarks = Readonly<Record<string, Benchmark>>;
