// The receiving half of a connection: what each frame means for the streams, and the errors of RFC 9113 for frames that
// must not be.
import { HpackDecoder } from '../hpack/decoder.ts';
import { AbuseMeter, Cost } from './abuse.ts';
import { ClosedBy } from './closed-streams.ts';
import type { Connection } from './connection.ts';
import { FrameReader, type FrameSink, readUint31, readUint32 } from './frame-reader.ts';
import { SETTINGS_ACK, pingFrame, resetFrame, windowUpdateFrame } from './frames.ts';
import { HeaderBlock, headersFragment } from './header-block.ts';
import { PingPolicy } from './ping-policy.ts';
import {
  ConnectionError,
  ErrorCode,
  Flag,
  FrameType,
  HEADER_TABLE_BYTES,
  MAX_WINDOW_BYTES,
} from './protocol.ts';
import { malformedTrailers, requestHead } from './request-head.ts';
import { PeerSettings } from './settings.ts';
import type { Stream } from './stream.ts';

/** Sent behind the first GOAWAY: its answer proves that the client has seen it. */
export const DRAIN_PING = Buffer.from([1, 6, 1, 8, 0, 3, 3, 9]);

export class Receiver implements FrameSink {
  readonly peer = new PeerSettings();
  /** A view of the chunk that was read last is kept. */
  keepsChunk = false;
  private readonly connection: Connection;
  private readonly reader: FrameReader;
  private readonly hpack: HpackDecoder;
  private readonly abuse: AbuseMeter;
  private readonly pings: PingPolicy;
  private sawSettings = false;
  private receiveWindow: number;
  private headerBlock: HeaderBlock | undefined;
  private dataStream: Stream | undefined;
  private emptyData = false;

  constructor(connection: Connection) {
    const { options } = connection;
    this.connection = connection;
    this.reader = new FrameReader(this);
    this.hpack = new HpackDecoder(HEADER_TABLE_BYTES, options.maxHeaderListBytes);
    this.abuse = new AbuseMeter(options.clock.monotonicMs());
    this.pings = new PingPolicy(options.keepaliveMinTimeMs);
    this.receiveWindow = options.connectionWindowBytes;
  }

  /**
   * Takes bytes behind the client's preface.
   * @throws ConnectionError, HpackError when the connection cannot go on
   */
  read(chunk: Uint8Array): void {
    this.reader.read(chunk);
  }

  /** HEADERS or DATA went out: pings before that are forgiven. */
  sentAnswer(): void {
    this.pings.sentSomething();
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
    const full = this.connection.options.connectionWindowBytes;
    if (this.receiveWindow < full / 2) {
      this.connection.sender.push(windowUpdateFrame(0, full - this.receiveWindow));
      this.receiveWindow = full;
    }
    this.emptyData = length === 0;
    this.dataStream = this.openForData(streamId);
    const stream = this.dataStream;
    if (stream === undefined) return;
    stream.receiveWindow -= length;
    if (stream.receiveWindow < 0) {
      this.dataStream = undefined;
      this.connection.reset(stream, ErrorCode.FlowControlError);
      return;
    }
    stream.unconsumedBytes += length;
  }

  private openForData(streamId: number): Stream | undefined {
    const stream = this.connection.streams.get(streamId);
    if (stream !== undefined && !stream.remoteClosed) return stream;
    if (stream === undefined && this.isIdle(streamId)) {
      throw new ConnectionError(ErrorCode.ProtocolError, 'DATA on an idle stream');
    }
    this.charge(Cost.Stray, 'stray DATA');
    if (stream !== undefined) this.connection.reset(stream, ErrorCode.StreamClosed);
    else if (this.connection.closedStreams.reason(streamId) !== ClosedBy.Server) {
      this.connection.sender.push(resetFrame(streamId, ErrorCode.StreamClosed));
    }
    return undefined;
  }

  /** Section 5.1.1: streams with even numbers are the server's to open, and it opens none. */
  private isIdle(streamId: number): boolean {
    return (streamId & 1) === 0 || streamId > this.connection.lastStreamId;
  }

  dataPiece(bytes: Uint8Array, start: number, end: number): void {
    const stream = this.dataStream;
    if (stream === undefined || stream.localClosed) return;
    stream.bodyBytes += end - start;
    if (stream.sink?.data(bytes, start, end) === true) this.keepsChunk = true;
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
      this.connection.reset(stream, ErrorCode.ProtocolError);
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
    this.headerBlock = new HeaderBlock(
      streamId,
      endStream,
      this.connection.options.maxHeaderListBytes,
    );
    this.headerBlock.add(bytes, fragment.start, fragment.end);
    this.connection.hold.add(fragment.end - fragment.start);
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
    this.connection.hold.add(end - start);
    if ((flags & Flag.EndHeaders) === 0) return;
    this.headerBlock = undefined;
    this.connection.hold.release(block.bytes);
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
    const open = this.connection.streams.get(streamId);
    if (open !== undefined) {
      this.trailers(open, endStream, malformedTrailers(list.fields));
      return;
    }
    if (streamId <= this.connection.lastStreamId) {
      this.headersOnClosed(streamId);
      return;
    }
    this.connection.lastStreamId = streamId;
    if (this.connection.goneAway) return;
    if (list.tooLarge) {
      this.connection.refuse(streamId, ErrorCode.FrameSizeError);
      return;
    }
    this.connection.request(streamId, requestHead(list), endStream);
  }

  private headersOnClosed(streamId: number): void {
    const reason = this.connection.closedStreams.reason(streamId);
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
    if (!endStream || malformed !== undefined)
      this.connection.reset(stream, ErrorCode.ProtocolError);
    else this.remoteEnds(stream);
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
    const stream = this.connection.streams.get(streamId);
    if (stream !== undefined) this.connection.reset(stream, code);
    else if (this.isIdle(streamId)) {
      // RST_STREAM must not be sent on an idle stream.
      throw new ConnectionError(code, 'error on an idle stream');
    } else this.connection.sender.push(resetFrame(streamId, code));
  }

  private rstStream(streamId: number, length: number): void {
    if (streamId === 0)
      throw new ConnectionError(ErrorCode.ProtocolError, 'RST_STREAM on stream 0');
    if (length !== 4) throw sizeError('RST_STREAM');
    if (this.isIdle(streamId)) {
      throw new ConnectionError(ErrorCode.ProtocolError, 'RST_STREAM on an idle stream');
    }
    this.charge(Cost.Reset, 'RST_STREAM');
    const stream = this.connection.streams.get(streamId);
    if (stream === undefined) return;
    stream.localClosed = true;
    stream.remoteClosed = true;
    this.connection.forget(stream, ClosedBy.Client);
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
    if (this.peer.headerTableBytes < HEADER_TABLE_BYTES)
      this.connection.sender.owesTableUpdate = true;
    const change = this.peer.initialWindowBytes - windowBefore;
    if (change !== 0) {
      for (const stream of this.connection.streams.values()) this.growSendWindow(stream, change);
    }
    this.connection.sender.push(SETTINGS_ACK);
  }

  private growSendWindow(stream: Stream, change: number): void {
    stream.sendWindow += change;
    if (stream.sendWindow > MAX_WINDOW_BYTES) {
      throw new ConnectionError(ErrorCode.FlowControlError, 'stream window over 2^31 - 1');
    }
    this.connection.sender.list(stream);
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
      if (this.connection.draining && DRAIN_PING.equals(data)) this.connection.goAwayNow();
      return;
    }
    // grpc-go pings after each message, to learn how far away the server is: its next answer is soon enough.
    this.connection.sender.pushPatiently(pingFrame(true, data));
    const nowMs = this.connection.options.clock.monotonicMs();
    this.abuse.charge(Cost.Small, nowMs, 'PING');
    this.pings.pinged(nowMs, this.connection.streams.size);
  }

  private windowUpdate(streamId: number, bytes: Uint8Array, start: number, end: number): void {
    if (end - start !== 4) throw sizeError('WINDOW_UPDATE');
    this.charge(Cost.Small, 'WINDOW_UPDATE');
    const increment = readUint32(bytes, start) & 0x7fff_ffff;
    if (streamId === 0) {
      if (increment === 0) {
        throw new ConnectionError(ErrorCode.ProtocolError, 'WINDOW_UPDATE of 0');
      }
      this.connection.sender.windowBytes += increment;
      if (this.connection.sender.windowBytes > MAX_WINDOW_BYTES) {
        throw new ConnectionError(ErrorCode.FlowControlError, 'connection window over 2^31 - 1');
      }
      this.connection.sender.resume();
      return;
    }
    const stream = this.connection.streams.get(streamId);
    if (stream === undefined) {
      if (this.isIdle(streamId)) {
        throw new ConnectionError(ErrorCode.ProtocolError, 'WINDOW_UPDATE on an idle stream');
      }
      return;
    }
    if (increment === 0) this.connection.reset(stream, ErrorCode.ProtocolError);
    else if (stream.sendWindow + increment > MAX_WINDOW_BYTES) {
      this.connection.reset(stream, ErrorCode.FlowControlError);
    } else this.growSendWindow(stream, increment);
  }

  charge(points: number, what: string): void {
    this.abuse.charge(points, this.connection.options.clock.monotonicMs(), what);
  }
}

function expectStreamZero(streamId: number, what: string): void {
  if (streamId !== 0) {
    throw new ConnectionError(ErrorCode.ProtocolError, `${what} on stream ${streamId}`);
  }
}

function sizeError(what: string): ConnectionError {
  return new ConnectionError(ErrorCode.FrameSizeError, `${what} of a wrong length`);
}
