// Writes frames (RFC 9113 section 6).
import { FRAME_HEADER_BYTES, Flag, FrameType, MAX_FRAME_BYTES } from './protocol.ts';

export function writeFrameHeader(
  target: Uint8Array,
  at: number,
  length: number,
  type: number,
  flags: number,
  streamId: number,
): number {
  target[at] = length >>> 16;
  target[at + 1] = length >>> 8;
  target[at + 2] = length;
  target[at + 3] = type;
  target[at + 4] = flags;
  return writeUint32(target, at + 5, streamId);
}

export function writeUint32(target: Uint8Array, at: number, value: number): number {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
  return at + 4;
}

function frame(payloadBytes: number, type: number, flags: number, streamId: number): Buffer {
  const bytes = Buffer.allocUnsafe(FRAME_HEADER_BYTES + payloadBytes);
  writeFrameHeader(bytes, 0, payloadBytes, type, flags, streamId);
  return bytes;
}

export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const bytes = frame(settings.length * 6, FrameType.Settings, 0, 0);
  let at = FRAME_HEADER_BYTES;
  for (const [id, value] of settings) {
    bytes[at] = id >>> 8;
    bytes[at + 1] = id;
    at = writeUint32(bytes, at + 2, value);
  }
  return bytes;
}

export const SETTINGS_ACK = frame(0, FrameType.Settings, Flag.Ack, 0);

export function pingFrame(ack: boolean, data: Uint8Array): Buffer {
  const bytes = frame(8, FrameType.Ping, ack ? Flag.Ack : 0, 0);
  bytes.set(data, FRAME_HEADER_BYTES);
  return bytes;
}

export function goAwayFrame(lastStreamId: number, code: number, debug: string): Buffer {
  const text = Buffer.from(debug.slice(0, 256), 'latin1');
  const bytes = frame(8 + text.length, FrameType.GoAway, 0, 0);
  writeUint32(bytes, writeUint32(bytes, FRAME_HEADER_BYTES, lastStreamId), code);
  bytes.set(text, FRAME_HEADER_BYTES + 8);
  return bytes;
}

export function resetFrame(streamId: number, code: number): Buffer {
  const bytes = frame(4, FrameType.RstStream, 0, streamId);
  writeUint32(bytes, FRAME_HEADER_BYTES, code);
  return bytes;
}

export function windowUpdateFrame(streamId: number, increment: number): Buffer {
  const bytes = frame(4, FrameType.WindowUpdate, 0, streamId);
  writeUint32(bytes, FRAME_HEADER_BYTES, increment);
  return bytes;
}

export function dataFrameHeader(streamId: number, length: number, endStream: boolean): Buffer {
  const bytes = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
  writeFrameHeader(bytes, 0, length, FrameType.Data, endStream ? Flag.EndStream : 0, streamId);
  return bytes;
}

/** Bytes that `headerFrames` takes for a block. */
export function headerFramesSize(blockBytes: number): number {
  return blockBytes + FRAME_HEADER_BYTES * Math.max(1, Math.ceil(blockBytes / MAX_FRAME_BYTES));
}

/** HEADERS, and CONTINUATION for what one frame cannot hold; returns the position behind them. */
export function writeHeaderFrames(
  target: Uint8Array,
  at: number,
  streamId: number,
  block: Uint8Array,
  endStream: boolean,
): number {
  let position = at;
  let start = 0;
  do {
    const end = Math.min(start + MAX_FRAME_BYTES, block.length);
    let flags = end === block.length ? Flag.EndHeaders : 0;
    if (start === 0 && endStream) flags |= Flag.EndStream;
    const type = start === 0 ? FrameType.Headers : FrameType.Continuation;
    position = writeFrameHeader(target, position, end - start, type, flags, streamId);
    target.set(start === 0 && end === block.length ? block : block.subarray(start, end), position);
    position += end - start;
    start = end;
  } while (start < block.length);
  return position;
}

/** What `bytes` of a body take in DATA frames of the largest size. */
export function dataFramesSize(bytes: number): number {
  if (bytes <= MAX_FRAME_BYTES) return bytes + FRAME_HEADER_BYTES;
  return bytes + Math.ceil(bytes / MAX_FRAME_BYTES) * FRAME_HEADER_BYTES;
}

/**
 * Makes frames of a body that was written to the end of `target`'s dataFramesSize(bytes) bytes at `at`: moves it to where it
 * goes between their headers.
 */
export function frameInPlace(
  target: Uint8Array,
  at: number,
  bytes: number,
  streamId: number,
): void {
  let from = at + dataFramesSize(bytes) - bytes;
  let to = at;
  for (let left = bytes; left > 0; left -= MAX_FRAME_BYTES) {
    const length = Math.min(left, MAX_FRAME_BYTES);
    to = FRAME_HEADER_BYTES + to;
    if (to !== from) target.copyWithin(to, from, from + length);
    writeFrameHeader(target, to - FRAME_HEADER_BYTES, length, FrameType.Data, 0, streamId);
    to += length;
    from += length;
  }
}
