// One commit at a time. What is asked for while one runs is served by one that begins after it.

export class CommitQueue {
  private readonly begin: () => Promise<void>;
  private readonly onFatal: (error: unknown) => void;
  private tail: Promise<void> = Promise.resolve();
  private queued: Promise<void> | undefined;
  /** Resolves when it is the turn of the commit that was asked for last. */
  turn: Promise<void> = Promise.resolve();
  private failure: { readonly error: unknown } | undefined;

  /** @param begin serialises the open batch when it is called and resolves when that is durable */
  constructor(begin: () => Promise<void>, onFatal: (error: unknown) => void) {
    this.begin = begin;
    this.onFatal = onFatal;
  }

  /** Resolves when everything written before the call is durable; rejects for good after the first failure. */
  commit(): Promise<void> {
    if (this.queued !== undefined) return this.queued;
    this.turn = this.tail;
    this.queued = this.exclusive(() => {
      this.queued = undefined;
      return this.commitInside();
    });
    return this.queued;
  }

  /** For work that runs inside `exclusive`. */
  async commitInside(): Promise<void> {
    try {
      await this.begin();
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }

  /** Runs `work` while no commit runs; commits wait for its end. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.tail.then(() => {
      if (this.failure !== undefined) throw this.failure.error;
      return work();
    });
    this.tail = result.then(ignore, ignore);
    return result;
  }

  fail(error: unknown): void {
    if (this.failure !== undefined) return;
    this.failure = { error };
    this.onFatal(error);
  }
}

function ignore(): void {}
