// The messages of a streaming request, as an async iterable. What is queued counts as unread: the client's window opens
// only as the handler takes messages.
import { GrpcStatus, StatusError } from '../../base/errors.ts';

export interface QueuedMessage {
  readonly compressed: boolean;
  readonly bytes: Uint8Array;
}

interface Waiter<Req> {
  resolve(result: IteratorResult<Req, undefined>): void;
  reject(error: unknown): void;
}

export interface RequestSource<Req> {
  /** Decodes (and inflates) a message that leaves the queue, and gives its bytes back to the client's window. */
  take(message: QueuedMessage): Req | Promise<Req>;
  /** The handler wants no more. */
  stopped(): void;
}

/** Not made for each call that is canceled: a stack trace costs more than a small call. */
const CANCELED = new StatusError(GrpcStatus.Canceled, 'context canceled');
const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

export class RequestQueue<Req> implements AsyncIterable<Req>, AsyncIterator<Req, undefined> {
  private readonly source: RequestSource<Req>;
  private messages: QueuedMessage[] = [];
  private waiter: Waiter<Req> | undefined = undefined;
  private ended = false;
  private error: StatusError | undefined = undefined;

  constructor(source: RequestSource<Req>) {
    this.source = source;
  }

  [Symbol.asyncIterator](): AsyncIterator<Req, undefined> {
    return this;
  }

  get isEmpty(): boolean {
    return this.messages.length === 0;
  }

  push(message: QueuedMessage): void {
    if (this.ended) return;
    const waiter = this.waiter;
    if (waiter === undefined) {
      this.messages.push(message);
      return;
    }
    this.waiter = undefined;
    this.deliver(message, waiter);
  }

  /** No message follows; with `error` the reader learns that after the messages before it. */
  end(error?: StatusError): void {
    if (this.ended) return;
    this.ended = true;
    this.error = error;
    const waiter = this.waiter;
    this.waiter = undefined;
    if (waiter !== undefined) this.finish(waiter);
  }

  /** The call is over: what is queued is dropped, and the reader is told whether that was the client's doing. */
  cancel(canceled: boolean): void {
    this.messages = [];
    this.ended = true;
    this.error = canceled ? CANCELED : undefined;
    const waiter = this.waiter;
    this.waiter = undefined;
    if (waiter !== undefined) this.finish(waiter);
  }

  next(): Promise<IteratorResult<Req, undefined>> {
    return new Promise((resolve, reject) => {
      const message = this.messages.shift();
      if (message !== undefined) this.deliver(message, { resolve, reject });
      else if (this.ended) this.finish({ resolve, reject });
      else this.waiter = { resolve, reject };
    });
  }

  return(): Promise<IteratorResult<Req, undefined>> {
    this.messages = [];
    this.ended = true;
    this.source.stopped();
    return Promise.resolve(DONE);
  }

  private finish(waiter: Waiter<Req>): void {
    if (this.error === undefined) waiter.resolve(DONE);
    else waiter.reject(this.error);
  }

  private deliver(message: QueuedMessage, waiter: Waiter<Req>): void {
    try {
      const value = this.source.take(message);
      if (value instanceof Promise) {
        value.then((inflated) => waiter.resolve({ done: false, value: inflated }), waiter.reject);
      } else {
        waiter.resolve({ done: false, value });
      }
    } catch (error) {
      waiter.reject(error);
    }
  }
}
