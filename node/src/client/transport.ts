// Calls on the cluster: which endpoint, which token, how often.
import {
  Metadata,
  type CallOptions as GrpcCallOptions,
  type ClientDuplexStream,
  type ClientReadableStream,
} from '@grpc/grpc-js';
import { GrpcStatus } from '../base/errors.ts';
import { decode, encode, type Codec, type Method } from '../wire/codec.ts';
import { EndpointPool, type Endpoint } from './endpoints.ts';
import { statusOf, toClientError } from './errors.ts';
import { DEFAULT_TIMEOUT_MS, type CallOptions, type ClientOptions } from './options.ts';
import { backoffMs, isTokenError, mayRetry, pause, type RetryPolicy } from './retry.ts';
import { TokenSource } from './token.ts';

/** A token that is refused this often in one call is not going to be better. */
const MAX_TOKEN_REFRESHES = 3;

export interface UnaryOptions extends CallOptions {
  readonly retry: RetryPolicy;
  /** Set to how many times the call was made, this one included. */
  readonly attempts?: { count: number };
}

export interface OpenStream<Req, Res> {
  readonly call: ClientDuplexStream<Req, Res>;
  readonly endpoint: Endpoint;
}

/** Carries every call of a client. */
export class Transport {
  readonly pool: EndpointPool;
  readonly #tokens: TokenSource;
  /** What a call may take when it is not told otherwise. */
  readonly timeoutMs: number;

  constructor(options: ClientOptions) {
    this.pool = new EndpointPool(options);
    this.timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#tokens = new TokenSource(options, (method, request, deadlineMs) =>
      this.#attempts(method, request, deadlineMs, { retry: 'repeatable' }, false),
    );
  }

  /**
   * One request, one response.
   * @throws EtcdError or StatusError as the server or gRPC says; the signal's reason when it is aborted
   */
  unary<Req, Res>(method: Method<Req, Res>, request: Req, options: UnaryOptions): Promise<Res> {
    return this.#attempts(method, request, this.#deadline(options), options, true);
  }

  /** One request, many responses, read as they come. Not retried once it is open. No deadline unless one is given. */
  async serverStream<Req, Res>(
    method: Method<Req, Res>,
    request: Req,
    options: CallOptions,
  ): Promise<ClientReadableStream<Res>> {
    const deadlineMs = this.#deadline(options);
    const endpoint = await this.pool.ready(deadlineMs, options.signal, options.endpoint);
    const token = await this.#tokens.current(deadlineMs);
    return endpoint.grpc.makeServerStreamRequest(
      method.path,
      serializer(method.request),
      deserializer(method.response),
      request,
      metadataWith(token),
      options.timeoutMs === undefined ? {} : grpcOptions(deadlineMs),
    );
  }

  /**
   * Opens a stream both ways on the next ready endpoint, waiting for one as long as it takes. The server is asked to
   * end it when it has no leader (metadata `hasleader`, as etcd's WithRequireLeader).
   */
  async openStream<Req, Res>(
    method: Method<Req, Res>,
    signal: AbortSignal,
  ): Promise<OpenStream<Req, Res>> {
    const endpoint = await this.pool.ready(Infinity, signal);
    const token = await this.#tokens.current(Date.now() + this.timeoutMs);
    signal.throwIfAborted();
    const metadata = metadataWith(token);
    metadata.set('hasleader', 'true');
    const call = endpoint.grpc.makeBidiStreamRequest(
      method.path,
      serializer(method.request),
      deserializer(method.response),
      metadata,
    );
    return { call, endpoint };
  }

  /** The server took the present token for invalid: the next call fetches another. False when that can't help. */
  refreshToken(): boolean {
    return this.#tokens.invalidate();
  }

  close(): void {
    this.pool.close();
  }

  #deadline(options: CallOptions): number {
    return Date.now() + (options.timeoutMs ?? this.timeoutMs);
  }

  async #attempts<Req, Res>(
    method: Method<Req, Res>,
    request: Req,
    deadlineMs: number,
    options: UnaryOptions,
    authorized: boolean,
  ): Promise<Res> {
    const { signal, attempts } = options;
    const endpoints = options.endpoint === undefined ? this.pool.size : 1;
    let refreshes = 0;
    for (let attempt = 1; ; attempt++) {
      const endpoint =
        (options.endpoint === undefined && !signal?.aborted && this.pool.readyNow()) ||
        (await this.pool.ready(deadlineMs, signal, options.endpoint));
      let token: string | undefined;
      if (authorized && this.#tokens.isUsed) token = await this.#tokens.current(deadlineMs);
      if (attempts) attempts.count = attempt;
      try {
        return await callOnce(endpoint, method, request, token, deadlineMs, signal);
      } catch (error) {
        if (signal?.aborted) throw signal.reason;
        this.#blame(endpoint, error);
        if (authorized && isTokenError(error) && refreshes++ < MAX_TOKEN_REFRESHES) {
          if (this.#tokens.invalidate()) continue;
        }
        if (!mayRetry(error, options.retry, endpoints) || Date.now() >= deadlineMs) throw error;
        // Every endpoint gets its chance before the wait.
        if (attempt % endpoints === 0) await pause(backoffMs(attempt / endpoints), signal);
      }
    }
  }

  /** A member that is down, cut off or stuck is not asked next. */
  #blame(endpoint: Endpoint, error: unknown): void {
    const status = statusOf(error);
    if (status === GrpcStatus.Unavailable || status === GrpcStatus.DeadlineExceeded) {
      this.pool.avoid(endpoint);
    }
  }
}

function callOnce<Req, Res>(
  endpoint: Endpoint,
  method: Method<Req, Res>,
  request: Req,
  token: string | undefined,
  deadlineMs: number,
  signal: AbortSignal | undefined,
): Promise<Res> {
  return new Promise((resolve, reject) => {
    const call = endpoint.grpc.makeUnaryRequest(
      method.path,
      serializer(method.request),
      deserializer(method.response),
      request,
      metadataWith(token),
      grpcOptions(deadlineMs),
      (error, response) => {
        signal?.removeEventListener('abort', cancel);
        if (error) reject(toClientError(error) as Error);
        else resolve(response as Res); // without an error there is a response
      },
    );
    const cancel = (): void => call.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
  });
}

function grpcOptions(deadlineMs: number): GrpcCallOptions {
  return Number.isFinite(deadlineMs) ? { deadline: deadlineMs } : {};
}

function metadataWith(token: string | undefined): Metadata {
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('token', token);
  return metadata;
}

function serializer<T>(codec: Codec<T>): (message: T) => Buffer {
  return (message) => {
    const bytes = encode(codec, message);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  };
}

function deserializer<T>(codec: Codec<T>): (bytes: Buffer) => T {
  return (bytes) => decode(codec, bytes);
}
