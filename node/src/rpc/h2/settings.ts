// SETTINGS (RFC 9113 section 6.5): what this server announces, and what a client may set.
import { readUint32 } from './frame-reader.ts';
import {
  ConnectionError,
  DEFAULT_WINDOW_BYTES,
  ErrorCode,
  MAX_WINDOW_BYTES,
  SettingId,
} from './protocol.ts';

/** The client's settings that matter to a server that sends frames of the minimum size and uses no dynamic table. */
export class PeerSettings {
  initialWindowBytes = DEFAULT_WINDOW_BYTES;
  headerTableBytes = 4096;
  maxHeaderListBytes = Infinity;

  /**
   * Reads the payload of a SETTINGS frame.
   * @throws ConnectionError for values that the RFC forbids
   */
  apply(bytes: Uint8Array, start: number, end: number): void {
    if ((end - start) % 6 !== 0) {
      throw new ConnectionError(ErrorCode.FrameSizeError, 'SETTINGS length is no multiple of 6');
    }
    for (let at = start; at < end; at += 6) {
      // Six bytes are there: the length is a multiple of 6.
      this.set(((bytes[at] as number) << 8) | (bytes[at + 1] as number), readUint32(bytes, at + 2));
    }
  }

  private set(id: number, value: number): void {
    switch (id) {
      case SettingId.HeaderTableSize:
        this.headerTableBytes = value;
        break;
      case SettingId.EnablePush:
        if (value > 1) throw new ConnectionError(ErrorCode.ProtocolError, 'ENABLE_PUSH over 1');
        break;
      case SettingId.InitialWindowSize:
        if (value > MAX_WINDOW_BYTES) {
          throw new ConnectionError(
            ErrorCode.FlowControlError,
            'INITIAL_WINDOW_SIZE over 2^31 - 1',
          );
        }
        this.initialWindowBytes = value;
        break;
      case SettingId.MaxFrameSize:
        if (value < 16_384 || value > 0xff_ffff) {
          throw new ConnectionError(ErrorCode.ProtocolError, 'MAX_FRAME_SIZE out of range');
        }
        break;
      case SettingId.MaxHeaderListSize:
        this.maxHeaderListBytes = value;
        break;
      default:
      // Unknown settings are ignored (section 6.5.2).
    }
  }
}
