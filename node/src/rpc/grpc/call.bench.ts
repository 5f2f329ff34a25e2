// What a unary call costs the server, from the bytes of its frames to those of its answer; 32 calls arrive together.
import { SILENT_LOGGER } from '../../base/logger.ts';
import type { Benchmarks, Operation } from '../../base/testing/benchmark.ts';
import type { UnaryHandler } from '../../base/call.ts';
import { PutRequest, PutResponse } from '../../wire/gen/rpc.ts';
import { encode } from '../../wire/codec.ts';
import { ProcessBudget } from '../budget.ts';
import { Connection } from '../h2/connection.ts';
import { settingsFrame, windowUpdateFrame, writeUint32 } from '../h2/frames.ts';
import type { ConnectionOptions } from '../h2/options.ts';
import { FRAME_HEADER_BYTES, Flag, FrameType } from '../h2/protocol.ts';
import { FlushQueue } from '../h2/sender.ts';
import { method, testClock } from '../testing/fixture.ts';
import { frame, messageFrame } from '../testing/raw-client.ts';
import { unheardSocket, type Unheard } from '../testing/unheard-socket.ts';
import { Dispatcher } from './dispatch.ts';

const CALLS = 32;
const PATH = '/etcdserverpb.KV/Put';
const REQUEST = encode(
  PutRequest,
  PutRequest.create({
    key: Buffer.from('/registry/pods/default/web-0001'),
    value: new Uint8Array(256).fill(7),
  }),
);
const RESPONSE = PutResponse.create();
const FIELDS: readonly (readonly [string, string])[] = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', PATH],
  [':authority', '127.0.0.1:2379'],
  ['content-type', 'application/grpc'],
  ['user-agent', 'grpc-go/1.71.1'],
  ['te', 'trailers'],
];

interface Connected {
  readonly connection: Connection;
  readonly unheard: Unheard;
}

function connect(handler: UnaryHandler<unknown, unknown>): Connected {
  const dispatcher = new Dispatcher({
    clock: testClock,
    logger: SILENT_LOGGER,
    maxMessageBytes: 2 * 1024 * 1024,
    observer: undefined,
    before: undefined,
    onUnexpectedError: undefined,
  });
  dispatcher.register(method(PATH, 'unary', handler));
  const options: ConnectionOptions = {
    clock: testClock,
    logger: SILENT_LOGGER,
    budget: new ProcessBudget(256 * 1024 * 1024, testClock),
    flushQueue: new FlushQueue(testClock),
    connectionHeldBytes: 64 * 1024 * 1024,
    streamWindowBytes: 64 * 1024,
    connectionWindowBytes: 4 * 1024 * 1024,
    maxHeaderListBytes: 64 * 1024,
    maxConcurrentStreams: 0xffff_ffff,
    pauseBytes: 1024 * 1024,
    keepaliveMinTimeMs: 5000,
    keepaliveIntervalMs: 0,
    keepaliveTimeoutMs: 20_000,
    onRequest: (stream) => dispatcher.dispatch(stream),
    onClose: () => {},
  };
  const unheard = unheardSocket();
  const peer = { remoteAddress: '127.0.0.1:1', certificateCommonName: undefined };
  const connection = new Connection(unheard.socket, peer, options);
  connection.received(settingsFrame([]));
  return { connection, unheard };
}

/** Fields of which each is to be indexed (RFC 7541 section 6.2.1), without Huffman. */
function literals(): Buffer {
  const text = (part: string): number[] => [part.length, ...Buffer.from(part, 'latin1')];
  return Buffer.from(FIELDS.flatMap(([name, value]) => [0x40, ...text(name), ...text(value)]));
}

/** The same fields as they stand in the table afterwards. */
const indexed = (): Buffer =>
  Buffer.from(FIELDS.map((_field, i) => 0x80 | (61 + FIELDS.length - i)));

/** HEADERS and DATA of a call; the stream's id is put in later. */
function callFrames(block: Uint8Array): Buffer {
  const headers = frame(FrameType.Headers, Flag.EndHeaders, 0, block);
  return Buffer.concat([headers, messageFrame(0, REQUEST)]);
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Calls that arrive in one chunk, and are answered in one write. */
function calls(handler: UnaryHandler<unknown, unknown>): Operation {
  const { connection, unheard } = connect(handler);
  let streamId = -1;
  const numbered = (frames: Buffer, headerBytes: number, times: number): Buffer => {
    for (let i = 0; i < times; i++) {
      const at = (i * frames.length) / times;
      streamId += 2;
      writeUint32(frames, at + 5, streamId);
      writeUint32(frames, at + FRAME_HEADER_BYTES + headerBytes + 5, streamId);
    }
    return frames;
  };
  const first = literals();
  connection.received(numbered(callFrames(first), first.length, 1));
  const block = indexed();
  const one = callFrames(block);
  const chunk = Buffer.concat(Array.from({ length: CALLS }, () => one));
  let acknowledged = 0;
  return async () => {
    const sent = unheard.writtenBytes();
    connection.received(windowUpdateFrame(0, Math.max(1, sent - acknowledged)));
    acknowledged = sent;
    connection.received(numbered(chunk, block.length, CALLS));
    // Handlers, then the write at the end of the turn.
    await nextTurn();
    await nextTurn();
    if (unheard.writtenBytes() === sent) throw new Error('nothing was answered');
  };
}

export const benchmarks: Benchmarks = {
  'rpc: a unary call, answered at once': {
    operationsPerCall: CALLS,
    calls: 50,
    start: () => calls(() => RESPONSE),
  },
  'rpc: a unary call, answered later': {
    operationsPerCall: CALLS,
    calls: 50,
    start: () => calls(() => Promise.resolve().then(() => RESPONSE)),
  },
};
