// What a client may see on a connection, whatever it sent (RFC 9113): whole frames, streams that it opened, in an order
// that their states allow.
import { Flag, FrameType, MAX_FRAME_BYTES } from '../../../node/src/rpc/h2/protocol.ts';
import { PlainHpack } from './hpack.ts';

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Uint8Array;
}

/** @throws Error when bytes are no row of whole frames */
export function framesOf(bytes: Uint8Array): Frame[] {
  const frames: Frame[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length;) {
    if (at + 9 > bytes.length) throw new Error('a frame header is cut off');
    const length = view.getUint32(at) >>> 8;
    const end = at + 9 + length;
    if (length > MAX_FRAME_BYTES || end > bytes.length) throw new Error(`frame of ${length} bytes`);
    frames.push({
      type: view.getUint8(at + 3),
      flags: view.getUint8(at + 4),
      streamId: view.getUint32(at + 5),
      payload: bytes.subarray(at + 9, end),
    });
    at = end;
  }
  return frames;
}

interface StreamSeen {
  headers: number;
  ended: boolean;
  reset: boolean;
}

/** @throws Error that says what a client could not accept */
export function checkOutput(frames: readonly Frame[]): void {
  const hpack = new PlainHpack(4096, Infinity);
  const streams = new Map<number, StreamSeen>();
  let isShut = false;
  for (const frame of frames) {
    const { type, flags, streamId, payload } = frame;
    const fail = (what: string): never => {
      throw new Error(`${what}: frame of type ${type}, flags ${flags}, on stream ${streamId}`);
    };
    if (isShut) fail('sent behind the last GOAWAY');
    if (type === FrameType.GoAway) isShut = true;
    if (type === FrameType.Settings || type === FrameType.Ping || type === FrameType.GoAway) {
      if (streamId !== 0) fail('not on stream 0');
      continue;
    }
    if (type === FrameType.WindowUpdate) {
      const increment = Buffer.from(payload).readUInt32BE();
      if (payload.length !== 4 || increment === 0 || increment > 0x7fff_ffff) fail('bad increment');
      if (streamId === 0 || !streams.get(streamId)?.reset) continue;
      fail('a window opens on a stream that was reset');
    }
    if (streamId % 2 !== 1) fail('not a stream of the client');
    const stream = streams.get(streamId) ?? { headers: 0, ended: false, reset: false };
    streams.set(streamId, stream);
    // Frames may come for a stream that was reset before: each stray one is answered (section 5.1).
    if (type === FrameType.RstStream) {
      stream.reset = true;
      continue;
    }
    if (stream.ended || stream.reset) fail('sent behind the end of the stream');
    if (type === FrameType.Headers) {
      if ((flags & Flag.EndHeaders) === 0) fail('a block in pieces, though none is so long');
      const list = hpack.decode(payload);
      if (list === undefined) throw new Error('a header block that cannot be decoded');
      const isFirst = list.fields.some(([name]) => name === ':status');
      if (isFirst !== (stream.headers === 0)) fail('status in the wrong place');
      if (!isFirst && (flags & Flag.EndStream) === 0) fail('trailers that do not end the stream');
      stream.headers++;
    } else if (type !== FrameType.Data || stream.headers === 0) fail('not expected');
    if ((flags & Flag.EndStream) !== 0) stream.ended = true;
  }
}
