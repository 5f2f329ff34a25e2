// One key as a sequential object, for the search for an order that explains all answers. Revisions are left out on purpose:
// what they say is checked elsewhere, and an order that is found without them owes nothing to them.
import type { Interval, Model } from '../linearizability.ts';

export interface KeyContent {
  readonly value: string;
  readonly version: number;
  readonly lease: bigint;
}

/** Undefined: the key does not exist. */
export type KeyState = KeyContent | undefined;

export type Step =
  /** A read that saw this. */
  | { readonly kind: 'sees'; readonly found: KeyState }
  /** The key exists, or not; what it holds was not shown. */
  | { readonly kind: 'exists'; readonly exists: boolean }
  | { readonly kind: 'delete' }
  /** Undefined: as it was before. */
  | {
      readonly kind: 'put';
      readonly value: string | undefined;
      readonly lease: bigint | undefined;
    }
  /** The key goes with its lease, if it is on it. */
  | { readonly kind: 'expire'; readonly lease: bigint };

/** Conditions of a transaction, with whether they held. */
export interface Guard {
  readonly conditions: readonly ((state: KeyState) => boolean)[];
  readonly held: boolean;
  /** False when there are conditions on other keys as well: those may be why it did not hold. */
  readonly isComplete: boolean;
}

export interface KeyEntry extends Interval {
  /** Id of the operation; undefined for what nobody asked for. */
  readonly operation: number | undefined;
  /** They see the state before the steps. */
  readonly guards: readonly Guard[];
  readonly steps: readonly Step[];
}

export const KEY_OBJECT: Model<KeyState, KeyEntry> = {
  initial: undefined,
  identify: (state) =>
    state === undefined ? '' : `${state.version} ${state.lease} ${state.value}`,
  step(state, { guards, steps }) {
    if (!guards.every((guard) => isPossible(guard, state))) return undefined;
    let now = state;
    for (const step of steps) {
      const next = take(now, step);
      if (next === undefined) return undefined;
      now = next.state;
    }
    return { state: now };
  },
};

function isPossible({ conditions, held, isComplete }: Guard, state: KeyState): boolean {
  const holds = conditions.every((condition) => condition(state));
  if (held) return holds;
  return !isComplete || !holds;
}

/** Undefined when the step is impossible in `state`. */
function take(state: KeyState, step: Step): { readonly state: KeyState } | undefined {
  switch (step.kind) {
    case 'sees':
      return isSame(state, step.found) ? { state } : undefined;
    case 'exists':
      return (state !== undefined) === step.exists ? { state } : undefined;
    case 'delete':
      return { state: undefined };
    case 'expire':
      return state?.lease === step.lease ? { state: undefined } : undefined;
    case 'put': {
      const value = step.value ?? state?.value;
      const lease = step.lease ?? state?.lease;
      if (value === undefined || lease === undefined) return undefined;
      return { state: { value, lease, version: (state?.version ?? 0) + 1 } };
    }
  }
}

function isSame(a: KeyState, b: KeyState): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.value === b.value && a.version === b.version && a.lease === b.lease;
}
