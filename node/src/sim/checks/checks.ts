// All checkers as one observer.
import type { MemberId } from '../../base/index.ts';
import type { Entry, Message } from '../../wire/gen/raft.ts';
import type { WatchRequest, WatchResponse } from '../../wire/gen/rpc.ts';
import { Answers, headerOf } from './answers/answers.ts';
import type { CheckContext } from './context.ts';
import { LogCheck } from './log.ts';
import { Model } from './model/model.ts';
import type {
  DurableState,
  FinalState,
  Observer,
  OperationRecord,
  StopReason,
  Violation,
  WatchStreamRecord,
} from './observer.ts';

export interface CheckOptions {
  /** Simulated time, ms since the run began. */
  readonly nowMs: () => number;
}

export class Checks implements Observer {
  /** In the order in which they were seen. */
  readonly violations: Violation[] = [];
  private readonly context: CheckContext;
  private readonly log: LogCheck;
  private readonly answers: Answers;
  private readonly listeners: ((violation: Violation) => void)[] = [];

  constructor({ nowMs }: CheckOptions) {
    this.context = {
      nowMs,
      model: new Model(),
      report: (check, text) => this.report(check, text),
    };
    this.log = new LogCheck(this.context);
    this.answers = new Answers(this.context);
  }

  /** Called with each violation as it is seen. */
  onViolation(callback: (violation: Violation) => void): void {
    this.listeners.push(callback);
  }

  /** What the committed entries make, so far. */
  get model(): Model {
    return this.context.model;
  }

  /** Notes a violation that somebody else has found. */
  report(check: string, text: string): void {
    const violation = { check, atMs: this.context.nowMs(), text };
    this.violations.push(violation);
    for (const listener of this.listeners) listener(violation);
  }

  started(host: string, incarnation: number, memberId: MemberId, localTerm: number): void {
    this.log.started(host, incarnation);
    this.answers.floors.started(host, incarnation);
    void memberId;
    void localTerm;
  }

  stopped(host: string, incarnation: number, how: StopReason, reason?: string): void {
    this.answers.floors.stopped(host);
    void [incarnation, how, reason];
  }

  becameLeader(host: string, memberId: MemberId, term: number): void {
    void [host, memberId, term];
  }

  voted(host: string, memberId: MemberId, term: number, candidate: MemberId): void {
    void [host, memberId, term, candidate];
  }

  sent(host: string, message: Message, durable: DurableState): void {
    void [host, message, durable];
  }

  applied(host: string, incarnation: number, entries: readonly Entry[]): void {
    this.log.applied(host, incarnation, entries);
  }

  installed(host: string, incarnation: number, index: number, term: number): void {
    this.log.installed(host, incarnation, index, term);
  }

  restored(host: string, index: number, term: number, revision: number): void {
    void [host, term];
    this.log.restored(index, revision);
    this.answers.restored();
  }

  called(record: OperationRecord): void {
    this.answers.called(record);
  }

  returned(record: OperationRecord): void {
    this.answers.returned(record);
  }

  watchOpened(stream: WatchStreamRecord): void {
    void stream;
  }

  watchRequested(stream: WatchStreamRecord, request: WatchRequest): void {
    void [stream, request];
  }

  watchResponse(stream: WatchStreamRecord, response: WatchResponse): void {
    void [stream, response];
  }

  watchClosed(stream: WatchStreamRecord): void {
    void stream;
  }

  fault(kind: string, text: string): void {
    void [kind, text];
  }

  faultsEnded(): void {
    void this.context;
  }

  /** The run is over: what can only be judged then. */
  finish(finalStates: readonly FinalState[]): void {
    this.answers.finish();
    void [finalStates, headerOf];
  }
}
