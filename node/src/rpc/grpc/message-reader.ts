// Cuts a request body into gRPC messages: one byte of flags, four of length, the message. A message that lies whole in the
// socket's chunk is not copied.

export const PREFIX_BYTES = 5;
const FIRST_ALLOCATION_BYTES = 128 * 1024;

export interface MessageTarget {
  /** The prefix of a message is read; returns false to drop the rest of the body. */
  begin(length: number): boolean;
  /** `extra` more bytes of memory are wanted for it; returns false to drop the rest of the body. */
  grow(extra: number): boolean;
  message(compressed: number, bytes: Uint8Array): void;
}

export class MessageReader {
  private readonly target: MessageTarget;
  private prefix: Uint8Array | undefined = undefined;
  private prefixBytes = 0;
  private flags = 0;
  private length = -1;
  private body: Uint8Array | undefined = undefined;
  private bodyBytes = 0;
  private dropping = false;

  constructor(target: MessageTarget) {
    this.target = target;
  }

  /** Whether the body may end here. */
  get betweenMessages(): boolean {
    return this.prefixBytes === 0 && this.length < 0;
  }

  /** Bytes that the message under way still lacks. */
  get missingBytes(): number {
    return this.length < 0 || this.dropping ? 0 : this.length - this.bodyBytes;
  }

  drop(): void {
    this.dropping = true;
    this.body = undefined;
  }

  /** Takes a piece of the body; returns whether a message is a view of it. */
  push(bytes: Uint8Array, start: number, end: number): boolean {
    let at = start;
    let isKept = false;
    while (at < end && !this.dropping) {
      if (this.length >= 0) {
        at = this.takeBody(bytes, at, end);
      } else if (this.prefixBytes === 0 && end - at >= PREFIX_BYTES) {
        this.begin(bytes, at);
        at += PREFIX_BYTES;
        if (end - at >= this.length && !this.dropping) {
          isKept = true;
          at = this.takeWhole(bytes, at);
        }
      } else {
        at = this.takePrefix(bytes, at, end);
      }
    }
    return isKept;
  }

  private begin(bytes: Uint8Array, at: number): void {
    this.flags = bytes[at] as number; // five bytes are there
    this.length = Buffer.prototype.readUInt32BE.call(bytes, at + 1);
    if (!this.target.begin(this.length)) this.drop();
  }

  private takeWhole(bytes: Uint8Array, at: number): number {
    const end = at + this.length;
    const length = this.length;
    this.length = -1;
    if (this.target.grow(length)) this.target.message(this.flags, bytes.subarray(at, end));
    else this.drop();
    return end;
  }

  private takePrefix(bytes: Uint8Array, at: number, end: number): number {
    const prefix = (this.prefix ??= new Uint8Array(PREFIX_BYTES));
    const take = Math.min(PREFIX_BYTES - this.prefixBytes, end - at);
    prefix.set(bytes.subarray(at, at + take), this.prefixBytes);
    this.prefixBytes += take;
    if (this.prefixBytes === PREFIX_BYTES) {
      this.prefixBytes = 0;
      this.begin(prefix, 0);
      if (this.length === 0 && !this.dropping) this.takeWhole(prefix, 0);
    }
    return at + take;
  }

  private takeBody(bytes: Uint8Array, at: number, end: number): number {
    const take = Math.min(this.length - this.bodyBytes, end - at);
    const body = this.roomFor(this.bodyBytes + take);
    if (body === undefined) return end;
    body.set(bytes.subarray(at, at + take), this.bodyBytes);
    this.bodyBytes += take;
    if (this.bodyBytes === this.length) {
      this.length = -1;
      this.bodyBytes = 0;
      this.body = undefined;
      this.target.message(this.flags, body);
    }
    return at + take;
  }

  /** Memory follows the bytes that came, not the length that was announced. */
  private roomFor(needed: number): Uint8Array | undefined {
    const old = this.body;
    if (old !== undefined && old.length >= needed) return old;
    const before = old?.length ?? 0;
    const size = Math.min(this.length, Math.max(needed, 2 * before, FIRST_ALLOCATION_BYTES));
    if (!this.target.grow(size - before)) {
      this.drop();
      return undefined;
    }
    const grown = new Uint8Array(size);
    if (old !== undefined) grown.set(old.subarray(0, this.bodyBytes));
    this.body = grown;
    return grown;
  }
}
