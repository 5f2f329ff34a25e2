// The "msgappv2" stream: MsgApp only. While a leader replicates, a message is told from the one before it, and just
// its entries and the commit index travel (etcd: rafthttp/msgappv2_codec.go).
//   heartbeat   | 0 |
//   AppEntries  | 1 | 8: number of entries | for each: 8: length, raftpb.Entry | 8: commit index |
//   MsgApp      | 2 | 8: length | raftpb.Message |
import { Entry, Message, MessageType } from '../../wire/gen/raft.ts';
import type { MemberId } from '../../base/ids.ts';
import { EMPTY_BYTES } from '../../base/text.ts';
import { Reader, type Writer } from '../../wire/index.ts';
import { FrameDecoder, readUint64, StreamFormatError, writeUint64 } from './frames.ts';
import { isLinkHeartbeat, type StreamEncoder } from './message.ts';

const LINK_HEARTBEAT = 0;
const APP_ENTRIES = 1;
const MSG_APP = 2;
const TYPE_BYTES = 1;
const NUMBER_BYTES = 8;
/** Type and the count or length behind it. */
const HEAD_BYTES = TYPE_BYTES + NUMBER_BYTES;

/** Where the log stands after the last message: both ends count along, so that it need not be sent. */
class Position {
  term = 0;
  index = 0;

  /** True when `message` continues from here in the same term. */
  predicts(message: Message): boolean {
    return (
      this.index === message.index &&
      this.term === message.logTerm &&
      message.logTerm === message.term
    );
  }

  follow(message: Message): void {
    this.term = message.term;
    this.index = message.entries.at(-1)?.index ?? message.index;
  }
}

export class MsgAppV2Encoder implements StreamEncoder {
  readonly heartbeat = Uint8Array.of(LINK_HEARTBEAT);
  /** Two, because a batch is measured as a whole before it is written. */
  private readonly measured = new Position();
  private readonly written = new Position();

  measure(message: Message): number {
    if (!this.measured.predicts(message)) {
      this.measured.follow(message);
      return HEAD_BYTES + Message.sizeOf(message);
    }
    let size = HEAD_BYTES + NUMBER_BYTES;
    for (const entry of message.entries) size += NUMBER_BYTES + Entry.sizeOf(entry);
    this.measured.index += message.entries.length;
    return size;
  }

  write(message: Message, writer: Writer): void {
    if (this.written.predicts(message)) this.writeEntries(message, writer);
    else this.writeWhole(message, writer);
  }

  private writeEntries(message: Message, writer: Writer): void {
    const bytes = writer.bytes;
    bytes[writer.position] = APP_ENTRIES;
    writeUint64(bytes, writer.position + TYPE_BYTES, message.entries.length);
    writer.position += HEAD_BYTES;
    for (const entry of message.entries) {
      const start = writer.position;
      writer.position += NUMBER_BYTES;
      Entry.write(entry, writer);
      writeUint64(bytes, start, writer.position - start - NUMBER_BYTES);
    }
    writeUint64(bytes, writer.position, message.commit);
    writer.position += NUMBER_BYTES;
    this.written.index += message.entries.length;
  }

  private writeWhole(message: Message, writer: Writer): void {
    const start = writer.position;
    writer.bytes[start] = MSG_APP;
    writer.position += HEAD_BYTES;
    Message.write(message, writer);
    writeUint64(writer.bytes, start + TYPE_BYTES, writer.position - start - HEAD_BYTES);
    this.written.follow(message);
  }
}

export class MsgAppV2Decoder extends FrameDecoder {
  private readonly local: MemberId;
  private readonly remote: MemberId;
  private readonly position = new Position();
  /** Of an AppEntries frame that is not complete yet: how many entries, and how many bytes, were walked over. */
  private walkedEntries = 0;
  private walkedBytes = 0;

  constructor(local: MemberId, remote: MemberId, limitBytes?: number) {
    super(limitBytes);
    this.local = local;
    this.remote = remote;
  }

  protected override scan(bytes: Uint8Array, start: number, end: number): number {
    const available = end - start;
    const type = bytes[start];
    if (type === LINK_HEARTBEAT) return TYPE_BYTES;
    if (type !== APP_ENTRIES && type !== MSG_APP) {
      throw new StreamFormatError(`failed to parse type ${type} in msgappv2 stream`);
    }
    if (available < HEAD_BYTES) return -HEAD_BYTES;
    const number = readUint64(bytes, start + TYPE_BYTES);
    if (type === APP_ENTRIES) return this.scanEntries(bytes, start, available, number);
    const length = HEAD_BYTES + number;
    return length <= available ? length : -length;
  }

  private scanEntries(bytes: Uint8Array, start: number, available: number, count: number): number {
    if (this.walkedBytes === 0) this.walkedBytes = HEAD_BYTES;
    while (this.walkedEntries < count) {
      const bodyStart = this.walkedBytes + NUMBER_BYTES;
      if (bodyStart > available) return -bodyStart;
      const next = bodyStart + readUint64(bytes, start + this.walkedBytes);
      if (next > available) return -next;
      this.walkedBytes = next;
      this.walkedEntries++;
    }
    const length = this.walkedBytes + NUMBER_BYTES;
    return length <= available ? length : -length;
  }

  protected override decode(bytes: Uint8Array, start: number, end: number): Message | undefined {
    const type = bytes[start];
    if (type === LINK_HEARTBEAT) return undefined;
    const reader = new Reader(bytes);
    if (type === APP_ENTRIES) return this.decodeEntries(reader, start, end);
    reader.position = start + HEAD_BYTES;
    const message = Message.read(reader, end);
    this.position.follow(message);
    return isLinkHeartbeat(message) ? undefined : message;
  }

  private decodeEntries(reader: Reader, start: number, end: number): Message {
    const count = this.walkedEntries;
    this.walkedEntries = 0;
    this.walkedBytes = 0;
    const { term, index } = this.position;
    const entries: Entry[] = [];
    let at = start + HEAD_BYTES;
    for (let i = 0; i < count; i++) {
      reader.position = at + NUMBER_BYTES;
      at = reader.position + readUint64(reader.bytes, at);
      const entry = Entry.read(reader, at);
      if (entry.index !== index + i + 1) {
        throw new StreamFormatError(`entry ${entry.index} where ${index + i + 1} is due`);
      }
      entries.push(entry);
    }
    this.position.index = index + count;
    // A literal of every field, as this is made for each append: create() copies its argument.
    return {
      type: MessageType.MsgApp,
      to: this.local,
      from: this.remote,
      term,
      logTerm: term,
      index,
      entries,
      commit: readUint64(reader.bytes, end - NUMBER_BYTES),
      snapshot: undefined,
      reject: false,
      rejectHint: 0,
      context: EMPTY_BYTES,
      vote: 0n,
      responses: [],
    };
  }
}
