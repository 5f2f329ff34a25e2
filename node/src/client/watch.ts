// A watch as its user sees it: an async iterator of responses, or callbacks.
import { EventType, type Event as WireEvent } from '../wire/gen/kv.ts';
import type { Bytes, KeySelector } from './keys.ts';
import { KeyValue, keyValueOf, type Header } from './results.ts';

export interface WatchOptions extends KeySelector {
  /** The first revision to see; by default what comes after the watch's creation. */
  readonly startRevision?: number;
  /** Events hold what the key held before, unless that is compacted away. */
  readonly prevKv?: boolean;
  /** Leaves puts out. */
  readonly noPut?: boolean;
  /** Leaves deletes out. */
  readonly noDelete?: boolean;
  /** A response without events now and then while there are none, so that `revision` goes on. */
  readonly progressNotify?: boolean;
  /** Let the server send big responses in parts, which the client joins; true by default. */
  readonly fragment?: boolean;
  /** Aborting it cancels the watch; the iteration ends. */
  readonly signal?: AbortSignal;
  /**
   * Events kept for an iterator that is slower than they come; 10,000 by default. Beyond it the server keeps them: the
   * watch leaves off and resumes at its revision when the iterator has caught up.
   */
  readonly maxBufferedEvents?: number;
}

/** One change of one key. */
export interface WatchEvent {
  readonly type: 'put' | 'delete';
  /** For a delete: only the key and the revision of the deletion. */
  readonly kv: KeyValue;
  readonly prevKv: KeyValue | undefined;
}

/** Events of whole revisions, in their order; none at all when it only tells progress. */
export interface WatchResponse {
  readonly header: Header;
  readonly events: WatchEvent[];
  /** Everything up to this revision has been delivered. */
  readonly revision: number;
}

/** The callback form of a watch. Callbacks run as responses arrive and must not throw. */
export interface WatchListener {
  events(response: WatchResponse): void;
  progress?(response: WatchResponse): void;
  /** The stream broke and the watch goes on where it was, on a new one. Nothing is lost or doubled. */
  resumed?(): void;
  /** The watch has ended. Without an error: by `cancel` or its signal. */
  end?(error: unknown): void;
}

/** What the hub tells a watch's user, whichever form it has. */
export interface WatchSink {
  push(response: WatchResponse): void;
  resumed(): void;
  finish(error: unknown): void;
}

/** What a watch asks of the hub that carries it. */
export interface WatchControl {
  cancel(): void;
  /** Leave off until `unpark`: the user is slow. */
  park(): void;
  unpark(): void;
}

const DEFAULT_MAX_BUFFERED_EVENTS = 10_000;

/**
 * A running watch. Iterate over it once, or give a listener when it is made. It lives through reconnects and changes of
 * the endpoint and ends by `cancel`, by leaving the iteration, or with an error: WatchCompactedError, PermissionDenied, ….
 */
export class Watch implements AsyncIterable<WatchResponse>, WatchSink {
  /** Resolves with the store's revision once the watch is in place: later changes are seen. Rejects if it ends before. */
  readonly created: Promise<number>;
  readonly key: Bytes;
  readonly #maxBuffered: number;
  readonly #listener: WatchListener | undefined;
  readonly #control: WatchControl;
  readonly #queue: WatchResponse[] = [];
  readonly #waiting: (() => void)[] = [];
  #queuedEvents = 0;
  #parked = false;
  #ended = false;
  #error: unknown;

  constructor(
    key: Bytes,
    created: Promise<number>,
    control: WatchControl,
    options: WatchOptions,
    listener: WatchListener | undefined,
  ) {
    this.key = key;
    this.created = created;
    created.catch(() => undefined); // whoever iterates learns of it there
    this.#control = control;
    this.#maxBuffered = options.maxBufferedEvents ?? DEFAULT_MAX_BUFFERED_EVENTS;
    this.#listener = listener;
  }

  /** Ends the watch. What has arrived can still be iterated over. */
  cancel(): void {
    this.#control.cancel();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WatchResponse, void, void> {
    try {
      for (;;) {
        const response = this.#shift();
        if (response !== undefined) yield response;
        else if (this.#ended && this.#error !== undefined) throw this.#error;
        else if (this.#ended) return;
        else await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
    } finally {
      this.cancel();
    }
  }

  push(response: WatchResponse): void {
    if (this.#listener !== undefined) {
      if (response.events.length > 0) this.#listener.events(response);
      else this.#listener.progress?.(response);
      return;
    }
    this.#queue.push(response);
    this.#queuedEvents += response.events.length;
    if (this.#queuedEvents > this.#maxBuffered && !this.#parked) {
      this.#parked = true;
      this.#control.park();
    }
    this.#wake();
  }

  resumed(): void {
    this.#listener?.resumed?.();
  }

  finish(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#listener?.end?.(error);
    this.#wake();
  }

  #shift(): WatchResponse | undefined {
    const response = this.#queue.shift();
    if (response === undefined) return undefined;
    this.#queuedEvents -= response.events.length;
    if (this.#parked && this.#queuedEvents * 2 <= this.#maxBuffered) {
      this.#parked = false;
      this.#control.unpark();
    }
    return response;
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

export function watchEvent(raw: WireEvent): WatchEvent | undefined {
  if (raw.kv === undefined) return undefined;
  return {
    type: raw.type === EventType.DELETE ? 'delete' : 'put',
    kv: new KeyValue(raw.kv),
    prevKv: keyValueOf(raw.prevKv),
  };
}
