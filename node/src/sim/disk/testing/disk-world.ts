// A disk with a scheduler of its own, for tests.
import type { Disk } from '../../../base/index.ts';
import { Scheduler } from '../../world/scheduler.ts';
import { SimRandom } from '../../world/random.ts';
import { Trace } from '../../world/trace.ts';
import { SimDisk, type DiskRates } from '../sim-disk.ts';

const RATES: DiskRates = { latencyMs: 0.1, syncLatencyMs: 1, slowOneIn: 50, slowMs: 20 };

export class DiskWorld {
  readonly scheduler: Scheduler;
  readonly trace = new Trace({ keep: 'all' });
  readonly random: SimRandom;
  readonly disk: SimDisk;
  rates = RATES;

  constructor(seed = 1) {
    this.scheduler = new Scheduler((error) => {
      throw error;
    });
    this.random = new SimRandom(seed);
    const { scheduler, trace } = this;
    const random = this.random.fork('disk');
    this.disk = new SimDisk({ name: 'm0', scheduler, random, trace, rates: () => this.rates });
  }

  mount(): Disk {
    return this.disk.mount().disk;
  }

  /** What it resolves to; rejects when nothing more happens and it is still pending. */
  async finish<T>(work: Promise<T>): Promise<T> {
    const outcome = await this.outcome(work);
    if (outcome === 'pending') throw new Error('it never settles');
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }

  /** The same where it may stay pending for ever. */
  async outcome<T>(work: Promise<T>): Promise<'pending' | { value: T } | { error: unknown }> {
    let outcome: 'pending' | { value: T } | { error: unknown } = 'pending';
    const isSettled = (): boolean => outcome !== 'pending';
    work.then(
      (value) => (outcome = { value }),
      (error: unknown) => (outcome = { error }),
    );
    await this.scheduler.run(this.scheduler.nowMs + 600_000, isSettled);
    return outcome;
  }
}
