// How V8 is run for a measurement: always the same, and without a collection in between.
import { inspect } from 'node:util';
import { GCProfiler } from 'node:v8';

/** New objects until the next collection. A batch and its warm-up have to stay below it. */
const YOUNG_MEGABYTES = 256;

/** For the process that measures. */
export const V8_FLAGS: readonly string[] = [
  '--expose-gc',
  `--min-semi-space-size=${YOUNG_MEGABYTES}`,
  `--max-semi-space-size=${YOUNG_MEGABYTES}`,
  // Array buffers count as old, and would bring about a collection of everything.
  '--no-incremental-marking',
  '--initial-heap-size=4096',
  '--max-old-space-size=4096',
  // When code is optimized must not depend on how busy the machine is.
  '--single-threaded',
  '--hash-seed=1',
  '--random-seed=1',
  // One allocation an object: the compiler otherwise joins neighbours into one step, and their number would say little.
  '--no-enable-allocation-folding',
  '--no-turbo-allocation-folding',
  '--maglev-allocation-folding=0',
  '--sampling-heap-profiler-suppress-randomness',
  '--disable-warning=ExperimentalWarning',
];

/** To see which function allocates: a function that was compiled into its caller would be counted as that. */
export const NO_INLINING: readonly string[] = [
  '--no-turbo-inlining',
  '--no-maglev-inlining',
  '--max-maglev-inlined-bytecode-size-small=0',
];

/** Bytes in use on the heap and outside of it (array buffers). Exact with the flags above, up to a constant. */
export function usedBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Only before the code is warm: it also forgets shapes of objects that are not there, and code optimized for them. */
export function collectGarbage(): void {
  gc({ type: 'major' });
}

/** Empties the space for new objects. */
export function makeRoom(): void {
  gc({ type: 'minor' });
}

function gc(options: { type: 'major' | 'minor' }): void {
  if (globalThis.gc === undefined) throw new Error('V8 runs without --expose-gc');
  globalThis.gc(options);
}

/** @throws when a collection ran meanwhile: what it freed would be missing */
export async function withoutCollection<T>(work: () => Promise<T>): Promise<T> {
  const profiler = new GCProfiler();
  profiler.start();
  const result = await work();
  const { statistics } = profiler.stop();
  const first = statistics[0];
  if (first !== undefined) {
    const shown = inspect({ type: first.gcType, collections: statistics.length });
    throw new Error(
      `garbage was collected while it was measured, so make \`calls\` less: ${shown}`,
    );
  }
  return result;
}
