// --auto-compaction-mode periodic and revision (etcd: server/etcdserver/api/v3compactor).
import { EtcdError, type Logger, type Timer } from '../base/index.ts';
import { CompactionRequest } from '../wire/gen/rpc.ts';
import type { Member } from './member.ts';

const REVISION_INTERVAL_MS = 5 * 60_000;
const HOUR_MS = 3_600_000;
/** Revisions are noted this often within one period. */
const NOTES_PER_PERIOD = 10;

export class AutoCompactor {
  private readonly member: Member;
  private readonly logger: Logger;
  private readonly retention: number;
  private timer: Timer | undefined;
  /** Revisions at past moments, the oldest first; they reach back as far as the retention. */
  private notes: number[] = [];
  private lastCompacted = 0;
  private lastRunMs = 0;
  /** The first compaction waits until the notes reach back as far as the retention. */
  private waitMs = 0;

  constructor(member: Member) {
    this.member = member;
    this.logger = member.logger;
    this.retention = member.config.autoCompactionRetention;
  }

  start(): void {
    if (this.retention === 0) return;
    const periodic = this.member.config.autoCompactionMode === 'periodic';
    this.lastRunMs = this.member.world.clock.monotonicMs();
    this.waitMs = this.retention;
    this.notes = [this.member.store.revision];
    if (periodic) this.repeat(this.noteIntervalMs(), () => this.runPeriodic());
    else this.repeat(REVISION_INTERVAL_MS, () => this.runRevision());
  }

  stop(): void {
    this.timer?.cancel();
  }

  private repeat(intervalMs: number, run: () => Promise<void>): void {
    this.timer = this.member.world.clock.after(intervalMs, () => {
      run()
        .catch((error: unknown) => {
          this.logger.warn('failed auto compaction', { error: String(error) });
        })
        .finally(() => this.repeat(intervalMs, run));
    });
  }

  /** With a retention over an hour, compactions come every hour. */
  private periodMs(): number {
    return Math.min(this.retention, HOUR_MS);
  }

  private noteIntervalMs(): number {
    return this.periodMs() / NOTES_PER_PERIOD;
  }

  /** As etcd, the oldest note is used before the next one is made, so that never less than the retention is kept. */
  private async runPeriodic(): Promise<void> {
    const oldest = this.notes[0] ?? 0;
    const kept = Math.floor(this.retention / this.noteIntervalMs()) + 1;
    this.notes = [...this.notes, this.member.store.revision].slice(-kept);
    const nowMs = this.member.world.clock.monotonicMs();
    if (nowMs - this.lastRunMs < this.waitMs) return;
    if (!this.member.isLeader || oldest === this.lastCompacted) return;
    this.waitMs = this.periodMs();
    await this.compact(oldest);
    this.lastRunMs = nowMs;
  }

  private async runRevision(): Promise<void> {
    const target = this.member.store.revision - this.retention;
    if (!this.member.isLeader || target <= 0 || target === this.lastCompacted) return;
    await this.compact(target);
  }

  private async compact(revision: number): Promise<void> {
    this.logger.info('starting auto compaction', { revision });
    const { error } = await this.member.propose({
      compaction: CompactionRequest.create({ revision }),
    });
    if (error !== undefined && !(error instanceof EtcdError && error.code === 'Compacted'))
      throw error;
    this.lastCompacted = revision;
    this.logger.info('completed auto compaction', { revision });
  }
}
