// Memory for responses: one piece for what goes out together.
import { MESSAGE_PREFIX_BYTES, writeMessagePrefix } from '../../base/call.ts';
import type { Codec } from '../../wire/codec.ts';
import { Writer } from '../../wire/writer.ts';
import { writeFrameHeader, writeHeaderFrames } from '../h2/frames.ts';
import { FRAME_HEADER_BYTES, FrameType } from '../h2/protocol.ts';
import type { Stream } from '../h2/stream.ts';
import { OK_TRAILERS } from './status.ts';

/** More than this is put together where the connection writes it from. */
const SMALL_BYTES = 4096;

/** For `size` bytes of messages, which `sendNow` sends; when it is exactly so large, they have to wait in the queue. */
export function memoryFor(stream: Stream, size: number): Writer {
  const { sender } = stream.connection;
  if (size > SMALL_BYTES && sender.canPlace(stream, size)) return sender.placeData(size);
  if (!sender.canSendNow(stream, size)) {
    return new Writer(Buffer.allocUnsafe(size));
  }
  const bytes = Buffer.allocUnsafe(FRAME_HEADER_BYTES + size);
  return new Writer(bytes, writeFrameHeader(bytes, 0, size, FrameType.Data, 0, stream.id));
}

/** Sends `size` bytes of messages from the memory that `memoryFor` gave. */
export function sendNow(stream: Stream, bytes: Uint8Array, size: number): void {
  const { sender } = stream.connection;
  if (bytes.length === FRAME_HEADER_BYTES + size) {
    sender.spend(stream, size);
    sender.push(bytes);
  } else {
    sender.placed(stream, size);
  }
}

/** The frames of a unary call's answer, `length` bytes when encoded: head, message and status OK. */
export function wholeAnswer(
  streamId: number,
  head: Uint8Array,
  codec: Codec<unknown>,
  response: unknown,
  length: number,
): Uint8Array {
  const body = MESSAGE_PREFIX_BYTES + length;
  const bytes = Buffer.allocUnsafe(
    3 * FRAME_HEADER_BYTES + head.length + body + OK_TRAILERS.length,
  );
  let at = writeHeaderFrames(bytes, 0, streamId, head, false);
  at = writeFrameHeader(bytes, at, body, FrameType.Data, 0, streamId);
  at = writeMessagePrefix(bytes, at, length);
  codec.write(response, new Writer(bytes, at));
  writeHeaderFrames(bytes, at + length, streamId, OK_TRAILERS, true);
  return bytes;
}
