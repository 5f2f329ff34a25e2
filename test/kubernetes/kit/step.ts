// A step: one thing that is done to the kit while clients work, and what is expected of it.
import type { Kit } from './kit.ts';

export interface Step {
  /** As in the table. */
  readonly title: string;
  /** For --only. */
  readonly group: string;
  /** Does it, and waits until it is done. */
  run(kit: Kit): Promise<void>;
  /** Members afterwards; as configured when left out. */
  readonly members?: number;
  /** No request may fail: it is done without any member's end. */
  readonly withoutFailures?: boolean;
  /** No quorum is left for a while, so that pauses say nothing. */
  readonly stopsTheCluster?: boolean;
  /** The cluster id changes: all members start again on other data, so that clients wait longer. */
  readonly foundsAnew?: boolean;
}
