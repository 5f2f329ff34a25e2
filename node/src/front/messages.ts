// What the main thread and a front thread tell each other besides calls: rare, so plain objects on the thread's own port.
import type { LogFields } from '../base/logger.ts';
import type { MethodKind } from '../wire/codec.ts';
import type { TlsMaterial } from '../platform/index.ts';
import type { HttpRequest, TlsOptions } from '../rpc/index.ts';
import type { ChannelEnds } from './channel.ts';

/** A method as both sides number it: by its place in the list. */
export interface MethodName {
  readonly path: string;
  readonly kind: MethodKind;
}

/** The part of RpcServerOptions that is numbers; the budgets are this thread's share. */
export interface FrontLimits {
  readonly maxRequestBytes: number;
  readonly maxConcurrentStreams: number;
  readonly keepaliveMinTimeMs: number;
  readonly keepaliveIntervalMs: number;
  readonly keepaliveTimeoutMs: number;
  readonly heldBytes: number;
  readonly maxConnections: number;
}

/** What a front thread is born with. */
export interface ThreadData {
  readonly channel: ChannelEnds;
  readonly counters: SharedArrayBuffer;
  readonly methods: readonly MethodName[];
  readonly limits: FrontLimits;
  readonly servesHttp: boolean;
  /** Header fields of requests are written to stderr. */
  readonly tracesHeaders: boolean;
}

/** What a listener takes, with the contents of its certificate files in place of a context made of them. */
export interface FrontAcceptance {
  readonly plain: boolean;
  readonly tls:
    (Omit<TlsOptions, 'secureContext'> & { readonly material: TlsMaterial }) | undefined;
}

export type ToThread =
  | {
      readonly kind: 'listen';
      readonly id: number;
      readonly host: string;
      readonly port: number;
      readonly acceptance: FrontAcceptance;
    }
  | { readonly kind: 'accept'; readonly id: number; readonly acceptance: FrontAcceptance }
  | { readonly kind: 'reconsider'; readonly graceMs: number }
  | { readonly kind: 'close'; readonly graceMs: number }
  | ({ readonly kind: 'http'; readonly id: number } & HttpAnswer);

export type FromThread =
  | { readonly kind: 'listening'; readonly id: number; readonly port: number }
  | {
      readonly kind: 'refused';
      readonly id: number;
      readonly code: string;
      readonly message: string;
    }
  | { readonly kind: 'closed' }
  | {
      readonly kind: 'log';
      readonly level: LogLevelName;
      readonly message: string;
      readonly fields?: LogFields | undefined;
    }
  | ({ readonly kind: 'http'; readonly id: number } & HttpQuestion);

export type LogLevelName = 'debug' | 'info' | 'warn' | 'error';

/** What a request is without what only its own thread has. */
export type HttpQuestion = Omit<HttpRequest, 'raw' | 'body'>;

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}
