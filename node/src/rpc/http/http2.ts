// Plain HTTP requests on an HTTP/2 connection: not fast, but bounded like gRPC calls.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { copyBytes } from '../../base/bytes.ts';
import { GrpcStatus, StatusError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { type HeaderPair, encodeHeaders } from '../hpack/encoder.ts';
import type { Stream, StreamSink } from '../h2/stream.ts';
import type { HttpHandler, HttpRequest, HttpResponder } from './exchange.ts';
import { serve } from './http1.ts';

const QUEUE_BYTES = 128 * 1024;
const NO_TRAILERS = new Uint8Array(0);

/** Hands the request on `stream` to the handler. */
export function serveHttp2(stream: Stream, handler: HttpHandler | undefined, logger: Logger): void {
  const exchange = new Exchange2(stream);
  stream.sink = exchange;
  if (handler === undefined) {
    exchange.respond(404, { 'content-type': 'text/plain; charset=utf-8' }, '404 page not found\n');
  } else {
    serve(handler, exchange, exchange, logger);
  }
}

class Exchange2 implements HttpRequest, HttpResponder, StreamSink {
  readonly method: string;
  readonly url: string;
  readonly httpVersion = '2';
  readonly raw:
    { readonly request: IncomingMessage; readonly response: ServerResponse } | undefined =
    undefined;
  private readonly stream: Stream;
  private readonly parts: Uint8Array[] = [];
  private bodyBytes = 0;
  private heldBytes = 0;
  private bodyComplete = false;
  private bodyRefused = false;
  private wakeReader: (() => void) | undefined = undefined;
  private started = false;
  private ended = false;
  private gone = false;
  private wakeWriters: (() => void)[] = [];
  private closeCallbacks: (() => void)[] = [];

  constructor(stream: Stream) {
    this.stream = stream;
    this.method = stream.head.method;
    this.url = stream.head.path;
  }

  get remoteAddress(): string {
    return this.stream.connection.remoteAddress;
  }

  get certificateCommonName(): string | undefined {
    return this.stream.connection.certificateCommonName;
  }

  get headers(): Readonly<Record<string, string | undefined>> {
    const headers: Record<string, string | undefined> = { host: this.stream.head.authority };
    for (const { name, value } of this.stream.head.fields) {
      if (name.startsWith(':')) continue;
      const before = name === 'host' ? undefined : headers[name];
      headers[name] = before === undefined ? value : `${before}, ${value}`;
    }
    return headers;
  }

  async body(limitBytes: number): Promise<Uint8Array> {
    for (;;) {
      if (this.gone) throw new StatusError(GrpcStatus.Canceled, 'client went away');
      if (this.bodyRefused || this.bodyBytes > limitBytes) {
        throw new StatusError(GrpcStatus.ResourceExhausted, 'request body too large');
      }
      if (this.bodyComplete) return Buffer.concat(this.parts, this.bodyBytes);
      // The whole body is wanted, so everything that came counts as read.
      this.stream.connection.consumed(this.stream, this.stream.unconsumedBytes);
      await new Promise<void>((resolve) => {
        this.wakeReader = resolve;
      });
    }
  }

  // StreamSink

  data(bytes: Uint8Array, start: number, end: number): false {
    if (this.ended || this.bodyRefused) return false;
    if (!this.stream.connection.hold.tryAdd(end - start)) {
      this.bodyRefused = true;
      return false;
    }
    this.heldBytes += end - start;
    this.bodyBytes += end - start;
    this.parts.push(copyBytes(bytes, start, end));
    return false;
  }

  frameEnd(endStream: boolean): void {
    this.bodyComplete = endStream;
    this.wakeReader?.();
  }

  opened(): void {}

  aborted(): void {
    if (this.gone) return;
    this.gone = true;
    this.wakeReader?.();
    if (!this.ended) this.settle();
    for (const callback of this.closeCallbacks) callback();
  }

  flushed(): void {
    if (this.stream.queuedBytes > QUEUE_BYTES / 2) return;
    const waiters = this.wakeWriters;
    this.wakeWriters = [];
    for (const wake of waiters) wake();
  }

  // HttpResponder

  respond(
    status: number,
    headers: Readonly<Record<string, string>>,
    body: string | Uint8Array,
  ): void {
    if (this.ended || this.gone) return;
    if (this.started) {
      this.stream.connection.reset(this.stream, 2);
      return;
    }
    const length = String(Buffer.byteLength(body));
    this.start(status, { ...headers, 'content-length': length });
    if (this.method !== 'HEAD') this.write(body);
    this.end();
  }

  start(status: number, headers: Readonly<Record<string, string>>): void {
    if (this.started || this.ended || this.gone) return;
    this.started = true;
    const pairs: HeaderPair[] = [[':status', String(status)]];
    for (const [name, value] of Object.entries(headers)) pairs.push([name.toLowerCase(), value]);
    this.stream.connection.sender.pushHeaders(this.stream.id, encodeHeaders(pairs), false);
  }

  write(part: string | Uint8Array): boolean {
    if (this.ended || this.gone) return false;
    const bytes = typeof part === 'string' ? Buffer.from(part) : part;
    const { hold, sender } = this.stream.connection;
    if (bytes.length > 0) {
      hold.add(bytes.length);
      this.stream.queue.push(bytes);
      this.stream.queuedBytes += bytes.length;
      sender.list(this.stream);
    }
    return this.stream.queuedBytes < QUEUE_BYTES && !hold.crowded;
  }

  drained(): Promise<void> {
    if (this.ended || this.gone || this.stream.queuedBytes <= QUEUE_BYTES / 2) {
      return Promise.resolve();
    }
    return new Promise((resolve) => this.wakeWriters.push(resolve));
  }

  end(): void {
    if (this.ended || this.gone) return;
    if (!this.started) this.start(200, {});
    this.ended = true;
    this.stream.ending = NO_TRAILERS;
    this.stream.connection.sender.list(this.stream);
    this.settle();
  }

  onClose(callback: () => void): void {
    if (this.gone) callback();
    else this.closeCallbacks.push(callback);
  }

  private settle(): void {
    this.parts.length = 0;
    this.flushed();
    this.stream.connection.callSettled(this.heldBytes);
    this.heldBytes = 0;
  }
}
