// What a client is told when it is made, and what a single call may be told.
import type { ChannelOptions } from '@grpc/grpc-js';

/** Certificates as PEM: see the fields of the same names in TlsOptions. */
export interface TlsPem {
  readonly ca?: Uint8Array;
  readonly cert?: Uint8Array;
  readonly key?: Uint8Array;
}

/**
 * Certificates as PEM: a path, or the bytes themselves; give at most one of the two for each. Files are read again for new
 * connections when they have changed. So a client that is given paths, or `load`, goes on through renewals of its
 * certificate and of the authority, and need not be made anew.
 */
export interface TlsOptions {
  /**
   * Asked for each new connection, in place of files and bytes: for certificates that are kept elsewhere. While it throws,
   * or what it returns does not fit together, the former certificates stay in use.
   */
  readonly load?: () => TlsPem;
  /** Authorities that servers are checked against; the system's when neither is given. */
  readonly caFile?: string;
  readonly ca?: Uint8Array;
  /** The client's own certificate chain, for servers with `--client-cert-auth`. */
  readonly certFile?: string;
  readonly cert?: Uint8Array;
  /** The private key of that certificate. */
  readonly keyFile?: string;
  readonly key?: Uint8Array;
  /** The name that servers' certificates must hold, when it is not the endpoint's host. */
  readonly serverName?: string;
}

/** How a client finds its cluster and how long it waits. */
export interface ClientOptions {
  /**
   * Client URLs of one or more members: `https://10.0.0.1:2379`, `http://…`, or `host:port` (TLS when `tls` is given).
   * Calls go to them in turn, past those that can't be reached.
   */
  readonly endpoints: readonly string[];
  readonly tls?: TlsOptions;
  /** Name and password for clusters with authentication on; a token is fetched, and again when it is no longer valid. */
  readonly user?: string;
  readonly password?: string;
  /** A token to be sent as it is, instead of user and password. */
  readonly token?: string;
  /** Milliseconds a call may take in all, waiting for a connection and retries included; 10,000 by default. */
  readonly timeoutMs?: number;
  /** An idle connection with open calls is probed this often; 10,000 ms by default (servers refuse less than 5,000). */
  readonly keepAliveTimeMs?: number;
  /** A connection whose probe is not answered for this long is dropped; 5,000 ms by default. */
  readonly keepAliveTimeoutMs?: number;
  /**
   * The client URLs of the members are taken as endpoints this often (etcd: AutoSyncInterval), so that the client follows
   * members that come and go, and a cluster that goes from http to https or back. Default: never.
   */
  readonly syncIntervalMs?: number;
  /** An endpoint that could not be connected to for this long, while a call waits, is tried anew; 3,000 ms by default. */
  readonly connectTimeoutMs?: number;
  /** The longest wait between attempts to connect; 2,000 ms by default. */
  readonly maxReconnectDelayMs?: number;
  /** More options for @grpc/grpc-js's channels; they win over those the client sets. */
  readonly channelOptions?: Partial<ChannelOptions>;
}

/** What any single call may be told. */
export interface CallOptions {
  /** Milliseconds for this call, instead of the client's `timeoutMs`. `Infinity` waits for ever. */
  readonly timeoutMs?: number;
  /** Aborting it ends the call: its promise is rejected with the signal's reason. A write may yet be executed. */
  readonly signal?: AbortSignal;
  /** The one endpoint to ask, as given in ClientOptions.endpoints or any other, instead of all in turn. */
  readonly endpoint?: string;
}

export const DEFAULT_TIMEOUT_MS = 10_000;
const FIRST_RECONNECT_DELAY_MS = 50;

export function channelOptions(options: ClientOptions): Partial<ChannelOptions> {
  return {
    'grpc.keepalive_time_ms': options.keepAliveTimeMs ?? 10_000,
    'grpc.keepalive_timeout_ms': options.keepAliveTimeoutMs ?? 5_000,
    'grpc.initial_reconnect_backoff_ms': FIRST_RECONNECT_DELAY_MS,
    'grpc.max_reconnect_backoff_ms': options.maxReconnectDelayMs ?? 2_000,
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
    // One client's broken connections are not another client's.
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_http_proxy': 0,
    'grpc.enable_channelz': 0,
    ...options.channelOptions,
  };
}
