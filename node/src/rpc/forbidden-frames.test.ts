// Every frame that RFC 9113 forbids gets the error it names, and other connections go on.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encode } from '../wire/codec.ts';
import { PutRequest } from '../wire/gen/rpc.ts';
import { ErrorCode, FrameType } from './h2/protocol.ts';
import { CLIENT_PREFACE } from './h2/protocol.ts';
import { settingsFrame } from './h2/frames.ts';
import { type HeaderPair } from './hpack/encoder.ts';
import { type Fixture, method, startServer } from './testing/fixture.ts';
import {
  RawClient,
  REQUEST,
  frame,
  headersFrame,
  messageFrame,
  uint32,
} from './testing/raw-client.ts';

let fixture: Fixture;
const message = encode(PutRequest, PutRequest.create({ key: Buffer.from('k') }));

beforeAll(async () => {
  fixture = await startServer([
    method('/t.S/Echo', 'unary', (request: unknown) => request, PutRequest, PutRequest),
    method('/t.S/Wait', 'unary', () => new Promise(() => {})),
  ]);
});
afterAll(async () => {
  await fixture.close();
});

async function expectServes(): Promise<void> {
  const client = await RawClient.open(fixture.port);
  client.send(headersFrame(1, REQUEST), messageFrame(1, message));
  expect((await client.status(1))?.['grpc-status']).toBe('0');
  client.close();
}

const wait = REQUEST.map(([name, value]): HeaderPair => [
  name,
  name === ':path' ? '/t.S/Wait' : value,
]);
const open1 = headersFrame(1, wait);
const {
  Data,
  Headers,
  Priority,
  RstStream,
  Settings,
  PushPromise,
  Ping,
  GoAway,
  WindowUpdate,
  Continuation,
} = FrameType;
const setting = (id: number, value: number): Buffer =>
  Buffer.concat([Buffer.of(id >> 8, id), uint32(value)]);

test.each<[string, keyof typeof ErrorCode, Buffer[]]>([
  ['a frame over 16 KiB', 'FrameSizeError', [frame(Data, 0, 1, Buffer.alloc(16_385))]],
  ['DATA on stream 0', 'ProtocolError', [frame(Data, 0, 0, 'x')]],
  ['DATA on an idle stream', 'ProtocolError', [frame(Data, 0, 1, 'x')]],
  [
    'DATA on a stream of the server',
    'ProtocolError',
    [headersFrame(5, wait), frame(Data, 0, 2, 'x')],
  ],
  [
    'RST_STREAM on a stream of the server',
    'ProtocolError',
    [headersFrame(5, wait), frame(RstStream, 0, 2, uint32(0))],
  ],
  [
    'WINDOW_UPDATE on a stream of the server',
    'ProtocolError',
    [headersFrame(5, wait), frame(WindowUpdate, 0, 2, uint32(1))],
  ],
  [
    'PRIORITY of a wrong length on a stream of the server',
    'FrameSizeError',
    [headersFrame(5, wait), frame(Priority, 0, 2, 'abc')],
  ],
  ['DATA with too much padding', 'ProtocolError', [open1, frame(Data, 8, 1, Buffer.of(5, 0, 0))]],
  ['padded DATA without a length', 'FrameSizeError', [open1, frame(Data, 8, 1)]],
  ['HEADERS on stream 0', 'ProtocolError', [headersFrame(0, REQUEST)]],
  ['HEADERS on an even stream', 'ProtocolError', [headersFrame(2, REQUEST)]],
  ['HEADERS with too much padding', 'ProtocolError', [frame(Headers, 12, 1, Buffer.of(9, 0x82))]],
  ['padded HEADERS without a length', 'FrameSizeError', [frame(Headers, 12, 1)]],
  ['HEADERS with half a priority', 'FrameSizeError', [frame(Headers, 0x24, 1, Buffer.of(0, 0))]],
  [
    'HEADERS that depend on themselves',
    'ProtocolError',
    [frame(Headers, 0x24, 1, Buffer.concat([uint32(1), Buffer.of(0)]))],
  ],
  ['stream ids that go back', 'ProtocolError', [headersFrame(5, wait), headersFrame(3, wait)]],
  ['a broken header block', 'CompressionError', [frame(Headers, 4, 1, Buffer.of(0xff, 0xff))]],
  [
    'a second HEADERS behind END_STREAM',
    'StreamClosed',
    [headersFrame(1, wait), messageFrame(1, message), headersFrame(1, wait)],
  ],
  [
    'HEADERS on a stream the client reset',
    'StreamClosed',
    [open1, frame(RstStream, 0, 1, uint32(8)), headersFrame(1, wait)],
  ],
  [
    'a frame between HEADERS and CONTINUATION',
    'ProtocolError',
    [frame(Headers, 0, 1, Buffer.of(0x82)), frame(Ping, 0, 0, Buffer.alloc(8))],
  ],
  [
    'DATA between HEADERS and CONTINUATION',
    'ProtocolError',
    [frame(Headers, 0, 1, Buffer.of(0x82)), frame(Data, 0, 1, 'x')],
  ],
  [
    'CONTINUATION of another stream',
    'ProtocolError',
    [frame(Headers, 0, 1, Buffer.of(0x82)), frame(Continuation, 4, 3)],
  ],
  ['CONTINUATION out of nowhere', 'ProtocolError', [frame(Continuation, 4, 1, Buffer.of(0x82))]],
  ['PRIORITY on stream 0', 'ProtocolError', [frame(Priority, 0, 0, Buffer.alloc(5))]],
  ['RST_STREAM on stream 0', 'ProtocolError', [frame(RstStream, 0, 0, uint32(0))]],
  ['RST_STREAM on an idle stream', 'ProtocolError', [frame(RstStream, 0, 7, uint32(0))]],
  ['RST_STREAM of a wrong length', 'FrameSizeError', [open1, frame(RstStream, 0, 1, 'abc')]],
  ['SETTINGS on a stream', 'ProtocolError', [frame(Settings, 0, 1)]],
  ['SETTINGS of a wrong length', 'FrameSizeError', [frame(Settings, 0, 0, 'abc')]],
  ['SETTINGS ACK with a payload', 'FrameSizeError', [frame(Settings, 1, 0, setting(1, 1))]],
  ['ENABLE_PUSH of 2', 'ProtocolError', [frame(Settings, 0, 0, setting(2, 2))]],
  [
    'INITIAL_WINDOW_SIZE over 2^31 - 1',
    'FlowControlError',
    [frame(Settings, 0, 0, setting(4, 0x8000_0000))],
  ],
  ['MAX_FRAME_SIZE too small', 'ProtocolError', [frame(Settings, 0, 0, setting(5, 1000))]],
  ['MAX_FRAME_SIZE too large', 'ProtocolError', [frame(Settings, 0, 0, setting(5, 0x100_0000))]],
  ['PUSH_PROMISE', 'ProtocolError', [frame(PushPromise, 4, 1, Buffer.alloc(8))]],
  ['PING on a stream', 'ProtocolError', [frame(Ping, 0, 1, Buffer.alloc(8))]],
  ['PING of a wrong length', 'FrameSizeError', [frame(Ping, 0, 0, Buffer.alloc(7))]],
  ['GOAWAY on a stream', 'ProtocolError', [frame(GoAway, 0, 1, Buffer.alloc(8))]],
  ['GOAWAY too short', 'FrameSizeError', [frame(GoAway, 0, 0, Buffer.alloc(7))]],
  ['WINDOW_UPDATE of 0', 'ProtocolError', [frame(WindowUpdate, 0, 0, uint32(0))]],
  ['WINDOW_UPDATE on an idle stream', 'ProtocolError', [frame(WindowUpdate, 0, 1, uint32(1))]],
  ['WINDOW_UPDATE of a wrong length', 'FrameSizeError', [frame(WindowUpdate, 0, 0, 'abc')]],
  [
    'a connection window over 2^31 - 1',
    'FlowControlError',
    [frame(WindowUpdate, 0, 0, uint32(0x7fff_ffff))],
  ],
  [
    'a stream window over 2^31 - 1 by settings',
    'FlowControlError',
    [
      open1,
      frame(WindowUpdate, 0, 1, uint32(0x7fff_ffff - 65_535)),
      frame(Settings, 0, 0, setting(4, 65_536)),
    ],
  ],
])('connection error: %s is %s', async (_name, code, frames) => {
  const client = await RawClient.open(fixture.port);
  client.send(...frames);
  expect((await client.goAway())?.code).toBe(ErrorCode[code]);
  await expect.poll(() => client.closed).toBe(true);
  await expectServes();
});

test.each<[string, keyof typeof ErrorCode, Buffer[]]>([
  [
    'WINDOW_UPDATE of 0 on a stream',
    'ProtocolError',
    [open1, frame(WindowUpdate, 0, 1, uint32(0))],
  ],
  [
    'a stream window over 2^31 - 1',
    'FlowControlError',
    [open1, frame(WindowUpdate, 0, 1, uint32(0x7fff_ffff))],
  ],
  [
    'DATA behind END_STREAM',
    'StreamClosed',
    [open1, messageFrame(1, message), messageFrame(1, message)],
  ],
  [
    'DATA on a stream the client reset',
    'StreamClosed',
    [open1, frame(RstStream, 0, 1, uint32(8)), messageFrame(1, message)],
  ],
  ['PRIORITY of a wrong length', 'FrameSizeError', [open1, frame(Priority, 0, 1, 'abc')]],
  [
    'PRIORITY that depends on itself',
    'ProtocolError',
    [open1, frame(Priority, 0, 1, Buffer.concat([uint32(1), Buffer.of(0)]))],
  ],
  ['trailers without END_STREAM', 'ProtocolError', [open1, headersFrame(1, [['x', 'y']])]],
  ['pseudo-headers in trailers', 'ProtocolError', [open1, headersFrame(1, [[':path', '/']], true)]],
  [
    'more body than content-length',
    'ProtocolError',
    [headersFrame(1, [...wait, ['content-length', '1']]), messageFrame(1, message)],
  ],
  [
    'END_STREAM with a content-length',
    'ProtocolError',
    [headersFrame(1, [...wait, ['content-length', '1']], true)],
  ],
  ['an upper-case name', 'ProtocolError', [headersFrame(1, [...REQUEST, ['X', 'y']])]],
  [
    'connection-specific fields',
    'ProtocolError',
    [headersFrame(1, [...REQUEST, ['connection', 'close']])],
  ],
  [
    'te other than trailers',
    'ProtocolError',
    [headersFrame(1, [...REQUEST.slice(0, 5), ['te', 'gzip']])],
  ],
  ['an unknown pseudo-header', 'ProtocolError', [headersFrame(1, [[':x', 'y'], ...REQUEST])]],
  [':status in a request', 'ProtocolError', [headersFrame(1, [[':status', '200'], ...REQUEST])]],
  [
    'a pseudo-header behind a field',
    'ProtocolError',
    [headersFrame(1, [...REQUEST.slice(1), [':method', 'POST']])],
  ],
  ['two :path', 'ProtocolError', [headersFrame(1, [[':path', '/'], ...REQUEST])]],
  [
    'an empty :path',
    'ProtocolError',
    [
      headersFrame(
        1,
        REQUEST.map(([name, value]): HeaderPair => [name, name === ':path' ? '' : value]),
      ),
    ],
  ],
  ['no :method', 'ProtocolError', [headersFrame(1, REQUEST.slice(1))]],
  ['a line feed in a value', 'ProtocolError', [headersFrame(1, [...REQUEST, ['x', 'a\nb']])]],
])('stream error: %s is %s', async (_name, code, frames) => {
  const client = await RawClient.open(fixture.port);
  client.send(...frames);
  expect(await client.reset(1)).toBe(ErrorCode[code]);
  client.send(headersFrame(9, REQUEST), messageFrame(9, message));
  expect((await client.status(9))?.['grpc-status']).toBe('0');
  client.close();
});

test('more DATA than the stream window is FLOW_CONTROL_ERROR', async () => {
  const client = await RawClient.open(fixture.port);
  const parts = Array.from({ length: 5 }, () => frame(Data, 0, 1, Buffer.alloc(16_384)));
  client.send(open1, ...parts);
  expect(await client.reset(1)).toBe(ErrorCode.FlowControlError);
  client.close();
});

test('a preface without SETTINGS is PROTOCOL_ERROR', async () => {
  const client = await RawClient.openSilent(fixture.port);
  client.send(CLIENT_PREFACE, frame(Ping, 0, 0, Buffer.alloc(8)));
  expect((await client.goAway())?.code).toBe(ErrorCode.ProtocolError);
});

test('unknown frames, settings and flags are ignored', async () => {
  const client = await RawClient.open(fixture.port);
  client.send(frame(0x42, 0xff, 3, 'what'), frame(Settings, 0, 0, setting(0x99, 7)));
  client.send(frame(Ping, 0xfe, 0, 'abcdefgh'));
  const pong = await client.until(({ type }) => type === Ping);
  expect(pong?.payload.toString()).toBe('abcdefgh');
  client.send(headersFrame(1, REQUEST), messageFrame(1, message));
  expect((await client.status(1))?.['grpc-status']).toBe('0');
  client.close();
});

test('frames cut at every byte are understood', async () => {
  const client = await RawClient.openSilent(fixture.port);
  const padded = frame(
    Data,
    9,
    3,
    Buffer.concat([Buffer.of(3), messageFrame(3, message).subarray(9), Buffer.alloc(3)]),
  );
  const all = Buffer.concat([
    CLIENT_PREFACE,
    settingsFrame([]),
    headersFrame(1, REQUEST),
    messageFrame(1, message),
    headersFrame(3, REQUEST),
    padded,
  ]);
  client.socket.setNoDelay(true);
  for (const byte of all) {
    client.socket.write(Buffer.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect((await client.status(1))?.['grpc-status']).toBe('0');
  expect((await client.status(3))?.['grpc-status']).toBe('0');
  client.close();
});

test('a lowered header table is acknowledged in the next block', async () => {
  const client = await RawClient.open(fixture.port, [[1, 0]]);
  client.send(headersFrame(1, REQUEST), messageFrame(1, message));
  const first = await client.until(({ type }) => type === Headers);
  expect(first?.payload[0]).toBe(0x20);
  expect((await client.status(1))?.['grpc-status']).toBe('0');
  client.close();
});
