// Stands in for the checkers until they are there.
import type { Observer, Violation, FinalState } from './checks/observer.ts';
import type { Scenario } from './scenario.ts';
export interface ChecksParts { nowMs: () => number; scenario: Scenario; onViolation: (violation: Violation) => void }
export class Checks implements Observer {
  readonly violations: Violation[] = [];
  constructor(_parts: ChecksParts) {}
  started(): void {} stopped(): void {} becameLeader(_h: string, _m: bigint, _t: number): void {} voted(): void {} sent(): void {} applied(): void {} installed(): void {} restored(): void {}
  called(): void {} returned(): void {} watchOpened(): void {} watchRequested(): void {} watchResponse(): void {} watchClosed(): void {} fault(): void {} faultsEnded(): void {}
  finish(_states: readonly FinalState[]): void {}
}
