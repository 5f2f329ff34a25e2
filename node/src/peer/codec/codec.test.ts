import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Entry, Message, MessageType, Snapshot } from '../../wire/gen/raft.ts';
import { DecodeError, Writer } from '../../wire/index.ts';
import { append } from '../testing/harness.ts';
import { type FrameDecoder, readUint64, StreamFormatError, writeUint64 } from './frames.ts';
import { MessageDecoder, MessageEncoder, type StreamEncoder } from './message.ts';
import { MsgAppV2Decoder, MsgAppV2Encoder } from './msg-app-v2.ts';

const index = fc.nat(2 ** 40);
const id = fc.bigInt(1n, 2n ** 64n - 1n);
const bytes = fc.uint8Array({ maxLength: 300 });
const entry = fc.record({ type: fc.constantFrom(0, 1, 2), term: index, index, data: bytes });
const message: fc.Arbitrary<Message> = fc.record({
  type: fc.nat(23),
  to: id,
  from: id,
  term: index,
  logTerm: index,
  index,
  entries: fc.array(entry, { maxLength: 5 }),
  commit: index,
  snapshot: fc.option(
    bytes.map((data) => Snapshot.create({ data })),
    { nil: undefined },
  ),
  reject: fc.boolean(),
  rejectHint: index,
  context: bytes,
  vote: id,
  responses: fc.constant([]),
});

/** What a leader sends to one follower: mostly appends that follow each other, now and then a jump or a new term. */
const replication = fc
  .array(
    fc.record({
      count: fc.nat(4),
      jump: fc.option(fc.nat(1000), { freq: 6, nil: undefined }),
      newTerm: fc.boolean(),
      commit: index,
      size: fc.nat(200),
    }),
    { maxLength: 30 },
  )
  .map((steps) => {
    let at = 0;
    let term = 1;
    return steps.map((step) => {
      const logTerm = term;
      if (step.newTerm && step.jump !== undefined) term++;
      if (step.jump !== undefined) at = step.jump;
      const part = append(1n, 2n, at, step.count, step.size);
      at += step.count;
      for (const each of part.entries) each.term = term;
      return { ...part, term, logTerm, commit: step.commit };
    });
  });

function encodeAll(encoder: StreamEncoder, messages: readonly Message[]): Uint8Array {
  let size = 0;
  for (const each of messages) size += encoder.measure(each);
  const writer = new Writer(new Uint8Array(size));
  for (const each of messages) encoder.write(each, writer);
  expect(writer.position).toBe(size);
  return writer.bytes;
}

/** Delivers `stream` in pieces of the given lengths, again and again. */
function decodeInPieces(decoder: FrameDecoder, stream: Uint8Array, lengths: number[]): Message[] {
  const messages: Message[] = [];
  let position = 0;
  for (let i = 0; position < stream.length; i++) {
    const length = lengths[i % lengths.length] ?? 1;
    decoder.push(stream.slice(position, position + length), messages);
    position += length;
  }
  return messages;
}

const pieces = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 6 });

test('the message stream brings back any messages, however it is cut', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 8 }), pieces, (messages, lengths) => {
      const stream = encodeAll(new MessageEncoder(), messages);
      expect(decodeInPieces(new MessageDecoder(), stream, lengths)).toEqual(messages);
    }),
  );
});

test('the msgappv2 stream brings back a leader’s appends, however it is cut', () => {
  fc.assert(
    fc.property(replication, pieces, (messages, lengths) => {
      const stream = encodeAll(new MsgAppV2Encoder(), messages);
      expect(decodeInPieces(new MsgAppV2Decoder(2n, 1n), stream, lengths)).toEqual(messages);
    }),
    { numRuns: 300 },
  );
});

test('appends that continue each other travel without their message', () => {
  const encoder = new MsgAppV2Encoder();
  const first = encodeAll(encoder, [append(1n, 2n, 10, 1)]);
  const next = encodeAll(encoder, [append(1n, 2n, 11, 2)]);
  expect(first[0]).toBe(2);
  expect(next[0]).toBe(1);
  expect(readUint64(next, 1)).toBe(2);
  const entrySize = Entry.sizeOf(append(1n, 2n, 11, 2).entries[0]!);
  expect(readUint64(next, 9)).toBe(entrySize);
  expect(next.length).toBe(9 + 2 * (8 + entrySize) + 8);
  expect(readUint64(next, next.length - 8)).toBe(11);
});

test('link heartbeats are bytes that etcd knows, and reach nobody', () => {
  expect([...new MsgAppV2Encoder().heartbeat]).toEqual([0]);
  const messages: Message[] = [];
  new MessageDecoder().push(new MessageEncoder().heartbeat, messages);
  // As etcd writes it: a message with nothing but its type.
  new MessageDecoder().push(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 2, 8, 8), messages);
  new MsgAppV2Decoder(1n, 2n).push(Uint8Array.of(0, 0, 0), messages);
  expect(messages).toEqual([]);
});

test('bytes that are no stream end in an error a caller can name, never in anything else', () => {
  const attempt = (decoder: FrameDecoder, stream: Uint8Array, lengths: number[]): void => {
    try {
      decodeInPieces(decoder, stream, lengths);
    } catch (error) {
      if (!(error instanceof StreamFormatError || error instanceof DecodeError)) throw error;
    }
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), pieces, (noise, lengths) => {
      attempt(new MessageDecoder(), noise, lengths);
      attempt(new MsgAppV2Decoder(2n, 1n), noise, lengths);
    }),
    { numRuns: 500 },
  );
  const position = fc.nat();
  fc.assert(
    fc.property(replication, position, fc.nat(255), pieces, (messages, at, value, lengths) => {
      const stream = encodeAll(new MsgAppV2Encoder(), messages);
      if (stream.length > 0) stream[at % stream.length] = value;
      attempt(new MsgAppV2Decoder(2n, 1n), stream, lengths);
    }),
    { numRuns: 500 },
  );
});

test('an announced length over the limit is refused before it costs memory', () => {
  const head = Uint8Array.of(0, 0, 0, 0, 0x20, 0, 0, 1);
  expect(() => new MessageDecoder().push(head, [])).toThrow('error limit exceeded');
  const appHead = Uint8Array.of(2, ...head);
  expect(() => new MsgAppV2Decoder(1n, 2n).push(appHead, [])).toThrow('error limit exceeded');
  const entriesHead = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 1, ...head);
  expect(() => new MsgAppV2Decoder(1n, 2n).push(entriesHead, [])).toThrow('error limit exceeded');
  // Two entries below the limit, together above it.
  const small = new MsgAppV2Decoder(1n, 2n, 100);
  const entries = new Uint8Array(9 + 8 + 60 + 8);
  entries.set([1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 60]);
  entries[entries.length - 1] = 60;
  expect(() => small.push(entries, [])).toThrow('error limit exceeded');
});

test('entries out of order and unknown frame types are refused', () => {
  const encoder = new MsgAppV2Encoder();
  const messages = [append(1n, 2n, 0, 1), append(1n, 2n, 1, 2)];
  messages[1]!.entries.reverse();
  const stream = encodeAll(encoder, messages);
  expect(() => new MsgAppV2Decoder(2n, 1n).push(stream, [])).toThrow('entry 3 where 2 is due');
  expect(() => new MsgAppV2Decoder(2n, 1n).push(Uint8Array.of(7), [])).toThrow('type 7');
});

test('uint64 is big-endian up to 2^53', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      const target = new Uint8Array(8);
      writeUint64(target, 0, value);
      expect(new DataView(target.buffer).getBigUint64(0)).toBe(BigInt(value));
      expect(readUint64(target, 0)).toBe(value);
    }),
  );
  expect(() => readUint64(new Uint8Array(8).fill(255), 0)).toThrow(StreamFormatError);
});

test('a message keeps its type through the stream', () => {
  const one = Message.create({ type: MessageType.MsgTimeoutNow, from: 1n, to: 2n });
  expect(decodeInPieces(new MessageDecoder(), encodeAll(new MessageEncoder(), [one]), [3])).toEqual(
    [one],
  );
});
