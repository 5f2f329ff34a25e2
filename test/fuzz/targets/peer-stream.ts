// What travels on streams between members: chunked HTTP, raft messages in frames. Cut in whatever way, the same comes out;
// what this side writes is read back.
import { concatBytes } from '../../../node/src/base/bytes.ts';
import { type FrameDecoder, StreamFormatError } from '../../../node/src/peer/codec/frames.ts';
import { ChunkedDecoder, parseResponseHead } from '../../../node/src/peer/codec/http-stream.ts';
import {
  MessageDecoder,
  MessageEncoder,
  type StreamEncoder,
} from '../../../node/src/peer/codec/message.ts';
import { MsgAppV2Decoder, MsgAppV2Encoder } from '../../../node/src/peer/codec/msg-app-v2.ts';
import { Entry, Message, MessageType } from '../../../node/src/wire/gen/raft.ts';
import { DecodeError } from '../../../node/src/wire/reader.ts';
import { Writer } from '../../../node/src/wire/writer.ts';
import { FuzzRandom } from '../engine/random.ts';
import type { Target } from '../engine/target.ts';
import { Parts, expectSame, expectThat } from './input.ts';

const LOCAL = 1n;
const REMOTE = 2n;
const LIMIT_BYTES = 2000;

/** [0, length) cut into pieces: whole, byte by byte, or by chance. */
function pieces(bytes: Uint8Array, cut: FuzzRandom | undefined): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = cut === undefined ? bytes.length : Math.min(bytes.length, at + cut.smallSize(40));
    // A copy: decoders may work in place.
    found.push(bytes.slice(at, end));
    at = end;
  }
  return found;
}

interface Read<T> {
  readonly values: readonly T[];
  readonly failed: boolean;
}

function read<T>(
  parts: readonly Uint8Array[],
  push: (part: Uint8Array, values: T[]) => void,
): Read<T> {
  const values: T[] = [];
  try {
    for (const part of parts) push(part, values);
  } catch (error) {
    if (error instanceof StreamFormatError || error instanceof DecodeError) {
      return { values, failed: true };
    }
    throw error;
  }
  return { values, failed: false };
}

function checkFrames(bytes: Uint8Array, cut: FuzzRandom, decoder: () => FrameDecoder): void {
  const readIn = (parts: readonly Uint8Array[]): Read<Message> => {
    const one = decoder();
    return read(parts, (part, messages) => one.push(part, messages));
  };
  const whole = readIn(pieces(bytes, undefined));
  expectSame('messages in pieces', readIn(pieces(bytes, cut)), whole);
  checkWritten(new MessageEncoder(), new MessageDecoder(), whole.values, cut);
}

function checkWritten(
  encoder: StreamEncoder,
  decoder: FrameDecoder,
  messages: readonly Message[],
  cut: FuzzRandom,
): void {
  const size = messages.reduce((sum, message) => sum + encoder.measure(message), 0);
  const writer = new Writer(new Uint8Array(size));
  for (const message of messages) encoder.write(message, writer);
  expectSame('measured', writer.position, size);
  const again = read<Message>(pieces(writer.bytes, cut), (part, found) =>
    decoder.push(part, found),
  );
  expectSame('written and read', again, { values: messages, failed: false });
}

/** What a leader sends: appends that go on where the last ended, or begin anew. */
function appends(parts: Parts): Message[] {
  const messages: Message[] = [];
  let [term, logTerm, index] = [1, 1, 0];
  while (!parts.isEmpty && messages.length < 20) {
    const choice = parts.byte();
    if (choice % 4 === 0) index = parts.byte();
    if (choice % 8 === 1) term += parts.byte();
    if (choice % 16 === 2) logTerm = term;
    const count = (choice >> 5) & 3;
    const entries = Array.from({ length: count }, (_, i) =>
      Entry.create({ term, index: index + 1 + i, data: new Uint8Array(parts.byte()) }),
    );
    messages.push(
      Message.create({
        type: MessageType.MsgApp,
        ...{ from: REMOTE, to: LOCAL, term, logTerm, index, entries, commit: parts.byte() },
      }),
    );
    index += count;
    if (count > 0) logTerm = term;
  }
  return messages;
}

function checkChunked(bytes: Uint8Array, cut: FuzzRandom): void {
  const readIn = (parts: readonly Uint8Array[]): unknown => {
    const decoder = new ChunkedDecoder();
    const payload = read<Uint8Array>(parts, (part, found) => {
      const piece = decoder.push(part);
      expectThat(piece.length <= part.length, 'more payload than bytes');
      found.push(piece.slice());
    });
    return payload.failed ? 'failed' : [concatBytes(payload.values), decoder.ended];
  };
  expectSame('chunks in pieces', readIn(pieces(bytes, cut)), readIn(pieces(bytes, undefined)));
  const framed = pieces(bytes, cut).map((piece) =>
    concatBytes([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]),
  );
  const stream = concatBytes([...framed, Buffer.from('0\r\n\r\n')]);
  expectSame('chunks that were made', readIn(pieces(stream, cut)), [bytes, true]);
}

function checkHead(bytes: Uint8Array): void {
  const [head] = read<unknown>([bytes], (part, found) => found.push(headOf(part))).values;
  if (head === undefined || head === null) return;
  const { length } = head as { length: number }; // headOf's
  expectThat(length <= bytes.length, 'a head longer than the bytes');
  expectSame('the head alone', headOf(bytes.slice(0, length)), head);
  expectSame('a head cut short', headOf(bytes.slice(0, length - 1)), null);
}

function headOf(bytes: Uint8Array): unknown {
  const head = parseResponseHead(bytes);
  return head === undefined ? null : { ...head, headers: [...head.headers] };
}

function run(input: Uint8Array): void {
  const parts = new Parts(input);
  const kind = parts.byte() % 5;
  const cut = new FuzzRandom(parts.byte());
  if (kind === 0) checkFrames(parts.rest(), cut, () => new MessageDecoder(LIMIT_BYTES));
  else if (kind === 1) {
    checkFrames(parts.rest(), cut, () => new MsgAppV2Decoder(LOCAL, REMOTE, LIMIT_BYTES));
  } else if (kind === 2) {
    checkWritten(new MsgAppV2Encoder(), new MsgAppV2Decoder(LOCAL, REMOTE), appends(parts), cut);
  } else if (kind === 3) checkChunked(parts.rest(), cut);
  else checkHead(parts.rest());
}

function seeds(): Uint8Array[] {
  const messages = appends(new Parts(Uint8Array.from({ length: 60 }, (_, i) => (i * 37) % 256)));
  const written = (encoder: StreamEncoder): Uint8Array => {
    const few = messages.slice(0, 8);
    const writer = new Writer(
      new Uint8Array(few.reduce((sum, message) => sum + encoder.measure(message), 0)),
    );
    for (const message of few) encoder.write(message, writer);
    return concatBytes([writer.bytes, encoder.heartbeat]);
  };
  const head = 'HTTP/1.1 200 OK\r\nX-Server-Version: 3.7.3\r\nTransfer-Encoding: chunked\r\n\r\n';
  const input = (kind: number, bytes: Uint8Array | string): Uint8Array =>
    concatBytes([Uint8Array.of(kind, 3), Buffer.from(bytes as Uint8Array)]); // from() takes text as well
  return [
    input(0, written(new MessageEncoder())),
    input(1, written(new MsgAppV2Encoder())),
    input(
      2,
      Uint8Array.from({ length: 60 }, (_, i) => (i * 37) % 256),
    ),
    input(3, '5\r\nhello\r\n1;x=y\r\n!\r\n0\r\n\r\n'),
    input(4, head),
  ];
}

export const target: Target = { name: 'peer-stream', run, seeds, maxBytes: 3000 };
