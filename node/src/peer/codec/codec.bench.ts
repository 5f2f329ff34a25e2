// What a leader's entries cost on their way to a follower: into the stream's bytes, and out of them.
import { concatBytes } from '../../base/bytes.ts';
import type { Benchmarks, Operation } from '../../base/testing/benchmark.ts';
import { Writer } from '../../wire/index.ts';
import { Entry, Message, MessageType } from '../../wire/gen/raft.ts';
import { MsgAppV2Decoder, MsgAppV2Encoder } from './msg-app-v2.ts';

const DATA = new Uint8Array(320).fill(7);

/** Appends of `count` entries each, every one continuing the one before. */
class Appends {
  private readonly count: number;
  private index = 0;

  constructor(count: number) {
    this.count = count;
  }

  next(): Message {
    const index = this.index;
    this.index += this.count;
    const entries = Array.from({ length: this.count }, (_, i) =>
      Entry.create({ term: 7, index: index + i + 1, data: DATA }),
    );
    const head = { type: MessageType.MsgApp, to: 2n, from: 1n, term: 7, logTerm: 7, index };
    return Message.create({ ...head, commit: index, entries });
  }
}

function encoder(count: number): Operation {
  const appends = new Appends(count);
  const encode = new MsgAppV2Encoder();
  const buffer = new Uint8Array(1024 * (count + 1));
  const send = (message: Message): number => {
    const writer = new Writer(buffer);
    if (encode.measure(message) > buffer.length) throw new Error('the buffer is too small');
    encode.write(message, writer);
    return writer.position;
  };
  send(appends.next());
  const next = appends.next();
  return () => {
    const position = send(next);
    // The next one continues from here.
    next.index += count;
    return position;
  };
}

/** Two appends a call: one that says where it stands, and one that continues from there. */
function decoder(count: number): Operation {
  const appends = new Appends(count);
  const encode = new MsgAppV2Encoder();
  const bytesOf = (message: Message): Uint8Array => {
    const bytes = new Uint8Array(encode.measure(message));
    encode.write(message, new Writer(bytes));
    return bytes;
  };
  appends.next();
  const bytes = concatBytes([bytesOf(appends.next()), bytesOf(appends.next())]);
  const decode = new MsgAppV2Decoder(2n, 1n);
  const received: Message[] = [];
  return () => {
    received.length = 0;
    decode.push(bytes, received);
    return received;
  };
}

export const benchmarks: Benchmarks = {
  'peer: encode an append of one entry': { start: () => encoder(1) },
  'peer: encode an entry of an append of 32': {
    operationsPerCall: 32,
    calls: 200,
    start: () => encoder(32),
  },
  'peer: decode an append of one entry': { operationsPerCall: 2, start: () => decoder(1) },
  'peer: decode an entry of an append of 32': {
    operationsPerCall: 64,
    calls: 200,
    start: () => decoder(32),
  },
};
