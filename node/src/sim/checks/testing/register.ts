// A register with versions, for the tests of the search: one key as a client without transactions sees it.
import type { Interval, Model } from '../linearizability.ts';

/** Written values are unique within a history, so that a read tells whose write it saw. */
export type Operation =
  | { readonly kind: 'get' }
  | { readonly kind: 'put'; readonly value: string }
  | { readonly kind: 'delete' }
  /** Puts `value` when the key holds `expected` (undefined: when there is no such key). */
  | {
      readonly kind: 'compareAndSwap';
      readonly expected: string | undefined;
      readonly value: string;
    };

/** A value, and how often it was written since its creation: a write that is executed twice shows in it. */
export interface VersionedValue {
  readonly value: string;
  readonly version: number;
}

export type Result =
  | { readonly kind: 'get'; readonly found: VersionedValue | undefined }
  | { readonly kind: 'put' }
  | { readonly kind: 'delete'; readonly deleted: number }
  | { readonly kind: 'compareAndSwap'; readonly succeeded: boolean };

export interface RegisterEntry extends Interval {
  readonly operation: Operation;
  /** Undefined when nobody knows whether the operation took effect: it may have, at any time after the call. */
  readonly result: Result | undefined;
}

/** Undefined: the key does not exist. */
export type RegisterState = VersionedValue | undefined;

function written(state: RegisterState, value: string): RegisterState {
  return { value, version: (state?.version ?? 0) + 1 };
}

export const REGISTER: Model<RegisterState, RegisterEntry> = {
  initial: undefined,
  identify: (state) => (state === undefined ? '' : `${state.version}:${state.value}`),
  step(state, { operation, result }) {
    switch (operation.kind) {
      case 'get': {
        if (result?.kind !== 'get') return { state };
        const { found } = result;
        const matches = found?.value === state?.value && found?.version === state?.version;
        return matches ? { state } : undefined;
      }
      case 'put':
        return { state: written(state, operation.value) };
      case 'delete': {
        const deleted = state === undefined ? 0 : 1;
        if (result?.kind === 'delete' && result.deleted !== deleted) return undefined;
        return { state: undefined };
      }
      case 'compareAndSwap': {
        const succeeds = state?.value === operation.expected;
        if (result?.kind === 'compareAndSwap' && result.succeeded !== succeeds) return undefined;
        return { state: succeeds ? written(state, operation.value) : state };
      }
    }
  },
};
