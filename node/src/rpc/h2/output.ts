// What a connection writes at the end of a turn: parts that were handed over, and bytes that were put together in slabs.
import type { Socket } from 'node:net';
import { SLAB_BYTES, type SlabPool } from './slabs.ts';

/** Up to here, parts are copied into one buffer: cheaper than a vector. */
const JOIN_BYTES = 32 * 1024;
/** A part up to this size goes into the slab that is open. */
const COPIED_BYTES = 1024;

export class Output {
  /** Bytes to be written. */
  bytes = 0;
  /** Where `target` is free, once `makeRoom` was called. */
  at = 0;
  private readonly socket: Socket;
  private readonly pool: SlabPool;
  private parts: Uint8Array[] = [];
  private slabs: Buffer[] = [];
  private slab: Buffer | undefined = undefined;
  /** Where the bytes of the open slab begin that are not a part yet. */
  private start = 0;

  constructor(socket: Socket, pool: SlabPool) {
    this.socket = socket;
    this.pool = pool;
  }

  push(part: Uint8Array): void {
    const { slab } = this;
    this.bytes += part.length;
    if (slab !== undefined) {
      if (part.length <= COPIED_BYTES && this.at + part.length <= SLAB_BYTES) {
        slab.set(part, this.at);
        this.at += part.length;
        return;
      }
      this.closePart(slab);
    }
    this.parts.push(part);
  }

  /** Memory that has room for `bytes` (SLAB_BYTES at most) from `at` on; `placed` says that they are there. */
  makeRoom(bytes: number): Buffer {
    if (this.slab !== undefined) {
      if (this.at + bytes <= SLAB_BYTES) return this.slab;
      this.closePart(this.slab);
    }
    this.slab = this.pool.take();
    this.slabs.push(this.slab);
    this.start = 0;
    this.at = 0;
    return this.slab;
  }

  placed(bytes: number): void {
    this.at += bytes;
    this.bytes += bytes;
  }

  /** Hands everything to the socket. */
  write(): void {
    const { slabs } = this;
    if (this.slab !== undefined) this.closePart(this.slab);
    const { parts, bytes } = this;
    this.parts = [];
    this.bytes = 0;
    if (slabs.length === 0) {
      this.writeParts(parts, bytes, undefined);
      return;
    }
    this.slabs = [];
    this.slab = undefined;
    this.writeParts(parts, bytes, slabs);
  }

  private writeParts(
    parts: readonly Uint8Array[],
    bytes: number,
    slabs: Buffer[] | undefined,
  ): void {
    const written = slabs === undefined ? undefined : this.whenWritten(slabs);
    this.writeAll(parts, bytes, written);
    // Nothing is left in the socket: it is known already, before the callback says so.
    if (this.socket.writableLength === 0) written?.();
  }

  private writeAll(
    parts: readonly Uint8Array[],
    bytes: number,
    written: (() => void) | undefined,
  ): void {
    const last = parts.length - 1;
    if (last === 0) {
      this.socket.write(parts[0] as Uint8Array, written); // the length is 1
    } else if (bytes <= JOIN_BYTES) {
      this.socket.write(Buffer.concat(parts, bytes), written);
    } else {
      this.socket.cork();
      for (let i = 0; i < last; i++) this.socket.write(parts[i] as Uint8Array); // i < length
      this.socket.write(parts[last] as Uint8Array, written); // there are parts: their bytes are more than none
      this.socket.uncork();
    }
  }

  /** Gives the slabs back once, when the socket has written them; one that broke keeps them. */
  private whenWritten(slabs: Buffer[]): (error?: Error | null) => void {
    let given = false;
    return (error) => {
      if (given || (error !== undefined && error !== null)) return;
      given = true;
      this.pool.give(slabs);
    };
  }

  private closePart(slab: Buffer): void {
    if (this.at > this.start) this.parts.push(slab.subarray(this.start, this.at));
    this.start = this.at;
  }
}
