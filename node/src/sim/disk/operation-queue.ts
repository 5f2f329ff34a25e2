// Operations on their way to a simulated disk: each takes its time, has its effect in one event, and is then reported to
// the process, unless that has ended meanwhile.
import type { Timer } from '../../base/index.ts';
import type { SimRandom } from '../world/random.ts';
import type { Scheduler } from '../world/scheduler.ts';
import type { Trace } from '../world/trace.ts';

/** How long things take; `slowOneIn` is 0 for never. */
export interface DiskRates {
  readonly latencyMs: number;
  readonly syncLatencyMs: number;
  readonly slowOneIn: number;
  readonly slowMs: number;
}

/** Those after which the disk may look different to whoever comes up after a crash. */
export type ChangingOperation =
  | 'create' | 'write' | 'truncate' | 'datasync' | 'makeFolder' | 'rename' | 'remove' | 'syncFolder'; // prettier-ignore
export type ReadingOperation = 'open' | 'read' | 'list' | 'exists' | 'lock';

/** Where in its operation a crash happens. */
export type CrashMoment = 'before' | 'halfway' | 'after';
const CRASH_MOMENTS: readonly CrashMoment[] = ['before', 'halfway', 'after'];

export interface Operation<T> {
  readonly kind: ChangingOperation | ReadingOperation;
  readonly path: string;
  readonly sizeBytes: number;
  /** Throws what the operation rejects with. */
  readonly apply: () => T;
  /** What the end of the process leaves of it, where that can be less than the whole and more than nothing. */
  readonly applyPart?: ((random: SimRandom) => void) | undefined;
}

/** One process's operations. */
export interface OperationOwner {
  isAlive: boolean;
  readonly inFlight: Set<InFlight>;
}

interface InFlight {
  readonly operation: Operation<unknown>;
  readonly finish: () => void;
  timer: Timer;
}

interface CrashPlan {
  left: number;
  readonly moment: CrashMoment;
  /** Whether operations on this path count. */
  readonly counts: (path: string) => boolean;
  readonly onCrash: () => void;
}

export interface DiskCounters {
  /** Operations that took effect, reads included. */
  operations: number;
  /** Those of them that change something: what `crashAt` counts. */
  changes: number;
  syncs: number;
  writtenBytes: number;
  readBytes: number;
}

const SYNCS: ReadonlySet<string> = new Set(['datasync', 'syncFolder']);
const READS: ReadonlySet<string> = new Set(['open', 'read', 'list', 'exists', 'lock']);

export interface OperationQueueParts {
  readonly name: string;
  readonly scheduler: Scheduler;
  readonly random: SimRandom;
  readonly trace: Trace;
  readonly rates: () => DiskRates;
}

export class OperationQueue {
  readonly counters: DiskCounters = {
    operations: 0,
    changes: 0,
    syncs: 0,
    writtenBytes: 0,
    readBytes: 0,
  };
  private readonly parts: OperationQueueParts;
  private readonly latencies: SimRandom;
  private readonly fates: SimRandom;
  /** Called before each operation that changes something takes effect. */
  onChange: ((kind: string, path: string) => void) | undefined;
  private stalledUntilMs = 0;
  private plan: CrashPlan | undefined;

  constructor(parts: OperationQueueParts) {
    this.parts = parts;
    this.latencies = parts.random.fork('latency');
    this.fates = parts.random.fork('crash');
  }

  /** Resolves or rejects after the operation's time; never when its process ends before. */
  start<T>(owner: OperationOwner, operation: Operation<T>): Promise<T> {
    if (!owner.isAlive) return new Promise(() => {});
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        try {
          resolve(operation.apply());
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      this.schedule(owner, operation, finish, this.delayMs(operation.kind));
    });
  }

  stall(untilMs: number): void {
    this.stalledUntilMs = Math.max(this.stalledUntilMs, untilMs);
  }

  crashAt(
    operations: number,
    onCrash: () => void,
    moment?: CrashMoment,
    counts: (path: string) => boolean = () => true,
  ): void {
    const at = moment ?? this.fates.pick(CRASH_MOMENTS);
    this.plan = { left: Math.max(1, operations), moment: at, counts, onCrash };
  }

  forgetCrash(): void {
    this.plan = undefined;
  }

  /** The process has ended: what was on its way has happened, or has not, or (writes) in part. */
  end(owner: OperationOwner): void {
    if (!owner.isAlive) return;
    owner.isAlive = false;
    for (const { operation, timer } of owner.inFlight) {
      timer.cancel();
      if (!READS.has(operation.kind)) this.applyAt(this.fates.pick(CRASH_MOMENTS), operation);
    }
    owner.inFlight.clear();
  }

  private schedule(
    owner: OperationOwner,
    operation: Operation<unknown>,
    finish: () => void,
    delayMs: number,
  ): void {
    const flight: InFlight = {
      operation,
      finish,
      timer: this.parts.scheduler.after(delayMs, () => this.arrive(owner, flight)),
    };
    owner.inFlight.add(flight);
  }

  private arrive(owner: OperationOwner, flight: InFlight): void {
    const { scheduler, trace, name } = this.parts;
    const { operation } = flight;
    owner.inFlight.delete(flight);
    if (scheduler.nowMs < this.stalledUntilMs) {
      const leftMs = this.stalledUntilMs - scheduler.nowMs;
      this.schedule(owner, operation, flight.finish, leftMs);
      return;
    }
    this.count(operation);
    const text = `${operation.kind} ${operation.path} ${operation.sizeBytes}`;
    trace.add(scheduler.nowMs, name, 'disk', text);
    if (!READS.has(operation.kind)) this.onChange?.(operation.kind, operation.path);
    if (this.crashes(operation)) this.crash(owner, operation);
    else flight.finish();
  }

  private crashes({ kind, path }: Operation<unknown>): boolean {
    const { plan } = this;
    if (plan === undefined || READS.has(kind) || !plan.counts(path)) return false;
    return --plan.left === 0;
  }

  private crash(owner: OperationOwner, operation: Operation<unknown>): void {
    const { plan } = this;
    if (plan === undefined) return;
    this.plan = undefined;
    this.end(owner);
    this.applyAt(plan.moment, operation);
    plan.onCrash();
  }

  private applyAt(moment: CrashMoment, operation: Operation<unknown>): void {
    if (moment === 'before') return;
    try {
      if (moment === 'halfway' && operation.applyPart !== undefined)
        operation.applyPart(this.fates);
      else operation.apply();
    } catch {
      return; // it failed, and nobody is there any more to be told
    }
  }

  private count(operation: Operation<unknown>): void {
    const { counters } = this;
    counters.operations++;
    if (SYNCS.has(operation.kind)) counters.syncs++;
    if (!READS.has(operation.kind)) counters.changes++;
    if (operation.kind === 'write') counters.writtenBytes += operation.sizeBytes;
    else if (operation.kind === 'read') counters.readBytes += operation.sizeBytes;
  }

  /** Between half and one and a half times the rate; names and reads are quicker than writes. */
  private delayMs(kind: Operation<unknown>['kind']): number {
    const { latencyMs, syncLatencyMs, slowOneIn, slowMs } = this.parts.rates();
    const { latencies } = this;
    const usualMs = SYNCS.has(kind) ? syncLatencyMs : kind === 'write' ? latencyMs : latencyMs / 2;
    const slowness = latencies.onceIn(slowOneIn) ? slowMs : 0;
    return usualMs * (0.5 + latencies.fraction()) + slowness;
  }
}
