import { beforeEach, expect, test } from 'vitest';
import { FirstBytes } from './first-bytes.ts';
import { FakeClock } from './testing/fake-clock.ts';

/** A socket as far as FirstBytes looks at it. */
class FakeSocket {
  readonly calls: string[] = [];
  private readonly listeners = new Map<string, (chunk: Uint8Array) => void>();

  on(event: string, listener: (chunk: Uint8Array) => void): void {
    this.listeners.set(event, listener);
  }

  off(event: string): void {
    this.listeners.delete(event);
  }

  emit(event: string, ...bytes: number[]): void {
    this.listeners.get(event)?.(Uint8Array.from(bytes));
  }

  pause(): void {
    this.calls.push('pause');
  }

  unshift(chunk: Uint8Array): void {
    this.calls.push(`unshift ${[...chunk].join()}`);
  }

  destroy(): void {
    this.calls.push('destroy');
    this.emit('close');
  }

  get listening(): number {
    return this.listeners.size;
  }
}

let clock: FakeClock;
let firstBytes: FirstBytes;
let found: boolean[];
beforeEach(() => {
  clock = new FakeClock();
  firstBytes = new FirstBytes(clock, { timeoutMs: 100, maxPending: 2 });
  found = [];
});

function read(): FakeSocket {
  const socket = new FakeSocket();
  firstBytes.read(socket, (isTls) => void found.push(isTls));
  return socket;
}

test.each([
  ['a TLS record', [0x16, 3, 1], true],
  ['HTTP/1.1', [...Buffer.from('GET')], false],
  ['HTTP/2', [...Buffer.from('PRI')], false],
  ['a single byte', [0x16], true],
  ['a TLS alert', [0x15, 3, 1], false],
])('%s is known by its first byte, and all bytes are given back', (_name, bytes, isTls) => {
  const socket = read();
  socket.emit('data', ...bytes);
  expect(found).toEqual([isTls]);
  expect(socket.calls).toEqual(['pause', `unshift ${bytes.join()}`]);
  expect(socket.listening).toBe(0);
  clock.advance(1_000);
  expect(socket.calls).not.toContain('destroy');
});

test('who says nothing is closed after the timeout', () => {
  const socket = read();
  clock.advance(99);
  expect(socket.calls).toEqual([]);
  clock.advance(1);
  expect(socket.calls).toEqual(['destroy']);
  expect(found).toEqual([]);
});

test.each(['end', 'error'])('a socket with "%s" before its first byte is closed', (event) => {
  const socket = read();
  socket.emit(event);
  expect(socket.calls).toEqual(['destroy']);
  expect(socket.listening).toBe(0);
});

test('beyond the number that may wait, the oldest gives way', () => {
  const sockets = [read(), read(), read()];
  expect(sockets.map((socket) => socket.calls.length)).toEqual([1, 0, 0]);
  sockets[1]?.emit('data', 1);
  read();
  expect(sockets[2]?.calls).toEqual([]);
  firstBytes.closeAll();
  expect(sockets[2]?.calls).toEqual(['destroy']);
});
