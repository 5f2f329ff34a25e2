// What a generated message offers, and the two entry points that use it.
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** How one message type is created, sized, written and read. Generated code in gen/ holds one for each message. */
export interface Codec<T> {
  /** Full protobuf name, as in `etcdserverpb.PutRequest`. */
  readonly name: string;
  /** A message with every field present: defaults, overlaid with `init`. */
  create(init?: Partial<T>): T;
  sizeOf(message: T): number;
  write(message: T, writer: Writer): void;
  /**
   * Reads fields until `end`; unknown fields are skipped. Byte fields are views into the reader's input.
   * @param before what an earlier occurrence of the same field held: the two are merged, and `before` is used up
   */
  read(reader: Reader, end: number, before?: T): T;
}

export type MethodKind = 'unary' | 'serverStream' | 'clientStream' | 'bidiStream';

/** One gRPC method: what travels on it and under which path. */
export interface Method<Req, Res> {
  /** `/etcdserverpb.KV/Put` */
  readonly path: string;
  readonly kind: MethodKind;
  readonly request: Codec<Req>;
  readonly response: Codec<Res>;
}

export function encode<T>(codec: Codec<T>, message: T): Uint8Array {
  const writer = new Writer(new Uint8Array(codec.sizeOf(message)));
  codec.write(message, writer);
  return writer.bytes;
}

/**
 * Decodes one whole message. Byte fields are views into `bytes`.
 * @throws DecodeError when the bytes are not such a message
 */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array): T {
  return codec.read(new Reader(bytes), bytes.length);
}
