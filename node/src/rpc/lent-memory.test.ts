// Memory that a handler lends for its answer, longer than a socket takes at once, comes back, whatever becomes of the call.
import { afterEach, expect, test } from 'vitest';
import { EncodedMessage, orEncoded } from '../wire/encoded.ts';
import { PutRequest } from '../wire/gen/rpc.ts';
import { ErrorCode, FrameType } from './h2/protocol.ts';
import { type Fixture, method, startServer } from './testing/fixture.ts';
import {
  RawClient,
  REQUEST,
  frame,
  headersFrame,
  messageFrame,
  uint32,
} from './testing/raw-client.ts';

const ANSWER_BYTES = 24 * 1024 * 1024;
let fixture: Fixture;
let released = 0;

afterEach(() => fixture.close());

/** A server whose answers are long; `before` is waited for. */
async function start(before: Promise<void> = Promise.resolve()): Promise<RawClient> {
  released = 0;
  const answer = async (): Promise<EncodedMessage> => {
    await before;
    return new EncodedMessage([new Uint8Array(ANSWER_BYTES)], ANSWER_BYTES, () => released++);
  };
  fixture = await startServer([
    method('/t.S/Big', 'unary', answer, PutRequest, orEncoded(PutRequest)),
  ]);
  return RawClient.open(fixture.port, [[4, 0x7fff_ffff]]);
}

function ask(client: RawClient): void {
  const head = REQUEST.map(([name, value]): [string, string] => [
    name,
    name === ':path' ? '/t.S/Big' : value,
  ]);
  client.send(headersFrame(1, head), messageFrame(1, new Uint8Array(0)));
}

test('when it was written', async () => {
  const client = await start();
  client.send(frame(FrameType.WindowUpdate, 0, 0, uint32(0x7000_0000)));
  ask(client);
  await expect.poll(() => released).toBe(1);
  client.close();
});

test('when the call is reset in the middle of it', async () => {
  const client = await start();
  ask(client);
  await client.until(({ type }) => type === FrameType.Data);
  expect(released).toBe(0);
  client.send(frame(FrameType.RstStream, 0, 1, uint32(ErrorCode.Cancel)));
  await expect.poll(() => released).toBe(1);
  client.close();
});

test('when the connection breaks in the middle of it', async () => {
  const client = await start();
  client.socket.pause();
  client.send(frame(FrameType.WindowUpdate, 0, 0, uint32(0x7000_0000)));
  ask(client);
  await expect.poll(() => fixture.server.heldBytes).toBeGreaterThan(1024 * 1024);
  expect(released).toBe(0);
  client.socket.destroy();
  await expect.poll(() => released).toBe(1);
});

test('when the call is over before there is an answer', async () => {
  let go = (): void => {};
  const client = await start(new Promise((resolve) => (go = resolve)));
  ask(client);
  client.send(frame(FrameType.RstStream, 0, 1, uint32(ErrorCode.Cancel)));
  client.send(frame(FrameType.Ping, 0, 0, Buffer.alloc(8)));
  await client.until(({ type }) => type === FrameType.Ping);
  go();
  await expect.poll(() => released).toBe(1);
  client.close();
});
