// A client may end its side with a frame of its own, after the server has begun to work on the request.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encode } from '../wire/codec.ts';
import { PutRequest } from '../wire/gen/rpc.ts';
import { Flag, FrameType } from './h2/protocol.ts';
import { type Fixture, method, startServer } from './testing/fixture.ts';
import { RawClient, REQUEST, frame, headersFrame, messageFrame } from './testing/raw-client.ts';

const message = encode(PutRequest, PutRequest.create({ key: Buffer.from('k') }));
const slowEcho = async (request: unknown): Promise<unknown> => {
  await new Promise((resolve) => setTimeout(resolve, 30));
  return request;
};
let fixture: Fixture;

beforeAll(async () => {
  fixture = await startServer([method('/t.S/Echo', 'unary', slowEcho, PutRequest, PutRequest)]);
});
afterAll(() => fixture.close());

test('an empty END_STREAM frame behind the request does not end a call whose handler still runs', async () => {
  const client = await RawClient.open(fixture.port);
  client.send(headersFrame(1, REQUEST), messageFrame(1, message, false));
  await new Promise((resolve) => setTimeout(resolve, 10));
  client.send(frame(FrameType.Data, Flag.EndStream, 1, Buffer.alloc(0)));
  expect((await client.status(1))?.['grpc-status']).toBe('0');
  client.close();
});

test('a stream that ends without a message is answered with what grpc-go says', async () => {
  const client = await RawClient.open(fixture.port);
  client.send(headersFrame(1, REQUEST), frame(FrameType.Data, Flag.EndStream, 1, Buffer.alloc(0)));
  expect(await client.status(1)).toMatchObject({ 'grpc-status': '2', 'grpc-message': 'EOF' });
  client.close();
});

test('a head that goes on in the next chunk outlives the one in which it began, however large that was', async () => {
  const client = await RawClient.open(fixture.port);
  const block = headersFrame(3, REQUEST).subarray(9);
  const half = block.length >> 1;
  const prefixOfMore = Buffer.of(0, 0, 0, 0xff, 0xff);
  client.send(
    headersFrame(1, REQUEST),
    frame(FrameType.Data, 0, 1, Buffer.concat([prefixOfMore, Buffer.alloc(12_000)])),
    frame(FrameType.Headers, 0, 3, block.subarray(0, half)),
  );
  await new Promise((resolve) => setTimeout(resolve, 20));
  client.send(
    frame(FrameType.Continuation, Flag.EndHeaders, 3, block.subarray(half)),
    messageFrame(3, message),
  );
  expect((await client.status(3))?.['grpc-status']).toBe('0');
  client.close();
});
