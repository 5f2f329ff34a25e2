// One HTTP/2 connection: the receiving half, the streams, and the errors of RFC 9113.
import type { Socket } from 'node:net';
import type { Hold } from '../budget.ts';
import { HpackDecoder, HpackError } from '../hpack/decoder.ts';
import { AbuseMeter, Cost } from './abuse.ts';
import { ClosedBy, ClosedStreams } from './closed-streams.ts';
import { FrameReader, type FrameSink, readUint31, readUint32 } from './frame-reader.ts';
import {
  SETTINGS_ACK,
  goAwayFrame,
  pingFrame,
  resetFrame,
  settingsFrame,
  windowUpdateFrame,
} from './frames.ts';
import { HeaderBlock, headersFragment } from './header-block.ts';
import { Keepalive } from './keepalive.ts';
import type { ConnectionOptions } from './options.ts';
import { PingPolicy } from './ping-policy.ts';
import {
  ConnectionError,
  DEFAULT_WINDOW_BYTES,
  ErrorCode,
  Flag,
  FrameType,
  HEADER_TABLE_BYTES,
  MAX_STREAM_ID,
  MAX_WINDOW_BYTES,
  SettingId,
} from './protocol.ts';
import { type RequestHead, malformedTrailers, requestHead } from './request-head.ts';
import { Sender } from './sender.ts';
import { PeerSettings } from './settings.ts';
import { Stream } from './stream.ts';

/** Counted for each open stream and each running handler, besides its body. */
export const STREAM_OVERHEAD_BYTES = 1024;
/** How long the last frames may take once the connection is to be closed. */
const CLOSE_GRACE_MS = 1000;

/** Who is at the other end. */
export interface PeerInfo {
  readonly remoteAddress: string;
  readonly certificateCommonName: string | undefined;
}

export class Connection implements FrameSink {
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
  private readonly streams = new Map<number, Stream>();
  private readonly closedStreams = new ClosedStreams();
  private readonly reader: FrameReader;
  private readonly hpack: HpackDecoder;
  private readonly peer = new PeerSettings();
  private readonly abuse: AbuseMeter;
  private readonly pings: PingPolicy;
  private readonly keepalive: Keepalive;
  private lastStreamId = 0;
  private sawSettings = false;
  private receiveWindow: number;
  private headerBlock: HeaderBlock | undefined;
  private dataStream: Stream | undefined;
  private emptyData = false;
  /** Streams opened by the chunk that is being read. */
  private fresh: Stream[] = [];
  /** Set once GOAWAY with the final id is sent: later streams are not answered. */
  private goneAway = false;
  private draining = false;
  private failed = false;

  constructor(socket: Socket, peer: PeerInfo, options: ConnectionOptions) {
    this.socket = socket;
    this.remoteAddress = peer.remoteAddress;
    this.certificateCommonName = peer.certificateCommonName;
    this.options = options;
    const nowMs = options.clock.monotonicMs();
    this.hold = options.budget.open(options.connectionHeldBytes, () => this.evicted());
    this.abuse = new AbuseMeter(nowMs);
    this.pings = new PingPolicy(options.keepaliveMinTimeMs);
    this.reader = new FrameReader(this);
    this.hpack = new HpackDecoder(HEADER_TABLE_BYTES, options.maxHeaderListBytes);
    this.receiveWindow = options.connectionWindowBytes;
    this.sender = new Sender(
      socket,
      this.hold,
      options.flushQueue,
      (stream) => this.forget(stream, stream.remoteClosed ? ClosedBy.Client : ClosedBy.Server),
      () => this.pings.sentSomething(),
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
    this.sender.push(windowUpdateFrame(0, this.receiveWindow - DEFAULT_WINDOW_BYTES));
  }

  /** Takes bytes behind the client's preface. */
  received(chunk: Uint8Array): void {
    if (this.failed) return;
    this.keepalive.heard();
    try {
      this.reader.read(chunk);
    } catch (error) {
      this.fail(error);
      return;
    }
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

  private goAwayNow(): void {
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

  private forget(stream: Stream, by: ClosedBy): void {
    if (!this.streams.delete(stream.id)) return;
    this.closedStreams.add(stream.id, by);
    if (stream.queuedBytes > 0) this.hold.release(stream.queuedBytes);
    stream.queue.length = 0;
    stream.queuedBytes = 0;
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
    this.abuse.credit(Cost.Reset);
  }

  // Frames: DATA

  dataBegins(streamId: number, length: number): void {
    this.expectNoContinuation();
    if (streamId === 0) throw new ConnectionError(ErrorCode.ProtocolError, 'DATA on stream 0');
    this.receiveWindow -= length;
    if (this.receiveWindow < 0) {
      throw new ConnectionError(ErrorCode.FlowControlError, 'connection window exceeded');
    }
    const full = this.options.connectionWindowBytes;
    if (this.receiveWindow < full / 2) {
      this.sender.push(windowUpdateFrame(0, full - this.receiveWindow));
      this.receiveWindow = full;
    }
    this.emptyData = length === 0;
    this.dataStream = this.openForData(streamId);
    const stream = this.dataStream;
    if (stream === undefined) return;
    stream.receiveWindow -= length;
    if (stream.receiveWindow < 0) {
      this.dataStream = undefined;
      this.reset(stream, ErrorCode.FlowControlError);
      return;
    }
    stream.unconsumedBytes += length;
  }

  private openForData(streamId: number): Stream | undefined {
    const stream = this.streams.get(streamId);
    if (stream !== undefined && !stream.remoteClosed) return stream;
    if (stream === undefined && streamId > this.lastStreamId) {
      throw new ConnectionError(ErrorCode.ProtocolError, 'DATA on an idle stream');
    }
    this.charge(Cost.Stray, 'stray DATA');
    if (stream !== undefined) this.reset(stream, ErrorCode.StreamClosed);
    else if (this.closedStreams.reason(streamId) !== ClosedBy.Server) {
      this.sender.push(resetFrame(streamId, ErrorCode.StreamClosed));
    }
    return undefined;
  }

  dataPiece(bytes: Uint8Array, start: number, end: number): void {
    const stream = this.dataStream;
    if (stream === undefined || stream.localClosed) return;
    stream.bodyBytes += end - start;
    stream.sink?.data(bytes, start, end);
  }

  dataEnds(endStream: boolean): void {
    if (this.emptyData && !endStream) this.charge(Cost.Small, 'empty DATA');
    const stream = this.dataStream;
    if (stream === undefined) return;
    this.dataStream = undefined;
    if (endStream) this.remoteEnds(stream);
    else if (!stream.localClosed) stream.sink?.frameEnd(false);
  }

  private remoteEnds(stream: Stream): void {
    stream.remoteClosed = true;
    const declared = stream.head.contentLength;
    if (declared >= 0 && declared !== stream.bodyBytes && !stream.localClosed) {
      this.reset(stream, ErrorCode.ProtocolError);
      return;
    }
    if (!stream.localClosed) stream.sink?.frameEnd(true);
  }

  // Frames: all others

  frame(
    type: number,
    flags: number,
    streamId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    if (type === FrameType.Continuation) {
      this.continuation(flags, streamId, bytes, start, end);
      return;
    }
    this.expectNoContinuation();
    if (!this.sawSettings && (type !== FrameType.Settings || (flags & Flag.Ack) !== 0)) {
      throw new ConnectionError(ErrorCode.ProtocolError, 'the preface lacks SETTINGS');
    }
    switch (type) {
      case FrameType.Headers:
        this.headers(flags, streamId, bytes, start, end);
        return;
      case FrameType.Priority:
        this.priority(streamId, bytes, start, end);
        return;
      case FrameType.RstStream:
        this.rstStream(streamId, end - start);
        return;
      case FrameType.Settings:
        this.settings(flags, streamId, bytes, start, end);
        return;
      case FrameType.Ping:
        this.ping(flags, streamId, bytes, start, end);
        return;
      case FrameType.GoAway:
        expectStreamZero(streamId, 'GOAWAY');
        if (end - start < 8) throw sizeError('GOAWAY');
        this.charge(Cost.Small, 'GOAWAY');
        return;
      case FrameType.WindowUpdate:
        this.windowUpdate(streamId, bytes, start, end);
        return;
      case FrameType.PushPromise:
        throw new ConnectionError(ErrorCode.ProtocolError, 'PUSH_PROMISE from a client');
      default:
        // Section 4.1: unknown types are ignored.
        this.charge(Cost.Small, 'unknown');
    }
  }

  private expectNoContinuation(): void {
    if (this.headerBlock !== undefined) {
      throw new ConnectionError(ErrorCode.ProtocolError, 'CONTINUATION expected');
    }
  }

  private headers(
    flags: number,
    streamId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    if (streamId === 0 || (streamId & 1) === 0) {
      throw new ConnectionError(ErrorCode.ProtocolError, `HEADERS on stream ${streamId}`);
    }
    const fragment = headersFragment(flags, streamId, bytes, start, end);
    const endStream = (flags & Flag.EndStream) !== 0;
    if ((flags & Flag.EndHeaders) !== 0) {
      this.headerBlockEnds(streamId, endStream, bytes, fragment.start, fragment.end);
      return;
    }
    this.headerBlock = new HeaderBlock(streamId, endStream, this.options.maxHeaderListBytes);
    this.headerBlock.add(bytes, fragment.start, fragment.end);
    this.hold.add(fragment.end - fragment.start);
  }

  private continuation(
    flags: number,
    streamId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    const block = this.headerBlock;
    if (block === undefined || block.streamId !== streamId) {
      throw new ConnectionError(ErrorCode.ProtocolError, 'unexpected CONTINUATION');
    }
    block.add(bytes, start, end);
    this.hold.add(end - start);
    if ((flags & Flag.EndHeaders) === 0) return;
    this.headerBlock = undefined;
    this.hold.release(block.bytes);
    this.headerBlockEnds(streamId, block.endStream, block.join(), 0, block.bytes);
  }

  private headerBlockEnds(
    streamId: number,
    endStream: boolean,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    const list = this.hpack.decode(bytes, start, end);
    const open = this.streams.get(streamId);
    if (open !== undefined) {
      this.trailers(open, endStream, malformedTrailers(list.fields));
      return;
    }
    if (streamId <= this.lastStreamId) {
      this.headersOnClosed(streamId);
      return;
    }
    this.lastStreamId = streamId;
    if (this.goneAway) return;
    if (list.tooLarge) {
      this.refuse(streamId, ErrorCode.FrameSizeError);
      return;
    }
    this.request(streamId, requestHead(list), endStream);
  }

  private headersOnClosed(streamId: number): void {
    const reason = this.closedStreams.reason(streamId);
    if (reason === ClosedBy.Server) {
      this.charge(Cost.Stray, 'stray HEADERS');
      return;
    }
    throw reason === ClosedBy.Client
      ? new ConnectionError(ErrorCode.StreamClosed, 'HEADERS on a closed stream')
      : new ConnectionError(ErrorCode.ProtocolError, 'stream ids must grow');
  }

  private trailers(stream: Stream, endStream: boolean, malformed: string | undefined): void {
    if (stream.remoteClosed) {
      throw new ConnectionError(ErrorCode.StreamClosed, 'HEADERS behind END_STREAM');
    }
    if (!endStream || malformed !== undefined) this.reset(stream, ErrorCode.ProtocolError);
    else this.remoteEnds(stream);
  }

  private request(streamId: number, head: RequestHead, endStream: boolean): void {
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
      this.peer.initialWindowBytes,
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

  private refuse(streamId: number, code: ErrorCode): void {
    this.charge(Cost.Stray, 'refused HEADERS');
    this.closedStreams.add(streamId, ClosedBy.Server);
    this.sender.push(resetFrame(streamId, code));
  }

  private priority(streamId: number, bytes: Uint8Array, start: number, end: number): void {
    if (streamId === 0) throw new ConnectionError(ErrorCode.ProtocolError, 'PRIORITY on stream 0');
    this.charge(Cost.Small, 'PRIORITY');
    let code: ErrorCode = ErrorCode.NoError;
    if (end - start !== 5) code = ErrorCode.FrameSizeError;
    else if (readUint31(bytes, start) === streamId) code = ErrorCode.ProtocolError;
    if (code !== ErrorCode.NoError) this.streamError(streamId, code);
  }

  private streamError(streamId: number, code: ErrorCode): void {
    const stream = this.streams.get(streamId);
    if (stream !== undefined) this.reset(stream, code);
    else if (streamId > this.lastStreamId) {
      // RST_STREAM must not be sent on an idle stream.
      throw new ConnectionError(code, 'error on an idle stream');
    } else this.sender.push(resetFrame(streamId, code));
  }

  private rstStream(streamId: number, length: number): void {
    if (streamId === 0)
      throw new ConnectionError(ErrorCode.ProtocolError, 'RST_STREAM on stream 0');
    if (length !== 4) throw sizeError('RST_STREAM');
    if (streamId > this.lastStreamId) {
      throw new ConnectionError(ErrorCode.ProtocolError, 'RST_STREAM on an idle stream');
    }
    this.charge(Cost.Reset, 'RST_STREAM');
    const stream = this.streams.get(streamId);
    if (stream === undefined) return;
    stream.localClosed = true;
    stream.remoteClosed = true;
    this.forget(stream, ClosedBy.Client);
    stream.sink?.aborted();
  }

  private settings(
    flags: number,
    streamId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    expectStreamZero(streamId, 'SETTINGS');
    if ((flags & Flag.Ack) !== 0) {
      if (end > start) throw sizeError('SETTINGS');
      this.charge(Cost.Small, 'SETTINGS');
      return;
    }
    if (this.sawSettings) this.charge(Cost.Settings, 'SETTINGS');
    this.sawSettings = true;
    const windowBefore = this.peer.initialWindowBytes;
    this.peer.apply(bytes, start, end);
    if (this.peer.headerTableBytes < HEADER_TABLE_BYTES) this.sender.owesTableUpdate = true;
    const change = this.peer.initialWindowBytes - windowBefore;
    if (change !== 0) {
      for (const stream of this.streams.values()) this.growSendWindow(stream, change);
    }
    this.sender.push(SETTINGS_ACK);
  }

  private growSendWindow(stream: Stream, change: number): void {
    stream.sendWindow += change;
    if (stream.sendWindow > MAX_WINDOW_BYTES) {
      throw new ConnectionError(ErrorCode.FlowControlError, 'stream window over 2^31 - 1');
    }
    this.sender.list(stream);
  }

  private ping(
    flags: number,
    streamId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    expectStreamZero(streamId, 'PING');
    if (end - start !== 8) throw sizeError('PING');
    const data = bytes.subarray(start, end);
    if ((flags & Flag.Ack) !== 0) {
      this.charge(Cost.Small, 'PING');
      if (this.draining && DRAIN_PING.equals(data)) this.goAwayNow();
      return;
    }
    this.sender.push(pingFrame(true, data));
    const nowMs = this.options.clock.monotonicMs();
    this.abuse.charge(Cost.Small, nowMs, 'PING');
    this.pings.pinged(nowMs, this.streams.size);
  }

  private windowUpdate(streamId: number, bytes: Uint8Array, start: number, end: number): void {
    if (end - start !== 4) throw sizeError('WINDOW_UPDATE');
    this.charge(Cost.Small, 'WINDOW_UPDATE');
    const increment = readUint32(bytes, start) & 0x7fff_ffff;
    if (streamId === 0) {
      if (increment === 0) {
        throw new ConnectionError(ErrorCode.ProtocolError, 'WINDOW_UPDATE of 0');
      }
      this.sender.windowBytes += increment;
      if (this.sender.windowBytes > MAX_WINDOW_BYTES) {
        throw new ConnectionError(ErrorCode.FlowControlError, 'connection window over 2^31 - 1');
      }
      this.sender.schedule();
      return;
    }
    const stream = this.streams.get(streamId);
    if (stream === undefined) {
      if (streamId > this.lastStreamId) {
        throw new ConnectionError(ErrorCode.ProtocolError, 'WINDOW_UPDATE on an idle stream');
      }
      return;
    }
    if (increment === 0) this.reset(stream, ErrorCode.ProtocolError);
    else if (stream.sendWindow + increment > MAX_WINDOW_BYTES) {
      this.reset(stream, ErrorCode.FlowControlError);
    } else this.growSendWindow(stream, increment);
  }

  private charge(points: number, what: string): void {
    this.abuse.charge(points, this.options.clock.monotonicMs(), what);
  }
}

const KEEPALIVE_PING = Buffer.alloc(8);
const DRAIN_PING = Buffer.from([1, 6, 1, 8, 0, 3, 3, 9]);

function expectStreamZero(streamId: number, what: string): void {
  if (streamId !== 0) {
    throw new ConnectionError(ErrorCode.ProtocolError, `${what} on stream ${streamId}`);
  }
}

function sizeError(what: string): ConnectionError {
  return new ConnectionError(ErrorCode.FrameSizeError, `${what} of a wrong length`);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
