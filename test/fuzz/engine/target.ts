// What a fuzzer is made of.
import type { FuzzRandom } from './random.ts';

export interface Target {
  readonly name: string;
  /**
   * Feeds one input to the code under test and judges what comes out: throws (or rejects) when the oracle is broken.
   * Must leave nothing behind that changes what the next input does.
   */
  readonly run: (input: Uint8Array) => void | Promise<void>;
  /** Valid inputs to begin with, besides the corpus on disk. */
  readonly seeds: () => readonly Uint8Array[];
  /** Words of the format that mutations put in. */
  readonly dictionary?: readonly (string | Uint8Array)[];
  /** Inputs are cut to this length. */
  readonly maxBytes: number;
  /** A mutation that knows the format, or makes checksums right again; returns undefined when it can do nothing. */
  readonly mutate?: (input: Uint8Array, random: FuzzRandom) => Uint8Array | undefined;
  /** Branches that one execution may take before it counts as endless. */
  readonly maxSteps?: number;
  /** Elements that one execution may allocate before it counts as greedy. */
  readonly maxAllocated?: number;
}

export const DEFAULT_MAX_STEPS = 2_000_000;
export const DEFAULT_MAX_ALLOCATED = 64 * 1024 * 1024;
