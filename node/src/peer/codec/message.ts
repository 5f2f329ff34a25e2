// The "message" stream: any raft message, each with its length in front (etcd: rafthttp/msg_codec.go).
//   | 8 bytes: length, big-endian | raftpb.Message |
import { Message, MessageType } from '../../wire/gen/raft.ts';
import { Reader, Writer } from '../../wire/index.ts';
import { FrameDecoder, readUint64, writeUint64 } from './frames.ts';

/** Writes one stream. Per message, `measure` is called first and `write` later, both in the order of the stream. */
export interface StreamEncoder {
  /** Bytes that `write` will take for this message. */
  measure(message: Message): number;
  write(message: Message, writer: Writer): void;
  /** The link heartbeat in this stream's form. */
  readonly heartbeat: Uint8Array;
}

const LENGTH_BYTES = 8;

/** A raft message has a sender and a receiver; what has neither keeps the link alive (rafthttp/stream.go). */
export function isLinkHeartbeat(message: Message): boolean {
  return message.type === MessageType.MsgHeartbeat && message.from === 0n && message.to === 0n;
}

export class MessageEncoder implements StreamEncoder {
  readonly heartbeat = encodeMessageFrame(Message.create({ type: MessageType.MsgHeartbeat }));

  measure(message: Message): number {
    return LENGTH_BYTES + Message.sizeOf(message);
  }

  write(message: Message, writer: Writer): void {
    const start = writer.position;
    writer.position += LENGTH_BYTES;
    Message.write(message, writer);
    writeUint64(writer.bytes, start, writer.position - start - LENGTH_BYTES);
  }
}

export class MessageDecoder extends FrameDecoder {
  protected override scan(bytes: Uint8Array, start: number, end: number): number {
    const available = end - start;
    if (available < LENGTH_BYTES) return -LENGTH_BYTES;
    const length = LENGTH_BYTES + readUint64(bytes, start);
    return length <= available ? length : -length;
  }

  protected override decode(bytes: Uint8Array, start: number, end: number): Message | undefined {
    const reader = new Reader(bytes);
    reader.position = start + LENGTH_BYTES;
    const message = Message.read(reader, end);
    return isLinkHeartbeat(message) ? undefined : message;
  }
}

/** One message with its length: what a snapshot transfer begins with. */
export function encodeMessageFrame(message: Message): Uint8Array {
  const size = Message.sizeOf(message);
  const bytes = new Uint8Array(LENGTH_BYTES + size);
  writeUint64(bytes, 0, size);
  Message.write(message, new Writer(bytes, LENGTH_BYTES));
  return bytes;
}
