// Joins HEADERS with the CONTINUATION frames behind it (RFC 9113 section 6.10), within limits: a block that does not end,
// or is cut into crumbs, ends the connection (CVE-2024-27983 and its kin).
import { copyBytes } from '../../base/bytes.ts';
import { ConnectionError, ErrorCode, Flag } from './protocol.ts';

const MAX_CONTINUATIONS = 64;

/** A block that is not complete yet. */
export class HeaderBlock {
  readonly streamId: number;
  readonly endStream: boolean;
  bytes = 0;
  private readonly parts: Uint8Array[] = [];
  private readonly limitBytes: number;

  constructor(streamId: number, endStream: boolean, limitBytes: number) {
    this.streamId = streamId;
    this.endStream = endStream;
    this.limitBytes = limitBytes;
  }

  /** Adds a copy of `bytes` [start, end). */
  add(bytes: Uint8Array, start: number, end: number): void {
    this.bytes += end - start;
    if (this.bytes > this.limitBytes || this.parts.length > MAX_CONTINUATIONS) {
      throw new ConnectionError(ErrorCode.EnhanceYourCalm, 'header block too large');
    }
    this.parts.push(copyBytes(bytes, start, end));
  }

  join(): Uint8Array {
    return Buffer.concat(this.parts, this.bytes);
  }
}

/** Where the block fragment lies in a HEADERS payload: behind pad length and priority, before the padding. */
export function headersFragment(
  flags: number,
  streamId: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): { start: number; end: number } {
  let from = start;
  let to = end;
  if ((flags & Flag.Padded) !== 0) {
    if (to === from)
      throw new ConnectionError(ErrorCode.FrameSizeError, 'HEADERS without pad length');
    to -= bytes[from] as number; // checked above
    from++;
  }
  if ((flags & Flag.Priority) !== 0) {
    if (end - from < 5) throw new ConnectionError(ErrorCode.FrameSizeError, 'HEADERS too short');
    const dependency = bytes.subarray(from, from + 4);
    if ((Buffer.from(dependency).readUInt32BE(0) & 0x7fff_ffff) === streamId) {
      throw new ConnectionError(ErrorCode.ProtocolError, 'stream depends on itself');
    }
    from += 5;
  }
  if (to < from) throw new ConnectionError(ErrorCode.ProtocolError, 'padding longer than HEADERS');
  return { start: from, end: to };
}
