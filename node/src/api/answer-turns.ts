// Long answers take turns, so that they do not hold as much memory as all clients together ask for: none is begun while many
// bytes of others wait for their sockets. Who waits is served in the order of coming.
import { EtcdError, type CallContext, type Clock, type Timer } from '../base/index.ts';
import { EncodedMessage } from '../wire/index.ts';

/** No answer is begun while so much of others is on its way: half a second of a network of 500 Mbit/s. */
const ON_THE_WAY_BYTES = 32 * 1024 * 1024;
/** An answer that a client does not take in this time holds up nobody any more: what it holds is counted by rpc/budget.ts. */
const SLOW_MS = 1000;
/** So much is made without a pause for those who waited: some milliseconds. */
const AT_ONCE_BYTES = 2 * 1024 * 1024;

/** An answer that is finished and not written. */
interface OnTheWay {
  readonly bytes: number;
  readonly slowFromMs: number;
}

interface Waiter {
  readonly run: () => void;
  readonly forgetCall: () => void;
}

export class AnswerTurns {
  private readonly clock: Clock;
  /** In the order in which they were finished. */
  private readonly onTheWay = new Set<OnTheWay>();
  private bytes = 0;
  private readonly waiting = new Set<Waiter>();
  private timer: Timer | undefined = undefined;
  private isPausing = false;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Bytes of answers that are finished and not written, but for slow clients'. */
  get bytesOnTheWay(): number {
    return this.bytes;
  }

  get callsWaiting(): number {
    return this.waiting.size;
  }

  /** Whether a long answer may be begun at once. */
  get isOpen(): boolean {
    return this.waiting.size === 0 && this.bytes < ON_THE_WAY_BYTES;
  }

  /** Calls `run` when it is this call's turn; `canceled` instead when the call ends before. */
  wait(call: CallContext, run: () => void, canceled: (error: EtcdError) => void): void {
    const waiter: Waiter = {
      run,
      forgetCall: call.onCancel(() => {
        if (this.waiting.delete(waiter)) canceled(new EtcdError('Canceled'));
      }),
    };
    this.waiting.add(waiter);
    this.watch();
  }

  /** Counts an answer from now on until it is released. Short ones, which take no memory that is to be released, are not counted. */
  counted(message: EncodedMessage): EncodedMessage {
    const { parts, sizeBytes, release } = message;
    if (release === undefined) return message;
    const entry: OnTheWay = {
      bytes: sizeBytes,
      slowFromMs: this.clock.monotonicMs() + SLOW_MS,
    };
    this.onTheWay.add(entry);
    this.bytes += sizeBytes;
    return new EncodedMessage(parts, sizeBytes, () => {
      release();
      this.uncount(entry);
      this.serve();
    });
  }

  private uncount(entry: OnTheWay): void {
    if (this.onTheWay.delete(entry)) this.bytes -= entry.bytes;
  }

  private serve(): void {
    if (this.isPausing) return;
    const before = this.bytes;
    for (const waiter of this.waiting) {
      if (this.bytes >= ON_THE_WAY_BYTES) return;
      if (this.bytes >= before + AT_ONCE_BYTES) {
        void this.pause();
        return;
      }
      this.waiting.delete(waiter);
      waiter.forgetCall();
      waiter.run();
    }
  }

  private async pause(): Promise<void> {
    this.isPausing = true;
    await this.clock.yieldNow();
    this.isPausing = false;
    this.serve();
  }

  /** Answers that turn out to be slow make room for those who wait. */
  private watch(): void {
    if (this.timer !== undefined || this.waiting.size === 0) return;
    const [oldest] = this.onTheWay;
    const now = this.clock.monotonicMs();
    const delayMs = oldest === undefined ? SLOW_MS : Math.max(1, oldest.slowFromMs - now);
    this.timer = this.clock.after(delayMs, () => {
      this.timer = undefined;
      const due = this.clock.monotonicMs();
      for (const entry of this.onTheWay) {
        if (entry.slowFromMs > due) break;
        this.uncount(entry);
      }
      this.serve();
      this.watch();
    });
  }
}
