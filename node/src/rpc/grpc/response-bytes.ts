// The answer of a unary call, put together where the connection writes it from.
import { MESSAGE_PREFIX_BYTES, writeMessagePrefix } from '../../base/call.ts';
import type { Codec } from '../../wire/codec.ts';
import { writeFrameHeader, writeHeaderFrames } from '../h2/frames.ts';
import { FRAME_HEADER_BYTES, FrameType } from '../h2/protocol.ts';
import type { Stream } from '../h2/stream.ts';
import { OK_TRAILERS } from './status.ts';

/** Writes the frames of a unary call's answer, `length` bytes when encoded: head, message and status OK. */
export function placeAnswer(
  stream: Stream,
  head: Uint8Array,
  codec: Codec<unknown>,
  response: unknown,
  length: number,
): void {
  const { id } = stream;
  const { sender } = stream.connection;
  const body = MESSAGE_PREFIX_BYTES + length;
  const size = 3 * FRAME_HEADER_BYTES + head.length + body + OK_TRAILERS.length;
  const writer = sender.placeFrames(size);
  const { bytes } = writer;
  let at = writeHeaderFrames(bytes, writer.position, id, head, false);
  at = writeFrameHeader(bytes, at, body, FrameType.Data, 0, id);
  writer.position = writeMessagePrefix(bytes, at, length);
  codec.write(response, writer);
  writeHeaderFrames(bytes, writer.position, id, OK_TRAILERS, true);
  sender.placedFrames(size);
}
