// A client that sends any bytes it likes and reports every frame it gets.
import { type Socket, connect } from 'node:net';
import { encodeHeaders, type HeaderPair } from '../hpack/encoder.ts';
import { HpackDecoder } from '../hpack/decoder.ts';
import { readUint32 } from '../h2/frame-reader.ts';
import {
  settingsFrame,
  writeFrameHeader,
  writeHeaderFrames,
  headerFramesSize,
} from '../h2/frames.ts';
import { CLIENT_PREFACE, FrameType } from '../h2/protocol.ts';

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
  /** Decoded fields of HEADERS. */
  readonly headers: Readonly<Record<string, string>>;
}

export function frame(
  type: number,
  flags: number,
  streamId: number,
  payload: Uint8Array | string = '',
): Buffer {
  const body = Buffer.from(payload as Uint8Array); // from() takes text as well
  const bytes = Buffer.alloc(9 + body.length);
  writeFrameHeader(bytes, 0, body.length, type, flags, streamId);
  bytes.set(body, 9);
  return bytes;
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export const REQUEST: readonly HeaderPair[] = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/t.S/Echo'],
  [':authority', 'test'],
  ['content-type', 'application/grpc'],
  ['te', 'trailers'],
];

export function headersFrame(
  streamId: number,
  pairs: readonly HeaderPair[],
  endStream = false,
): Buffer {
  const block = encodeHeaders(pairs);
  const bytes = Buffer.alloc(headerFramesSize(block.length));
  writeHeaderFrames(bytes, 0, streamId, block, endStream);
  return bytes;
}

/** A DATA frame with one gRPC message. */
export function messageFrame(streamId: number, message: Uint8Array, endStream = true): Buffer {
  return frame(FrameType.Data, endStream ? 1 : 0, streamId, grpcMessage(message));
}

export function grpcMessage(message: Uint8Array, flags = 0): Buffer {
  return Buffer.concat([Buffer.of(flags), uint32(message.length), message]);
}

export class RawClient {
  readonly socket: Socket;
  readonly frames: Frame[] = [];
  closed = false;
  private buffered: Buffer = Buffer.alloc(0);
  private readonly hpack = new HpackDecoder(4096, 1 << 20);
  private waiters: (() => void)[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => this.read(chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.closed = true;
      this.wake();
    });
  }

  static async open(port: number, settings: [number, number][] = []): Promise<RawClient> {
    const client = await RawClient.openSilent(port);
    client.send(CLIENT_PREFACE, settingsFrame(settings));
    await client.until((got) => got.type === FrameType.Settings && got.flags === 1);
    return client;
  }

  static openSilent(port: number): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(new RawClient(socket)));
      socket.once('error', reject);
    });
  }

  send(...parts: Uint8Array[]): void {
    this.socket.write(Buffer.concat(parts));
  }

  /** The first frame that `wanted` accepts, among those that came and will come; undefined when the connection ends. */
  async until(wanted: (frame: Frame) => boolean, timeoutMs = 5000): Promise<Frame | undefined> {
    const end = performance.now() + timeoutMs;
    for (;;) {
      const found = this.frames.find(wanted);
      if (found !== undefined || this.closed) return found;
      const left = end - performance.now();
      if (left <= 0) throw new Error('no such frame in time');
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.waiters.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** Error code of the GOAWAY that the server sends, with its text. */
  async goAway(): Promise<{ code: number; text: string } | undefined> {
    const got = await this.until(({ type }) => type === FrameType.GoAway);
    return got && { code: readUint32(got.payload, 4), text: got.payload.subarray(8).toString() };
  }

  /** Error code of the RST_STREAM that the server sends on a stream. */
  async reset(streamId: number): Promise<number | undefined> {
    const got = await this.until(
      (frame) => frame.type === FrameType.RstStream && frame.streamId === streamId,
    );
    return got && readUint32(got.payload, 0);
  }

  /** Fields of the HEADERS with grpc-status that the server sends on a stream. */
  async status(streamId: number): Promise<Readonly<Record<string, string>> | undefined> {
    const got = await this.until(
      (frame) => frame.streamId === streamId && 'grpc-status' in frame.headers,
    );
    return got?.headers;
  }

  close(): void {
    this.socket.destroy();
  }

  private read(chunk: Buffer): void {
    this.buffered = Buffer.concat([this.buffered, chunk]);
    while (this.buffered.length >= 9) {
      const length = this.buffered.readUIntBE(0, 3);
      if (this.buffered.length < 9 + length) break;
      const payload = this.buffered.subarray(9, 9 + length);
      const type = this.buffered[3] ?? 0;
      const headers: Record<string, string> = {};
      if (type === FrameType.Headers) {
        const list = this.hpack.decode(payload, 0, payload.length);
        for (const { name, value } of list.fields) headers[name] = value;
      }
      const streamId = this.buffered.readUInt32BE(5);
      this.frames.push({ type, flags: this.buffered[4] ?? 0, streamId, payload, headers });
      this.buffered = this.buffered.subarray(9 + length);
    }
    this.wake();
  }

  private wake(): void {
    const waiters = this.waiters;
    this.waiters = [];
    for (const wake of waiters) wake();
  }
}
