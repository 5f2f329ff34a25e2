// One key as the checker thinks of it.
import type { HistoryEntry, VersionedValue } from './key-history.ts';
import type { Model } from './linearizability.ts';

/** Undefined: the key does not exist. */
export type KeyState = VersionedValue | undefined;

function written(state: KeyState, value: string): KeyState {
  return { value, version: (state?.version ?? 0) + 1 };
}

export const KEY_MODEL: Model<KeyState, HistoryEntry> = {
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
