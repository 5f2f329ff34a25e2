// A socket whose other end takes everything and says nothing: for benchmarks of what stands before it.
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';

class UnheardSocket extends EventEmitter {
  readonly writableLength = 0;
  readonly writableNeedDrain = false;
  readonly destroyed = false;
  writtenBytes = 0;

  write(bytes: Uint8Array): boolean {
    this.writtenBytes += bytes.length;
    return true;
  }

  pause(): this {
    return this;
  }

  resume(): this {
    return this;
  }

  isPaused(): boolean {
    return false;
  }

  cork(): void {}
  uncork(): void {}
  end(): void {}
  destroy(): void {}
}

export interface Unheard {
  readonly socket: Socket;
  /** What was written to it so far. */
  writtenBytes(): number;
}

export function unheardSocket(): Unheard {
  const fake = new UnheardSocket();
  // A connection uses no more of a socket than this.
  return { socket: fake as unknown as Socket, writtenBytes: () => fake.writtenBytes };
}
