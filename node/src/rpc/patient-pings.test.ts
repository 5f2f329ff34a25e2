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
const slowEcho = async (request: unknown): Promise<unknown> => {
  await new Promise((resolve) => setTimeout(resolve, 30));
  return request;
};
const isPingAck = ({ type, flags }: { type: number; flags: number }): boolean =>
  type === FrameType.Ping && (flags & Flag.Ack) !== 0;

let fixture: Fixture;
afterEach(() => fixture.close());

test('a PING behind a WINDOW_UPDATE is answered together with the request that came with them', async () => {
  const clock = new FakeClock(); // stands still: nobody's patience ends
  const methods = [method('/t.S/Echo', 'unary', slowEcho, PutRequest, PutRequest)];
  fixture = await startServer(methods, { clock });
  const client = await RawClient.open(fixture.port);
  let seenBeforeAnswer = false;
  client.socket.prependListener('data', () => {
    seenBeforeAnswer ||= client.frames.some(isPingAck);
  });
  client.send(
    frame(FrameType.WindowUpdate, 0, 0, uint32(100)),
    frame(FrameType.Ping, 0, 0, Buffer.alloc(8, 7)),
    headersFrame(1, REQUEST),
    messageFrame(1, message),
  );
  expect((await client.status(1))?.['grpc-status']).toBe('0');
  expect(client.frames.filter(isPingAck)).toHaveLength(1);
  expect(seenBeforeAnswer).toBe(false);
  client.close();
});
