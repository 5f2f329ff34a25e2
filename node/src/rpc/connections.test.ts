// Connections that are dead or too many are closed.
import { afterEach, expect, test } from 'vitest';
import { FrameType } from './h2/protocol.ts';
import type { RpcServerOptions } from './options.ts';
import { type Fixture, startServer } from './testing/fixture.ts';
import { RawClient, frame } from './testing/raw-client.ts';

let fixture: Fixture;
afterEach(() => fixture.close());

async function start(options: Partial<RpcServerOptions>): Promise<void> {
  fixture = await startServer([], options);
}

test('a client that does not answer the keepalive ping is closed', async () => {
  await start({ keepaliveIntervalMs: 50, keepaliveTimeoutMs: 50 });
  const client = await RawClient.open(fixture.port);
  expect(
    await client.until(({ type, flags }) => type === FrameType.Ping && flags === 0),
  ).toBeDefined();
  await expect.poll(() => client.closed).toBe(true);
  await expect.poll(() => fixture.server.connectionCount).toBe(0);
});

test('a client that answers keepalive pings stays', async () => {
  await start({ keepaliveIntervalMs: 50, keepaliveTimeoutMs: 500 });
  const client = await RawClient.open(fixture.port);
  const pings = (): number => client.frames.filter(({ type }) => type === FrameType.Ping).length;
  for (let answered = 0; answered < 3; answered++) {
    await expect.poll(pings, { interval: 5, timeout: 5000 }).toBeGreaterThan(answered);
    client.send(frame(FrameType.Ping, 1, 0, Buffer.alloc(8)));
  }
  expect(client.closed).toBe(false);
  client.close();
});

test('connections beyond maxConnections are closed at once, and a place that is left is taken', async () => {
  await start({ maxConnections: 2 });
  const first = await RawClient.open(fixture.port);
  const second = await RawClient.open(fixture.port);
  const third = await RawClient.openSilent(fixture.port);
  await expect.poll(() => third.closed).toBe(true);
  expect([first.closed, second.closed]).toEqual([false, false]);
  first.close();
  await expect.poll(() => fixture.server.connectionCount).toBe(1);
  const fourth = await RawClient.open(fixture.port);
  expect(fourth.closed).toBe(false);
  for (const client of [second, fourth]) client.close();
});
