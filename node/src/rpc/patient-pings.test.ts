// grpc-go sends WINDOW_UPDATE and PING with whatever it sends next: what answers the PING is not worth a write of its own.
import { afterEach, expect, test } from 'vitest';
import { FakeClock } from '../base/testing/fake-clock.ts';
import { encode } from '../wire/codec.ts';
import { PutRequest } from '../wire/gen/rpc.ts';
import { Flag, FrameType } from './h2/protocol.ts';
import { type Fixture, method, startServer } from './testing/fixture.ts';
import {
  RawClient,
  REQUEST,
  frame,
  headersFrame,
  messageFrame,
  uint32,
} from './testing/raw-client.ts';

const message = encode(PutRequest, PutRequest.create({ key: Buffer.from('k') }));
const isPingAck = ({ type, flags }: { type: number; flags: number }): boolean =>
  type === FrameType.Ping && (flags & Flag.Ack) !== 0;
const WINDOW_UPDATE = frame(FrameType.WindowUpdate, 0, 0, uint32(100));

let fixture: Fixture;
afterEach(() => fixture.close());

test('a PING is answered together with the request that came with it, whatever windows grow meanwhile', async () => {
  const clock = new FakeClock();
  let growWindow = (): void => {};
  const slowEcho = async (request: unknown): Promise<unknown> => {
    clock.advance(30); // the answer to the PING may leave, and stays with who waits
    growWindow();
    await new Promise((resolve) => setTimeout(resolve, 30));
    return request;
  };
  fixture = await startServer([method('/t.S/Echo', 'unary', slowEcho, PutRequest, PutRequest)], {
    clock,
  });
  const client = await RawClient.open(fixture.port);
  growWindow = () => client.send(WINDOW_UPDATE);
  const { frames } = client;
  let seenBeforeAnswer = false;
  client.socket.prependListener('data', () => (seenBeforeAnswer ||= frames.some(isPingAck)));
  client.send(
    WINDOW_UPDATE,
    frame(FrameType.Ping, 0, 0, Buffer.alloc(8, 7)),
    headersFrame(1, REQUEST),
    messageFrame(1, message),
  );
  expect((await client.status(1))?.['grpc-status']).toBe('0');
  expect(frames.filter(isPingAck)).toHaveLength(1);
  expect(seenBeforeAnswer).toBe(false);
  client.close();
});

test('a PING that nothing else follows is answered by itself', async () => {
  const clock = new FakeClock();
  fixture = await startServer([], { clock });
  const client = await RawClient.open(fixture.port);
  client.send(WINDOW_UPDATE, frame(FrameType.Ping, 0, 0, Buffer.alloc(8, 7)));
  await expect
    .poll(() => {
      clock.advance(10);
      return client.frames.filter(isPingAck).length;
    })
    .toBe(1);
  client.close();
});
