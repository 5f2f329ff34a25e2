// A deliberate bug. Production code has no switch for it: it is a patch of the source, applied while the file is loaded
// (hook.ts), in a process that runs the simulation and nothing else.

export interface Mutant {
  /** Lower case with hyphens; unique. */
  readonly name: string;
  /** What the store does wrong with it. */
  readonly bug: string;
  /** The bug of etcd that it is taken from, as `etcd #14370`, or `textbook`. */
  readonly like: string;
  /** The source file, from node/src. */
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** The profiles in which it can show, or scenarios by their file from node/src/sim, the likeliest first; any profile where absent. */
  readonly profiles?: readonly string[] | undefined;
}

/** A patch that no longer fits the source. */
export class StaleMutantError extends Error {
  override readonly name = 'StaleMutantError';
}

/** @throws StaleMutantError naming the mutant to bring up to date */
export function mutate(mutant: Mutant, source: string): string {
  const pieces = source.split(mutant.find);
  if (pieces.length !== 2) {
    throw new StaleMutantError(
      `the text that mutant ${mutant.name} replaces stands ${pieces.length - 1} times in node/src/${mutant.file}, not once: bring the mutant up to date`,
    );
  }
  return pieces.join(mutant.replace);
}
