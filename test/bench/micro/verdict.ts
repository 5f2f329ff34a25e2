// Compares what was measured with what is allowed.
import type { Measured } from './measure.ts';

/** For one operation. */
export interface Budget {
  readonly bytes: number;
  /** Objects on the heap. */
  readonly allocations: number;
}

/** By the benchmark's name. */
export type Budgets = Readonly<Record<string, Budget>>;

/**
 * What a measurement may be over: this share and so many bytes or objects. Two runs differ by 0.3 % at most, also on another
 * processor, so that one object more is found among 25.
 */
const TOLERANCE = 0.02;
const TOLERATED_BYTES = 8;
const TOLERATED_ALLOCATIONS = 0.5;
/** Below this share of its budget something became better, and the budget should say so. */
const WORTH_RECORDING = 0.8;

export const HOW_TO_ACCEPT = 'npm run bench:micro -- --record';

export type Verdict =
  | { readonly outcome: 'within' | 'better'; readonly reason?: undefined }
  | { readonly outcome: 'over' | 'unknown'; readonly reason: string };

/** @param budget undefined when none was recorded, which is a failure: what has no budget cannot exceed it */
export function judge(name: string, measured: Budget, budget: Budget | undefined): Verdict {
  if (budget === undefined) {
    return { outcome: 'unknown', reason: `${name} has no budget: ${HOW_TO_ACCEPT}` };
  }
  const bytes = budget.bytes * (1 + TOLERANCE) + TOLERATED_BYTES;
  const allocations = budget.allocations * (1 + TOLERANCE) + TOLERATED_ALLOCATIONS;
  if (measured.bytes > bytes || measured.allocations > allocations) {
    const reason = `${name} allocates ${shown(measured)} an operation; its budget is ${shown(budget)}. To accept that: ${HOW_TO_ACCEPT} --only '${name}'`;
    return { outcome: 'over', reason };
  }
  const isBetter =
    measured.bytes + TOLERATED_BYTES < budget.bytes * WORTH_RECORDING ||
    measured.allocations + TOLERATED_ALLOCATIONS < budget.allocations * WORTH_RECORDING;
  return { outcome: isBetter ? 'better' : 'within' };
}

function shown({ bytes, allocations }: Budget): string {
  return `${bytes.toFixed(0)} B in ${allocations.toFixed(1)} objects`;
}

/** Budgets of benchmarks that are not there any more: nobody would see that they are kept in vain. */
export function withoutBenchmark(budgets: Budgets, names: readonly string[]): string[] {
  return Object.keys(budgets).filter((name) => !names.includes(name));
}

/** What was measured, as a budget. Rounded, so that a tenth of a byte makes no difference in the file. */
export function budgetOf({ bytes, allocations }: Measured): Budget {
  return { bytes: Math.round(bytes), allocations: Math.round(allocations * 10) / 10 };
}

/** `budgets` with those of `recorded` in place of their own, without those that no benchmark has. In order of the names. */
export function withRecorded(
  budgets: Budgets,
  recorded: Budgets,
  names: readonly string[],
): Budgets {
  const all: Budgets = { ...budgets, ...recorded };
  const kept = Object.entries(all).filter(([name]) => names.includes(name));
  return Object.fromEntries(kept.sort(([one], [other]) => (one < other ? -1 : 1)));
}
