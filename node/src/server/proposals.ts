// Requests on their way through Raft: proposed in batches, answered when this member has applied them.
import {
  EtcdError,
  PassingMap,
  type Clock,
  type RequestId,
  type Timer,
  pause,
} from '../base/index.ts';
import type { Applied } from '../apply/index.ts';

export const UNPROPOSED = Infinity;

/** One who waits for a request. */
export class Waiter {
  readonly id: RequestId;
  readonly deadlineMs: number;
  /** Raft's term when the request was proposed; UNPROPOSED while it surely is in no log. */
  term = UNPROPOSED;
  /** Not answered yet. */
  isOpen = true;
  readonly answer: Promise<Applied>;
  private resolve: (applied: Applied) => void = ignore;
  private reject: (error: Error) => void = ignore;

  constructor(id: RequestId, deadlineMs: number) {
    this.id = id;
    this.deadlineMs = deadlineMs;
    this.answer = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  succeed(applied: Applied): void {
    this.isOpen = false;
    this.resolve(applied);
  }

  fail(error: Error): void {
    this.isOpen = false;
    this.reject(error);
  }
}

function ignore(): void {}

/**
 * Request ids are unique in the cluster: the member's low 16 bits, then the start time, then a counter, as etcd forms
 * them (pkg/idutil), so that a restarted member does not repeat an id that is still in the log.
 */
export class RequestIds {
  private readonly prefix: bigint;
  private suffix: number;

  constructor(memberId: bigint, wallMs: number) {
    this.prefix = (memberId & 0xffffn) << 48n;
    this.suffix = (wallMs % 2 ** 40) * 256;
  }

  next(): RequestId {
    this.suffix = (this.suffix + 1) % 2 ** 48;
    return this.prefix | BigInt(this.suffix);
  }
}

/** Who waits for which request. All waits are equally long, so that insertion order is the order of the deadlines. */
export class Waiters {
  private readonly waiters = new PassingMap<RequestId, Waiter>();
  private readonly held: { readonly id: RequestId; readonly error: Error | undefined }[] = [];
  private readonly clock: Clock;
  private readonly timeoutMs: number;
  private readonly timeoutError: (startedMs: number) => Error;
  private timer: Timer | undefined;

  constructor(clock: Clock, timeoutMs: number, timeoutError: (startedMs: number) => Error) {
    this.clock = clock;
    this.timeoutMs = timeoutMs;
    this.timeoutError = timeoutError;
  }

  get size(): number {
    return this.waiters.size;
  }

  wait(id: RequestId): Promise<Applied> {
    return this.open(id).answer;
  }

  open(id: RequestId): Waiter {
    const waiter = new Waiter(id, this.clock.monotonicMs() + this.timeoutMs);
    this.waiters.set(id, waiter);
    this.timer ??= this.clock.after(this.timeoutMs, () => this.expire());
    return waiter;
  }

  resolve(id: RequestId, applied: Applied): void {
    this.waiters.take(id)?.succeed(applied);
  }

  reject(id: RequestId, error: Error): void {
    this.waiters.take(id)?.fail(error);
  }

  /** A configuration change was applied. Its answer is held back until raft has advanced over it, and `settle` is called. */
  settleLater(id: RequestId, error: Error | undefined): void {
    this.held.push({ id, error });
  }

  settle(): void {
    if (this.held.length === 0) return;
    for (const { id, error } of this.held.splice(0)) {
      if (error === undefined) this.resolve(id, {});
      else this.reject(id, error);
    }
  }

  /** The request was handed to raft, which may have handed it to the leader of this term. */
  proposed(id: RequestId, term: number): void {
    const waiter = this.waiters.get(id);
    if (waiter !== undefined) waiter.term = term;
  }

  /** The request surely came into no log. */
  unproposed(id: RequestId): void {
    this.proposed(id, UNPROPOSED);
  }

  /**
   * This member has applied the first entry of `term`: what the leaders before it were given, and has not been applied by
   * now, was lost with them (or is on a way that nobody waits for).
   */
  lostBefore(term: number): void {
    for (const waiter of this.waiters.values()) {
      if (waiter.term >= term) continue;
      this.reject(waiter.id, new EtcdError('TimeoutDueToLeaderFail'));
    }
  }

  /** Resolves when nobody waits any more, or after `limitMs`. */
  async settled(limitMs: number): Promise<void> {
    const deadlineMs = this.clock.monotonicMs() + limitMs;
    while (this.size > 0 && this.clock.monotonicMs() < deadlineMs) await pause(this.clock, 10);
  }

  stop(): void {
    this.timer?.cancel();
    for (const waiter of this.waiters.values()) waiter.fail(new EtcdError('Stopped'));
    this.waiters.clear();
  }

  private expire(): void {
    this.timer = undefined;
    const nowMs = this.clock.monotonicMs();
    for (const waiter of this.waiters.values()) {
      if (waiter.deadlineMs > nowMs) {
        this.timer = this.clock.after(waiter.deadlineMs - nowMs, () => this.expire());
        return;
      }
      this.reject(waiter.id, this.timeoutError(waiter.deadlineMs - this.timeoutMs));
    }
  }
}
