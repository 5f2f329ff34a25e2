// A whole connection of the server, fed with any bytes in any pieces: it answers with frames that a client can accept or
// with GOAWAY, in the same way however the bytes are cut, and keeps nothing when it is over.
import { encodeHeaders, type HeaderPair } from '../../../node/src/rpc/hpack/encoder.ts';
import {
  goAwayFrame,
  headerFramesSize,
  pingFrame,
  resetFrame,
  settingsFrame,
  windowUpdateFrame,
  writeFrameHeader,
  writeHeaderFrames,
} from '../../../node/src/rpc/h2/frames.ts';
import { FrameType, MAX_FRAME_BYTES } from '../../../node/src/rpc/h2/protocol.ts';
import { concatBytes } from '../../../node/src/base/bytes.ts';
import { encode } from '../../../node/src/wire/codec.ts';
import { PutRequest } from '../../../node/src/wire/gen/rpc.ts';
import { FuzzRandom } from '../engine/random.ts';
import type { Target } from '../engine/target.ts';
import { type Frame, checkOutput, framesOf } from '../oracles/h2-output.ts';
import { H2Server } from '../support/h2-server.ts';
import { expectSame, expectThat } from './input.ts';

interface Outcome {
  readonly frames: readonly Frame[];
  readonly isOver: boolean;
}

async function converse(bytes: Uint8Array, cut: FuzzRandom | undefined): Promise<Outcome> {
  const server = new H2Server();
  const { connection, socket, budget } = server;
  for (let at = 0; at < bytes.length;) {
    const end = cut === undefined ? bytes.length : Math.min(bytes.length, at + cut.smallSize(64));
    server.receive(bytes.subarray(at, end));
    at = end;
    expectThat(budget.heldBytes <= 4 * bytes.length + 20_000, `holds ${budget.heldBytes} bytes`);
  }
  await server.settle();
  const frames = framesOf(socket.output);
  checkOutput(frames);
  const { isOver } = socket;
  const shut = frames.some(({ type }) => type === FrameType.GoAway);
  expectThat(!isOver || shut, 'closed without GOAWAY');
  socket.destroy();
  await server.settle();
  expectSame('unforeseen errors', server.errors, []);
  expectSame('held at the end', budget.heldBytes, 0);
  expectSame('calls at the end', connection.runningCalls, 0);
  expectSame('streams at the end', connection.openStreams, 0);
  return { frames, isOver };
}

async function run(input: Uint8Array): Promise<void> {
  const bytes = input.subarray(1);
  const whole = await converse(bytes, undefined);
  const inPieces = await converse(bytes, new FuzzRandom(input[0] ?? 0));
  expectSame('in pieces', perStream(inPieces), perStream(whole));
}

/** What goes out on a stream is ordered; between streams it depends on when handlers ran. */
function perStream({ frames, isOver }: Outcome): unknown {
  const streams = new Map<number, string[]>();
  for (const { streamId, type, flags, payload } of frames) {
    // How often windows are opened may differ.
    if (type === FrameType.WindowUpdate) continue;
    const shown = `${type} ${flags} ${Buffer.from(payload).toString('hex')}`;
    streams.set(streamId, [...(streams.get(streamId) ?? []), shown]);
  }
  return [isOver, [...streams].sort(([a], [b]) => a - b)];
}

// Mutations that know frames

function frame(type: number, flags: number, streamId: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(9 + payload.length);
  writeFrameHeader(bytes, 0, payload.length, type, flags, streamId);
  bytes.set(payload, 9);
  return bytes;
}

/** The frames of an input as far as they go, and what is behind them. */
function loose(input: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let at = 1;
  while (at + 9 <= input.length) {
    const length = new DataView(input.buffer, input.byteOffset + at).getUint32(0) >>> 8;
    if (length > MAX_FRAME_BYTES || at + 9 + length > input.length) break;
    parts.push(input.slice(at, at + 9 + length));
    at += 9 + length;
  }
  return at < input.length ? [...parts, input.slice(at)] : parts;
}

function mutateFrames(input: Uint8Array, random: FuzzRandom): Uint8Array {
  const parts = loose(input);
  const at = random.below(parts.length + 1);
  switch (random.below(5)) {
    case 0:
      parts.splice(at, random.smallSize(3));
      break;
    case 1:
      parts.splice(at, 0, ...parts.slice(random.below(parts.length + 1)).slice(0, 3));
      break;
    case 2: {
      const part = parts[at];
      if (part !== undefined && part.length > 8) part[random.pick([3, 4, 8])] = random.below(16);
      break;
    }
    case 3: {
      // A payload of another length, with the length in front made right.
      const part = parts[at];
      if (part === undefined || part.length < 9) break;
      const payload = part.slice(9, random.below(part.length + 8));
      parts[at] = frame(part[3] as number, part[4] as number, part[8] as number, payload); // nine bytes
      break;
    }
    default:
      parts.splice(at, 0, anyFrame(random));
  }
  return concatBytes([input.subarray(0, 1), ...parts]);
}

function anyFrame(random: FuzzRandom): Uint8Array {
  const streamId = random.pick([0, 1, 3, 5, 7, 9, 11]);
  switch (random.below(8)) {
    case 0:
      return windowUpdateFrame(streamId, random.pick([0, 1, 1000, 0x7fff_ffff]));
    case 1:
      return resetFrame(streamId, random.below(14));
    case 2:
      return settingsFrame([[random.below(8), random.pick([0, 1, 100, 65_535, 0x7fff_ffff])]]);
    case 3:
      return pingFrame(random.onceIn(2), new Uint8Array(8));
    case 4:
      return headers(streamId, request(random.pick(PATHS)), random.onceIn(2));
    case 5:
      return frame(
        FrameType.Continuation,
        random.below(16),
        streamId,
        new Uint8Array(random.below(20)),
      );
    case 6:
      return headers(streamId, [['x', 'y']], true);
    default:
      return frame(FrameType.Data, random.below(10), streamId, message(random.below(300)));
  }
}

// Valid conversations

const PATHS = ['/t.S/Put', '/t.S/Later', '/t.S/List', '/t.S/Echo', '/t.S/No', '/'];

const request = (path: string, more: readonly HeaderPair[] = []): HeaderPair[] => [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', path],
  [':authority', 'test'],
  ['content-type', 'application/grpc'],
  ['te', 'trailers'],
  ...more,
];

function headers(streamId: number, pairs: readonly HeaderPair[], endStream: boolean): Uint8Array {
  const block = encodeHeaders(pairs);
  const bytes = new Uint8Array(headerFramesSize(block.length));
  writeHeaderFrames(bytes, 0, streamId, block, endStream);
  return bytes;
}

function message(valueBytes: number): Uint8Array {
  const put = PutRequest.create({ key: Buffer.from('k'), value: new Uint8Array(valueBytes) });
  const body = encode(PutRequest, put);
  return concatBytes([Uint8Array.of(0, 0, 0, body.length >> 8, body.length), body]);
}

const HELLO = concatBytes([settingsFrame([]), frame(FrameType.Settings, 1, 0, new Uint8Array(0))]);

function call(streamId: number, path: string, valueBytes: number): Uint8Array {
  return concatBytes([
    headers(streamId, request(path), false),
    frame(FrameType.Data, 1, streamId, message(valueBytes)),
  ]);
}

const conversation = (...parts: Uint8Array[]): Uint8Array =>
  concatBytes([Uint8Array.of(7), HELLO, ...parts]);

const seeds = (): Uint8Array[] => [
  conversation(call(1, '/t.S/Put', 3), call(3, '/t.S/Later', 5), call(5, '/t.S/No', 0)),
  conversation(settingsFrame([[4, 10]]), call(1, '/t.S/List', 40), windowUpdateFrame(1, 1000)),
  conversation(
    headers(1, request('/t.S/Echo'), false),
    frame(FrameType.Data, 0, 1, message(10)),
    frame(FrameType.Data, 8, 1, concatBytes([Uint8Array.of(3), message(600), new Uint8Array(3)])),
    headers(1, [['x-trailer', '1']], true),
  ),
  conversation(
    headers(
      1,
      [
        [':method', 'GET'],
        [':scheme', 'http'],
        [':path', '/health'],
      ],
      true,
    ),
    headers(
      3,
      request('/t.S/Put', [
        ['content-length', '9'],
        ['grpc-timeout', '1S'],
      ]),
      false,
    ),
    resetFrame(3, 8),
    pingFrame(false, Buffer.from('12345678')),
    goAwayFrame(0, 0, 'bye'),
  ),
  conversation(
    frame(FrameType.Headers, 0, 1, encodeHeaders(request('/t.S/Put')).slice(0, 20)),
    frame(FrameType.Continuation, 4, 1, encodeHeaders(request('/t.S/Put')).slice(20)),
    frame(FrameType.Data, 1, 1, message(1)),
    frame(FrameType.Priority, 0, 1, Uint8Array.of(0, 0, 0, 3, 9)),
    frame(0xbe, 0xff, 99, new Uint8Array(5)),
  ),
];

export const target: Target = {
  name: 'http2',
  run,
  seeds,
  maxBytes: 2048,
  mutate: mutateFrames,
  dictionary: ['te', 'trailers', 'host', ':authority', 'grpc-timeout', 'content-length', 'gzip'],
};
