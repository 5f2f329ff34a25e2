// When nothing is broken any more, the cluster works: within a bound every member takes writes, and all come to the same
// entry.
import { errorCodeFromText } from '../../base/index.ts';
import { KVService } from '../../wire/gen/rpc.ts';
import type { CheckContext } from './context.ts';
import type { FinalState, OperationRecord } from './observer.ts';

const CHECK = 'liveness';
/** With fewer tries in the calm a member is not judged. */
const MIN_TRIES = 5;

export interface LivenessOptions {
  /** After so long in the calm writes succeed, ms. */
  readonly recoveryBoundMs: number;
  /** Members come to the same entry so long after each other, ms. */
  readonly catchUpMs: number;
}

interface Tries {
  succeeded: number;
  failed: number;
  lastError: string;
}

export class LivenessCheck {
  private readonly context: CheckContext;
  private readonly options: LivenessOptions;
  private calmSinceMs = Infinity;
  private readonly tries = new Map<string, Tries>();
  /** When the log came to which index. */
  private readonly progress: { readonly atMs: number; readonly index: number }[] = [];

  constructor(context: CheckContext, options: LivenessOptions) {
    this.context = context;
    this.options = options;
  }

  faultsEnded(): void {
    this.calmSinceMs = this.context.nowMs();
  }

  /** Entries were applied somewhere. */
  applied(): void {
    const atMs = this.context.nowMs();
    const { appliedIndex: index } = this.context.model;
    if (this.progress.at(-1)?.atMs === atMs) this.progress.pop();
    this.progress.push({ atMs, index });
    while (this.progress.length > 2 && this.progress[1]!.atMs <= atMs - this.options.catchUpMs) {
      this.progress.shift();
    }
  }

  returned(record: OperationRecord): void {
    if (record.calledMs < this.calmSinceMs + this.options.recoveryBoundMs) return;
    if (!isWrite(record)) return;
    let tries = this.tries.get(record.host);
    if (tries === undefined) {
      tries = { succeeded: 0, failed: 0, lastError: '' };
      this.tries.set(record.host, tries);
    }
    if (isServed(record)) tries.succeeded++;
    else {
      tries.failed++;
      tries.lastError = record.errorText ?? record.outcome;
    }
  }

  restored(): void {
    this.progress.length = 0;
  }

  finish(states: readonly FinalState[]): void {
    for (const { host, appliedIndex } of states) {
      const due = this.indexDue();
      if (appliedIndex < due) {
        this.context.report(CHECK, `${host} is at entry ${appliedIndex}, others were at ${due}`);
      }
      const tries = this.tries.get(host);
      if (tries === undefined || tries.succeeded > 0 || tries.failed < MIN_TRIES) continue;
      const text = `none of ${tries.failed} writes succeeded at ${host} in the calm`;
      this.context.report(CHECK, `${text}: ${tries.lastError}`);
    }
  }

  /** What everybody should have applied by now. */
  private indexDue(): number {
    const sinceMs = this.context.nowMs() - this.options.catchUpMs;
    return this.progress.findLast((one) => one.atMs <= sinceMs)?.index ?? 0;
  }
}

function isWrite({ path }: OperationRecord): boolean {
  const { put, deleteRange, txn } = KVService;
  return path === put.path || path === deleteRange.path || path === txn.path;
}

/** An error that a member comes to by itself is an answer too. A learner takes no writes, and need not. */
function isServed({ outcome, errorText }: OperationRecord): boolean {
  if (outcome === 'ok') return true;
  switch (errorCodeFromText(errorText ?? '')) {
    case undefined:
    case 'Timeout':
    case 'TimeoutDueToLeaderFail':
    case 'TimeoutDueToConnectionLost':
    case 'NoLeader':
    case 'LeaderChanged':
    case 'Stopped':
    case 'DeadlineExceeded':
    case 'Canceled':
    case 'RequestTooManyRequests':
      return false;
    default:
      return outcome === 'error';
  }
}
