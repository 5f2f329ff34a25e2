// One execution of a target: what it covered stands in coverage.ts afterwards, and what went wrong is returned.
import { Endless, begin, passedLimit } from './coverage.ts';
import { DEFAULT_MAX_ALLOCATED, DEFAULT_MAX_STEPS, type Target } from './target.ts';

/** No input that is allowed takes so long; this finds what counters do not see, such as a regular expression's backtracking. */
const SLOW_MS = 10_000;

export interface Failure {
  /** The same for inputs that fail in the same way. */
  readonly signature: string;
  readonly error: unknown;
}

/** Calls the target; returns undefined when all is well. A target without a promise is not waited for. */
export function execute(
  target: Target,
  input: Uint8Array,
): Failure | undefined | Promise<Failure | undefined> {
  begin({
    maxSteps: target.maxSteps ?? DEFAULT_MAX_STEPS,
    maxAllocated: target.maxAllocated ?? DEFAULT_MAX_ALLOCATED,
  });
  const startMs = performance.now();
  try {
    const running = target.run(input.slice());
    if (running === undefined) return excess(startMs);
    return running.then(() => excess(startMs), failureOf);
  } catch (error) {
    return failureOf(error);
  }
}

/** What is wrong with an execution that ended well, or so it seems. */
function excess(startMs: number): Failure | undefined {
  const limit = passedLimit();
  if (limit !== undefined) return failureOf(limit);
  const tookMs = performance.now() - startMs;
  if (tookMs < SLOW_MS) return undefined;
  return { signature: 'slow', error: new Error(`took ${Math.round(tookMs)} ms`) };
}

function failureOf(error: unknown): Failure {
  const cause = passedLimit() ?? error;
  return { signature: signatureOf(cause), error: cause };
}

/** The kind of error and where it was thrown. */
export function signatureOf(error: unknown): string {
  if (!(error instanceof Error)) return `thrown: ${typeof error}`;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const own = frames.find((line) => !/engine\/|node:/.test(line)) ?? '';
  const place = /[^/(\s]+:\d+(?=:\d+\)?$)/.exec(own)?.[0] ?? '';
  // An endless loop stops at any of its branches.
  if (error instanceof Endless) return 'Endless';
  return `${error.name} at ${place}`;
}
