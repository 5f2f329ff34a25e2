// One at a time, in the order of asking: a hash of the whole bucket and the slices of a compaction exclude each other.

export class Exclusive {
  private tail: Promise<unknown> = Promise.resolve();

  /** Runs `work` after all that was handed in before, whether that succeeded or not. */
  run<T>(work: () => Promise<T> | T): Promise<T> {
    const result = this.tail.then(work);
    this.tail = result.catch(() => undefined);
    return result;
  }
}
