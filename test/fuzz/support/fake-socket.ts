// A socket without a network: what is written to it is kept, what the test says arrives.
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { concatBytes } from '../../../node/src/base/bytes.ts';

export class FakeSocket extends EventEmitter {
  destroyed = false;
  readonly writableLength = 0;
  private readonly written: Uint8Array[] = [];
  private ended = false;
  private paused = false;

  /** The part of node:net's socket that connections use. */
  asSocket(): Socket {
    return this as unknown as Socket; // a connection asks for nothing else; what is missing would throw
  }

  get output(): Uint8Array {
    return concatBytes(this.written);
  }

  /** Whether we ended our side or closed the connection. */
  get isOver(): boolean {
    return this.ended || this.destroyed;
  }

  write(bytes: Uint8Array): boolean {
    if (this.isOver) throw new Error('written behind the end');
    this.written.push(Uint8Array.from(bytes)); // slice of a Buffer is a view, and its memory is used again
    return true;
  }

  end(): void {
    this.ended = true;
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.emit('close');
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  isPaused(): boolean {
    return this.paused;
  }

  cork(): void {}

  uncork(): void {}
}
