// What every checker is handed.
import type { Model } from './model/model.ts';

export interface CheckContext {
  /** Simulated time, ms since the run began. */
  readonly nowMs: () => number;
  /** Notes a violation; `check` names the checker. */
  readonly report: (check: string, text: string) => void;
  /** Another one after each disaster recovery. */
  model: Model;
}
