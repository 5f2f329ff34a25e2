// What the clients need of the simulated world and cluster; sim/world and sim/cluster provide it, tests stand in for it.
import type { CallContext, Clock, EtcdError, Timer } from '../../base/index.ts';
import type { Registration } from '../../api/index.ts';

export interface ClientNetwork {
  /** Calls `deliver` when the message arrives at `to`: in order and for certain; while the way is cut, when it is mended. */
  sendReliably(from: string, to: string, deliver: () => void): void;
}

export interface ClientScheduler {
  /** True simulated time, ms. */
  readonly nowMs: number;
  after(delayMs: number, callback: () => void): Timer;
}

/** One life of a member's process. */
export interface ServingProcess {
  /** Whether the port for clients is open. */
  readonly isServing: boolean;
  /** By path. */
  readonly methods: ReadonlyMap<string, Registration>;
  /** Runs before each handler: the learner guard. */
  readonly guard: (call: CallContext) => EtcdError | undefined;
  readonly clock: Clock & {
    /** Runs `callback` in the process: at once, after its pause, or never when it has ended. */
    enter(callback: () => void): void;
  };
}

/** A machine. */
export interface ServingHost {
  readonly name: string;
  /** Undefined while nothing runs on it. */
  readonly process: ServingProcess | undefined;
  /** Whether its kernel answers: it refuses connections while no process runs, and says nothing when it is off. */
  readonly isPowered: boolean;
  /** Calls `ended` once when the process that runs now has ended, whatever ended it. */
  onProcessEnd(ended: () => void): void;
}

export interface ServingCluster {
  readonly hosts: readonly ServingHost[];
  host(name: string): ServingHost;
}
