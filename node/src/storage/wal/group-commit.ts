// Collects calls while the disk is busy: everything that arrives during one sync goes out with the next.
import type { Entry, HardState } from '../../wire/gen/raft.ts';
import type { Snapshot } from '../../wire/gen/record.ts';

/** A batch takes no more calls beyond this, so that encoding it does not hold the thread. */
export const BATCH_BYTES = 2 * 1024 * 1024;

/** About what a record takes beside its data. */
const RECORD_OVERHEAD_BYTES = 48;

/** What one call wants written, in this order. */
export interface SaveRequest {
  readonly entries: readonly Entry[];
  readonly hardState: HardState | undefined;
  readonly snapshot: Snapshot | undefined;
}

/** What is written and synced at once. All its callers share one promise. */
export class Batch {
  readonly requests: SaveRequest[] = [];
  mustSync = false;
  /** Its caller said that nobody has anything else to do until it is synced. */
  isAlone = true;
  bytes = 0;
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;

  constructor() {
    const settle = Promise.withResolvers<void>();
    this.promise = settle.promise;
    this.resolve = settle.resolve;
    this.reject = settle.reject;
  }
}

export class BatchQueue {
  private readonly batches: Batch[] = [];

  add(request: SaveRequest, mustSync: boolean, isAlone: boolean): Promise<void> {
    let batch = this.batches.at(-1);
    if (batch === undefined || batch.bytes >= BATCH_BYTES) {
      batch = new Batch();
      this.batches.push(batch);
    }
    batch.requests.push(request);
    if (mustSync) batch.mustSync = true;
    if (!isAlone) batch.isAlone = false;
    for (const entry of request.entries) batch.bytes += entry.data.length + RECORD_OVERHEAD_BYTES;
    return batch.promise;
  }

  take(): Batch | undefined {
    return this.batches.shift();
  }

  rejectAll(error: unknown): void {
    for (const batch of this.batches.splice(0)) batch.reject(error);
  }
}
