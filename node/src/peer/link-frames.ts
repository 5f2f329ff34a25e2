// What goes over a link between members: a length in 4 bytes, little-endian, and so many bytes. A question is nothing but its
// body; an answer begins with a status as of HTTP in 2 bytes, little-endian.

/** Named in `Upgrade` (RFC 9110 section 7.8). */
export const LINK_PROTOCOL = 'binnacle-link';
/** As long as the bodies of HTTP requests for the same may be. */
export const LINK_BODY_LIMIT_BYTES = 64 * 1024;

const LENGTH_BYTES = 4;
const STATUS_BYTES = 2;

export function questionFrame(body: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + body.length);
  frame.writeUInt32LE(body.length);
  frame.set(body, LENGTH_BYTES);
  return frame;
}

export function answerFrame(status: number, body: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + STATUS_BYTES + body.length);
  frame.writeUInt32LE(STATUS_BYTES + body.length);
  frame.writeUInt16LE(status, LENGTH_BYTES);
  frame.set(body, LENGTH_BYTES + STATUS_BYTES);
  return frame;
}

/** @throws Error when the frame is too short for a status */
export function answerIn(frame: Buffer): { status: number; body: Buffer } {
  if (frame.length < STATUS_BYTES) throw new Error('an answer without a status');
  return { status: frame.readUInt16LE(0), body: frame.subarray(STATUS_BYTES) };
}

/** Finds the next frame in what a socket brings: questions and answers alternate, so there is never a second one. */
export class FrameCutter {
  private bytes: Buffer = Buffer.alloc(0);

  /**
   * The frame that `chunk` completes, without its length; undefined while it lacks bytes.
   * @throws Error when it is too long, or bytes come behind it
   */
  push(chunk: Buffer): Buffer | undefined {
    this.bytes = this.bytes.length === 0 ? chunk : Buffer.concat([this.bytes, chunk]);
    if (this.bytes.length < LENGTH_BYTES) return undefined;
    const length = this.bytes.readUInt32LE(0);
    if (length > LINK_BODY_LIMIT_BYTES + STATUS_BYTES) throw new Error('a frame that is too long');
    const end = LENGTH_BYTES + length;
    if (this.bytes.length < end) return undefined;
    if (this.bytes.length > end) throw new Error('bytes behind a frame');
    const frame = this.bytes.subarray(LENGTH_BYTES);
    this.bytes = Buffer.alloc(0);
    return frame;
  }
}
