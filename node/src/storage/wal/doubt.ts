// How much of a log's end may not be on the disk though it can be read.
//
// A sync that fails ends the process. So only what was written since the last good sync is in doubt, and that is the last
// batch, with hard states before it that were written without a sync. Where a batch begins is not in the log; but
//
//   - whoever saves entries waits for their sync before saving more (one Ready at a time, in etcd as well);
//   - where calls overlap nevertheless, a batch takes no further one once it holds BATCH_BYTES.
//
// So all that lies before the last run of entries, by more than a batch, and before the hard states in front of it, is good.
import { BATCH_BYTES } from './group-commit.ts';
import { RecordType } from './format.ts';

export class Doubt {
  /** End of the last entry so far, and where the run of entries that it ends begins. */
  private entryEnd = 0;
  private runStart = 0;
  /** End of the last entry before that run. */
  private endBefore = 0;
  private isRunOver = true;

  /** Takes the records of a segment in order; each lies in [start, end). */
  add(type: number, start: number, end: number): void {
    if (type !== RecordType.Entry) {
      this.isRunOver = true;
      return;
    }
    if (this.isRunOver) {
      this.endBefore = this.entryEnd;
      this.runStart = start;
      this.isRunOver = false;
    }
    this.entryEnd = end;
  }

  /** Everything before this offset was synced. Twice the size of a batch: records are longer than what they hold. */
  get from(): number {
    return Math.max(0, Math.min(this.endBefore, this.runStart - 2 * BATCH_BYTES));
  }
}
