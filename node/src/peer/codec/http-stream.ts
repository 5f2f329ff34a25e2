// The receiving end of one long HTTP/1.1 response: its head, and the chunked transfer coding (RFC 9112 §4, §7.1).
// node:http spends more on each chunk of a stream than raft on the messages in it, so streams are read by hand.
import { latin1FromBytes } from '../../base/bytes.ts';
import { StreamFormatError } from './frames.ts';

export interface ResponseHead {
  readonly status: number;
  /** Names in lower case; of a repeated header the last. */
  readonly headers: ReadonlyMap<string, string>;
  /** Bytes that the head took, blank line included. */
  readonly length: number;
}

const HEAD_LIMIT_BYTES = 16 * 1024;
const CR = 13;
const LF = 10;

/**
 * The head of a response, or undefined while its blank line has not arrived.
 * @throws StreamFormatError when it is none, or over 16 KiB
 */
export function parseResponseHead(bytes: Uint8Array): ResponseHead | undefined {
  const text = latin1FromBytes(bytes.subarray(0, HEAD_LIMIT_BYTES));
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) {
    if (bytes.length >= HEAD_LIMIT_BYTES) throw new StreamFormatError('response head too long');
    return undefined;
  }
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const status = /^HTTP\/1\.1 (\d{3})(?: |$)/.exec(statusLine)?.[1];
  if (status === undefined) throw new StreamFormatError('malformed HTTP response');
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon <= 0) throw new StreamFormatError('malformed HTTP header');
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return { status: Number(status), headers, length: end + 4 };
}

const State = { Size: 0, Extension: 1, Data: 2, DataEnd: 3, Ended: 4 } as const;
type State = (typeof State)[keyof typeof State];

/** More digits than a chunk of 2^44 bytes has. */
const MAX_SIZE_DIGITS = 11;

/** Takes the chunk framing out of the pieces of a body. */
export class ChunkedDecoder {
  private state: State = State.Size;
  private size = 0;
  private digits = 0;

  /** True after the last chunk; trailers are not looked at. */
  get ended(): boolean {
    return this.state === State.Ended;
  }

  /**
   * The payload in `bytes`, moved together inside of `bytes` when it lies in several chunks: no copy of it is made.
   * @throws StreamFormatError when the framing is wrong
   */
  push(bytes: Uint8Array): Uint8Array {
    let start = -1;
    let end = 0;
    let position = 0;
    while (position < bytes.length && this.state !== State.Ended) {
      if (this.state !== State.Data) {
        this.control(bytes[position++]!); // position is below the length
        continue;
      }
      const count = Math.min(this.size, bytes.length - position);
      if (start < 0) start = end = position;
      else bytes.copyWithin(end, position, position + count);
      end += count;
      position += count;
      this.size -= count;
      if (this.size === 0) this.state = State.DataEnd;
    }
    return start < 0 ? bytes.subarray(0, 0) : bytes.subarray(start, end);
  }

  /** One byte between two chunks' data. */
  private control(byte: number): void {
    if (this.state === State.DataEnd) {
      if (byte === LF) this.state = State.Size;
      else if (byte !== CR) throw new StreamFormatError('malformed chunked encoding');
      return;
    }
    if (byte === LF) {
      if (this.digits === 0) throw new StreamFormatError('malformed chunked encoding');
      this.digits = 0;
      this.state = this.size === 0 ? State.Ended : State.Data;
      return;
    }
    if (this.state === State.Extension || byte === CR) return;
    const digit = hexDigit(byte);
    if (digit < 0) {
      if (this.digits === 0) throw new StreamFormatError('malformed chunked encoding');
      this.state = State.Extension;
      return;
    }
    if (++this.digits > MAX_SIZE_DIGITS) throw new StreamFormatError('http chunk length too large');
    this.size = this.size * 16 + digit;
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 0x20;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
