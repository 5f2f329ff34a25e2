// Bare gRPC calls to one member: nothing is retried, no error is translated. For tests of what a member answers.
import { readFileSync } from 'node:fs';
import * as grpc from '@grpc/grpc-js';
import { decode, encode, type Codec, type Method } from '../../../node/src/wire/index.ts';

export interface CallerTls {
  readonly caFile: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

const serializer =
  <T>(codec: Codec<T>) =>
  (message: T): Buffer =>
    Buffer.from(encode(codec, message));
const deserializer =
  <T>(codec: Codec<T>) =>
  (bytes: Buffer): T =>
    decode(codec, bytes);

export class Caller {
  readonly #client: grpc.Client;

  constructor(url: string, tls?: CallerTls) {
    this.#client = new grpc.Client(new URL(url).host, credentialsOf(tls), {
      'grpc.max_receive_message_length': -1,
      'grpc.initial_reconnect_backoff_ms': 20,
      'grpc.min_reconnect_backoff_ms': 20,
      'grpc.max_reconnect_backoff_ms': 100,
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_retries': 0,
      // Names in TLS must not be addresses (RFC 6066 section 3), but grpc-js would send one.
      ...(tls && { 'grpc.ssl_target_name_override': 'localhost' }),
    });
  }

  /** @throws grpc.ServiceError with the member's code and details */
  unary<Req, Res>(
    method: Method<Req, Res>,
    request: Partial<Req> = {},
    timeoutMs = 5_000,
  ): Promise<Res> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        method.path,
        serializer(method.request),
        deserializer(method.response),
        method.request.create(request),
        new grpc.Metadata(),
        { deadline: Date.now() + timeoutMs },
        (error, response) => {
          if (error) reject(error);
          else if (response === undefined) reject(new Error(`${method.path}: no response`));
          else resolve(response);
        },
      );
    });
  }

  /** A stream both ways. Its errors arrive as 'error' events. */
  stream<Req, Res>(method: Method<Req, Res>): grpc.ClientDuplexStream<Req, Res> {
    return this.#client.makeBidiStreamRequest(
      method.path,
      serializer(method.request),
      deserializer(method.response),
    );
  }

  close(): void {
    this.#client.close();
  }
}

function credentialsOf(tls: CallerTls | undefined): grpc.ChannelCredentials {
  if (tls === undefined) return grpc.credentials.createInsecure();
  const read = (path: string | undefined): Buffer | null =>
    path === undefined ? null : readFileSync(path);
  return grpc.credentials.createSsl(
    readFileSync(tls.caFile),
    read(tls.keyFile),
    read(tls.certFile),
  );
}

/** The details of the gRPC error that a call ends with; fails when it succeeds. */
export async function errorOf(call: Promise<unknown>): Promise<string> {
  const outcome = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome === undefined) throw new Error('the call succeeded');
  const details = (outcome as Partial<grpc.ServiceError>).details; // anything may be thrown
  return details ?? String(outcome);
}
