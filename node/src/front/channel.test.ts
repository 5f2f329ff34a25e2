import type { MessagePort } from 'node:worker_threads';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { Channel } from './channel.ts';
import { channelEnds } from './testing/rings.ts';

const MIB = 1024 * 1024;
let channels: Channel[] = [];

afterEach(() => {
  for (const channel of channels) channel.close();
  channels = [];
});

/** A channel to one that notes what arrives. */
function pair(ringBytes: number, received: (call: number, payload: Uint8Array) => void): Channel {
  const { near, far } = channelEnds(ringBytes);
  const sender = new Channel(near, () => {});
  channels = [sender, new Channel(far, (_type, call, payload) => received(call, payload))];
  return sender;
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setImmediate(resolve));
}

test('small and big records arrive in the order in which they were sent, through a ring that is too small', async () => {
  const sizes = fc.array(
    fc.oneof(fc.nat(500), fc.constantFrom(60_000, 64 * 1024 - 1, 64 * 1024, 200_000)),
    { minLength: 1, maxLength: 60 },
  );
  await fc.assert(
    fc.asyncProperty(sizes, async (lengths) => {
      const arrived: [number, number, number][] = [];
      const sender = pair(192 * 1024, (call, payload) => {
        arrived.push([call, payload.length, payload.at(-1) ?? 0]);
      });
      lengths.forEach((length, i) => sender.send(17, i, new Uint8Array(length).fill(i + 1)));
      await until(() => arrived.length === lengths.length);
      expect(arrived).toEqual(lengths.map((length, i) => [i, length, length === 0 ? 0 : i + 1]));
      expect(sender.backlogBytes).toBe(0);
      for (const channel of channels) channel.close();
    }),
    { numRuns: 30 },
  );
});

test('what the other side has not taken is counted, and big memory goes only so far ahead', async () => {
  let arrived = 0;
  const sender = pair(MIB, () => void arrived++);
  for (let i = 0; i < 40; i++) sender.send(17, i, new Uint8Array(MIB));
  expect(sender.backlogBytes).toBe(40 * MIB);
  await until(() => arrived === 40);
  expect(sender.backlogBytes).toBe(0);
});

test('what waited is sent and announced also when the other side has gone to sleep meanwhile', async () => {
  const { near, far } = channelEnds(MIB);
  let arrived = 0;
  const sender = new Channel({ ...near, wake: delayed(near.wake) }, () => {});
  channels = [sender, new Channel(far, () => void arrived++)];
  for (let i = 0; i < 40; i++) sender.send(17, i, new Uint8Array(MIB));
  await until(() => arrived === 40);
});

/** A port whose messages take a while. */
function delayed(port: MessagePort): MessagePort {
  const fake = {
    on: (event: 'message', tell: () => void) => port.on(event, () => setTimeout(tell, 10)),
    postMessage: (message: unknown) => port.postMessage(message),
    close: () => port.close(),
  };
  return fake as unknown as MessagePort; // all that a channel uses
}

test('records that come while the other side sleeps wake it', async () => {
  let arrived = 0;
  const sender = pair(MIB, () => void arrived++);
  for (let round = 1; round <= 5; round++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    sender.sendNumber(20, round, round);
    await until(() => arrived === round);
  }
});
