// What a run tells of itself.
import type { Violation } from './checks/observer.ts';
import type { Scenario } from './scenario.ts';
import type { TraceEvent } from './world/trace.ts';

export interface RunReport {
  readonly scenario: Scenario;
  /** Hexadecimal; equal for equal runs. */
  readonly traceHash: string;
  readonly events: number;
  readonly simulatedMs: number;
  readonly requests: number;
  readonly answered: number;
  /** How often each kind of fault happened. */
  readonly faults: Readonly<Record<string, number>>;
  readonly elections: number;
  readonly messages: number;
  readonly diskOperations: number;
  readonly violations: readonly Violation[];
  /** Empty unless events were to be kept. */
  readonly trace: readonly TraceEvent[];
}
