// Linearizable reads (Raft thesis §6.4): ask the leader for its commit index, confirmed by a quorum, and wait until this
// member has applied it. All reads that arrive while one question is out share the next one, and so do those that arrive
// before raft is asked for its next Ready: a question costs as much as many reads.
import { EtcdError, type Clock, type Timer } from '../base/index.ts';

const RETRY_MS = 500;
const WAKE_AT_ONCE = 64;
const CURRENT = Promise.resolve();

export interface ReadIndexParts {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Asks raft; the answer comes to `onReadState`. It may be lost. */
  readonly requestReadIndex: (context: Uint8Array) => void;
  /** Has `gather` called before raft's next Ready. */
  readonly wake: () => void;
  readonly appliedIndex: () => number;
  /** Whether this member alone decides what is committed, and has applied it: then nobody is asked. */
  readonly isCurrent: () => boolean;
  /** Makes contexts of this member's questions different from those of others and of earlier runs. */
  readonly nextId: () => bigint;
}

interface Reader {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

interface Question {
  readonly id: bigint;
  readonly context: Uint8Array;
  readonly readers: readonly Reader[];
  readonly deadlineMs: number;
  timer: Timer;
}

/** Readers that were confirmed and wait for `index` to be applied. */
interface Confirmed {
  readonly index: number;
  readonly readers: readonly Reader[];
}

export class LinearizableReads {
  private readonly parts: ReadIndexParts;
  private waiting: Reader[] = [];
  private question: Question | undefined;
  private confirmed: Confirmed[] = [];
  /** Readers that may read now. */
  private ready: Reader[] = [];
  private waking = false;
  private stopped = false;

  constructor(parts: ReadIndexParts) {
    this.parts = parts;
  }

  /** Resolves when a read of the local store is linearizable. @throws EtcdError Timeout, LeaderChanged, Stopped */
  notify(): Promise<void> {
    if (this.stopped) return Promise.reject(new EtcdError('Stopped'));
    if (this.parts.isCurrent()) return CURRENT;
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      if (this.question === undefined) this.parts.wake();
    });
  }

  /** Raft confirmed that `index` was committed when the question with this context was asked. */
  onReadState(context: Uint8Array, index: number): void {
    const question = this.question;
    if (question === undefined || idOf(context) !== question.id) return;
    question.timer.cancel();
    this.question = undefined;
    this.confirmed.push({ index, readers: question.readers });
    this.onApplied(this.parts.appliedIndex());
    if (this.waiting.length > 0) this.parts.wake();
  }

  onApplied(appliedIndex: number): void {
    if (this.confirmed.length === 0) return;
    const open: Confirmed[] = [];
    for (const entry of this.confirmed) {
      if (entry.index > appliedIndex) open.push(entry);
      else this.ready.push(...entry.readers);
    }
    this.confirmed = open;
    if (!this.waking) this.wake();
  }

  /** A few at a time: each makes its answer at once, and all answers together may be more than the memory holds. */
  private wake(): void {
    for (const reader of this.ready.splice(0, WAKE_AT_ONCE)) reader.resolve();
    this.waking = this.ready.length > 0;
    if (this.waking) void this.parts.clock.yieldNow().then(() => this.wake());
  }

  /** The leader changed: an outstanding question may never be answered, and its readers should try again. */
  onLeaderChanged(): void {
    const question = this.question;
    if (question === undefined) return;
    this.drop(question, new EtcdError('LeaderChanged'));
  }

  /** The leader can answer now (it committed in its term): ask again rather than wait for the retry. */
  onFirstCommitInTerm(): void {
    if (this.question !== undefined) this.parts.requestReadIndex(this.question.context);
  }

  stop(): void {
    this.stopped = true;
    const error = new EtcdError('Stopped');
    if (this.question !== undefined) this.drop(this.question, error);
    for (const reader of [...this.waiting, ...this.ready.splice(0)]) reader.reject(error);
    for (const entry of this.confirmed) for (const reader of entry.readers) reader.reject(error);
    this.waiting = [];
    this.confirmed = [];
  }

  /** Asks for everybody who waits, unless a question is out. */
  gather(): void {
    if (this.question !== undefined || this.waiting.length === 0) return;
    const { clock, timeoutMs, nextId } = this.parts;
    const id = nextId();
    const context = new Uint8Array(8);
    new DataView(context.buffer).setBigUint64(0, id);
    this.question = {
      id,
      context,
      readers: this.waiting,
      deadlineMs: clock.monotonicMs() + timeoutMs,
      timer: clock.after(RETRY_MS, () => this.retry()),
    };
    this.waiting = [];
    this.parts.requestReadIndex(context);
  }

  private retry(): void {
    const question = this.question;
    if (question === undefined) return;
    if (this.parts.clock.monotonicMs() >= question.deadlineMs) {
      this.drop(question, new EtcdError('Timeout'));
      return;
    }
    question.timer = this.parts.clock.after(RETRY_MS, () => this.retry());
    this.parts.requestReadIndex(question.context);
  }

  private drop(question: Question, error: Error): void {
    question.timer.cancel();
    this.question = undefined;
    for (const reader of question.readers) reader.reject(error);
    if (!this.stopped && this.waiting.length > 0) this.parts.wake();
  }
}

function idOf(context: Uint8Array): bigint | undefined {
  if (context.length !== 8) return undefined;
  return new DataView(context.buffer, context.byteOffset, 8).getBigUint64(0);
}
