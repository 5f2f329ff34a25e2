import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { FakeClock } from '../../base/testing/fake-clock.ts';
import { ProcessBudget } from '../budget.ts';
import { FlushQueue, Sender } from './sender.ts';

/** Keeps what each write brought. */
class WrittenSocket extends Duplex {
  readonly writes: string[] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.writes.push(chunk.toString('latin1'));
    done();
  }
}

function setUp() {
  const clock = new FakeClock();
  const socket = new WrittenSocket();
  const hold = new ProcessBudget(1 << 20, clock).open(1 << 20, () => {});
  const nothing = (): void => {};
  // Sender uses what a Duplex has.
  const wire = socket as unknown as Socket;
  const sender = new Sender(wire, hold, new FlushQueue(clock), nothing, nothing);
  return { clock, socket, sender };
}

test('what is patient stays for some milliseconds, and leaves with the next frame then', async () => {
  const { clock, socket, sender } = setUp();
  sender.pushPatiently(Buffer.from('ack '));
  sender.push(Buffer.from('early'));
  await turn();
  expect(socket.writes).toEqual(['early']);
  clock.advance(30);
  await turn();
  expect(socket.writes).toEqual(['early']);
  sender.push(Buffer.from('answer'));
  await turn();
  expect(socket.writes).toEqual(['early', 'ack answer']);
  clock.advance(1000);
  await turn();
  expect(socket.writes).toHaveLength(2);
});

test('what is patient leaves alone after some more milliseconds, each time', async () => {
  const { clock, socket, sender } = setUp();
  for (const text of ['one', 'two']) {
    sender.pushPatiently(Buffer.from(text));
    clock.advance(60);
  }
  await turn();
  expect(socket.writes).toEqual(['one', 'two']);
});

test('of what is patient no more than one frame is kept, and all leave in order', async () => {
  const { clock, socket, sender } = setUp();
  for (const text of ['1', '2', '3']) sender.pushPatiently(Buffer.from(text));
  sender.push(Buffer.from(' answer'));
  await turn();
  expect(socket.writes).toEqual(['12 answer']);
  clock.advance(60);
  await turn();
  expect(socket.writes).toEqual(['12 answer', '3']);
});
