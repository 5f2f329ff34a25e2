// The server's options, under etcd's names where etcd has one.
import type { CallContext } from '../base/call.ts';
import type { EtcdError, StatusError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Clock } from '../base/world.ts';
import type { CallObserver, MethodEntry } from './grpc/environment.ts';
import type { HttpHandler } from './http/exchange.ts';
import type { UpgradeHandler } from './http/http1.ts';

/** What a gRPC message may be longer than --max-request-bytes (etcd: embed/config.go, grpcOverheadBytes). */
export const grpcOverheadBytes = 512 * 1024;

export interface RpcServerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** --max-request-bytes. */
  readonly maxRequestBytes: number;
  /** --max-concurrent-streams: open streams and running handlers of a connection. Default: 2^32 − 1, memory decides. */
  readonly maxConcurrentStreams?: number;
  /** --grpc-keepalive-min-time. Default 5 s. */
  readonly keepaliveMinTimeMs?: number;
  /** --grpc-keepalive-interval. Default 2 h; 0 switches the server's pings off. */
  readonly keepaliveIntervalMs?: number;
  /** --grpc-keepalive-timeout. Default 20 s. */
  readonly keepaliveTimeoutMs?: number;
  /** What all clients together may make the process hold: bodies, queued responses, streams. Default 256 MiB. */
  readonly heldBytes?: number;
  /** What one connection may make the process hold. Default 64 MiB. */
  readonly connectionHeldBytes?: number;
  /** Header list of a request, as RFC 9113 section 6.5.2 counts it. Default 64 KiB. */
  readonly maxHeaderListBytes?: number;
  /** Connections beyond are closed at once. Default 20,000. */
  readonly maxConnections?: number;
  /** Answers plain HTTP/1.1 and HTTP/2 requests. */
  readonly http1?: HttpHandler;
  /** Takes HTTP/1.1 upgrades (websocket). */
  readonly upgrade?: UpgradeHandler;
  /** Runs before each handler; an error it returns is the answer. `request` is undefined for streaming requests. */
  readonly before?: (
    call: CallContext,
    entry: MethodEntry,
    request: unknown,
  ) => EtcdError | StatusError | undefined;
  /** Sees the header fields of each HTTP/2 request: for tracing. */
  readonly onRequestFields?: (
    fields: readonly { readonly name: string; readonly value: string }[],
  ) => void;
  readonly observer?: CallObserver;
  /** A handler threw what it should not; it was logged and answered. The server may decide to end the process. */
  readonly onUnexpectedError?: (error: unknown) => void;
}

/** What clients may make the process hold, unless said otherwise. */
export const DEFAULT_HELD_BYTES = 256 * 1024 * 1024;
export const DEFAULT_MAX_CONNECTIONS = 20_000;
