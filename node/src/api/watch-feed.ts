// Events of one range for code inside the server: what the recipes (lock, election) wait on.
import { EtcdError, type CallContext, type WatchId } from '../base/index.ts';
import type { SharedEvent, WatchHub, WatchSink, WatchStream, Watcher } from '../watch/index.ts';

export interface FeedBatch {
  /** Every event of the range up to here was handed out. */
  readonly revision: number;
  readonly events: readonly SharedEvent[];
}

const MAX_QUEUED = 16;

/** Begins to watch when it is made; `close` it. */
export class WatchFeed implements WatchSink {
  private readonly stream: WatchStream;
  private release: () => void = () => {};
  private readonly queue: FeedBatch[] = [];
  private compacted = false;
  private closed = false;
  private onBatch: (() => void) | undefined = undefined;
  private onRoom: (() => void) | undefined = undefined;

  /** @param end exclusive, latin1; undefined watches the one key */
  constructor(
    hub: WatchHub,
    call: CallContext,
    key: string,
    end: string | undefined,
    startRevision: number,
  ) {
    this.stream = hub.openStream(this);
    this.stream.watch({
      key,
      end,
      startRevision,
      prevKv: false,
      noPut: false,
      noDelete: false,
      progressNotify: false,
      fragment: false,
    });
    const release = call.onCancel(() => this.close());
    if (this.closed) release();
    else this.release = release;
  }

  /**
   * The next events; undefined when the call ended.
   * @throws EtcdError Compacted
   */
  async next(): Promise<FeedBatch | undefined> {
    for (;;) {
      const batch = this.queue.shift();
      if (batch !== undefined) {
        this.onRoom?.();
        return batch;
      }
      if (this.compacted) throw new EtcdError('Compacted');
      if (this.closed) return undefined;
      await new Promise<void>((resolve) => {
        this.onBatch = resolve;
      });
    }
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.release();
    this.stream.close();
    this.onBatch?.();
    this.onRoom?.();
  }

  sendEvents(_watcher: Watcher, revision: number, events: readonly SharedEvent[]): boolean {
    this.queue.push({ revision, events });
    this.onBatch?.();
    return this.queue.length < MAX_QUEUED;
  }

  sendToAll(
    watchers: readonly Watcher[],
    revision: number,
    events: readonly SharedEvent[],
  ): boolean {
    for (const watcher of watchers) this.sendEvents(watcher, revision, events);
    return this.queue.length < MAX_QUEUED;
  }

  sendProgress(): boolean {
    return true;
  }

  sendCompacted(_watchId: WatchId, _compactRevision: number): boolean {
    this.compacted = true;
    this.onBatch?.();
    return true;
  }

  async drained(): Promise<void> {
    while (!this.closed && this.queue.length >= MAX_QUEUED) {
      await new Promise<void>((resolve) => {
        this.onRoom = resolve;
      });
    }
  }
}
