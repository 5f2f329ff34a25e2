// Cuts a byte stream into frames. Payloads are handed on as views of the socket's chunk; only what is split between two
// chunks is copied, and of DATA not even that: it is handed on in the pieces in which it arrives.
import {
  ConnectionError,
  ErrorCode,
  Flag,
  FRAME_HEADER_BYTES,
  FrameType,
  MAX_FRAME_BYTES,
} from './protocol.ts';

/** What a connection does with frames. Calls come in wire order; any may throw ConnectionError. */
export interface FrameSink {
  /** A DATA frame begins; `length` counts padding too, as flow control does. */
  dataBegins(streamId: number, length: number): void;
  /** Payload without padding: `bytes` [start, end). May come in pieces, or not at all. */
  dataPiece(bytes: Uint8Array, start: number, end: number): void;
  dataEnds(endStream: boolean): void;
  /** Any other frame, whole: `bytes` [start, end) is its payload and only valid during the call. */
  frame(
    type: number,
    flags: number,
    streamId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void;
}

const State = { Header: 0, Data: 1, Other: 2 } as const;
type State = (typeof State)[keyof typeof State];

export class FrameReader {
  private readonly sink: FrameSink;
  private readonly header = new Uint8Array(FRAME_HEADER_BYTES);
  private headerBytes = 0;
  private state: State = State.Header;
  private length = 0;
  private type = 0;
  private flags = 0;
  private streamId = 0;
  /** Payload bytes of the current DATA frame still to come, padding not counted. */
  private dataLeft = 0;
  private paddingLeft = 0;
  private paddingKnown = false;
  /** A frame other than DATA that is split between chunks, and how much of it is there. */
  private partial: Uint8Array | undefined;
  private partialBytes = 0;

  constructor(sink: FrameSink) {
    this.sink = sink;
  }

  /** Bytes kept between two reads. */
  get heldBytes(): number {
    return this.partial === undefined ? 0 : this.partial.length;
  }

  read(chunk: Uint8Array): void {
    let position = 0;
    const end = chunk.length;
    while (position < end) {
      if (this.state === State.Header) position = this.readHeader(chunk, position, end);
      else if (this.state === State.Data) position = this.readData(chunk, position, end);
      else position = this.readOther(chunk, position, end);
    }
  }

  private readHeader(chunk: Uint8Array, at: number, end: number): number {
    if (this.headerBytes === 0 && end - at >= FRAME_HEADER_BYTES) {
      this.beginFrame(chunk, at);
      return at + FRAME_HEADER_BYTES;
    }
    const take = Math.min(FRAME_HEADER_BYTES - this.headerBytes, end - at);
    this.header.set(chunk.subarray(at, at + take), this.headerBytes);
    this.headerBytes += take;
    if (this.headerBytes === FRAME_HEADER_BYTES) {
      this.headerBytes = 0;
      this.beginFrame(this.header, 0);
    }
    return at + take;
  }

  private beginFrame(bytes: Uint8Array, at: number): void {
    // The caller holds nine bytes at `at`.
    this.length =
      ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
    this.type = bytes[at + 3] as number;
    this.flags = bytes[at + 4] as number;
    this.streamId = readUint31(bytes, at + 5);
    if (this.length > MAX_FRAME_BYTES) {
      throw new ConnectionError(ErrorCode.FrameSizeError, `frame of ${this.length} bytes`);
    }
    if (this.type === FrameType.Data) {
      this.beginData();
    } else if (this.length === 0) {
      this.sink.frame(this.type, this.flags, this.streamId, bytes, 0, 0);
    } else {
      this.state = State.Other;
    }
  }

  private beginData(): void {
    this.sink.dataBegins(this.streamId, this.length);
    this.paddingKnown = (this.flags & Flag.Padded) === 0;
    this.dataLeft = this.length;
    this.paddingLeft = 0;
    if (!this.paddingKnown && this.length === 0) {
      throw new ConnectionError(ErrorCode.FrameSizeError, 'padded DATA without a pad length');
    }
    this.state = State.Data;
    if (this.length === 0) this.endData();
  }

  private endData(): void {
    this.state = State.Header;
    this.sink.dataEnds((this.flags & Flag.EndStream) !== 0);
  }

  private readData(chunk: Uint8Array, at: number, end: number): number {
    let position = at;
    if (!this.paddingKnown) {
      this.paddingKnown = true;
      this.paddingLeft = chunk[position++] as number; // read() has a byte left
      this.dataLeft -= 1 + this.paddingLeft;
      if (this.dataLeft < 0) {
        throw new ConnectionError(ErrorCode.ProtocolError, 'padding longer than the DATA frame');
      }
    }
    const data = Math.min(this.dataLeft, end - position);
    if (data > 0) {
      this.dataLeft -= data;
      this.sink.dataPiece(chunk, position, position + data);
      position += data;
    }
    if (this.dataLeft === 0) {
      const padding = Math.min(this.paddingLeft, end - position);
      this.paddingLeft -= padding;
      position += padding;
      if (this.paddingLeft === 0) this.endData();
    }
    return position;
  }

  private readOther(chunk: Uint8Array, at: number, end: number): number {
    const partial = this.partial;
    if (partial === undefined && end - at >= this.length) {
      this.state = State.Header;
      this.sink.frame(this.type, this.flags, this.streamId, chunk, at, at + this.length);
      return at + this.length;
    }
    const target = partial ?? (this.partial = new Uint8Array(this.length));
    const take = Math.min(this.length - this.partialBytes, end - at);
    target.set(chunk.subarray(at, at + take), this.partialBytes);
    this.partialBytes += take;
    if (this.partialBytes === this.length) {
      this.partial = undefined;
      this.partialBytes = 0;
      this.state = State.Header;
      this.sink.frame(this.type, this.flags, this.streamId, target, 0, this.length);
    }
    return at + take;
  }
}

/** A 31-bit big-endian number; the reserved bit is ignored, as RFC 9113 asks. */
export function readUint31(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at) & 0x7fff_ffff;
}

/** The caller holds four bytes at `at`. */
export function readUint32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)) >>>
    0
  );
}
