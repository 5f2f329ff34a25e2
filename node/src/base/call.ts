// One gRPC call as a handler sees it, whatever carries it: rpc/ implements it, api/ uses it, tests fake it.
import type { GrpcStatus } from './errors.ts';

/** The part of a call that every kind shares. */
export interface CallContext {
  /** `/etcdserverpb.KV/Put` */
  readonly path: string;
  /** `host:port` of the peer. */
  readonly remoteAddress: string;
  /** First value of a request header, lower-case name; binary (`-bin`) headers are still base64. */
  header(name: string): string | undefined;
  /** Common name of a verified client certificate. */
  readonly certificateCommonName: string | undefined;
  /** Milliseconds left when the call arrived, or undefined without a deadline. */
  readonly timeoutMs: number | undefined;
  /** True once the client, the deadline or the connection ended the call: its answer is no longer wanted. */
  readonly canceled: boolean;
  /** Runs once when the call is canceled (at once if it is already). Returns a function that takes the callback back. */
  onCancel(callback: () => void): () => void;
}

/** gRPC's prefix of a message: one byte of flags, four of length. */
export const MESSAGE_PREFIX_BYTES = 5;

/** Writes the prefix of a message that is not compressed; returns where the message goes. */
export function writeMessagePrefix(target: Uint8Array, at: number, length: number): number {
  target[at] = 0;
  target[at + 1] = length >>> 24;
  target[at + 2] = length >>> 16;
  target[at + 3] = length >>> 8;
  target[at + 4] = length;
  return at + MESSAGE_PREFIX_BYTES;
}

/** Messages for one receiver that are encoded side by side, once there is memory for them. */
export interface EncodedMessages {
  /** Bytes of all of them with their prefixes. */
  readonly size: number;
  /** Writes them, each behind its prefix. Called once at most, before the send returns. */
  write(target: Uint8Array, at: number): void;
}

/** Each of `messages` by itself, without its prefix. */
export function separated(messages: EncodedMessages): Uint8Array[] {
  const bytes = new Uint8Array(messages.size);
  messages.write(bytes, 0);
  const view = new DataView(bytes.buffer);
  const each: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    const start = at + MESSAGE_PREFIX_BYTES;
    at = start + view.getUint32(at + 1);
    each.push(bytes.subarray(start, at));
  }
  return each;
}

/** The sending half of a call that answers with a stream. */
export interface ResponseStream<Res> {
  /** Queues a message. Returns false when the peer's window and the send buffer are full: wait for `drained`. */
  send(message: Res): boolean;
  /** Queues a message that is already encoded as protobuf. `parts` are written one behind the other. */
  sendEncoded(parts: readonly Uint8Array[]): boolean;
  /** Queues several messages at once. */
  sendTogether(messages: EncodedMessages): boolean;
  /** Bytes accepted by `send` and not yet written to the socket. */
  readonly queuedBytes: number;
  /** Resolves when sending makes sense again, or at once; also when the call ends. */
  drained(): Promise<void>;
  /** Ends the call; nothing can be sent afterwards. Without arguments: OK. */
  end(status?: GrpcStatus, message?: string): void;
}

/** The receiving half of a call whose requests are a stream. Flow control follows the reader. */
export type RequestStream<Req> = AsyncIterable<Req>;

export type UnaryHandler<Req, Res> = (request: Req, call: CallContext) => Promise<Res> | Res;
/** Ends the call itself, or by returning (OK) or throwing (the error's status). */
export type ServerStreamHandler<Req, Res> = (
  request: Req,
  call: CallContext,
  responses: ResponseStream<Res>,
) => Promise<void>;
export type BidiStreamHandler<Req, Res> = (
  requests: RequestStream<Req>,
  call: CallContext,
  responses: ResponseStream<Res>,
) => Promise<void>;
