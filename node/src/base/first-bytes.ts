// Tells TLS from plain text by the first byte of a connection, without taking it away from who reads next.
import type { Clock } from './world.ts';

/** The first byte of a TLS record that carries a handshake (RFC 8446 section 5.1). No text protocol begins with it. */
const TLS_HANDSHAKE = 0x16;

/** What is asked of a node:net socket. */
export interface FirstByteSocket {
  on(event: string, listener: (chunk: Uint8Array) => void): unknown;
  off(event: string, listener: (chunk: Uint8Array) => void): unknown;
  pause(): unknown;
  unshift(chunk: Uint8Array): void;
  destroy(): unknown;
}

export interface FirstByteLimits {
  /** A connection that says nothing for so long is closed. */
  readonly timeoutMs: number;
  /** So many may be waited for; beyond, the oldest gives way. */
  readonly maxPending: number;
}

export class FirstBytes {
  private readonly clock: Clock;
  private readonly limits: FirstByteLimits;
  private readonly pending = new Set<FirstByteSocket>();

  constructor(clock: Clock, limits: FirstByteLimits) {
    this.clock = clock;
    this.limits = limits;
  }

  /**
   * Calls `found` when the first bytes are there. The socket is then paused, and holds all that came: who takes it over
   * reads it from the beginning. A socket that ends before is destroyed.
   */
  read(socket: FirstByteSocket, found: (isTls: boolean) => void): void {
    this.makeRoom();
    this.pending.add(socket);
    const onFailure = (): void => void socket.destroy();
    const timer = this.clock.after(this.limits.timeoutMs, onFailure);
    const finish = (): void => {
      timer.cancel();
      this.pending.delete(socket);
      socket.off('data', onData);
      socket.off('close', finish);
      socket.off('error', onFailure);
      socket.off('end', onFailure);
    };
    const onData = (chunk: Uint8Array): void => {
      finish();
      socket.pause();
      socket.unshift(chunk);
      found(chunk[0] === TLS_HANDSHAKE);
    };
    socket.on('data', onData);
    socket.on('close', finish);
    socket.on('error', onFailure);
    socket.on('end', onFailure);
  }

  /** Closes those that are waited for. */
  closeAll(): void {
    for (const socket of [...this.pending]) socket.destroy();
  }

  private makeRoom(): void {
    if (this.pending.size < this.limits.maxPending) return;
    for (const oldest of this.pending) {
      this.pending.delete(oldest);
      oldest.destroy();
      return;
    }
  }
}
