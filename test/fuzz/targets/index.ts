// The targets by name. They are loaded one by one, so that a run has counters only where it needs them.
import type { Target } from '../engine/target.ts';

export const TARGETS: Readonly<Record<string, () => Promise<{ readonly target: Target }>>> = {
  hpack: () => import('./hpack.ts'),
};
