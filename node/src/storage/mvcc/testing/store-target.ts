// Runs transcripts on MvccStore.
import { SILENT_LOGGER } from '../../../base/index.ts';
import type { Event } from '../../../wire/gen/kv.ts';
import { MvccStore } from '../store.ts';
import { MemoryLessor } from './memory-lessor.ts';
import { QUICK_CLOCK } from './quick-clock.ts';
import type { Reopen } from './reopen.ts';
import type { Read, TranscriptTarget, Write } from './transcript.ts';

export class StoreTarget implements TranscriptTarget {
  private readonly reopenBackend: Reopen;
  private store!: MvccStore; // set by reopen, which `create` calls

  /** `reopenBackend` gives the backend anew, with everything committed. */
  static async create(reopenBackend: Reopen): Promise<StoreTarget> {
    const target = new StoreTarget(reopenBackend);
    await target.reopen();
    return target;
  }

  private constructor(reopenBackend: Reopen) {
    this.reopenBackend = reopenBackend;
  }

  async reopen(): Promise<void> {
    this.store = await MvccStore.open(await this.reopenBackend(), {
      clock: QUICK_CLOCK,
      logger: SILENT_LOGGER,
      lessor: new MemoryLessor(),
      compactionBatchLimit: 4,
    });
  }

  async write(writes: readonly Write[]): Promise<{ revision: number; deleted: number[] }> {
    const txn = this.store.beginWrite();
    const deleted: number[] = [];
    for (const one of writes) {
      if (one.value === undefined) deleted.push(txn.deleteRange(one.key, one.rangeEnd).deleted);
      else txn.put(one.key, one.value, one.lease);
    }
    txn.end();
    return { revision: this.store.revision, deleted };
  }

  async range(read: Read): ReturnType<TranscriptTarget['range']> {
    return this.store.range(read.key, read.rangeEnd, read);
  }

  compact(revision: number): Promise<void> {
    return this.store.compact(revision);
  }

  hashKv(revision: number): ReturnType<TranscriptTarget['hashKv']> {
    return this.store.hashKv(revision);
  }

  async events(from: number): Promise<Event[]> {
    const { events } = this.store.eventsBetween(from, this.store.revision + 1);
    return events.map((event) => ({ ...event, prevKv: this.store.previousOf(event) }));
  }

  async grant(): Promise<void> {
    // The store takes any lease; whether it exists is apply's to check.
  }
}
