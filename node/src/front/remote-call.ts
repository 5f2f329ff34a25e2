// The main thread's side of a call that came in on a front thread: runs the handler, as rpc's GrpcCall does for one that
// came in here, and sends its messages back.
import type { CallContext, EncodedMessages, ResponseStream } from '../base/call.ts';
import { copyBytes } from '../base/bytes.ts';
import { GrpcStatus, StatusError } from '../base/errors.ts';
import type { LogFields } from '../base/logger.ts';
import { assert } from '../base/assert.ts';
import { releaseUnsent } from '../wire/encoded.ts';
import { Writer } from '../wire/writer.ts';
import {
  RequestQueue,
  decodeRequest,
  foreseen,
  type MethodEntry,
  type QueuedMessage,
  type RequestSource,
} from '../rpc/index.ts';
import { REQUIRE_LEADER_HEADER, type CallHead } from './call-head.ts';
import type { Channel } from './channel.ts';
import { Down, MESSAGE_OVERHEAD_BYTES, encodeStatus } from './records.ts';

/** `send` answers false from here on, and `drained` waits for half of it. */
const STREAM_QUEUE_BYTES = 128 * 1024;
/** Taken requests are reported in pieces of this: until then the front thread counts them as held. */
const TAKEN_BYTES = 2048;
/** What may be on its way to one thread before calls that ask for more of it are refused. */
const BACKLOG_BYTES = 64 * 1024 * 1024;
/** A response may pass that when little is on its way. */
const LITTLE_BYTES = 1024 * 1024;
const TOO_MANY_REQUESTS = 'etcdserver: too many requests';

/** What calls of one front thread share. */
export interface RemoteEnvironment {
  readonly channel: Channel;
  /** Runs before each handler; an error it returns is the answer. */
  readonly before:
    ((call: CallContext, entry: MethodEntry, request: unknown) => Error | undefined) | undefined;
  readonly logError: (message: string, fields: LogFields) => void;
  /** The call is known no longer. */
  readonly forget: (id: number) => void;
}

export class RemoteCall implements CallContext, RequestSource<unknown>, ResponseStream<unknown> {
  readonly path: string;
  canceled = false;
  private readonly environment: RemoteEnvironment;
  private readonly id: number;
  private readonly entry: MethodEntry;
  private readonly head: CallHead;
  private requests: RequestQueue<unknown> | undefined = undefined;
  private takenBytes = 0;
  /** The status is decided: nothing can be sent any more. */
  private ended = false;
  /** Responses that have not left the front thread, as far as it has told. */
  private unsentBytes = 0;
  private cancelCallbacks: (() => void)[] | undefined = undefined;
  private drainWaiters: (() => void)[] | undefined = undefined;

  constructor(environment: RemoteEnvironment, id: number, entry: MethodEntry, head: CallHead) {
    this.environment = environment;
    this.id = id;
    this.entry = entry;
    this.head = head;
    this.path = entry.path;
  }

  /** Runs the handler; `message` is the request of a call that has one at the start. */
  start(message: Uint8Array): void {
    const { entry, environment } = this;
    try {
      if (entry.kind === 'clientStream' || entry.kind === 'bidiStream') {
        const requests: RequestQueue<unknown> = new RequestQueue(this);
        this.requests = requests;
        this.refuseIf(environment.before?.(this, entry, undefined));
        entry.handler(requests, this, this).then(this.done, this.failed);
        return;
      }
      const request = decodeRequest(entry.method.request, message);
      this.refuseIf(environment.before?.(this, entry, request));
      if (entry.kind === 'unary') {
        const response = entry.handler(request, this);
        if (response instanceof Promise) response.then(this.answer, this.failed);
        else this.answer(response);
      } else if (entry.kind === 'serverStream') {
        entry.handler(request, this, this).then(this.done, this.failed);
      }
    } catch (error) {
      this.failed(error);
    }
  }

  private refuseIf(refusal: Error | undefined): void {
    if (refusal !== undefined) throw refusal;
  }

  // CallContext

  get remoteAddress(): string {
    return this.head.remoteAddress;
  }

  get certificateCommonName(): string | undefined {
    return this.head.certificateCommonName;
  }

  get timeoutMs(): number | undefined {
    return this.head.timeoutMs;
  }

  header(name: string): string | undefined {
    assert(name === REQUIRE_LEADER_HEADER, `${name} is passed on between threads`);
    return this.head.requiresLeader ? 'true' : undefined;
  }

  onCancel(callback: () => void): () => void {
    if (this.canceled) {
      callback();
      return () => {};
    }
    const callbacks = (this.cancelCallbacks ??= []);
    callbacks.push(callback);
    return () => {
      const index = callbacks.indexOf(callback);
      if (index >= 0) callbacks.splice(index, 1);
    };
  }

  /** The client, its deadline or its connection ended the call. */
  cancel(): void {
    if (this.canceled) return;
    this.canceled = true;
    this.over();
    const callbacks = this.cancelCallbacks ?? [];
    this.cancelCallbacks = undefined;
    for (const callback of callbacks) {
      try {
        callback();
      } catch (error) {
        this.unexpected(error);
      }
    }
  }

  // Requests

  push(bytes: Uint8Array): void {
    // A copy of its own: it may wait for long, and what it came in is bigger.
    this.requests?.push({ compressed: false, bytes: copyBytes(bytes) });
  }

  requestsEnd(error: StatusError | undefined): void {
    this.requests?.end(error);
  }

  take({ bytes }: QueuedMessage): unknown {
    this.takenBytes += bytes.length + MESSAGE_OVERHEAD_BYTES;
    if (this.takenBytes >= TAKEN_BYTES) {
      this.environment.channel.sendNumber(Down.Taken, this.id, this.takenBytes);
      this.takenBytes = 0;
    }
    return decodeRequest(this.entry.method.request, bytes);
  }

  stopped(): void {
    this.environment.channel.sendNothing(Down.Stopped, this.id);
  }

  // ResponseStream

  get queuedBytes(): number {
    return this.unsentBytes;
  }

  send(message: unknown): boolean {
    if (this.ended) return false;
    const size = this.entry.method.response.sizeOf(message);
    if (!this.admits(size)) return this.refuse();
    this.write(Down.Response, message, size);
    return this.sending(size);
  }

  sendEncoded(parts: readonly Uint8Array[]): boolean {
    if (this.ended) return false;
    let size = 0;
    for (const part of parts) size += part.length;
    if (!this.admits(size)) return this.refuse();
    const { channel } = this.environment;
    channel.begin(Down.Response, this.id, size);
    let { at } = channel;
    for (const part of parts) {
      channel.bytes.set(part, at);
      at += part.length;
    }
    channel.commit();
    return this.sending(size);
  }

  sendTogether(messages: EncodedMessages): boolean {
    const { size } = messages;
    if (this.ended) return false;
    if (!this.admits(size)) return this.refuse();
    const { channel } = this.environment;
    channel.begin(Down.Responses, this.id, size);
    messages.write(channel.bytes, channel.at);
    channel.commit();
    return this.sending(size);
  }

  drained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.roomy) resolve();
      else (this.drainWaiters ??= []).push(resolve);
    });
  }

  end(status: GrpcStatus = GrpcStatus.OK, message = ''): void {
    if (this.ended) return;
    this.environment.channel.send(Down.End, this.id, encodeStatus({ status, message }));
    this.over();
  }

  /** The front thread has passed on responses of so many bytes. */
  sent(bytes: number): void {
    this.unsentBytes -= bytes;
    this.wakeDrained();
  }

  private get roomy(): boolean {
    return this.ended || this.unsentBytes <= STREAM_QUEUE_BYTES / 2;
  }

  private wakeDrained(): void {
    const waiters = this.drainWaiters;
    if (waiters === undefined || !this.roomy) return;
    this.drainWaiters = undefined;
    for (const wake of waiters) wake();
  }

  private sending(size: number): boolean {
    this.unsentBytes += size + MESSAGE_OVERHEAD_BYTES;
    return this.unsentBytes < STREAM_QUEUE_BYTES;
  }

  /** False when too much is on its way to the thread already; asked before memory is taken for more. */
  private admits(size: number): boolean {
    const { backlogBytes } = this.environment.channel;
    return backlogBytes <= LITTLE_BYTES || backlogBytes + size <= BACKLOG_BYTES;
  }

  private refuse(): false {
    this.end(GrpcStatus.ResourceExhausted, TOO_MANY_REQUESTS);
    this.cancel();
    return false;
  }

  private write(type: number, message: unknown, size: number): void {
    const { channel } = this.environment;
    channel.begin(type, this.id, size);
    this.entry.method.response.write(message, new Writer(channel.bytes, channel.at));
    channel.commit();
  }

  // The handler's end

  private readonly answer = (response: unknown): void => {
    if (this.ended) {
      releaseUnsent(response);
      this.done();
      return;
    }
    try {
      const size = this.entry.method.response.sizeOf(response);
      if (!this.admits(size)) {
        releaseUnsent(response);
        throw new StatusError(GrpcStatus.ResourceExhausted, TOO_MANY_REQUESTS);
      }
      this.write(Down.Answer, response, size);
    } catch (error) {
      this.failed(error);
      return;
    }
    this.gone();
  };

  private readonly done = (): void => {
    this.environment.channel.sendNothing(Down.Settled, this.id);
    this.gone();
  };

  private readonly failed = (error: unknown): void => {
    const known = foreseen(error);
    if (known === undefined) this.unexpected(error);
    const status = known?.status ?? GrpcStatus.Unknown;
    const message = error instanceof Error ? error.message : String(error);
    this.environment.channel.send(Down.Settled, this.id, encodeStatus({ status, message }));
    this.gone();
  };

  private unexpected(error: unknown): void {
    this.environment.logError('unexpected error in a request handler', {
      method: this.path,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  }

  private gone(): void {
    this.over();
    this.environment.forget(this.id);
  }

  private over(): void {
    this.ended = true;
    this.requests?.cancel(this.canceled);
    this.wakeDrained();
  }
}
