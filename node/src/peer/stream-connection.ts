// One dialed stream: connect, send the GET, read the head of the answer, then hand over the body piece by piece.
import type net from 'node:net';
import { concatBytes, latin1FromBytes } from '../base/bytes.ts';
import { EMPTY_BYTES } from '../base/text.ts';
import type { Clock, Timer } from '../base/world.ts';
import { DecodeError } from '../wire/index.ts';
import { ChunkedDecoder, parseResponseHead, type ResponseHead } from './codec/http-stream.ts';
import { StreamFormatError } from './codec/frames.ts';
import { connectTo, readyEvent } from './connect.ts';
import { ANSWER_LIMIT_BYTES } from './limits.ts';
import type { PeerTls } from './options.ts';

export interface StreamDial {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: PeerTls | undefined;
  readonly clock: Clock;
  readonly dialTimeoutMs: number;
  /** Silence after which the stream counts as dead. */
  readonly readTimeoutMs: number;
}

export interface StreamEvents {
  /** The answer is 200; the body follows. Throwing StreamFormatError ends the stream. */
  opened(head: ResponseHead): void;
  /** The next piece of the body; the bytes belong to the callee. Throwing StreamFormatError or DecodeError ends the stream. */
  received(payload: Uint8Array): void;
  /** The answer is not 200: its head and text. `closed` follows. */
  refused(head: ResponseHead, text: string): void;
  /** Called once, last. Without a reason, the other side ended the stream in order. */
  closed(reason: Error | undefined): void;
}

/** After a stall of this process itself, what has arrived must be read before silence is judged. */
const GRACE_MS = 100;

export class StreamConnection {
  private readonly dial: StreamDial;
  private readonly events: StreamEvents;
  private readonly socket: net.Socket;
  private head: ResponseHead | undefined;
  private chunks: ChunkedDecoder | undefined;
  private pending: Uint8Array = EMPTY_BYTES;
  private reason: Error | undefined;
  private lastReadMs: number;
  private timer: Timer | undefined;

  constructor(dial: StreamDial, events: StreamEvents) {
    this.dial = dial;
    this.events = events;
    this.lastReadMs = dial.clock.monotonicMs();
    this.socket = connectTo(dial.url, dial.tls, dial.dialTimeoutMs);
    this.socket.once(readyEvent(dial.url), () => this.request());
    this.socket.on('data', (bytes: Buffer) => this.onData(bytes));
    this.socket.on('error', (error) => (this.reason ??= error));
    this.socket.on('end', () => this.onEnd());
    this.socket.once('close', () => this.onClose());
  }

  /** Ends the stream; `closed` follows. */
  close(reason?: Error): void {
    if (reason !== undefined) this.reason ??= reason;
    this.socket.destroy();
  }

  /** Stops reading until `resume`: the sender is held back by TCP. */
  hold(): void {
    this.socket.pause();
  }

  resume(): void {
    this.lastReadMs = this.dial.clock.monotonicMs();
    this.socket.resume();
  }

  private request(): void {
    const { url, headers } = this.dial;
    let text = `GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\n`;
    for (const name in headers) text += `${name}: ${headers[name]}\r\n`;
    this.socket.write(`${text}\r\n`, 'latin1');
    this.lastReadMs = this.dial.clock.monotonicMs();
    this.watch(this.dial.readTimeoutMs, false);
  }

  private watch(delayMs: number, warned: boolean): void {
    this.timer = this.dial.clock.after(delayMs, () => {
      const silentMs = this.dial.clock.monotonicMs() - this.lastReadMs;
      const leftMs = this.socket.isPaused()
        ? this.dial.readTimeoutMs
        : this.dial.readTimeoutMs - silentMs;
      if (leftMs > 0) this.watch(leftMs, false);
      else if (!warned) this.watch(GRACE_MS, true);
      else this.close(new Error('read: i/o timeout'));
    });
  }

  private onData(buffer: Buffer): void {
    if (this.reason !== undefined) return;
    this.lastReadMs = this.dial.clock.monotonicMs();
    // Views of a plain array are plain arrays: one shape for all that decodes them.
    const bytes = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
    try {
      if (this.head === undefined) this.onHeadBytes(bytes);
      else this.onBody(this.head, bytes);
    } catch (error) {
      // Only what the peer sent wrong is the peer's fault.
      if (!(error instanceof StreamFormatError || error instanceof DecodeError)) throw error;
      this.close(error);
    }
  }

  private onHeadBytes(bytes: Uint8Array): void {
    this.pending = this.pending.length === 0 ? bytes : concatBytes([this.pending, bytes]);
    const head = parseResponseHead(this.pending);
    if (head === undefined) return;
    this.head = head;
    const rest = this.pending.subarray(head.length);
    this.pending = EMPTY_BYTES;
    if (head.headers.get('transfer-encoding') === 'chunked') this.chunks = new ChunkedDecoder();
    if (head.status === 200) this.events.opened(head);
    this.onBody(head, rest);
  }

  private onBody(head: ResponseHead, bytes: Uint8Array): void {
    const payload = this.chunks === undefined ? bytes : this.chunks.push(bytes);
    const ended = this.chunks?.ended === true;
    if (head.status === 200) {
      if (payload.length > 0) this.events.received(payload);
      if (ended) this.socket.destroy();
      return;
    }
    this.pending = concatBytes([this.pending, payload]);
    const announced = Number(head.headers.get('content-length') ?? Infinity);
    if (ended || this.pending.length >= Math.min(ANSWER_LIMIT_BYTES, announced)) this.refuse(head);
  }

  /** Hands over what was answered instead of a stream. */
  private refuse(head: ResponseHead): void {
    if (this.reason !== undefined) return;
    this.reason = new Error(`unhandled http status ${head.status}`);
    this.events.refused(head, latin1FromBytes(this.pending).trim());
    this.socket.destroy();
  }

  private onEnd(): void {
    if (this.head === undefined) this.reason ??= new Error('unexpected EOF');
    else if (this.head.status !== 200) this.refuse(this.head);
    this.socket.destroy();
  }

  private onClose(): void {
    this.timer?.cancel();
    this.events.closed(this.reason);
  }
}
