// What a connection writes at the end of a turn: parts that were handed over, and bytes that were put together in slabs.
import type { Socket } from 'node:net';
import { empty } from '../../base/lists.ts';
import { SLAB_BYTES, SMALL_SLAB_BYTES, type SlabPool } from './slabs.ts';

/** Up to here, parts are copied into one buffer: cheaper than a vector. */
const JOIN_BYTES = 32 * 1024;
/** A part up to this size is copied into a slab. */
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
  /** Called when all that is here has been written. */
  private waiters: (() => void)[] = [];
  /** Those whose bytes the socket has and has not written. */
  private handedOver: (() => void)[] = [];
  private isClosed = false;
  private slab: Buffer | undefined = undefined;
  /** Where the bytes of the open slab begin that are not a part yet. */
  private start = 0;
  /** Small slabs that the socket had not written when they were handed over. */
  private unwritten: Buffer[] = [];

  constructor(socket: Socket, pool: SlabPool) {
    this.socket = socket;
    this.pool = pool;
  }

  push(part: Uint8Array): void {
    const { length } = part;
    if (length <= COPIED_BYTES) {
      this.makeRoom(length).set(part, this.at);
      this.placed(length);
      return;
    }
    this.bytes += length;
    if (this.slab !== undefined) this.closePart(this.slab);
    this.parts.push(part);
  }

  /** Memory that has room for `bytes` (SLAB_BYTES at most) from `at` on; `placed` says that they are there. */
  makeRoom(bytes: number): Buffer {
    const open = this.slab;
    if (open !== undefined) {
      if (this.at + bytes <= open.length) return open;
      this.closePart(open);
    }
    this.recycleUnwritten();
    // Who needs a second one may need much more.
    const isSmall = open === undefined && bytes <= SMALL_SLAB_BYTES / 2;
    this.slab = isSmall ? this.pool.takeSmall() : this.pool.take();
    this.slabs.push(this.slab);
    this.start = 0;
    this.at = 0;
    return this.slab;
  }

  placed(bytes: number): void {
    this.at += bytes;
    this.bytes += bytes;
  }

  /** Calls `waiter` once, when the socket has written all parts that were pushed, or is closed. */
  afterWrite(waiter: () => void): void {
    if (this.isClosed || (this.bytes === 0 && this.socket.writableLength === 0)) waiter();
    else this.waiters.push(waiter);
  }

  /** The socket is closed, and reads nothing any more. */
  closed(): void {
    this.isClosed = true;
    const left = [...this.handedOver, ...this.waiters];
    this.handedOver = [];
    empty(this.waiters);
    for (const waiter of left) waiter();
  }

  /** Hands everything to the socket. */
  write(): void {
    if (this.slab !== undefined) this.closePart(this.slab);
    const { parts, bytes, slabs, waiters } = this;
    this.parts = [];
    this.bytes = 0;
    this.slab = undefined;
    const isSmall = slabs.length === 0 || (slabs.length === 1 && slabs[0]?.length !== SLAB_BYTES);
    if (isSmall && waiters.length === 0) {
      this.writeAll(parts, bytes, undefined);
      for (const slab of slabs) this.unwritten.push(slab);
      empty(slabs);
      this.recycleUnwritten();
      return;
    }
    this.slabs = [];
    this.waiters = [];
    const written = this.whenWritten(slabs, waiters);
    this.writeAll(parts, bytes, written);
    // Nothing is left in the socket: it is known already, before the callback says so.
    if (this.socket.writableLength === 0) written();
  }

  /** Once the socket has written everything. An idle connection may keep a small slab until it writes again. */
  private recycleUnwritten(): void {
    if (this.unwritten.length === 0 || this.socket.writableLength > 0) return;
    this.pool.give(this.unwritten);
    empty(this.unwritten);
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

  /** Gives memory back once, when the socket has written it; one that broke keeps slabs. */
  private whenWritten(
    slabs: readonly Buffer[],
    waiters: readonly (() => void)[],
  ): (error?: Error | null) => void {
    let given = false;
    this.handedOver.push(...waiters);
    return (error) => {
      if (given || (error !== undefined && error !== null)) return;
      given = true;
      this.pool.give(slabs);
      for (const waiter of waiters) this.release(waiter);
    };
  }

  /** Unless the socket was closed meanwhile. */
  private release(waiter: () => void): void {
    const index = this.handedOver.indexOf(waiter); // the first one, nearly always
    if (index < 0) return;
    this.handedOver.splice(index, 1);
    waiter();
  }

  private closePart(slab: Buffer): void {
    if (this.at > this.start) this.parts.push(slab.subarray(this.start, this.at));
    this.start = this.at;
  }
}
