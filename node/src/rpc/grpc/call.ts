// One gRPC call on its stream: assembles requests, runs the handler, sends responses and the status.
import { writeMessagePrefix } from '../../base/call.ts';
import type { CallContext, EncodedMessages, ResponseStream } from '../../base/call.ts';
import { GrpcStatus, StatusError } from '../../base/errors.ts';
import type { Timer } from '../../base/world.ts';
import { EncodedMessage, releaseUnsent } from '../../wire/encoded.ts';
import { Writer } from '../../wire/writer.ts';
import type { Stream, StreamSink } from '../h2/stream.ts';
import { CancelCallbacks } from './cancel-callbacks.ts';
import { reportUnexpected, type CallEnvironment, type MethodEntry } from './environment.ts';
import { gunzipMessage } from './inflate.ts';
import { MessageReader, type MessageTarget, PREFIX_BYTES } from './message-reader.ts';
import { type Holding, LateAnswer } from './passing-on.ts';
import { compressionProblem, decodeRequest } from './request-message.ts';
import { type QueuedMessage, RequestQueue, type RequestSource } from './request-queue.ts';
import { placeAnswer } from './response-bytes.ts';
import { foreseen, responseBlock, trailersBlock, trailersOnlyBlock } from './status.ts';

/** A stream's `send` answers false from here on, and `drained` waits for half of it. */
const STREAM_QUEUE_BYTES = 128 * 1024;
/** What a timer of the platform can wait; a deadline further away is none. */
const MAX_TIMER_MS = 0x7fff_ffff;
/** A response may pass the connection's limit when the connection holds little else. */
const LITTLE_BYTES = 1024 * 1024;

export class GrpcCall
  implements
    CallContext,
    Holding,
    StreamSink,
    MessageTarget,
    RequestSource<unknown>,
    ResponseStream<unknown>
{
  readonly path: string;
  readonly timeoutMs: number | undefined;
  canceled = false;
  private readonly environment: CallEnvironment;
  private readonly stream: Stream;
  private readonly entry: MethodEntry;
  private readonly subtype: string;
  private readonly startedMs: number;
  private readonly reader: MessageReader;
  private request: QueuedMessage | undefined = undefined;
  private requests: RequestQueue<unknown> | undefined = undefined;
  /** Body bytes counted for this call, until its handler has settled. */
  private heldBytes = 0;
  private started = false;
  private settled = false;
  /** The status is decided: nothing can be sent any more. */
  private ended = false;
  private headersSent = false;
  private deadline: Timer | undefined = undefined;
  private readonly cancelCallbacks = new CancelCallbacks();
  private drainWaiters: (() => void)[] | undefined = undefined;

  constructor(
    environment: CallEnvironment,
    stream: Stream,
    entry: MethodEntry,
    subtype: string,
    timeoutMs: number | undefined,
  ) {
    this.environment = environment;
    this.stream = stream;
    this.entry = entry;
    this.path = entry.path;
    this.subtype = subtype;
    this.timeoutMs = timeoutMs;
    this.startedMs = environment.clock.monotonicMs();
    this.reader = new MessageReader(this);
    environment.observer?.started?.(entry.path, entry.kind);
    if (entry.kind === 'clientStream' || entry.kind === 'bidiStream') this.startBidi();
  }

  // CallContext

  get remoteAddress(): string {
    return this.stream.connection.remoteAddress;
  }

  get certificateCommonName(): string | undefined {
    return this.stream.connection.certificateCommonName;
  }

  header(name: string): string | undefined {
    for (const field of this.stream.head.fields) if (field.name === name) return field.value;
    return undefined;
  }

  onCancel(callback: () => void): () => void {
    if (!this.canceled) return this.cancelCallbacks.add(callback);
    callback();
    return () => {};
  }

  hold(bytes: number): void {
    if (this.settled) return;
    const { hold } = this.stream.connection;
    this.heldBytes += bytes;
    if (bytes > 0) hold.add(bytes);
    else hold.release(-bytes);
  }

  // StreamSink

  data(bytes: Uint8Array, start: number, end: number): boolean {
    return this.reader.push(bytes, start, end);
  }

  frameEnd(endStream: boolean): void {
    if (this.ended) return;
    if (!endStream) this.openForMessage();
    if (this.requests !== undefined) {
      if (endStream) this.requestsEnd(this.requests);
      return;
    }
    if (this.request !== undefined) {
      if (!this.started) this.startWithRequest(this.request);
    } else if (endStream && !this.started) {
      const message = this.reader.betweenMessages ? 'EOF' : 'unexpected EOF';
      this.finish(GrpcStatus.Unknown, message);
    }
  }

  /** A message longer than the window may come whole, but only when no other waits to be read. */
  private openForMessage(): void {
    const missing = this.reader.missingBytes;
    if (missing === 0 || this.requests?.isEmpty === false) return;
    this.stream.connection.expect(this.stream, missing);
  }

  private requestsEnd(requests: RequestQueue<unknown>): void {
    if (this.reader.betweenMessages) requests.end();
    else requests.end(new StatusError(GrpcStatus.Internal, 'unexpected EOF'));
  }

  opened(): void {
    if (this.timeoutMs === undefined || this.timeoutMs > MAX_TIMER_MS || this.ended) return;
    const spentMs = this.environment.clock.monotonicMs() - this.startedMs;
    this.deadline = this.environment.clock.after(Math.max(0, this.timeoutMs - spentMs), () => {
      if (this.ended) return;
      this.finish(GrpcStatus.DeadlineExceeded, 'context deadline exceeded', true);
      this.cancelCallbacks.run(this);
    });
  }

  aborted(): void {
    if (this.ended && this.settled) return;
    const wasEnded = this.ended;
    this.canceled = true;
    this.over();
    if (!wasEnded) this.observeFinish(GrpcStatus.Canceled);
    this.cancelCallbacks.run(this);
  }

  flushed(): void {
    const waiters = this.drainWaiters;
    if (waiters === undefined || !this.roomy) return;
    this.drainWaiters = undefined;
    for (const wake of waiters) wake();
  }

  private get roomy(): boolean {
    const queued = this.stream.queuedBytes;
    if (this.ended || queued === 0) return true;
    return queued <= STREAM_QUEUE_BYTES / 2 && !this.stream.connection.hold.crowded;
  }

  // MessageTarget

  begin(length: number): boolean {
    if (this.ended) return false;
    const limit = this.environment.maxMessageBytes;
    if (length > limit) {
      this.reject(
        GrpcStatus.ResourceExhausted,
        `grpc: received message larger than max (${length} vs. ${limit})`,
      );
      return false;
    }
    return true;
  }

  grow(extra: number): boolean {
    if (this.ended) return false;
    if (!this.stream.connection.hold.tryAdd(extra)) {
      this.reject(GrpcStatus.ResourceExhausted, 'etcdserver: too many requests');
      return false;
    }
    this.heldBytes += extra;
    return true;
  }

  message(compressed: number, bytes: Uint8Array): void {
    const { observer } = this.environment;
    observer?.received?.(this.path, this.entry.kind, bytes.length);
    if (compressed !== 0) {
      const problem = compressionProblem(compressed, this.stream.head.grpcEncoding);
      if (problem !== undefined) {
        this.reject(problem.status, problem.message);
        return;
      }
    }
    const message: QueuedMessage = { compressed: compressed !== 0, bytes };
    if (this.requests !== undefined) {
      this.requests.push(message);
      return;
    }
    this.request = message;
    // grpc-go reads one message of a call whose request is not a stream, and ignores what follows.
    this.reader.drop();
  }

  /** A message cannot be taken: a streaming handler hears of it as grpc-go's Recv would tell it, others never start. */
  private reject(status: GrpcStatus, message: string): void {
    this.reader.drop();
    if (this.requests === undefined) this.finish(status, message);
    else this.requests.end(new StatusError(status, message));
  }

  // RequestSource

  take(message: QueuedMessage): unknown {
    const { connection } = this.stream;
    const size = message.bytes.length;
    this.heldBytes -= size;
    connection.hold.release(size);
    connection.consumed(this.stream, size + PREFIX_BYTES);
    this.openForMessage();
    return message.compressed
      ? gunzipMessage(message.bytes, this.environment.maxMessageBytes).then((bytes) =>
          decodeRequest(this.entry.method.request, bytes),
        )
      : decodeRequest(this.entry.method.request, message.bytes);
  }

  stopped(): void {
    this.reader.drop();
  }

  // Running the handler

  private startWithRequest(request: QueuedMessage): void {
    this.started = true;
    this.request = undefined;
    if (request.compressed) {
      gunzipMessage(request.bytes, this.environment.maxMessageBytes).then(
        (bytes) => this.run(bytes),
        (error: unknown) => this.failed(error),
      );
      return;
    }
    this.run(request.bytes);
  }

  private run(bytes: Uint8Array): void {
    if (this.ended) {
      this.settle();
      return;
    }
    const { entry, environment } = this;
    try {
      const request = decodeRequest(this.entry.method.request, bytes);
      const refusal = environment.before?.(this, entry, request);
      if (refusal !== undefined) throw refusal;
      if (entry.kind === 'unary') {
        const response = entry.handler(request, this);
        if (response instanceof Promise) response.then(this.answer, this.failed);
        else if (response instanceof LateAnswer) response.attach(this.answer, this.failed);
        else this.answer(response);
      } else if (entry.kind === 'serverStream') {
        entry.handler(request, this, this).then(this.streamDone, this.failed);
      }
    } catch (error) {
      this.failed(error);
    }
  }

  private startBidi(): void {
    const { entry, environment } = this;
    this.requests = new RequestQueue(this);
    this.started = true;
    try {
      const refusal = environment.before?.(this, entry, undefined);
      if (refusal !== undefined) throw refusal;
      if (entry.kind === 'clientStream' || entry.kind === 'bidiStream') {
        entry.handler(this.requests, this, this).then(this.streamDone, this.failed);
      }
    } catch (error) {
      this.failed(error);
    }
  }

  private readonly answer = (response: unknown): void => {
    try {
      this.sendOnly(response);
    } catch (error) {
      this.failed(error);
    }
    this.settle();
  };

  private readonly streamDone = (): void => {
    this.finish(GrpcStatus.OK, '');
    this.settle();
  };

  private readonly failed = (error: unknown): void => {
    const known = foreseen(error);
    if (known !== undefined) {
      this.finish(known.status, known.message);
    } else {
      this.unexpected(error);
      this.finish(GrpcStatus.Unknown, error instanceof Error ? error.message : String(error));
    }
    this.settle();
  };

  unexpected(error: unknown): void {
    reportUnexpected(this.environment, this.path, error);
  }

  private settle(): void {
    if (this.settled) return;
    this.settled = true;
    this.stream.connection.callSettled(this.heldBytes);
    this.heldBytes = 0;
  }

  // ResponseStream

  get queuedBytes(): number {
    return this.stream.queuedBytes;
  }

  send(message: unknown): boolean {
    const codec = this.entry.method.response;
    const length = codec.sizeOf(message);
    const writer = this.memory(PREFIX_BYTES + length);
    if (writer === undefined) return false;
    writer.position = writeMessagePrefix(writer.bytes, writer.position, length);
    codec.write(message, writer);
    return this.sendMemory(writer.bytes, PREFIX_BYTES + length);
  }

  sendTogether(messages: EncodedMessages): boolean {
    const { size } = messages;
    const writer = this.memory(size);
    if (writer === undefined) return false;
    messages.write(writer.bytes, writer.position);
    return this.sendMemory(writer.bytes, size);
  }

  sendEncoded(parts: readonly Uint8Array[]): boolean {
    if (this.ended) return false;
    let size = 0;
    for (const part of parts) size += part.length;
    if (!this.admit(PREFIX_BYTES + size)) return false;
    const prefix = Buffer.allocUnsafe(PREFIX_BYTES);
    writeMessagePrefix(prefix, 0, size);
    return this.enqueue([prefix, ...parts], PREFIX_BYTES + size);
  }

  /** Sends a message from where it lies, and then gives back its memory. */
  private sendKept({ parts, release }: EncodedMessage): void {
    this.sendEncoded(parts);
    if (this.ended) release?.();
    else this.stream.whenWritten = release;
  }

  drained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.roomy) resolve();
      else (this.drainWaiters ??= []).push(resolve);
    });
  }

  end(status: GrpcStatus = GrpcStatus.OK, message = ''): void {
    this.finish(status, message);
  }

  /** Counts a response of `size` bytes before memory is taken for it, or ends the call. */
  private admit(size: number): boolean {
    const { hold } = this.stream.connection;
    let admitted = hold.tryAdd(size);
    if (!admitted && hold.heldBytes <= LITTLE_BYTES) {
      hold.add(size);
      admitted = true;
    }
    if (admitted) {
      if (!this.ended) return true;
      // Room was made by ending others, and that ended this call, too.
      hold.release(size);
      return false;
    }
    this.finish(GrpcStatus.ResourceExhausted, 'etcdserver: too many requests', true);
    this.cancelCallbacks.run(this);
    return false;
  }

  /** Admits `size` bytes of messages with their prefixes, and takes memory for them. */
  private memory(size: number): Writer | undefined {
    if (this.ended || !this.admit(size)) return undefined;
    this.sendHeaders();
    const { sender } = this.stream.connection;
    if (sender.canPlace(this.stream, size)) return sender.placeData(size);
    return new Writer(Buffer.allocUnsafe(size));
  }

  /** Sends what was written to what `memory` gave. */
  private sendMemory(bytes: Uint8Array, size: number): boolean {
    if (bytes.length === size) return this.enqueue([bytes], size);
    const { stream } = this;
    const { hold, sender } = stream.connection;
    this.environment.observer?.sent?.(this.path, this.entry.kind, size - PREFIX_BYTES);
    hold.release(size);
    sender.placed(stream, size);
    return !hold.crowded;
  }

  /** Queues a response that was admitted. */
  private enqueue(parts: readonly Uint8Array[], size: number): boolean {
    const { stream } = this;
    const { hold, sender } = stream.connection;
    this.environment.observer?.sent?.(this.path, this.entry.kind, size - PREFIX_BYTES);
    this.sendHeaders();
    for (const part of parts) if (part.length > 0) stream.queue.push(part);
    stream.queuedBytes += size;
    sender.list(stream);
    return stream.queuedBytes < STREAM_QUEUE_BYTES && !hold.crowded;
  }

  private sendHeaders(): void {
    if (this.headersSent) return;
    this.headersSent = true;
    this.stream.connection.sender.pushHeaders(this.stream.id, responseBlock(this.subtype), false);
  }

  /** The answer of a unary call: head, message and status in one piece of memory when the windows allow. */
  private sendOnly(response: unknown): void {
    if (this.ended) return releaseUnsent(response);
    const { stream } = this;
    const { sender } = stream.connection;
    const codec = this.entry.method.response;
    const size = codec.sizeOf(response);
    const body = PREFIX_BYTES + size;
    if (!sender.canSendNow(stream, body)) {
      if (response instanceof EncodedMessage) this.sendKept(response);
      else this.send(response);
      this.finish(GrpcStatus.OK, '');
      return;
    }
    placeAnswer(stream, responseBlock(this.subtype), codec, response, size);
    this.environment.observer?.sent?.(this.path, this.entry.kind, size);
    sender.spend(stream, body);
    sender.finish(stream);
    this.over();
    this.observeFinish(GrpcStatus.OK);
  }

  /** Decides the status; what is queued still goes before it. */
  private finish(status: GrpcStatus, message: string, canceled = false): void {
    if (this.ended) return;
    this.canceled = canceled;
    const { stream } = this;
    const { sender } = stream.connection;
    if (stream.queuedBytes > 0) {
      stream.ending = trailersBlock(status, message);
      sender.list(stream);
    } else {
      const block = this.headersSent
        ? trailersBlock(status, message)
        : trailersOnlyBlock(this.subtype, status, message);
      sender.pushHeaders(stream.id, block, true);
      sender.finish(stream);
    }
    this.over();
    this.observeFinish(status);
  }

  private over(): void {
    this.ended = true;
    this.deadline?.cancel();
    this.deadline = undefined;
    this.reader.drop();
    this.request = undefined;
    this.requests?.cancel(this.canceled);
    this.flushed();
    if (!this.started) this.settle();
  }

  private observeFinish(status: GrpcStatus): void {
    const { clock, observer } = this.environment;
    this.stream.connection.answered();
    if (observer?.finished === undefined) return;
    const durationMs = clock.monotonicMs() - this.startedMs;
    observer.finished(this.path, this.entry.kind, status, durationMs);
  }
}
