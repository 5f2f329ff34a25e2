// Waits until what is committed is applied here (etcd: waitAppliedIndex in server/etcdserver/v3_server.go).
import { EtcdError, type Clock, type Timer } from '../base/index.ts';

interface Waiting {
  readonly index: number;
  readonly resolve: () => void;
  readonly timer: Timer;
}

export class ApplyWait {
  private readonly clock: Clock;
  private readonly timeoutMs: number;
  private waiting: Waiting[] = [];

  constructor(clock: Clock, timeoutMs: number) {
    this.clock = clock;
    this.timeoutMs = timeoutMs;
  }

  /** Resolves when `index` is applied. @throws EtcdError TimeoutWaitAppliedIndex */
  until(index: number, appliedIndex: number): Promise<void> {
    if (appliedIndex >= index) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = this.clock.after(this.timeoutMs, () => {
        this.waiting = this.waiting.filter((one) => one.timer !== timer);
        reject(new EtcdError('TimeoutWaitAppliedIndex'));
      });
      this.waiting.push({ index, resolve, timer });
    });
  }

  onApplied(appliedIndex: number): void {
    if (this.waiting.length === 0) return;
    const ready = this.waiting.filter(({ index }) => index <= appliedIndex);
    this.waiting = this.waiting.filter(({ index }) => index > appliedIndex);
    for (const { timer, resolve } of ready) {
      timer.cancel();
      resolve();
    }
  }
}
