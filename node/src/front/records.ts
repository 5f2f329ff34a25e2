// The records that pass between a front thread and the main thread, one call by its number.

/** To the main thread. */
export const Up = {
  /** A call: CallHead, then its message where the kind of the method has one at the start. */
  Call: 1,
  /** One more message of a streaming request. */
  Request: 2,
  /** No more messages follow. Payload: a Status, or nothing. */
  RequestsEnd: 3,
  /** The client, its deadline or its connection ended the call. */
  Cancel: 4,
  /** Responses of so many bytes (u32) have left, so that as many may follow. */
  Sent: 5,
} as const;

/** To a front thread. */
export const Down = {
  /** The answer of a unary call, and its end: OK. */
  Answer: 16,
  /** One message of a streaming response. */
  Response: 17,
  /** Messages of a streaming response, each behind its prefix of gRPC. */
  Responses: 22,
  /** The status is decided (Status); the handler may still run. */
  End: 18,
  /** The handler has settled; without End before it, the status is OK. */
  Settled: 19,
  /** The handler took requests of so many bytes (u32). */
  Taken: 20,
  /** The handler wants no more requests. */
  Stopped: 21,
} as const;

/** Flag of a type: the payload comes as a message of its own, in the same order. */
export const BULK = 0x100;
export const TYPE_MASK = 0xff;

/** A streaming call may be this far ahead of the other thread, and one message more. */
export const WINDOW_BYTES = 64 * 1024;
/** Room is given back in pieces of at least this. */
export const CREDIT_BYTES = WINDOW_BYTES / 2;
/** What one message counts besides its bytes. */
export const MESSAGE_OVERHEAD_BYTES = 64;

export function readUint32(bytes: Uint8Array): number {
  return Buffer.prototype.readUInt32LE.call(bytes, 0);
}

/** A status with its text. */
export interface EndStatus {
  readonly status: number;
  readonly message: string;
}

export function encodeStatus({ status, message }: EndStatus): Uint8Array {
  const text = Buffer.from(message, 'utf8');
  const bytes = new Uint8Array(1 + text.length);
  bytes[0] = status;
  bytes.set(text, 1);
  return bytes;
}

export function decodeStatus(bytes: Uint8Array): EndStatus {
  return { status: bytes[0] ?? 0, message: textOf(bytes, 1, bytes.length) };
}

export function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
}
