// One call in the member's process: gives its requests to the real handler and sends its answers, in the way of
// rpc/grpc/call.ts (errors to statuses, deadline, cancellation, flow control).
import {
  GrpcStatus,
  concatBytes,
  separated,
  type CallContext,
  type EncodedMessages,
  type ResponseStream,
  type Timer,
} from '../../base/index.ts';
import type { Registration } from '../../api/index.ts';
import { decodeRequest } from '../../rpc/grpc/request-message.ts';
import { RequestQueue, type QueuedMessage } from '../../rpc/grpc/request-queue.ts';
import { foreseen } from '../../rpc/grpc/status.ts';
import { encode } from '../../wire/index.ts';
import type { ServingProcess } from './ports.ts';

/** What a client lets a member send on one stream before it has read it: small, so that slow readers are met often. */
export const WINDOW_BYTES = 2 * 1024;
/** A stream's `send` answers false from here on, and `drained` waits for half of it. */
const STREAM_QUEUE_BYTES = 2 * 1024;

/** The connection as a call sees it. Nothing is sent once the process or the connection is dead. */
export interface ServerConnection {
  readonly process: ServingProcess;
  readonly remoteAddress: string;
  sendMessage(callId: number, bytes: Uint8Array): void;
  sendEnd(callId: number, status: GrpcStatus, text: string): void;
  /** The only message of a call and OK in one. */
  sendAnswer(callId: number, bytes: Uint8Array): void;
  callEnded(callId: number): void;
  /** A handler threw what nobody foresaw. */
  unexpected(path: string, error: unknown): void;
}

export interface CallHead {
  readonly id: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number | undefined;
}

export class ServerCall implements CallContext, ResponseStream<unknown> {
  readonly path: string;
  readonly timeoutMs: number | undefined;
  readonly certificateCommonName = undefined;
  canceled = false;
  queuedBytes = 0;
  private readonly head: CallHead;
  private readonly connection: ServerConnection;
  private readonly entry: Registration;
  private readonly requests: RequestQueue<unknown>;
  private windowBytes = WINDOW_BYTES;
  private queue: Uint8Array[] = [];
  private ending: { readonly status: GrpcStatus; readonly text: string } | undefined = undefined;
  private ended = false;
  private deadline: Timer | undefined = undefined;
  private cancelCallbacks: (() => void)[] = [];
  private drainWaiters: (() => void)[] = [];

  constructor(connection: ServerConnection, entry: Registration, head: CallHead) {
    this.connection = connection;
    this.entry = entry;
    this.head = head;
    this.path = head.path;
    this.timeoutMs = head.timeoutMs;
    this.requests = new RequestQueue<unknown>({
      take: ({ bytes }: QueuedMessage) => decodeRequest(entry.method.request, bytes),
      stopped: () => {},
    });
    if (head.timeoutMs !== undefined) {
      this.deadline = connection.process.clock.after(head.timeoutMs, () => this.expired());
    }
  }

  get remoteAddress(): string {
    return this.connection.remoteAddress;
  }

  header(name: string): string | undefined {
    return this.head.headers[name];
  }

  onCancel(callback: () => void): () => void {
    if (this.canceled) {
      callback();
      return () => {};
    }
    const callbacks = this.cancelCallbacks;
    callbacks.push(callback);
    return () => {
      const index = callbacks.indexOf(callback);
      if (index >= 0) callbacks.splice(index, 1);
    };
  }

  // What the client does

  /** Starts the handler; `first` is the request of a call whose requests are no stream. */
  run(first: Uint8Array): void {
    const { entry, connection } = this;
    try {
      const refusal = connection.process.guard(this);
      if (entry.kind === 'bidiStream') {
        if (refusal !== undefined) throw refusal;
        entry.handler(this.requests, this, this).then(this.streamDone, this.failed);
        return;
      }
      const request = decodeRequest(entry.method.request, first);
      if (refusal !== undefined) throw refusal;
      if (entry.kind === 'serverStream') {
        entry.handler(request, this, this).then(this.streamDone, this.failed);
      } else {
        Promise.resolve(entry.handler(request, this)).then(this.answer, this.failed);
      }
    } catch (error) {
      this.failed(error);
    }
  }

  request(bytes: Uint8Array): void {
    if (!this.ended) this.requests.push({ compressed: false, bytes });
  }

  requestsEnd(): void {
    if (!this.ended) this.requests.end();
  }

  /** The client read `bytes` more. */
  windowOpened(bytes: number): void {
    this.windowBytes += bytes;
    while (this.windowBytes > 0 && this.queue.length > 0) this.transmit(this.queue.shift()!); // length > 0
    if (this.queue.length === 0 && this.ending !== undefined) this.sendEnd();
    this.wakeDrained();
  }

  /** The client canceled, or the connection broke. */
  aborted(): void {
    if (this.canceled) return;
    this.canceled = true;
    this.queue = [];
    this.queuedBytes = 0;
    this.over();
    this.connection.callEnded(this.head.id);
    this.runCancelCallbacks();
  }

  // ResponseStream

  send(message: unknown): boolean {
    return this.enqueue(encode(this.entry.method.response, message));
  }

  sendEncoded(parts: readonly Uint8Array[]): boolean {
    return this.enqueue(concatBytes(parts));
  }

  sendTogether(messages: EncodedMessages): boolean {
    let hasRoom = true;
    for (const message of separated(messages)) hasRoom = this.enqueue(message);
    return hasRoom;
  }

  drained(): Promise<void> {
    return new Promise((resolve) => {
      this.drainWaiters.push(resolve);
      this.wakeDrained();
    });
  }

  end(status: GrpcStatus = GrpcStatus.OK, message = ''): void {
    this.finish(status, message);
  }

  private enqueue(bytes: Uint8Array): boolean {
    if (this.ended) return false;
    if (this.queue.length > 0 || this.windowBytes <= 0) {
      this.queue.push(bytes);
      this.queuedBytes += bytes.length;
    } else {
      this.queuedBytes += bytes.length;
      this.transmit(bytes);
    }
    return this.queuedBytes < STREAM_QUEUE_BYTES;
  }

  private transmit(bytes: Uint8Array): void {
    this.windowBytes -= bytes.length;
    this.queuedBytes -= bytes.length;
    this.connection.sendMessage(this.head.id, bytes);
  }

  private wakeDrained(): void {
    if (!this.ended && this.queuedBytes > STREAM_QUEUE_BYTES / 2) return;
    const waiters = this.drainWaiters;
    this.drainWaiters = [];
    for (const wake of waiters) wake();
  }

  // The end

  private readonly answer = (response: unknown): void => {
    if (this.ended) return;
    try {
      this.connection.sendAnswer(this.head.id, encode(this.entry.method.response, response));
    } catch (error) {
      this.failed(error);
      return;
    }
    this.over();
    this.connection.callEnded(this.head.id);
  };

  private readonly streamDone = (): void => this.finish(GrpcStatus.OK, '');

  private readonly failed = (error: unknown): void => {
    const known = foreseen(error);
    if (known !== undefined) {
      this.finish(known.status, known.message);
      return;
    }
    this.connection.unexpected(this.path, error);
    this.finish(GrpcStatus.Unknown, error instanceof Error ? error.message : String(error));
  };

  private expired(): void {
    if (this.ended) return;
    this.canceled = true;
    this.finish(GrpcStatus.DeadlineExceeded, 'context deadline exceeded');
    this.runCancelCallbacks();
  }

  /** Decides the status; what is queued still goes before it. */
  private finish(status: GrpcStatus, text: string): void {
    if (this.ended) return;
    this.ending = { status, text };
    this.over();
    if (this.queue.length === 0) this.sendEnd();
  }

  private sendEnd(): void {
    if (this.ending === undefined) return;
    this.connection.sendEnd(this.head.id, this.ending.status, this.ending.text);
    this.ending = undefined;
    this.connection.callEnded(this.head.id);
  }

  private over(): void {
    this.ended = true;
    this.deadline?.cancel();
    this.requests.cancel(this.canceled);
    this.wakeDrained();
  }

  private runCancelCallbacks(): void {
    const callbacks = this.cancelCallbacks;
    this.cancelCallbacks = [];
    for (const callback of callbacks) callback();
  }
}
