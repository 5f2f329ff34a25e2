// One HTTP/2 connection: its streams, their windows, and how it ends.
import type { Socket } from 'node:net';
import { PassingMap } from '../../base/passing-map.ts';
import type { Hold } from '../budget.ts';
import { HpackError } from '../hpack/decoder.ts';
import { Cost } from './abuse.ts';
import { ClosedBy, ClosedStreams } from './closed-streams.ts';
import { goAwayFrame, pingFrame, resetFrame, settingsFrame, windowUpdateFrame } from './frames.ts';
import { Keepalive } from './keepalive.ts';
import type { ConnectionOptions } from './options.ts';
import {
  ConnectionError,
  DEFAULT_WINDOW_BYTES,
  ErrorCode,
  MAX_STREAM_ID,
  SettingId,
} from './protocol.ts';
import type { RequestHead } from './request-head.ts';
import { Sender } from './sender.ts';
import { DRAIN_PING, Receiver } from './receiver.ts';
import { Stream } from './stream.ts';

/** Counted for each open stream and each running handler, besides its body. */
export const STREAM_OVERHEAD_BYTES = 1024;
/** How long the last frames may take once the connection is to be closed. */
const CLOSE_GRACE_MS = 1000;
/** Chunks of fewer bytes are left to the garbage collector. */
const LARGE_CHUNK_BYTES = 8 * 1024;

/** Who is at the other end. */
export interface PeerInfo {
  readonly remoteAddress: string;
  readonly certificateCommonName: string | undefined;
}

export class Connection {
  readonly socket: Socket;
  readonly sender: Sender;
  readonly hold: Hold;
  readonly remoteAddress: string;
  /** Common name of the client's verified certificate. */
  readonly certificateCommonName: string | undefined;
  readonly options: ConnectionOptions;
  /** Handlers that have not settled, of open and of canceled streams. */
  runningCalls = 0;
  closed = false;
  readonly streams = new PassingMap<number, Stream>();
  readonly closedStreams = new ClosedStreams();
  private readonly keepalive: Keepalive;
  private readonly receiver: Receiver;
  /** The newest stream the client opened. */
  lastStreamId = 0;
  /** Streams opened by the chunk that is being read. */
  private fresh: Stream[] = [];
  /** Set once GOAWAY with the final id is sent: later streams are not answered. */
  goneAway = false;
  draining = false;
  private failed = false;

  constructor(socket: Socket, peer: PeerInfo, options: ConnectionOptions) {
    this.socket = socket;
    this.remoteAddress = peer.remoteAddress;
    this.certificateCommonName = peer.certificateCommonName;
    this.options = options;
    this.hold = options.budget.open(options.connectionHeldBytes, () => this.evicted());
    this.receiver = new Receiver(this);
    this.sender = new Sender(
      socket,
      this.hold,
      options.flushQueue,
      (stream) => this.forget(stream, stream.remoteClosed ? ClosedBy.Client : ClosedBy.Server),
      () => this.receiver.sentAnswer(),
    );
    this.keepalive = new Keepalive(options, {
      ping: () => this.sender.push(pingFrame(false, KEEPALIVE_PING)),
      dead: () => this.socket.destroy(),
    });
    this.greet();
    socket.on('data', (chunk: Buffer) => this.received(chunk));
    socket.on('drain', () => this.resumeReading());
    // As grpc-go: a client that closes its half is gone.
    socket.on('end', () => this.socket.destroy());
    socket.on('error', () => this.socket.destroy());
    socket.on('close', () => this.gone());
  }

  get openStreams(): number {
    return this.streams.size;
  }

  private greet(): void {
    const { maxConcurrentStreams, streamWindowBytes, maxHeaderListBytes } = this.options;
    const settings: [number, number][] = [
      [SettingId.InitialWindowSize, streamWindowBytes],
      [SettingId.MaxHeaderListSize, maxHeaderListBytes],
    ];
    if (maxConcurrentStreams < 0xffff_ffff) {
      settings.push([SettingId.MaxConcurrentStreams, maxConcurrentStreams]);
    }
    this.sender.push(settingsFrame(settings));
    this.sender.push(
      windowUpdateFrame(0, this.options.connectionWindowBytes - DEFAULT_WINDOW_BYTES),
    );
  }

  /** Takes bytes behind the client's preface. */
  received(chunk: Uint8Array): void {
    if (this.failed) return;
    this.keepalive.heard();
    const { receiver } = this;
    receiver.keepsChunk = false;
    try {
      receiver.read(chunk);
    } catch (error) {
      this.fail(error);
      return;
    }
    if (!receiver.keepsChunk && chunk.length >= LARGE_CHUNK_BYTES) free(chunk);
    if (this.fresh.length > 0) this.announceFresh();
    if (this.sender.backlogBytes > this.options.pauseBytes) this.socket.pause();
  }

  private announceFresh(): void {
    const fresh = this.fresh;
    this.fresh = [];
    for (const stream of fresh) if (!stream.localClosed) stream.sink?.opened();
  }

  private resumeReading(): void {
    if (this.socket.isPaused()) this.socket.resume();
  }

  private fail(error: unknown): void {
    let code: ErrorCode = ErrorCode.InternalError;
    let message = 'internal error';
    if (error instanceof ConnectionError) {
      ({ code, message } = error);
    } else if (error instanceof HpackError) {
      code = ErrorCode.CompressionError;
      message = error.message;
    } else {
      this.options.logger.error('failed to handle a client frame', { error: describe(error) });
    }
    this.options.logger.debug('closing client connection', {
      'remote-addr': this.remoteAddress,
      code,
      error: message,
    });
    this.shut(code, message);
  }

  /** Ends the connection with GOAWAY; what the client still sends is thrown away. */
  shut(code: ErrorCode, message: string): void {
    if (this.failed || this.closed) return;
    this.failed = true;
    this.abortAll();
    this.sender.push(goAwayFrame(this.lastStreamId, code, message));
    this.sender.end();
    this.socket.resume();
    const timer = this.options.clock.after(CLOSE_GRACE_MS, () => this.socket.destroy());
    this.socket.once('close', () => timer.cancel());
  }

  /** Announces the end (RFC 9113 section 6.8); `done` is called once when no call is left. */
  drain(): void {
    if (this.draining || this.failed || this.closed) return;
    this.draining = true;
    // Requests already under way are still taken; a round trip later the final id is named.
    this.sender.push(goAwayFrame(MAX_STREAM_ID, ErrorCode.NoError, 'graceful_stop'));
    this.sender.push(pingFrame(false, DRAIN_PING));
    const timer = this.options.clock.after(CLOSE_GRACE_MS, () => this.goAwayNow());
    this.socket.once('close', () => timer.cancel());
  }

  /** Names the final stream: nothing newer is answered. */
  goAwayNow(): void {
    if (this.goneAway || this.failed || this.closed) return;
    this.goneAway = true;
    this.sender.push(goAwayFrame(this.lastStreamId, ErrorCode.NoError, ''));
    this.endIfDrained();
  }

  private endIfDrained(): void {
    if (!this.goneAway || this.streams.size > 0 || this.failed) return;
    this.failed = true;
    this.sender.end();
    const timer = this.options.clock.after(CLOSE_GRACE_MS, () => this.socket.destroy());
    this.socket.once('close', () => timer.cancel());
  }

  private evicted(): void {
    this.options.logger.warn('closed a client connection that held too much memory', {
      'remote-addr': this.remoteAddress,
      'held-bytes': this.hold.heldBytes,
      streams: this.streams.size,
    });
    this.socket.destroy();
    this.gone();
  }

  private gone(): void {
    if (this.closed) return;
    this.closed = true;
    this.failed = true;
    this.keepalive.stop();
    this.abortAll();
    this.hold.close();
    this.options.onClose(this);
  }

  private abortAll(): void {
    const streams = [...this.streams.values()];
    for (const stream of streams) {
      stream.localClosed = true;
      this.forget(stream, ClosedBy.Server);
      stream.sink?.aborted();
    }
  }

  // Streams

  /** Ends a stream with RST_STREAM. */
  reset(stream: Stream, code: ErrorCode): void {
    if (stream.localClosed && !this.streams.has(stream.id)) return;
    stream.localClosed = true;
    this.forget(stream, ClosedBy.Server);
    this.sender.push(resetFrame(stream.id, code));
    stream.sink?.aborted();
  }

  forget(stream: Stream, by: ClosedBy): void {
    if (!this.streams.delete(stream.id)) return;
    this.closedStreams.add(stream.id, by);
    if (stream.queuedBytes > 0) this.hold.release(stream.queuedBytes);
    stream.queue.length = 0;
    stream.queuedBytes = 0;
    this.sender.dropped(stream);
    stream.ending = undefined;
    if (this.goneAway) this.endIfDrained();
  }

  /** The handler took `bytes` of the body: the client may send as many again. */
  consumed(stream: Stream, bytes: number): void {
    stream.unconsumedBytes -= bytes;
    if (stream.remoteClosed || stream.localClosed) return;
    const target = this.options.streamWindowBytes;
    const missing = target - stream.receiveWindow - stream.unconsumedBytes;
    if (missing >= target / 2) this.openWindow(stream, missing);
  }

  /** Lets the client send a whole message of which `bytes` are still missing. */
  expect(stream: Stream, bytes: number): void {
    if (stream.remoteClosed || stream.localClosed) return;
    if (bytes > stream.receiveWindow) this.openWindow(stream, bytes - stream.receiveWindow);
  }

  private openWindow(stream: Stream, increment: number): void {
    stream.receiveWindow += increment;
    this.sender.push(windowUpdateFrame(stream.id, increment));
  }

  /** A call was answered: honest work. */
  answered(): void {
    this.receiver.answered();
  }

  /** Opens a stream for a request whose head is complete. */
  request(streamId: number, head: RequestHead, endStream: boolean): void {
    if (head.malformed !== undefined || (endStream && head.contentLength > 0)) {
      this.refuse(streamId, ErrorCode.ProtocolError);
      return;
    }
    const { maxConcurrentStreams } = this.options;
    if (
      Math.max(this.streams.size, this.runningCalls) >= maxConcurrentStreams ||
      !this.hold.tryAdd(STREAM_OVERHEAD_BYTES)
    ) {
      this.refuse(streamId, ErrorCode.RefusedStream);
      return;
    }
    const stream = new Stream(
      this,
      streamId,
      head,
      this.options.streamWindowBytes,
      this.receiver.peer.initialWindowBytes,
    );
    stream.remoteClosed = endStream;
    this.streams.set(streamId, stream);
    this.runningCalls++;
    this.options.onRequest(stream);
    if (stream.localClosed) return;
    this.fresh.push(stream);
    if (endStream) stream.sink?.frameEnd(true);
  }

  /** The handler of a stream has settled: what was counted for it is free. */
  callSettled(bytes: number): void {
    this.runningCalls--;
    this.hold.release(STREAM_OVERHEAD_BYTES + bytes);
  }

  /** Ends a stream that was never opened. */
  refuse(streamId: number, code: ErrorCode): void {
    this.receiver.charge(Cost.Stray, 'refused HEADERS');
    this.closedStreams.add(streamId, ClosedBy.Server);
    this.sender.push(resetFrame(streamId, code));
  }
}

const KEEPALIVE_PING = Buffer.alloc(8);

/** Gives back a chunk that nobody reads any more, and not when V8 has marked all of its heap to find that out. */
function free(chunk: Uint8Array): void {
  const { buffer } = chunk;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === chunk.length) buffer.transfer(0);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
