// All checkers as one observer.
import type { MemberId } from '../../base/index.ts';
import type { Entry, Message } from '../../wire/gen/raft.ts';
import type { WatchRequest, WatchResponse } from '../../wire/gen/rpc.ts';
import { Answers } from './answers/answers.ts';
import { CommitCheck } from './commit.ts';
import type { CheckContext } from './context.ts';
import { DurabilityCheck } from './durability.ts';
import { ExclusionCheck } from './exclusion.ts';
import { KeysCheck } from './keys/keys.ts';
import { LeaseCheck } from './leases.ts';
import { LivenessCheck } from './liveness.ts';
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
import { RaftCheck } from './raft.ts';
import { WatchCheck } from './watch/watch.ts';

export interface CheckOptions {
  /** Simulated time, ms since the run began. */
  readonly nowMs: () => number;
  /** By how much members' clocks may be fast or slow, in millionths. */
  readonly clockDriftPpm?: number;
  /** How long after its time a lease may live in a cluster at rest. */
  readonly leaseExpiryBoundMs?: number;
  /** How long after the last fault writes succeed again. */
  readonly recoveryBoundMs?: number;
  /** How far behind each other the members of a cluster at rest may be. */
  readonly catchUpMs?: number;
}

export class Checks implements Observer {
  /** In the order in which they were seen. */
  readonly violations: Violation[] = [];
  private readonly context: CheckContext;
  private readonly log: LogCheck;
  private readonly answers: Answers;
  private readonly watches: WatchCheck;
  private readonly leases: LeaseCheck;
  private readonly raft: RaftCheck;
  private readonly commits: CommitCheck;
  private readonly durability: DurabilityCheck;
  private readonly liveness: LivenessCheck;
  private readonly exclusion: ExclusionCheck;
  private readonly keys: KeysCheck;
  /** Operations under way, with the era in which they began. */
  private readonly calls = new Map<OperationRecord, Model>();
  private readonly listeners: ((violation: Violation) => void)[] = [];

  constructor(options: CheckOptions) {
    this.context = {
      nowMs: options.nowMs,
      model: new Model(),
      report: (check, text) => this.report(check, text),
    };
    const { context } = this;
    this.answers = new Answers(context);
    this.watches = new WatchCheck(context, this.answers.floors);
    this.leases = new LeaseCheck(context, {
      clockDriftPpm: options.clockDriftPpm ?? 1_000,
      expiryBoundMs: options.leaseExpiryBoundMs ?? 5_000,
    });
    this.log = new LogCheck(context, (logged) => this.leases.logged(logged));
    this.raft = new RaftCheck(context);
    this.commits = new CommitCheck(context);
    this.durability = new DurabilityCheck(context);
    this.liveness = new LivenessCheck(context, {
      recoveryBoundMs: options.recoveryBoundMs ?? 5_000,
      catchUpMs: options.catchUpMs ?? 2_000,
    });
    this.exclusion = new ExclusionCheck(context);
    this.keys = new KeysCheck(context);
  }

  /** Called with each violation as it is seen. */
  onViolation(callback: (violation: Violation) => void): void {
    this.listeners.push(callback);
  }

  /** What the committed entries make, so far. */
  get model(): Model {
    return this.context.model;
  }

  /** Keys whose histories were too hard to decide; known when the run is over. */
  get undecidedKeys(): number {
    return this.keys.undecided;
  }

  /** Notes a violation that somebody else has found. */
  report(check: string, text: string): void {
    const violation = { check, atMs: this.context.nowMs(), text };
    this.violations.push(violation);
    for (const listener of this.listeners) listener(violation);
  }

  started(host: string, incarnation: number, memberId: MemberId, localTerm: number): void {
    this.log.started(host, incarnation);
    this.raft.started(host, localTerm);
    this.durability.started(host, memberId);
    this.answers.floors.started(host, incarnation);
  }

  stopped(host: string, incarnation: number, how: StopReason, reason?: string): void {
    void [incarnation, how, reason];
    this.answers.floors.stopped(host);
  }

  becameLeader(host: string, memberId: MemberId, term: number): void {
    this.raft.becameLeader(host, memberId, term);
    this.leases.becameLeader();
  }

  voted(host: string, memberId: MemberId, term: number, candidate: MemberId): void {
    this.raft.voted(host, memberId, term, candidate);
  }

  sent(host: string, message: Message, durable: DurableState): void {
    this.raft.sent(host, message, durable);
    this.commits.sent(message, durable);
  }

  applied(host: string, incarnation: number, entries: readonly Entry[]): void {
    this.log.applied(host, incarnation, entries);
    this.liveness.applied();
  }

  installed(host: string, incarnation: number, index: number, term: number): void {
    this.log.installed(host, incarnation, index, term);
  }

  restored(host: string, index: number, term: number, revision: number): void {
    void [host, term];
    this.log.restored(index, revision);
    this.answers.restored();
    this.leases.restored();
    this.raft.restored();
    this.commits.restored();
    this.durability.restored();
    this.liveness.restored();
    this.exclusion.restored();
    this.keys.restored();
  }

  called(record: OperationRecord): void {
    this.calls.set(record, this.context.model);
    this.answers.called(record);
    this.leases.called(record);
    this.exclusion.called(record);
    this.keys.called(record);
  }

  returned(record: OperationRecord): void {
    const model = this.calls.get(record);
    this.calls.delete(record);
    // What was asked before a disaster recovery is not answered after it.
    if (model !== this.context.model) return;
    this.answers.returned(record);
    this.leases.returned(record);
    this.durability.returned(record);
    this.liveness.returned(record);
    this.exclusion.returned(record);
  }

  watchOpened(stream: WatchStreamRecord): void {
    this.watches.opened(stream);
  }

  watchRequested(stream: WatchStreamRecord, request: WatchRequest): void {
    this.watches.requested(stream, request);
  }

  watchResponse(stream: WatchStreamRecord, response: WatchResponse): void {
    this.watches.response(stream, response);
  }

  watchClosed(stream: WatchStreamRecord): void {
    this.watches.closed(stream);
  }

  forgot(host: string): void {
    this.raft.forgot(host);
  }

  fault(kind: string, text: string): void {
    void [kind, text];
  }

  faultsEnded(): void {
    this.leases.faultsEnded();
    this.liveness.faultsEnded();
  }

  /** The run is over: what can only be judged then. */
  finish(finalStates: readonly FinalState[]): void {
    this.answers.finish();
    this.watches.finish();
    this.leases.finish();
    this.liveness.finish(finalStates);
    this.durability.finish(finalStates);
    this.keys.finish();
  }
}
