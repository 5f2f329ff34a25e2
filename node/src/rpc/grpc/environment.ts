// What calls need from the server, and the methods it knows.
import type {
  BidiStreamHandler,
  CallContext,
  ServerStreamHandler,
  UnaryHandler,
} from '../../base/call.ts';
import type { EtcdError, GrpcStatus, StatusError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { Clock } from '../../base/world.ts';
import type { Method, MethodKind } from '../../wire/codec.ts';

/** A method and its handler; messages are erased, because the server treats all alike. */
export type MethodEntry = {
  readonly path: string;
  readonly method: Method<unknown, unknown>;
} & (
  | { readonly kind: 'unary'; readonly handler: UnaryHandler<unknown, unknown> }
  | { readonly kind: 'serverStream'; readonly handler: ServerStreamHandler<unknown, unknown> }
  | {
      readonly kind: 'clientStream' | 'bidiStream';
      readonly handler: BidiStreamHandler<unknown, unknown>;
    }
);

/** Told about calls, for metrics. All are called synchronously and must be quick. */
export interface CallObserver {
  started?(path: string, kind: MethodKind): void;
  received?(path: string, kind: MethodKind, bytes: number): void;
  sent?(path: string, kind: MethodKind, bytes: number): void;
  finished?(path: string, kind: MethodKind, status: GrpcStatus, durationMs: number): void;
}

export interface CallEnvironment {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly maxMessageBytes: number;
  readonly observer: CallObserver | undefined;
  /** Runs before each handler (`request` is undefined for streaming requests); an error it returns is the answer. */
  readonly before:
    | ((
        call: CallContext,
        entry: MethodEntry,
        request: unknown,
      ) => EtcdError | StatusError | undefined)
    | undefined;
  /** A handler threw something that is neither EtcdError nor StatusError. It was logged and answered already. */
  readonly onUnexpectedError: ((error: unknown) => void) | undefined;
}

/** For errors of handlers that are no answer to a client. */
export function reportUnexpected(environment: CallEnvironment, path: string, error: unknown): void {
  environment.logger.error('unexpected error in a request handler', {
    method: path,
    error: error instanceof Error ? (error.stack ?? error.message) : String(error),
  });
  environment.onUnexpectedError?.(error);
}
